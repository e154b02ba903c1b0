"""The memory limit: what cannot be read within it is refused, with the limit that would do."""

import re
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest
import uproot

from physics.selection.selection import Selection
from steps import read_options
from steps.parse import parse
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.documents import models
from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.network.retry import RetryPolicy
from tasks.parameters.inputs import SELECTIONS

MB = 10**6


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """Read files with a limit of 600 MB, 50 MB of them for events that wait, in a process that has 300 MB."""
    monkeypatch.setattr(read_options, "_resident_bytes", lambda: 300 * MB)
    selection = models.load_model(SELECTIONS / "none.yaml", Selection)
    fetch = FetchOptions(mode="auto", folder=tmp_path, keep=False, policy=RetryPolicy())
    return ReadOptions(schemas.load(""), selection, fetch, 1000, 600, 1, 0)


@pytest.mark.parametrize(("kept_mb", "left_mb"), [(0, 250), (50, 200), (200, 50)])
def test_what_baskets_and_pages_take_is_not_for_chunks(reading, kept_mb, left_mb):
    assert reading.chunk_bytes("f.root", kept_mb * MB) == left_mb * MB


def test_small_chunks_are_always_read(reading):
    assert replace(reading, memory_limit_mb=300).chunk_bytes("f.root", 50 * MB) == 50 * MB


@pytest.mark.parametrize(("kept_mb", "needed"), [(201, 650), (350, 800)])
def test_the_limit_that_is_needed_is_named(reading, kept_mb, needed):
    complaint = f"f.root: its baskets or pages take {kept_mb} MB, more than memory_limit_mb = 600 leaves for them: "
    with pytest.raises(FileFormatError, match=re.escape(complaint) + f"run with --memory-limit-mb {needed} or more"):
        reading.chunk_bytes("f.root", kept_mb * MB)
    replace(reading, memory_limit_mb=needed).chunk_bytes("f.root", kept_mb * MB)


def test_memory_that_was_given_back_counts_no_more():
    before = read_options._resident_bytes()
    block = np.ones(200 * MB, np.uint8)
    assert read_options._resident_bytes() - before > 150 * MB
    del block
    assert read_options._resident_bytes() - before < 50 * MB


def test_a_large_page_is_refused_before_it_is_read(tmp_path, reading):
    path, n = tmp_path / "f.root", 3 * MB
    lists = ak.unflatten(np.ones(n, np.float32), np.full(n // 3, 3))
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        file.mkrntuple("Events", dict.fromkeys(("Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"), lists))
    little = replace(reading, memory_limit_mb=400)
    with pytest.raises(UnreadableFileError, match=r"f.root: its baskets or pages take \d+ MB.*--memory-limit-mb \d+ "):
        parse([InputFile(str(path), *[None] * 5, "files", "data")], little, tmp_path / "out.root", "rntuple")
