"""Bins, counts and histograms by hand, in GeV, and what adds up for any masses and widths."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edm.spectra import Distribution
from physics import binning
from physics.errors import PhysicsError

WIDTHS = st.sampled_from([0.1, 2.5, 7.0, 10.0])
MASSES = st.lists(
    st.one_of(st.floats(0, 2000, width=32), st.integers(0, 800).map(lambda n: n * 2.5)), max_size=60
)  # with many masses on edges


def f32(values):
    return np.array(values, dtype=np.float32)


def histogram(masses, width_gev, cut_gev):
    return binning.cut_out(binning.counts(f32(masses), width_gev), width_gev, cut_gev)


class TestCheckWidth:
    @pytest.mark.parametrize("width", [0, -10, np.nan, np.inf, -np.inf])
    def test_a_width_must_be_positive_and_finite(self, width):
        with pytest.raises(PhysicsError, match=rf"^bin_width_gev is {width:g}: a bin width must be above 0 GeV"):
            binning.check_width("bin_width_gev", width, 10_000)

    @pytest.mark.parametrize("maximum", [0, -1, np.nan, np.inf])
    def test_a_maximum_must_be_positive_and_finite(self, maximum):
        with pytest.raises(PhysicsError, match=rf"^max_mass_gev is {maximum:g}: it must be above 0 GeV"):
            binning.check_width("bin_width_gev", 10, maximum)

    def test_a_width_meant_in_another_unit_is_refused(self):
        with pytest.raises(
            PhysicsError,
            match=r"peak_.* is 0.001 GeV, which gives 10000000 bins up to max_mass_gev 10000 GeV: at most 2",
        ):
            binning.check_width("peak_detection_bin_width_gev", 0.001, 10_000)

    @pytest.mark.parametrize("width", [0.005, 0.1, 7, 10, 20_000])
    def test_what_is_allowed(self, width):
        binning.check_width("bin_width_gev", width, 10_000)  # 0.005 gives exactly MAX_BINS = 2,000,000 bins


class TestIndex:
    def test_an_edge_belongs_to_the_bin_above(self):
        below = np.nextafter(np.float32(20), np.float32(0))
        assert binning.index(f32([0, below, 20, 29.9, 30]), 10).tolist() == [0, 1, 2, 2, 3]

    @pytest.mark.parametrize("width", [0.1, 2.5, 7.0, 10.0])
    def test_whole_gev_on_the_grid_fall_on_their_edge(self, width):
        # 0.1 is no binary number: n / 0.1 must come out as 10 n all the same for every n that float32 holds.
        step, bins = {0.1: (1, 10), 2.5: (5, 2), 7.0: (7, 1), 10.0: (10, 1)}[width]  # GeV, and bins of the width in it
        edges = np.arange(0, 10_001, step, dtype=np.float32)
        assert binning.index(edges, width).tolist() == [bins * n for n in range(len(edges))]

    @pytest.mark.parametrize(("mass", "width", "bin_"), [(0.7, 0.1, 6), (2.3, 0.1, 22), (0.7, 0.7, 0), (5.6, 0.7, 7)])
    def test_the_quotient_is_taken_in_float64(self, mass, width, bin_):
        # The float32 next to 0.7 is 0.69999999: below the edge, as float64 sees it; float32 would round it up to 7.
        assert float(np.float32(mass)) < mass
        assert binning.index(f32([mass]), width).tolist() == [bin_]

    def test_nothing(self):
        assert binning.index(f32([]), 10).tolist() == []
        assert binning.counts(f32([]), 10).tolist() == []
        assert binning.counts(f32([]), 10).dtype == np.int64


class TestCounts:
    def test_by_hand(self):
        assert binning.counts(f32([0, 5, 10, 39.9]), 10).tolist() == [2, 1, 0, 1]

    def test_a_single_mass(self):
        assert binning.counts(f32([25]), 10).tolist() == [0, 0, 1]

    def test_counts_are_those_of_numpy(self):
        # Not value by value (FACTS 6.10): a million masses at once, against an implementation of other people. No mass
        # lies on an edge, where numpy's last bin would differ.
        masses = np.random.default_rng(3).exponential(120, 1_000_000).astype(np.float32)
        expected, _ = np.histogram(masses.astype(np.float64), bins=np.arange(0, 3001) * 1.0)
        found = binning.counts(masses, 1.0)
        assert found.tolist() == expected[: len(found)].tolist()
        assert found.sum() == 1_000_000

    @given(MASSES, st.lists(st.integers(0, 3), max_size=60), WIDTHS)
    def test_no_entry_is_lost_when_parts_are_added(self, masses, jobs, width):
        # The first version chose bin edges per job: its merge kept 33 of 52,000 events (FACTS 6.6).
        parts = [f32([m for m, job in zip(masses, jobs, strict=False) if job == n]) for n in range(4)]
        parts.append(f32(masses[len(jobs) :]))
        total = reduce(add, (Distribution(binning.counts(part, width)) for part in parts))
        assert total.counts.tolist() == binning.counts(f32(masses), width).tolist()
        assert total.entries() == len(masses)


class TestCutOut:
    def test_from_the_first_filled_bin_to_the_last_with_zeros_between(self):
        found = histogram([41, 42, 43, 65], 10, 40)
        assert (found.start_gev, found.width_gev, found.trimmed) == (40.0, 10, 0)
        assert found.counts.tolist() == [3, 0, 1]

    def test_it_starts_at_a_filled_bin(self):
        # On a grid of 2.5 the cut at 40 allows the bin 40-42.5, but the first mass is at 46 (45-47.5).
        found = histogram([46, 46.5, 51], 2.5, 40)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (45.0, [2, 0, 1], 0)

    def test_a_width_that_does_not_divide_the_other_trims(self):
        # On a grid of 7 the low edges are 35 and 42: the bin 35-42 would reach below the cut at 40, so that the two
        # masses in 40-42 are trimmed, and the histogram starts at 42.
        found = histogram([40.5, 41, 42, 43, 60], 7, 40)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (42.0, [2, 0, 1], 2)

    def test_the_cut_on_an_edge_of_both_grids_trims_nothing(self):
        found = histogram([70, 71, 80], 7, 70)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (70.0, [2, 1], 0)

    @pytest.mark.parametrize("width", [0.1, 0.3, 0.7, 1.1, 2.5, 10.0])
    def test_a_cut_on_the_grid_is_on_the_grid_in_spite_of_rounding(self, width):
        # 3 x 0.1 is 0.30000000000000004, and divided by 0.1 more than 3: rounded up it would cost the first bin.
        for start in range(3000):
            grid = np.zeros(start + 3, dtype=np.int64)
            grid[start:] = 5, 0, 1
            found = binning.cut_out(grid, width, start * width)
            assert (found.counts.tolist(), found.trimmed) == ([5, 0, 1], 0)

    def test_a_cut_a_little_above_an_edge_is_above_it(self):
        found = binning.cut_out(np.array([0, 7, 5]), 10.0, 10.001)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (20.0, [5], 7)

    def test_a_wide_histogram_of_a_narrow_search(self):
        # Cut at 40 on the grid of 10, histogram in bins of 100: the first bin at or above the cut starts at 100.
        found = histogram([45, 95, 130, 320], 100, 40)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (100.0, [1, 0, 1], 2)

    def test_one_entry(self):
        found = histogram([123], 10, 120)
        assert (found.start_gev, found.counts.tolist(), found.trimmed) == (120.0, [1], 0)

    @pytest.mark.parametrize(("masses", "cut"), [([], 0), ([], 40), ([45, 95], 100), ([45], 41)])
    def test_nothing_at_or_above_the_cut(self, masses, cut):
        assert histogram(masses, 10, cut) is None

    def test_empty_bins_at_the_end_are_left_out(self):
        found = binning.cut_out(np.array([0, 3, 0, 2, 0, 0]), 10, 0)
        assert (found.start_gev, found.counts.tolist()) == (10.0, [3, 0, 2])

    def test_empty_bins_alone(self):
        assert binning.cut_out(np.zeros(5, dtype=np.int64), 10, 0) is None

    def test_the_grid_is_not_changed_through_the_histogram(self):
        grid = np.array([1, 2, 3])
        binning.cut_out(grid, 10.0, 0).counts[0] = 99
        assert grid.tolist() == [1, 2, 3]

    @settings(max_examples=200)
    @given(MASSES, WIDTHS, st.integers(0, 150).map(lambda n: n * 10.0))
    def test_every_entry_at_or_above_the_cut_is_counted_or_trimmed(self, masses, width, cut):
        kept = [mass for mass in masses if mass >= cut]
        found = histogram(kept, width, cut)
        if found is None:
            # all of them lie in the bin that contains the cut
            assert all(mass < cut + width for mass in kept)
            return
        assert found.counts.sum() + found.trimmed == len(kept)
        assert found.start_gev >= cut - 1e-6
        assert found.counts[0] > 0
        assert found.counts[-1] > 0
        if width != 7:  # 0.1, 2.5 and 10 divide 10: nothing lies between the cut and the next low edge
            assert found.trimmed == 0
        elif found.trimmed:
            assert min(kept) < cut + width


@pytest.mark.parametrize(("cut_gev", "width_gev", "edge_gev"), [(0, 10, 0), (40, 10, 40), (41, 7, 42), (0.3, 0.1, 0.3)])
def test_the_first_edge_is_at_or_above_the_cut(cut_gev, width_gev, edge_gev):
    assert binning.first_edge(cut_gev, width_gev) == pytest.approx(edge_gev)
