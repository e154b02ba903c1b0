"""The memory limit: what cannot be read within it is refused, with the limit that would do."""

import re

import awkward as ak
import numpy as np
import pytest
import uproot

from physics.selection.selection import Selection
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
    """Read files with a limit of 600 MB, of which the process has left 100 MB."""
    monkeypatch.setattr(ReadOptions, "memory_bytes", lambda _: 100 * MB)
    selection = models.load_model(SELECTIONS / "none.yaml", Selection)
    fetch = FetchOptions(mode="auto", folder=tmp_path, keep=False, policy=RetryPolicy())
    return ReadOptions(schemas.load(""), selection, fetch, 1000, 600, 1, 0)


def test_the_limit_that_is_needed_is_named(reading):
    reading.check_memory("f.root", 100 * MB)
    complaint = "f.root: its baskets or pages take 350 MB, more than memory_limit_mb = 600 leaves for them: run with "
    with pytest.raises(FileFormatError, match=re.escape(complaint) + "--memory-limit-mb 850 or more"):
        reading.check_memory("f.root", 350 * MB)


def test_a_large_page_is_refused_before_it_is_read(tmp_path, reading):
    path, n = tmp_path / "f.root", 3 * MB
    lists = ak.unflatten(np.ones(n, np.float32), np.full(n // 3, 3))
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        file.mkrntuple("Events", dict.fromkeys(("Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"), lists))
    with pytest.raises(UnreadableFileError, match=r"f.root: its baskets or pages take \d+ MB.*--memory-limit-mb \d+ "):
        parse([InputFile(str(path), *[None] * 5, "files", "data")], reading, tmp_path / "out.root", "rntuple")
