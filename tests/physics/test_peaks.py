"""Peak removal by hand: small distributions on a grid of 10 GeV, worked out in comments. Masses are in GeV."""

import json
from functools import reduce
from operator import add

import numpy as np
import pytest

from edm.records.cut_table import Cut
from edm.records.documents import from_document, to_document
from physics import peaks
from physics.combinations import parse
from physics.resonances import Resonance, Windows, choose, windows

WIDTH, MAXIMUM = 10.0, 10_000.0
NONE = Windows()
GAP = Windows(vetoed=((11, 14),))  # the Higgs boson's on this grid: 110 to 140


def f32(*values):
    return np.array(values, dtype=np.float32)


def filled(bins):
    """Masses in the middle of bins, from entries per bin."""
    return f32(*[10 * index + 5 for index, n in bins.items() for _ in range(n)])


def cut_of(masses, window=NONE, maximum=MAXIMUM):
    return peaks.find_cut(peaks.measure(masses, window, WIDTH, maximum), window, WIDTH)


def numbers(cut):
    return cut.below, cut.window, cut.main, cut.outliers, cut.above


class TestTurnOn:
    def test_everything_below_the_highest_bin_goes(self):
        # Bin 2 (20 to 30) is the highest; bins 0 and 1 hold 4.
        cut = cut_of(filled({0: 1, 1: 3, 2: 9, 3: 4, 4: 1}))
        assert (cut.start_gev, numbers(cut)) == (20, (4, 0, 14, 0, 0))

    @pytest.mark.parametrize(
        ("bins", "start", "below"),
        [({0: 5, 1: 5, 2: 1}, 10, 5), ({0: 5, 1: 1, 2: 5}, 20, 6), ({3: 1, 4: 1, 5: 1}, 50, 2), ({2: 7, 9: 7}, 90, 7)],
    )
    def test_of_equally_high_bins_the_rightmost(self, bins, start, below):
        cut = cut_of(filled(bins))
        assert (cut.start_gev, cut.below) == (start, below)

    def test_a_single_mass(self):
        cut = cut_of(f32(35))
        assert (cut.start_gev, cut.split_gev, cut.reason, numbers(cut)) == (30, None, None, (0, 0, 1, 0, 0))

    def test_masses_at_zero(self):
        cut = cut_of(f32(0, 0, 4))
        assert (cut.start_gev, numbers(cut)) == (0, (0, 0, 3, 0, 0))


class TestOutliers:
    def test_the_first_empty_bin_splits(self):
        # Counting bin 2 as 0: index 1 and 2 are filled, index 3 (bin 5) is empty. 7 and 9 lie apart, the second gap
        # (bin 8) no longer matters.
        cut = cut_of(filled({2: 9, 3: 4, 4: 2, 6: 1, 7: 1, 9: 1}))
        assert (cut.split_gev, numbers(cut)) == (50, (0, 0, 15, 3, 0))

    def test_an_empty_bin_1_is_passed_over(self):
        # Index 1 (bin 1) is empty and passed over, index 2 is filled, index 3 is empty and splits.
        cut = cut_of(filled({0: 9, 2: 4, 4: 2}))
        assert (cut.split_gev, numbers(cut)) == (30, (0, 0, 13, 2, 0))

    def test_an_empty_bin_2_splits(self):
        assert cut_of(filled({0: 9, 1: 1, 3: 2})).split_gev == 20
        # Even where bin 1 is empty too: the split is at bin 2, not at bin 1.
        cut = cut_of(filled({0: 9, 3: 2}))
        assert (cut.split_gev, numbers(cut)) == (20, (0, 0, 9, 2, 0))

    def test_without_an_empty_bin_there_are_no_outliers(self):
        cut = cut_of(filled({0: 9, 1: 4, 2: 2}))
        assert (cut.split_gev, cut.outliers) == (None, 0)

    def test_only_an_empty_bin_1(self):
        cut = cut_of(filled({0: 9, 2: 4}))
        assert (cut.split_gev, numbers(cut)) == (None, (0, 0, 13, 0, 0))

    def test_an_empty_bin_below_the_turn_on_splits_nothing(self):
        cut = cut_of(filled({0: 1, 3: 9, 4: 2}))
        assert (cut.split_gev, numbers(cut)) == (None, (1, 0, 11, 0, 0))


