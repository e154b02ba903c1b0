"""Simulation in the bins of data: fine ones where every sample has them, else those of the peak search."""

import numpy as np
import pytest

from edm.records.cut_table import Cut
from edm.records.samples import Normalisation
from edm.spectra import Distribution, SpectrumKey
from plots.masses import Spectrum
from steps.counts.histogram_counts import BEFORE
from steps.output.simulation import Simulation, compare_spectra
from steps.weighting.counts import SampleCounts
from targets.products import mass_counts
from targets.products.mass_counts import Row

KEY, OTHER = SpectrumKey("2e_0m", "e0e1"), SpectrumKey("3e_0m", "e0e1")
UNIT = 0.5
WHOLE = Normalisation(5.0, 2.0, 1.0, 1.0, 100.0, "the catalogue", UNIT, 3.0)
CUT = Cut(entries=9, below=0, window=0, main=9, outliers=0, above=0, start_gev=0.0, split_gev=None)


def weighted(*first):
    """Make a distribution of weights: S1 in units, one entry a bin."""
    sums = np.array([first, np.ones(len(first))], dtype=np.int64)
    return Distribution(np.ones(len(first), np.int64), sums=sums, unit=UNIT)


@pytest.fixture
def sample(tmp_path):
    """Write the counts of a sample: those on the grid of 10 GeV, and those before removal on 5 GeV."""

    def make(name, coarse, fine):
        rows = {
            f"{name}_coarse": [Row(key, 10.0, weighted(*numbers)) for key, numbers in coarse.items()],
            f"{name}_fine": [Row(key._replace(part=BEFORE), 5.0, weighted(*numbers)) for key, numbers in fine.items()],
        }
        for file, listed in rows.items():
            mass_counts.write(tmp_path / f"{file}.npz", [*listed, Row(SpectrumKey("9e", "e0e1"), 10.0, weighted(9))])
        return [SampleCounts([tmp_path / f"{file}.npz"], WHOLE) for file in rows]

    return make


@pytest.fixture
def before(tmp_path):
    mass_counts.write(tmp_path / "data.npz", [Row(key, 10.0, Distribution(np.array([4, 5]))) for key in (KEY, OTHER)])
    return [tmp_path / "data.npz"]


def spectrum(key, width_gev=5.0):
    return Spectrum(key, np.array([1, 3, 5]), width_gev, CUT, 0.0, None, 100.0)


def compare(samples, spectra, before, has_data=True):
    counted, filled = zip(*samples, strict=True)
    names = [f"s{number}" for number in range(len(samples))]
    simulation = Simulation(counted, filled, names, 5.0, stacked=True, has_data=has_data)
    return {comparison.key: comparison for comparison in compare_spectra(simulation, spectra, before, 10.0)}


def test_the_bins_are_those_of_the_spectrum(sample, before):
    found = compare([sample("a", {KEY: (7, 8)}, {KEY: (2, 5, 4, 4)})], [spectrum(KEY)], before)[KEY]
    assert found.edges_gev.tolist() == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert found.data.tolist() == [1, 3, 5, 0]
    (drawn,) = found.samples
    assert drawn.name == "s0"
    assert drawn.contents.tolist() == [3 * UNIT * first for first in (2, 5, 4, 4)]
    assert drawn.variances == pytest.approx([(1024 * UNIT * 3) ** 2] * 4)
    assert found.normalised_to == "5 fb⁻¹"


def test_where_a_sample_was_not_counted_in_fine_bins_all_are_on_the_grid_of_the_peak_search(sample, before):
    both = sample("a", {KEY: (7, 8)}, {KEY: (2, 5, 4, 4)}), sample("b", {KEY: (1,)}, {})
    found = compare(both, [spectrum(KEY)], before)[KEY]
    assert found.edges_gev.tolist() == [0.0, 10.0, 20.0]
    assert found.data.tolist() == [4, 5]
    assert [drawn.contents.tolist() for drawn in found.samples] == [[10.5, 12.0], [1.5, 0.0]]


def test_a_sample_without_an_event_of_a_spectrum_is_left_out(sample, before):
    both = sample("a", {KEY: (7,)}, {KEY: (3, 4)}), sample("b", {OTHER: (1,)}, {OTHER: (1,)})
    found = compare(both, [spectrum(KEY), spectrum(OTHER)], before)
    assert {key: [drawn.name for drawn in one.samples] for key, one in found.items()} == {KEY: ["s0"], OTHER: ["s1"]}


def test_a_spectrum_that_no_sample_has_is_not_compared(sample, before):
    assert compare([sample("a", {KEY: (7,)}, {})], [spectrum(OTHER)], before) == {}


def test_simulation_alone_has_no_data(sample, before):
    found = compare([sample("a", {KEY: (7, 8)}, {})], [spectrum(KEY, 10.0)], before, has_data=False)[KEY]
    assert found.data is None
    assert found.samples[0].contents.tolist() == [10.5, 12.0]
