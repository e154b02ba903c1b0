"""Masses before any removal are counted on the grids of the histograms, not rebinned from that of the peak search."""

import math
from collections import Counter

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from physics.bins.bins import ConstantBins
from physics.resonances import choose
from steps import peaks
from steps.counts import histogram_counts, mass_counter
from steps.counts.histogram_counts import BEFORE, HistogramCounter, WholeMasses
from targets.products import mass_arrays, mass_counts
from targets.products.mass_arrays import MassWriter

SEARCH = peaks.PeakSearch(20, 10.0, 1000.0, choose(("z",)))
WIDTHS_GEV = (7.0, 0.3)
BINS = (ConstantBins(10.0),)


@pytest.fixture
def branch(tmp_path):
    """Masses of a branch, some of them above the largest and some on edges, one final state with too few events."""
    rng, writer = np.random.default_rng(5), MassWriter(weighted=True)
    for name, number in (("2e/e0e1", 3000), ("2m/m0m1", 40), ("2j/j0j1", 3)):
        masses = rng.exponential(200, number).astype(np.float32)
        masses[:3] = (14.0, 21.0, 1000.0)
        writer.add(SpectrumKey.parse(name), masses, rng.normal(1.0, 0.5, number))
    writer.write(tmp_path / "masses.npz")
    mass_counter.count(tmp_path / "masses.npz", tmp_path / "counted.npz", SEARCH)
    table = peaks.find("d", [tmp_path / "counted.npz"], SEARCH)
    peaks.remove(tmp_path / "masses.npz", tmp_path / "removed.npz", table, SEARCH)
    return tmp_path, WholeMasses(tmp_path / "masses.npz", WIDTHS_GEV, SEARCH.max_mass_gev, table)


def counted(branch, unit=None):
    folder, whole = branch
    made = histogram_counts.count(folder / "removed.npz", folder / "filled.npz", BINS, False, unit, whole)
    return made, {
        (str(row.key), row.width_gev): row.distribution for row in mass_counts.add_up([folder / "filled.npz"])
    }


def in_bins(values, width_gev):
    """Count one mass after the other."""
    bins = Counter(math.floor(value / width_gev) for value in values if value <= SEARCH.max_mass_gev)
    return [bins[number] for number in range(max(bins) + 1)]


@pytest.mark.parametrize("part_masses", [7, 10**6])
def test_each_grid_holds_all_masses_before_any_removal(branch, monkeypatch, part_masses):
    masses = {str(key): values.tolist() for key, values in mass_arrays.read(branch[0] / "masses.npz")}
    monkeypatch.setattr(mass_arrays, "_PART_MASSES", part_masses)
    _, rows = counted(branch)
    before = {name: row for name, row in rows.items() if name[0].endswith(f"/{BEFORE}")}
    for (name, width_gev), distribution in before.items():
        values = masses[name.removesuffix(f"/{BEFORE}")]
        assert distribution.counts.tolist() == in_bins(values, width_gev)
        assert distribution.above == sum(value > SEARCH.max_mass_gev for value in values)
    assert {name for name, _ in before} == {"2e/e0e1/before", "2m/m0m1/before"}, "2j has too few events"
    assert {width_gev for _, width_gev in before} == set(WIDTHS_GEV)
    assert sum(row.entries() for (_, width_gev), row in before.items() if width_gev == 7.0) == 3040


def test_weights_are_summed_on_each_grid(branch):
    _, rows = counted(branch, unit=2.0**-20)
    ((_, masses, weights), *_) = mass_arrays.read_weighted(branch[0] / "masses.npz")
    kept = masses <= SEARCH.max_mass_gev
    wanted = np.zeros(len(rows["2e/e0e1/before", 7.0].counts))
    for mass, weight in zip(masses[kept].tolist(), weights[kept].tolist(), strict=True):
        wanted[math.floor(mass / 7.0)] += round(weight * 2**20)
    assert rows["2e/e0e1/before", 7.0].sums[0].tolist() == wanted.tolist()


def test_nothing_else_changes(branch):
    made, rows = counted(branch)
    folder, _ = branch
    alone = histogram_counts.count(folder / "removed.npz", folder / "alone.npz", BINS, False)
    assert made == alone
    after = {name: row for name, row in rows.items() if not name[0].endswith(BEFORE)}
    assert [(str(key), width) for key, width, _ in mass_counts.add_up([folder / "alone.npz"])] == list(after)
    for key, width_gev, distribution in mass_counts.add_up([folder / "alone.npz"]):
        assert after[str(key), width_gev].counts.tolist() == distribution.counts.tolist()


@pytest.mark.parametrize("unit", [None, 2.0**-20])
@pytest.mark.parametrize("exclude_outliers", [False, True])
def test_masses_are_counted_as_peak_removal_hands_them_on(branch, exclude_outliers, unit):
    folder, whole = branch
    kept = histogram_counts.count(folder / "removed.npz", folder / "kept.npz", BINS, exclude_outliers, unit, whole)
    counter = HistogramCounter(BINS, exclude_outliers, unit, whole)
    removed = peaks.remove(folder / "masses.npz", folder / "again.npz", whole.table, SEARCH, [counter])
    assert counter.write(folder / "handed.npz") == kept
    assert kept.masses == removed.main + removed.outliers * (not exclude_outliers) > 0
    assert (folder / "handed.npz").read_bytes() == (folder / "kept.npz").read_bytes()
    assert (folder / "again.npz").read_bytes() == (folder / "removed.npz").read_bytes()
    assert counter.seconds > 0
