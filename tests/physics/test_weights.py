"""Weights of simulated events: exact sums, normalisation, pseudo-data."""

import hashlib
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from physics.errors import EventLevelError, PhysicsError
from physics.simulation.pseudo_data import pseudo_data
from physics.weights import Sample, WeightSums, constant, event_weights, exact_sum, normalisation, unit_of
from tests.oracle.weights import binned_sums, weight_of

weights = st.floats(-1e3, 1e3, allow_subnormal=False)
entries = st.lists(st.tuples(st.integers(0, 3), weights), max_size=40)
UNIT = 2.0**-20


def columns(rows):
    bins = np.array([index for index, _ in rows], dtype=np.int64)
    return np.array([weight for _, weight in rows], dtype=np.float64), bins


@given(st.lists(st.tuples(weights, weights, weights), max_size=10))
def test_weights_are_products_in_float64_in_the_order_given(rows):
    generator, first, second = (np.array([row[n] for row in rows], dtype=np.float32) for n in range(3))
    expected = [weight_of(float(generator[n]), [float(first[n]), float(second[n])]) for n in range(len(rows))]
    products = event_weights(generator, [first, second])
    assert products.dtype == np.float64
    assert products.tolist() == expected


def test_weights_are_never_rounded_to_float32():
    generator, factor = np.array([1.0 + 2.0**-40]), np.array([1.0 + 2.0**-30])
    assert event_weights(generator, []).tolist() == generator.tolist()
    assert event_weights(generator, [factor]).tolist() == [generator[0] * factor[0]]


@pytest.mark.parametrize(
    ("total", "n_events", "unit"),
    [(30_000.0, 30_000, 2.0**-20), (-3.0, 2, 2.0**-20), (3.0, 4, 2.0**-21), (16.0, 1, 2.0**-16), (5e-324, 1, None)],
)
def test_the_unit_is_a_power_of_two_a_million_times_smaller_than_the_mean(total, n_events, unit):
    expected = unit if unit is not None else 2.0 ** (-1074 - 20)
    assert unit_of(total, n_events) == expected


@given(st.floats(1e-100, 1e100))
def test_the_unit_follows_its_formula(mean):
    assert unit_of(mean, 1) == 2.0 ** (math.floor(Fraction(mean).numerator and _log2(mean)) - 20)


def _log2(mean):
    """Give floor(log2) exactly: where log2 rounds to the next whole number it is one too much."""
    guess = math.floor(math.log2(mean))
    return guess if Fraction(2) ** guess <= Fraction(mean) else guess - 1


@pytest.mark.parametrize(("total", "n_events"), [(0.0, 5), (1.0, 0), (math.nan, 1), (math.inf, 1)])
def test_no_mean_gives_no_unit(total, n_events):
    with pytest.raises(EventLevelError, match="gives no unit to sum in: give sum_of_weights for the sample"):
        unit_of(total, n_events)


@given(entries, st.randoms(use_true_random=False), st.integers(0, 40))
def test_sums_are_exact_whatever_the_order_and_the_parts(rows, random, cut):
    whole = WeightSums.filled(*columns(rows), 4, UNIT)
    assert (whole.first.tolist(), whole.second.tolist()) == binned_sums(rows, 4, UNIT)
    shuffled = random.sample(rows, len(rows))
    parts = WeightSums.filled(*columns(shuffled[:cut]), 4, UNIT).add(
        WeightSums.filled(*columns(shuffled[cut:]), 4, UNIT)
    )
    for name in ("first", "second", "counts"):
        assert getattr(parts, name).tolist() == getattr(whole, name).tolist()


@given(st.lists(weights, max_size=40))
def test_the_sum_is_that_of_math_fsum_to_the_unit(values):
    units, non_finite = exact_sum(np.array(values, dtype=np.float64), UNIT)
    assert abs(units * UNIT - math.fsum(values)) <= UNIT / 2 * len(values) + 1e-9
    assert non_finite == 0


def test_what_is_not_finite_counts_as_nothing_and_is_counted():
    sums = WeightSums.filled(np.array([1.0, np.nan, np.inf, -2.0]), np.array([0, 0, 1, 1]), 2, 1.0)
    assert (sums.first.tolist(), sums.non_finite, sums.counts.tolist()) == ([1, -2], 2, [2, 2])


