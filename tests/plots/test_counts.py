"""Points with Poisson errors, and ranges that outliers do not stretch."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import poisson

from plots.counts import describe_overflow, draw_points, poisson_errors, shown_bins

TAIL = 0.15865525393145707  # outside one standard deviation, on one side


def test_the_ends_of_an_error_are_means_that_a_count_rejects_at_one_sigma():
    counts = np.array([1, 3, 25, 400])
    down, up = poisson_errors(counts)
    assert poisson.sf(counts - 1, counts - down) == pytest.approx(TAIL)
    assert poisson.cdf(counts, counts + up) == pytest.approx(TAIL)


@pytest.mark.parametrize("counts", [[0, 0], [0, 7]])
def test_an_empty_bin_has_an_upper_error_alone(counts):
    errors = poisson_errors(np.array(counts))
    assert errors[:, 0] == pytest.approx([0.0, -np.log(TAIL)])
    assert errors.shape == (2, 2)


@pytest.mark.parametrize(
    ("entries", "n_bins"),
    [
        ([1, 9, 5, 2, 0, 0, 1], 4),
        ([1, 9, 5, 2, 0, 4, 0, 1], 6),  # four above the first gap are more than 3, and more than 1 %
        ([0, 9, 5, 0, 0], 3),
        ([9, 0, 9, 1], 4),  # the gap is not above the highest bin's neighbours alone: ten of 19 lie beyond
        ([1, 2, 3], 3),
        ([0, 0], 2),
        ([], 0),
    ],
)
def test_the_range_ends_at_a_gap_beyond_which_there_is_little(entries, n_bins):
    assert shown_bins(np.array(entries)) == n_bins


def test_of_many_entries_one_per_cent_may_lie_beyond():
    entries = np.array([1000, 990, 0, 20, 0, 0, 1])
    assert shown_bins(entries) == 4
    assert shown_bins(entries + np.array([0, 0, 0, -5, 0, 0, 4])) == 2
    assert shown_bins(entries * 0.37) == 4


def test_of_expected_events_no_number_is_small():
    assert shown_bins(np.array([0.01, 0.03, 0.0, 0.02])) == 4
    assert shown_bins(np.array([0.01, 0.03, 0.0, 0.0002])) == 2


def test_points_are_the_filled_bins_at_their_centres():
    axes = Figure().subplots()
    draw_points(axes, np.array([4, 0, 1]), np.array([0.0, 10.0, 30.0, 40.0]), name="data")
    (container,) = axes.containers
    assert container[0].get_xydata().tolist() == [[5.0, 4.0], [35.0, 1.0]]
    assert container.get_label() == "data"


def test_overflow_is_told_with_its_range():
    assert describe_overflow(1, 620.0) == "1 event above 620 GeV"
    assert describe_overflow(2, 1620.0) == "2 events above 1,620 GeV"
    assert describe_overflow(0, 620.0) == ""
