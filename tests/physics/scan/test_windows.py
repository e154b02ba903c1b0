"""The statistic of BumpHunter, against scipy, plain loops and pyBumpHunter."""

import contextlib
import io

import numpy as np
import pyBumpHunter
import pytest
from scipy import stats

from physics.scan.windows import find_window, largest_width, minus_log_p

EXPECTED = 2000.0 * np.exp(-np.arange(60) / 12.0) + 0.05


@pytest.mark.parametrize(
    ("observed", "mean"), [(1, 0.001), (3, 2.9), (84, 30.5), (10_100, 10_000), (5_000_300, 5_000_000), (100, 2.0)]
)
def test_the_probability_is_that_of_poisson(observed, mean):
    assert minus_log_p(float(observed), mean) == pytest.approx(-stats.poisson.logsf(observed - 1, mean), rel=1e-7)


def test_a_probability_that_underflows_still_has_a_logarithm():
    assert minus_log_p(5000.0, 1.0) > 1000


@pytest.mark.parametrize("seed", range(20))
def test_the_window_is_the_one_that_plain_loops_find(seed):
    counts = np.random.default_rng(seed).poisson(EXPECTED).astype(float)
    best = (0.0, 0, 0)
    for width in range(1, largest_width(len(counts)) + 1):
        for first in range(len(counts) - width + 1):
            observed, mean = counts[first : first + width].sum(), EXPECTED[first : first + width].sum()
            if observed > mean:
                best = max(best, (-stats.poisson.logsf(observed - 1, mean), -width, -first))
    window = find_window(counts, EXPECTED)
    assert window.statistic == pytest.approx(best[0], rel=1e-9)
    assert (window.stop - window.first, window.first) == (-best[1], -best[2])
    assert window.observed == counts[window.first : window.stop].sum()


def test_no_excess_is_no_window():
    assert find_window(np.floor(EXPECTED) * 0, EXPECTED) == (0, 0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("bins", "width"), [(3, 1), (4, 1), (10, 2), (79, 19), (80, 20), (1000, 20)])
def test_the_widest_window(bins, width):
    assert largest_width(bins) == width


def test_pybumphunter_finds_the_same():
    counts = np.random.default_rng(1).poisson(EXPECTED).astype(float)
    counts[20:23] += 60
    edges = np.arange(61.0)
    hunter = pyBumpHunter.BumpHunter1D(
        bins=edges, rang=(0, 60), width_min=1, width_max=largest_width(60), npe=2, nworker=1, seed=1
    )
    with contextlib.redirect_stdout(io.StringIO()):
        hunter.bump_scan(counts, EXPECTED, is_hist=True)
    window = find_window(counts, EXPECTED)
    assert hunter.min_loc_ar[0] == window.first
    assert hunter.min_width_ar[0] == window.stop - window.first
    assert -np.log(hunter.min_Pval_ar[0]) == pytest.approx(window.statistic, rel=1e-6)