class TestLargestMass:
    def test_a_mass_exactly_on_it_is_kept(self):
        cut = cut_of(f32(9995, 10_000, np.nextafter(np.float32(10_000), np.float32(np.inf))))
        # 10,000 is the low edge of bin 1000, next to bin 999: both have one entry, the rightmost is the turn-on.
        assert (cut.start_gev, numbers(cut)) == (10_000, (1, 0, 1, 0, 1))

    def test_masses_that_are_not_finite_are_above(self):
        masses = f32(55, np.inf, np.nan)
        cut = cut_of(masses)
        assert numbers(cut) == (0, 0, 1, 0, 2)
        assert [part.tolist() for part in peaks.split(masses, cut, WIDTH, MAXIMUM)] == [[55], []]

    def test_a_maximum_inside_a_bin(self):
        assert numbers(cut_of(f32(92, 95, 95.5, 99), maximum=95.0)) == (0, 0, 2, 0, 2)

    def test_above_has_no_say_in_the_turn_on(self):
        cut = cut_of(f32(15, 25, 25, 105, 105, 105), maximum=100.0)
        assert (cut.start_gev, numbers(cut)) == (20, (1, 0, 2, 0, 3))


class TestKnownResonances:
    Z = windows(parse("e0e1"), choose(["z"]), WIDTH)  # window from 78.7, everything below 110 goes

    def test_a_dilepton_distribution(self):
        # 50 and 78 lie below the window, 79, 91 and 109 in it; of the rest, 110 to 120 is the highest bin.
        cut = cut_of(f32(50, 78, 79, 91, 109, 110, 115, 125), self.Z)
        assert (cut.start_gev, numbers(cut)) == (110, (2, 3, 3, 0, 0))

    def test_the_turn_on_is_sought_in_what_is_left(self):
        # The two highest bins are those of the Z boson; above them 120 to 130 is the highest.
        cut = cut_of(np.r_[filled({8: 50, 9: 90}), f32(115, 121, 122, 131)], self.Z)
        assert (cut.start_gev, numbers(cut)) == (120, (1, 140, 3, 0, 0))

    def test_overlapping_windows_count_once(self):
        # J/psi (2.787 to 3.5) and psi(2S) (3.317 to 4.1, both on a grid of 0.1) share 3.4; 3.0 and 3.9 are in one each.
        both = windows(parse("m0m1"), choose(["jpsi", "psi2s"]), 0.1)
        assert peaks.measure(f32(1.0, 3.0, 3.4, 3.9, 4.2), both, 0.1, MAXIMUM).in_window == 3

    def test_between_two_windows_is_below(self):
        # On a grid of 1 GeV the J/psi's window is 2.787 to 4 and that of the Upsilon 8.514 to 11: 6 is in neither.
        two = windows(parse("m0m1"), choose(["jpsi", "upsilon"]), 1.0)
        cut = peaks.find_cut(peaks.measure(f32(3, 6, 9, 12), two, 1.0, MAXIMUM), two, 1.0)
        assert (cut.start_gev, numbers(cut)) == (12, (1, 2, 1, 0, 0))

    def test_a_window_is_closed_below_and_open_above(self):
        half = windows(parse("e0e1"), [Resonance("x", 100.0, 4.0, "below")], WIDTH)  # exactly 80 to 120
        below = np.nextafter(np.float32(80), np.float32(0))
        cut = cut_of(f32(below, 80, np.nextafter(np.float32(120), np.float32(0)), 120), half)
        assert (cut.start_gev, numbers(cut)) == (120, (1, 2, 1, 0, 0))


