"""What BumpNet gets: only what passes the gate, each with its own bins, entries and errors."""

import json

import numpy as np
import pytest

from edm.records.branch_records import ExportedHistograms
from physics.binning import Histogram
from steps.output.bumpnet_folder import export
from targets.products import histograms

NAME = "ROI_mass_{}_cat_2ex_0mx_width_res0.5"
FALL = np.r_[np.full(35, 20), 0, 3]


@pytest.fixture
def source(tmp_path):
    """Histograms: entries in bins that vary, a weighted one with a tail that is cut off, short ones."""
    edges = 100.0 + np.cumsum(np.linspace(1, 2, 38))
    contents = np.r_[np.full(33, 20.5), np.full(4, 0.2)]
    made = {
        "j0j1": Histogram(float(edges[0]), 1.0, FALL, 0, edges_gev=edges),
        "e0e1": Histogram(200.0, 0.3, FALL, 0, contents, contents / 4),
        "m0m1": Histogram(200.0, 10.0, FALL[:28], 0),
        "e0j0": Histogram(200.0, 10.0, np.full(120, 2), 0),
    }
    named = {NAME.format(combination): histogram for combination, histogram in made.items()}
    histograms.write_file(tmp_path / "histograms.root", named, {name: f"title of {name}" for name in named})
    return tmp_path / "histograms.root"


@pytest.fixture
def exported(source, tmp_path):
    assert export(source, tmp_path / "out", tmp_path / "gate.json") == ExportedHistograms(4, 3, 1)
    return tmp_path


def test_only_what_passes_the_gate_is_exported_and_every_histogram_has_its_verdict(exported):
    gate = json.loads((exported / "gate.json").read_text())
    accepted = {"accepted": True, "reason": None, "warning": None}
    short = {"accepted": False, "reason": "28 bins, BumpNet's paper wants more than 30", "warning": None}
    long = accepted | {"warning": "120 bins, BumpNet was trained with at most 105"}
    assert gate == {
        NAME.format("e0e1"): accepted,
        NAME.format("e0j0"): long,
        NAME.format("j0j1"): accepted,
        NAME.format("m0m1"): short,
    }


def test_the_root_file_holds_the_accepted_histograms_as_they_were(source, exported):
    before = {histogram.key: histogram for histogram in histograms.read(source)}
    after = list(histograms.read(exported / "out" / "root" / "rebinned.root"))
    assert [histogram.key for histogram in after] == [NAME.format(name) for name in ("e0e1", "e0j0", "j0j1")]
    for histogram in after:
        original = before[histogram.key]
        assert histogram.title == original.title
        assert histogram.entries == original.entries
        assert histogram.edges().tolist() == original.edges().tolist()
        assert histogram.counts.tolist() == original.counts.tolist()
        assert np.array_equal(histogram.variances, original.variances) or histogram.variances is original.variances


def test_the_arrays_end_where_the_loader_cuts_off(source, exported):
    names, contents, edges, errors = (
        np.load(exported / "out" / "npy" / f"{member}.npy", allow_pickle=True)
        for member in ("names", "bin_content", "bin_edges", "bin_errors")
    )
    assert names.tolist() == [NAME.format(name).removeprefix("ROI_") for name in ("e0e1", "e0j0", "j0j1")]
    assert [len(content) for content in contents] == [33, 120, 37]
    assert contents[2].tolist() == FALL.tolist()
    assert errors[0] == pytest.approx(np.full(33, np.sqrt(20.5 / 4)))
    assert errors[2] == pytest.approx(np.sqrt(FALL))
    stored = {histogram.key: histogram for histogram in histograms.read(source)}
    assert edges[2].tolist() == stored[NAME.format("j0j1")].edges().tolist()
    assert edges[0].tolist() == stored[NAME.format("e0e1")].edges()[:34].tolist()


def test_a_gate_that_nothing_passes_leaves_empty_folders(tmp_path):
    made = {NAME.format("m0m1"): Histogram(200.0, 10.0, FALL[:5], 0)}
    histograms.write_file(tmp_path / "h.root", made, dict.fromkeys(made, "title"))
    assert export(tmp_path / "h.root", tmp_path, tmp_path / "gate.json") == ExportedHistograms(1, 0, 0)
    assert list(histograms.read(tmp_path / "root" / "rebinned.root")) == []
    assert np.load(tmp_path / "npy" / "names.npy", allow_pickle=True).shape == (0,)
