"""Sines of our own against long doubles, and against the C library where numbers are absurd."""

import numpy as np
import pytest

from physics import portable_trigonometry

NEAR_AXES = np.concatenate([np.arange(-8, 9) * np.pi / 2 + step for step in (-1e-3, -1e-7, 0, 1e-7, 1e-3)])
TINY = np.array([0.0, 1e-300, 1e-30, 1e-9, 1e-4])


def cosines_and_sines(angles):
    cosines, sines = np.empty_like(angles), np.empty_like(angles)
    portable_trigonometry.cosines_and_sines(angles, cosines, sines)
    return cosines, sines


def hyperbolic_sines(numbers):
    work, sines = np.empty_like(numbers), np.empty_like(numbers)
    portable_trigonometry.hyperbolic_sines(numbers, work, sines)
    return sines


def in_last_place(found, right):
    """Give the largest error in units in the last place of float64."""
    return float(np.max(np.abs(found - right) / np.spacing(np.abs(right.astype(np.float64)))))


@pytest.mark.parametrize(
    "angles",
    [
        np.random.default_rng(1).uniform(-np.pi, np.pi, 200_000).astype(np.float32).astype(np.float64),
        np.random.default_rng(2).uniform(-1e5, 1e5, 50_000),
        NEAR_AXES,
        np.concatenate([TINY, -TINY]),
    ],
    ids=["of detectors", "many turns", "near axes", "tiny"],
)
def test_cosines_and_sines_are_right_to_the_last_place(angles):
    cosines, sines = cosines_and_sines(angles)
    exact = angles.astype(np.longdouble)
    assert in_last_place(cosines, np.cos(exact)) < 1.1
    assert in_last_place(sines, np.sin(exact)) < 1.1


@pytest.mark.parametrize(
    "numbers",
    [
        np.random.default_rng(3).normal(0, 1.5, 200_000),
        np.random.default_rng(4).uniform(-40, 40, 50_000),
        np.concatenate([TINY, -TINY]),
        np.arange(1, 58) * np.log(2) + np.linspace(-1e-9, 1e-9, 57),
    ],
    ids=["of detectors", "up to the end of the table", "tiny", "powers of 2"],
)
def test_hyperbolic_sines_are_right_to_two_and_a_half(numbers):
    assert in_last_place(hyperbolic_sines(numbers), np.sinh(numbers.astype(np.longdouble))) < 2.5


def test_absurd_numbers_are_those_of_the_c_library_and_leave_their_neighbours_alone():
    absurd = np.array([1.0, 1e6, 0.5, np.inf, -1e30, np.nan, 2.0, -41.0, 800.0])
    usual = np.isin(absurd, [1.0, 0.5, 2.0])
    with np.errstate(invalid="ignore", over="ignore"):
        for found, right in zip(cosines_and_sines(absurd), (np.cos(absurd), np.sin(absurd)), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-15)
        np.testing.assert_allclose(hyperbolic_sines(absurd), np.sinh(absurd), rtol=1e-15)
    for made in (lambda x: cosines_and_sines(x)[0], lambda x: cosines_and_sines(x)[1], hyperbolic_sines):
        assert made(absurd)[usual].tobytes() == made(absurd[usual]).tobytes()


def test_each_number_counts_by_itself():
    numbers = np.random.default_rng(5).normal(0, 2, 131)  # no multiple of any vector register
    alone = np.array([hyperbolic_sines(numbers[i : i + 1])[0] for i in range(len(numbers))])
    assert hyperbolic_sines(numbers).tobytes() == alone.tobytes()
    turned = np.array([cosines_and_sines(numbers[i : i + 1]) for i in range(len(numbers))])[:, :, 0].T
    assert np.array(cosines_and_sines(numbers)).tobytes() == np.ascontiguousarray(turned).tobytes()