class TestVeto:
    def test_the_gap_is_neither_turn_on_nor_main(self):
        # Bin 9 is the highest outside of the gap, although bin 12 (gap) is higher.
        cut = cut_of(filled({8: 5, 9: 9, 10: 4, 11: 2, 12: 80, 13: 3, 14: 2, 15: 1}), GAP)
        assert (cut.start_gev, cut.split_gev, numbers(cut)) == (90, None, (5, 85, 16, 0, 0))
        assert cut.vetoed_gev == ((110, 140),)

    def test_the_bins_of_a_gap_do_not_count_as_empty(self):
        # The turn-on is bin 8, the gap has index 3 to 5; a split there would call 14 and 15 outliers.
        cut = cut_of(filled({8: 9, 9: 4, 10: 4, 14: 2, 15: 1}), GAP)
        assert (cut.split_gev, numbers(cut)) == (None, (0, 0, 20, 0, 0))

    def test_a_gap_right_above_the_turn_on(self):
        # Turn-on bin 10, gap index 1 to 3, bin 14 has index 4: empty, it splits; filled, it does not.
        assert cut_of(filled({10: 9, 14: 1, 15: 1}), GAP).split_gev is None
        cut = cut_of(filled({10: 9, 15: 1}), GAP)
        assert (cut.split_gev, numbers(cut)) == (140, (0, 0, 9, 1, 0))

    def test_a_gap_right_below_the_turn_on(self):
        # Bins 13 (gap) and 14 (turn-on) touch. An empty bin 15 is index 1 and passed over, an empty bin 16 splits.
        cut = cut_of(filled({10: 2, 13: 4, 14: 9, 17: 1}), GAP)
        assert (cut.start_gev, cut.split_gev, numbers(cut)) == (140, 160, (2, 4, 9, 1, 0))

    def test_a_gap_among_the_outliers(self):
        # Bin 7 is index 2 and empty: 8 and 15 are outliers, and the gap still takes its own.
        cut = cut_of(filled({5: 9, 6: 1, 8: 1, 12: 4, 15: 1}), GAP)
        assert (cut.split_gev, numbers(cut)) == (70, (0, 4, 10, 2, 0))

    def test_a_gap_between_main_and_outliers(self):
        # The split would be at bin 11, which is a gap; bin 14 is empty: the outliers start there.
        cut = cut_of(filled({8: 9, 9: 1, 10: 1, 12: 3, 15: 2}), GAP)
        assert (cut.split_gev, numbers(cut)) == (140, (0, 3, 11, 2, 0))

    def test_its_edges(self):
        # Index 11 to 13: 110 is the first mass inside, 140 the first one beyond.
        below, end = np.nextafter(f32(110, 140), np.float32(0))
        cut = cut_of(f32(100, below, 110, end, 140), GAP)
        assert (cut.start_gev, numbers(cut)) == (100, (0, 2, 3, 0, 0))

    def test_a_gap_that_begins_in_a_window_counts_once(self):
        # No combination has both today. 80 to 120 goes with everything below, 110 to 140 is a gap: 115 is in both.
        both = Windows(removed=((80.0, 12),), stop=12, vetoed=((11, 14),))
        cut = cut_of(f32(50, 115, 125, 145), both)
        assert (cut.start_gev, numbers(cut)) == (140, (1, 2, 1, 0, 0))

    def test_a_gap_beyond_the_last_mass(self):
        cut = cut_of(filled({5: 9, 6: 1}), GAP)
        assert (cut.split_gev, numbers(cut)) == (None, (0, 0, 10, 0, 0))


class TestNothingLeft:
    def test_no_masses(self):
        cut = cut_of(f32())
        assert (cut.entries, numbers(cut), cut.start_gev) == (0, (0,) * 5, None)
        assert cut.reason == "no masses"

    @pytest.mark.parametrize(
        ("masses", "window", "expected"),
        [
            (f32(20_000, np.inf), NONE, (0, 0, 0, 0, 2)),
            (f32(50, 91), TestKnownResonances.Z, (1, 1, 0, 0, 0)),
            (f32(50, 91, 20_000), TestKnownResonances.Z, (1, 1, 0, 0, 1)),
            (f32(115, 125), GAP, (0, 2, 0, 0, 0)),
        ],
    )
    def test_a_row_with_the_reason(self, masses, window, expected):
        cut = cut_of(masses, window)
        assert (cut.entries, numbers(cut), cut.start_gev, cut.split_gev) == (len(masses), expected, None, None)
        assert cut.reason == "known resonances and the largest mass leave no entry"
        assert [part.tolist() for part in peaks.split(masses, cut, WIDTH, MAXIMUM)] == [[], []]


