"""Cells of two grids: any cut on one of them gives the counts on the other, to the entry."""

import numpy as np
import pytest

from physics import binning
from physics.bins import shared_grids
from physics.bins.bins import ConstantBins, ResolutionBins
from physics.weights import Weighting

MAX_GEV = 3000.0
GRIDS = [
    *map(ConstantBins, (2.0, 10.0, 7.0, 0.1, 0.3, 1 / 3, 25.0)),
    *(ResolutionBins(experiment, 0.5, 1.0, MAX_GEV) for experiment in ("ATLAS", "CMS")),
]


def masses_near_edges(binned, width_gev, combination):
    """Masses on edges of both grids, one float32 beside them, and anywhere."""
    rng = np.random.default_rng(3)
    edges = np.concatenate([binning.first_masses(width_gev, 400), binned.first_masses(combination, 4000)])
    near = edges.astype(np.float32)
    beside = [np.nextafter(near, np.float32(0)), near, np.nextafter(near, np.float32(1e9))]
    return np.concatenate([*beside, rng.exponential(300, 5000).astype(np.float32), np.float32([np.inf, np.nan, 0])])


@pytest.mark.parametrize("width_gev", [10.0, 5.0, 0.7, 1 / 3])
@pytest.mark.parametrize("binned", GRIDS, ids=str)
def test_cells_tell_the_bins_of_both_grids(binned, width_gev):
    masses = masses_near_edges(binned, width_gev, "e0m0j0")
    counted = shared_grids.measure(masses, "e0m0j0", binned, width_gev, MAX_GEV)
    of_search, of_histogram = shared_grids.find_bins(len(counted.counts), "e0m0j0", binned, width_gev)
    kept = masses[masses <= MAX_GEV].astype(np.float64)
    pairs = np.stack([binning.index(kept, width_gev), binned.index(kept, "e0m0j0")])
    expected, entries = np.unique(pairs, axis=1, return_counts=True)
    filled = np.flatnonzero(counted.counts)
    assert np.array_equal(np.stack([of_search[filled], of_histogram[filled]]), expected)
    assert np.array_equal(counted.counts[filled], entries)
    assert (counted.above, counted.entries()) == (len(masses) - len(kept), len(masses))


def test_sums_of_weights_stand_in_the_same_cells():
    masses, weights = np.float32([1, 12, 12.5, 4000]), np.array([0.5, -1.0, 2.0, 9.0])
    counted = shared_grids.measure(masses, "e0m0", ConstantBins(5.0), 10.0, MAX_GEV, Weighting(weights, 2.0**-4))
    assert counted.counts.tolist() == [1, 0, 0, 2]
    assert counted.sums[0].tolist() == [8, 0, 0, 16]
    assert counted.unit == 2.0**-4


@pytest.mark.parametrize("width_gev", [10.0, 0.1, 0.3, 1 / 3, 1e-3, 7.1])
def test_the_first_mass_of_a_bin_is_the_lowest_float_in_it(width_gev):
    first = binning.first_masses(width_gev, 5000)
    numbers = np.arange(1, 5001)
    assert np.array_equal(np.floor(first / width_gev), numbers)
    assert np.array_equal(np.floor(np.nextafter(first, 0) / width_gev), numbers - 1)
