"""Significances against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from physics.scan.significance import corrected_p, poisson_intervals, pulls, significance


@pytest.mark.parametrize("z", [-2.0, 0.0, 1.0, 3.0, 7.6, 20.0, 36.0, 38.0, 60.0, 200.0])
def test_a_significance_is_that_of_the_normal_distribution(z):
    assert significance(-float(stats.norm.logsf(z))) == pytest.approx(z, abs=1e-6, rel=1e-6)


def test_a_probability_of_one_has_no_finite_significance():
    assert significance(0.0) == -math.inf


@pytest.mark.parametrize(("p", "n"), [(1e-12, 40_000), (0.01, 38), (0.5, 3), (1.0, 5), (0.2, 1)])
def test_the_correction_for_many_histograms(p, n):
    assert corrected_p(p, n) == pytest.approx(1 - (1 - p) ** n, rel=1e-3)
    assert corrected_p(p, n) == pytest.approx(-math.expm1(n * math.log1p(-p)) if p < 1 else 1.0, rel=1e-12)


def test_pulls_are_those_of_a_normal_distribution_for_many_entries_and_smaller_for_few():
    counts, expected = np.array([10_100.0, 9_900.0, 0.0, 1.0]), np.array([10_000.0, 10_000.0, 2.0, 0.01])
    values = pulls(counts, expected)
    np.testing.assert_allclose(values[:2], [1.0, -1.0], rtol=5e-3)
    assert values[2] == pytest.approx(-2.0)
    assert 2.5 < values[3] < 3.0


def test_poisson_intervals_are_those_of_garwood():
    counts = np.array([0.0, 1.0, 2.0, 5.0, 30.0, 1000.0])
    lower, upper = poisson_intervals(counts)
    tail = stats.norm.sf(1)
    np.testing.assert_allclose(upper, stats.chi2.isf(tail, 2 * (counts + 1)) / 2, rtol=1.5e-2)
    np.testing.assert_allclose(lower[1:], stats.chi2.ppf(tail, 2 * counts[1:]) / 2, rtol=1.5e-2)
    assert lower[0] == 0.0
