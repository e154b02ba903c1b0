"""Histograms in bins by resolution: where they start, what is trimmed, once more in plain loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from physics import binning
from physics.bins.bins import ConstantBins, ResolutionBins
from physics.weights import Weighting

BINS = ResolutionBins("ATLAS", 0.5, 1.0, 10_000.0)
COMBINATION = "j0j1"


def slow_histogram(masses, edges, turn_on):
    """Count masses one by one; give edges, counts and trimmed of the histogram, or nothing."""
    counts = [0] * (len(edges) - 1)
    for mass in masses:
        for number, (low, high) in enumerate(itertools.pairwise(edges)):
            if low <= float(mass) < high:
                counts[number] += 1
    allowed = [number for number, low in enumerate(edges[:-1]) if low >= turn_on and counts[number]]
    if not allowed:
        return None
    highest = max(counts[number] for number in allowed)
    first = max(number for number in allowed if counts[number] == highest)
    kept = counts[first : allowed[-1] + 1]
    return edges[first : allowed[-1] + 2], kept, len(masses) - sum(kept)


def cut_out(masses, turn_on, bins=BINS):
    grid = np.bincount(bins.index(masses, COMBINATION))
    return bins.cut_out(grid, COMBINATION, turn_on)


@given(
    masses=st.lists(st.floats(0, 10_000, width=32), max_size=40),
    turn_on=st.sampled_from([0.0, 1.0, 10.0, 120.0, 111.7783, 9_999.0]),
)
def test_a_histogram_is_that_of_plain_loops(masses, turn_on):
    found = cut_out(np.array(masses, dtype=np.float32), turn_on)
    wanted = slow_histogram(masses, BINS.edges(COMBINATION).tolist(), turn_on)
    assert (found is None) == (wanted is None)
    if found is not None:
        assert (found.edges().tolist(), found.counts.tolist(), found.trimmed) == wanted
        assert found.start_gev == wanted[0][0]
        assert found.width_gev == wanted[0][1] - wanted[0][0]


def test_it_starts_at_the_rightmost_of_the_highest_bins_by_counts_and_not_by_density():
    edges = BINS.edges(COMBINATION)
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    low, high = np.searchsorted(edges, [100.0, 300.0])  # the second is much wider
    found = cut_out(np.repeat(centres[[low, high, high + 3]], [5, 5, 2]), 50.0)
    assert found.start_gev == edges[high]
    assert found.counts.tolist() == [5, 0, 0, 2]
    assert found.trimmed == 5


def test_a_mass_on_an_edge_belongs_to_the_bin_above_in_float64():
    edges = BINS.edges(COMBINATION)
    assert BINS.index(np.array([0.0, edges[0], edges[5]]), COMBINATION).tolist() == [0, 1, 6]
    single = np.float32(edges[5])  # rounded to float32 it lies beside the edge
    assert BINS.index(np.array([single]), COMBINATION).tolist() == [6 if float(single) >= edges[5] else 5]


def test_masses_below_the_start_and_at_the_last_edge_are_trimmed():
    bins = ResolutionBins("ATLAS", 0.5, 100.0, 111.7783)
    edges = ResolutionBins("ATLAS", 0.5, 100.0, 10_000.0).edges(COMBINATION)
    bins = ResolutionBins("ATLAS", 0.5, 100.0, float(edges[2]))
    found = cut_out(np.array([50.0, 100.5, 100.6, edges[2]]), 0.0, bins)
    assert (found.counts.tolist(), found.trimmed) == ([2], 2)


def test_weights_follow_their_masses_and_do_not_move_the_start():
    masses = np.array([150.0, 150.1, 400.0], dtype=np.float32)
    grid = binning.distribution(BINS.index(masses, COMBINATION), Weighting(np.array([1.0, 2.0, 64.0]), 1.0))
    found = BINS.cut_out(grid.counts, COMBINATION, 0.0, grid.sums.astype(np.float64))
    assert found.contents[0] == 3.0
    assert found.contents[-1] == 64.0
    assert found.contents.shape == found.variances.shape == found.counts.shape


def test_parts_add_up_whatever_their_order():
    masses = np.random.default_rng(3).exponential(200, 1000).astype(np.float32)
    whole = np.bincount(BINS.index(masses, COMBINATION))
    added = np.zeros_like(whole)
    for part in np.array_split(np.random.default_rng(4).permutation(masses), 7):
        counts = np.bincount(BINS.index(part, COMBINATION))
        added[: len(counts)] += counts
    assert added.tolist() == whole.tolist()


def test_constant_bins_are_those_of_the_grid():
    bins, masses = ConstantBins(7.0), np.random.default_rng(3).exponential(200, 1000).astype(np.float32)
    grid = np.bincount(bins.index(masses, COMBINATION))
    assert grid.tolist() == binning.counts(masses, 7.0).tolist()
    found, wanted = bins.cut_out(grid, COMBINATION, 20.0), binning.cut_out(grid, 7.0, 20.0)
    assert found.counts.tolist() == wanted.counts.tolist()
    assert (found.start_gev, found.width_gev, found.edges_gev) == (21.0, 7.0, None)
    assert found.edges().tolist() == [21.0 + 7.0 * number for number in range(len(found.counts) + 1)]


@pytest.mark.parametrize(("factor", "label"), [(0.5, "res0.5"), (1.0, "res1.0"), (1, "res1.0")])
def test_names_tell_the_factor(factor, label):
    assert ResolutionBins("CMS", factor, 1.0, 100.0).label == label
