"""Which figures are drawn of a dataset, and of which numbers."""

from dataclasses import replace

import numpy as np
import pytest

from edm.records.cut_table import CutTable
from edm.records.statistics import StageStatistics
from edm.spectra import SpectrumKey
from physics.bins.bins import ConstantBins
from plots.style import Label
from steps import peaks, statistics
from steps.counts import histogram_counts, mass_counter
from steps.counts.histogram_counts import WholeMasses
from steps.output import figures
from steps.peaks import PeakSearch
from targets.products.mass_arrays import MassWriter


def test_stages_without_statistics_are_not_drawn():
    stages = {"ParseFile": StageStatistics(2, 1.0), "ComputeMasses": StageStatistics(0, 0.0)}
    summed = replace(statistics.of_branches({}), stages=stages)
    dataset = figures.Dataset("d", Label("Toy data", "demo"), summed, CutTable("d", {}, {}), [], [], ConstantBins(10.0))
    options = figures.FigureOptions(("png",), 1, 1, 10.0, 4)
    (performance,) = figures.plan(dataset, PeakSearch(1, 10.0, 1000.0, ()), options)
    assert performance.name == "performance"
    assert [text.get_text() for text in performance.draw().axes[0].get_yticklabels()] == ["ParseFile"]


@pytest.fixture
def counts(tmp_path):
    """Masses of a branch counted on the grid of the peak search (10 GeV), and on 7 GeV after peak removal."""
    writer = MassWriter()
    masses = np.repeat([15.0, 35.0, 41.0, 48.0, 55.0], [20, 50, 30, 10, 5]).astype(np.float32)
    writer.add(SpectrumKey("2e", "e0e1"), masses)
    writer.write(tmp_path / "masses.npz")
    mass_counter.count(tmp_path / "masses.npz", tmp_path / "counted.npz", SEARCH)
    table = peaks.find("d", [tmp_path / "counted.npz"], SEARCH)
    peaks.remove(tmp_path / "masses.npz", tmp_path / "removed.npz", table, SEARCH)
    return tmp_path, table, masses


SEARCH = PeakSearch(1, 10.0, 1000.0, ())


@pytest.mark.parametrize(("whole", "width_gev"), [(True, 7.0), (False, 10.0)])
def test_masses_before_peak_removal_have_the_bins_of_the_histograms_where_these_are_counted(counts, whole, width_gev):
    folder, table, masses = counts
    before = WholeMasses(folder / "masses.npz", (7.0,), 1000.0, table) if whole else None
    histogram_counts.count(folder / "removed.npz", folder / "filled.npz", (ConstantBins(7.0),), False, None, before)
    summed = statistics.of_branches({})
    paths = ([folder / "counted.npz"], [folder / "filled.npz"])
    dataset = figures.Dataset("d", Label("Toy data", "demo"), summed, table, *paths, ConstantBins(7.0))
    (drawn_mass,) = figures.plan(dataset, SEARCH, figures.FigureOptions(("png",), 1, 1, 7.0, 4))
    axes = drawn_mass.draw().axes[0]
    assert axes.get_ylabel() == f"Events / {width_gev:g} GeV"
    (outline,) = [patch for patch in axes.patches if patch.get_label() == "all masses"]
    wanted = np.bincount((masses // width_gev).astype(int))
    assert outline.get_data().values.tolist() == wanted.tolist()
    assert outline.get_data().edges.tolist() == (width_gev * np.arange(len(wanted) + 1)).tolist()
