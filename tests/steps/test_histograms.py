"""Processed masses become counts of each branch, and their sum histograms or the reason why there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from physics.bins.bins import ConstantBins
from physics.resonances import choose
from steps import histograms, peaks, statistics
from steps.counts import histogram_counts, mass_counter
from steps.counts.histogram_counts import WholeMasses
from steps.errors import EmptyResultError
from steps.histograms import HistogramNaming
from steps.weighting.counts import add_up
from targets.products.histograms import read
from targets.products.mass_arrays import MassWriter

SEARCH = peaks.PeakSearch(10, 10.0, 1000.0, choose(()))
MASSES = {"2e/e0e1": np.repeat([105.0, 115.0, 125.0], [30, 20, 10]), "2m/m0m1": np.repeat([75.0, 205.0], [40, 2])}


def written(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """Write masses in GeV to a file."""
    writer = MassWriter()
    for name, values in arrays.items():
        writer.add(SpectrumKey.parse(name), values.astype(np.float32))
    writer.write(path)
    return path


@pytest.fixture
def table(tmp_path):
    """Cuts of masses that fall from 100 GeV and, for muons, from 70 GeV with two outliers beyond 200 GeV."""
    masses = written(tmp_path / "masses.npz", MASSES)
    mass_counter.count(masses, tmp_path / "counted.npz", SEARCH)
    return peaks.find("d", [tmp_path / "counted.npz"], SEARCH)


@pytest.fixture
def processed(tmp_path, table):
    """The masses after the cuts."""
    peaks.remove(tmp_path / "masses.npz", tmp_path / "processed.npz", table, SEARCH)
    return tmp_path / "processed.npz"


def fill(folder, processed, table, widths_gev, exclude_outliers=False, bumpnet_naming=True):
    bins = [ConstantBins(width_gev) for width_gev in widths_gev]
    histogram_counts.count(processed, folder / "counts.npz", bins, exclude_outliers)
    return histograms.fill(add_up([folder / "counts.npz"]), table, bins, bumpnet_naming)


@pytest.mark.parametrize(
    ("widths_gev", "bumpnet_naming", "key"),
    [
        ((10.0,), True, "ROI_mass_e0e1_cat_2ex_width_10.0"),
        ((10.0, 5.0), True, "ROI_mass_e0e1_cat_2ex_width_10.0"),
        ((10.0,), False, "2e/e0e1"),
        ((10.0, 5.0), False, "2e/e0e1_width_10.0"),
    ],
)
def test_keys_tell_widths_apart(widths_gev, bumpnet_naming, key):
    assert HistogramNaming(widths_gev, bumpnet_naming).key(SpectrumKey("2e", "e0e1"), 10.0) == key


def test_counts_of_all_branches_are_added(tmp_path, processed, table):
    histogram_counts.count(processed, tmp_path / "counts.npz", (ConstantBins(10.0),), False)
    filled = histograms.fill(add_up([tmp_path / "counts.npz"] * 3), table, (ConstantBins(10.0),), bumpnet_naming=False)
    assert filled.histograms["2e/e0e1"].counts.tolist() == [90, 60, 30]
    assert filled.titles["2e/e0e1"] == "2e e0e1"


@pytest.mark.parametrize(("exclude_outliers", "bins", "entries"), [(False, 14, 42), (True, 1, 40)])
def test_outliers_may_be_left_out(tmp_path, processed, table, exclude_outliers, bins, entries):
    filled = fill(tmp_path, processed, table, (10.0,), exclude_outliers)
    row = filled.rows["ROI_mass_m0m1_cat_2mx_width_10.0"]
    assert (row.bins, row.entries) == (bins, entries)


def test_a_width_without_a_filled_bin_has_its_reason(tmp_path, processed, table):
    filled = fill(tmp_path, processed, table, (10.0, 200.0), bumpnet_naming=False)
    assert filled.without == {"2e/e0e1_width_200.0": "no filled bin of 200 GeV starts at or above the turn-on"}
    assert set(filled.histograms) == {"2e/e0e1_width_10.0", "2m/m0m1_width_10.0", "2m/m0m1_width_200.0"}
    histograms.write(tmp_path / "h.root", filled, single_file=True)
    results = histograms.summarize(filled, statistics.of_branches({}), ["root://tape//a.root"])
    assert (results.histograms, results.without_histogram) == (3, filled.without)
    assert (results.events.read, results.unavailable) == (0, ("root://tape//a.root",))


def test_bins_that_are_all_too_wide_are_told_with_the_edges(tmp_path, processed, table):
    complaint = (
        r"^dataset d gives no histogram: bin_width_gev = 500 is too wide, .* lowest turn-on is 70 GeV, and the first "
        r"bin from there on starts at 500 GeV\)\. Choose narrower bins"
    )
    with pytest.raises(EmptyResultError, match=complaint):
        fill(tmp_path, processed, table, (500.0,))


@pytest.mark.parametrize("bumpnet_naming", [True, False])
def test_distributions_before_any_removal_begin_at_0(tmp_path, processed, table, bumpnet_naming):
    whole = WholeMasses(tmp_path / "masses.npz", (7.0,), 1000.0, table)
    bins = (ConstantBins(10.0), ConstantBins(7.0))
    histogram_counts.count(processed, tmp_path / "counts.npz", bins, False, None, whole)
    naming = HistogramNaming((10.0, 7.0), bumpnet_naming)
    filled = histograms.fill(
        add_up([tmp_path / "counts.npz"]), table, bins, bumpnet_naming, "toy", [tmp_path / "counted.npz"]
    )
    distributions = [
        (key.combination, width_gev, filled.whole[naming.key(key, width_gev)])
        for key in table.cuts
        for width_gev in (10.0, 7.0)
    ]
    assert len(filled.whole) == 4
    for combination, width_gev, distribution in distributions:
        masses = next(values for name, values in MASSES.items() if name.endswith(combination))
        assert (distribution.start_gev, distribution.width_gev, distribution.trimmed) == (0.0, width_gev, 0)
        assert distribution.counts.tolist() == np.bincount((masses // width_gev).astype(int)).tolist()
    histograms.write(tmp_path / "whole.root", replace(filled, histograms=filled.whole), single_file=True)
    stored = list(read(tmp_path / "whole.root"))
    assert [histogram.key for histogram in stored] == list(filled.whole)
    assert {histogram.title for histogram in stored} == {"2e e0e1 (toy)", "2m m0m1 (toy)"}
    assert histograms.summarize(filled, statistics.of_branches({}), []).whole_distributions == 4