def test_halves_of_a_unit_go_to_the_even_number():
    sums = WeightSums.filled(np.array([0.5, 1.5, 2.5, -0.5]), np.arange(4), 4, 1.0)
    assert sums.first.tolist() == [0, 2, 2, 0]


def test_sums_beyond_what_is_exact_are_refused():
    for rows in ([(0, 2.0**53)], [(0, 2.0**52), (0, -(2.0**52))], [(1, 2.0**37)]):
        with pytest.raises(PhysicsError, match=r"a sum of weights has .* units of 1\.0, at most 2\^53 are exact"):
            WeightSums.filled(*columns(rows), 2, 1.0)
    half = WeightSums.filled(*columns([(0, 2.0**36 - 512)]), 2, 1.0)
    assert half.second.tolist() == [(2**26) ** 2, 0]
    with pytest.raises(PhysicsError, match=r"a sum of weights has 9\.01e\+15 units, at most 2\^53 are exact"):
        half.add(half)


def test_contents_and_errors_follow_their_formulas():
    sums = WeightSums.filled(np.array([1.5, -0.25, 4.0]), np.array([0, 0, 1]), 3, 2.0**-12)
    assert sums.contents(2.0, 2.0**-12).tolist() == [2.5, 8.0, 0.0]
    squares = [round(w / (1024 * 2.0**-12)) ** 2 for w in (1.5, -0.25, 4.0)]
    expected = [(1024 * 2.0**-12 * 2.0) ** 2 * part for part in (squares[0] + squares[1], squares[2], 0)]
    assert sums.variances(2.0, 2.0**-12).tolist() == expected


def test_a_sample_has_one_number():
    assert constant("xsec", np.array([0.25, 0.25], dtype=np.float32)) == 0.25
    with pytest.raises(
        EventLevelError, match=r"xsec is 0\.25, 0\.5 in events of one sample, where one number is expected"
    ):
        constant("xsec", np.array([0.5, 0.25, 0.5]))
    with pytest.raises(EventLevelError, match="xsec is nan in events of one sample"):
        constant("xsec", np.array([np.nan]))


def test_the_normalisation_of_zprime3000():
    factor = normalisation(Sample(0.005084, 30_000.0), 36_646.74)
    assert factor == pytest.approx(0.0062104, abs=5e-8)
    assert normalisation(Sample(0.005084, 30_000.0, 1.5, 0.5), 36_646.74) == pytest.approx(factor * 0.75)


@pytest.mark.parametrize(
    ("sample", "luminosity", "message"),
    [
        (Sample(1.0, 0.0), 1.0, "the sum of weights is 0: give sum_of_weights for the sample"),
        (Sample(math.nan, 1.0), 1.0, "gives no number of events: correct --cross-sections or --luminosity-fb"),
        (Sample(1.0, math.inf), 1.0, "gives no number of events"),
        (Sample(1.0, 1.0), 0.0, "gives no number of events"),
    ],
)
def test_what_cannot_be_normalised_is_refused(sample, luminosity, message):
    with pytest.raises(EventLevelError, match=message):
        normalisation(sample, luminosity)


def test_pseudo_data_depend_on_seed_and_name_alone():
    contents = np.full(50, 7.5)
    first = pseudo_data(contents, "ROI_mass_e0e1", 0)
    assert first.tolist() == pseudo_data(contents, "ROI_mass_e0e1", 0).tolist()
    assert first.tolist() != pseudo_data(contents, "ROI_mass_m0m1", 0).tolist()
    assert first.tolist() != pseudo_data(contents, "ROI_mass_e0e1", 1).tolist()
    key = int.from_bytes(hashlib.sha256(b"0|ROI_mass_e0e1").digest()[:16], "little")
    assert first.tolist() == np.random.Generator(np.random.Philox(key=key)).poisson(contents).tolist()


def test_pseudo_data_follow_poisson_and_negative_contents_count_as_nothing():
    counts = pseudo_data(np.full(20_000, 3.0), "n", 5)
    expected = stats.poisson.pmf(np.arange(12), 3.0) * 20_000
    observed = np.bincount(counts, minlength=12)[:12]
    assert stats.chi2.sf(np.sum((observed - expected) ** 2 / expected), 11) > 1e-3
    assert pseudo_data(np.array([-5.0, 0.0]), "n", 0).tolist() == [0, 0]