class TestSplit:
    def test_order_is_kept(self):
        masses = f32(45, 20, 95, 25, 41, 91, 5, 29, 20_000, 31, 21)
        # Bins 0: 1, 2: 4, 3: 1, 4: 2, 9: 2: turn-on 20, the empty bin 5 splits.
        main, outliers = peaks.split(masses, cut_of(masses), WIDTH, MAXIMUM)
        assert (main.tolist(), outliers.tolist()) == ([45, 20, 25, 41, 29, 31, 21], [95, 91])
        assert main.dtype == outliers.dtype == np.float32

    def test_masses_exactly_on_the_cuts(self):
        cut = Cut(0, 0, 0, 0, 0, 0, start_gev=20.0, split_gev=50.0, vetoed_gev=((30.0, 40.0),))
        below = np.nextafter(f32(20, 30, 40, 50), np.float32(0))
        main, outliers = peaks.split(np.r_[below, f32(20, 30, 40, 50, 10_000, 10_001)], cut, WIDTH, MAXIMUM)
        assert main.tolist() == [below[1], below[3], 20, 40]
        assert outliers.tolist() == [50, 10_000]

    @pytest.mark.parametrize(("width", "start"), [(0.1, 43), (0.1, 41), (0.7, 12), (0.7, 10), (0.3, 31)])
    def test_edges_that_are_no_binary_numbers(self, width, start):
        # 43 x 0.1 / 0.1 is a little less than 43 in float64: cut off, it would mean bin 42 (as with 12 x 0.7 and
        # 31 x 0.3). It is the turn-on here, or the split, which is bin 2 from the turn-on; bins 4 and 5 are a gap.
        middles = f32(*((start + np.array([-1, 0, 0, 1, 3, 4, 5, 6, 7]) + 0.5) * width))
        gap = Windows(vetoed=((start + 4, start + 6),))
        cut = peaks.find_cut(peaks.measure(middles, gap, width, MAXIMUM), gap, width)
        assert numbers(cut) == (1, 2, 3, 3, 0)
        main, outliers = peaks.split(middles, cut, width, MAXIMUM)
        assert (main.tolist(), outliers.tolist()) == (middles[1:4].tolist(), middles[[4, 7, 8]].tolist())

    @pytest.mark.parametrize("width", [0.1, 0.7])
    def test_gaps_whose_ends_are_no_binary_numbers(self, width):
        for end in (12, 24, 29, 43, 81, 86, 91):
            middles = f32(*((np.arange(end - 9, end + 3) + 0.5) * width))
            for gap in ((end - 4, end), (end, end + 2)):
                gap_gev = (gap[0] * width, gap[1] * width)
                cut = Cut(0, 0, 0, 0, 0, 0, start_gev=0.0, split_gev=None, vetoed_gev=(gap_gev,))
                main, _ = peaks.split(middles, cut, width, MAXIMUM)
                assert main.tolist() == [mass for mass in middles if not gap_gev[0] < mass < gap_gev[1]]

    def test_a_part_without_masses(self):
        main, outliers = peaks.split(f32(), cut_of(f32(25)), WIDTH, MAXIMUM)
        assert (main.tolist(), outliers.tolist()) == ([], [])

    def test_cuts_that_went_through_a_file(self):
        masses = filled({8: 9, 9: 4, 10: 4, 12: 5, 14: 2, 15: 1, 18: 1})
        cut = cut_of(masses, GAP)
        read = from_document(Cut, json.loads(json.dumps(to_document(cut))))
        assert read == cut
        assert read.vetoed_gev
        assert [p.tolist() for p in peaks.split(masses, read, WIDTH, MAXIMUM)] == [
            p.tolist() for p in peaks.split(masses, cut, WIDTH, MAXIMUM)
        ]


class TestSums:
    def test_cuts_of_the_whole_differ_from_those_of_its_parts(self):
        # Bins 1 to 3 hold 3 2 1 in the first job, 0 2 1 in the second and 0 0 2 in the third, together 3 4 4: a tie
        # that 30 wins. The first version cut each job at its own place, here 10, 20 and 30 (FACTS 6.6).
        jobs = [filled({1: 3, 2: 2, 3: 1}), filled({2: 2, 3: 1}), filled({3: 2})]
        assert [cut_of(job).start_gev for job in jobs] == [10, 20, 30]
        parts = [peaks.measure(job, NONE, WIDTH, MAXIMUM) for job in jobs]
        cut = peaks.find_cut(reduce(add, parts), NONE, WIDTH)
        assert (cut.start_gev, numbers(cut)) == (30, (7, 0, 4, 0, 0))
