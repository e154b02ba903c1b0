"""Significances of p-values, and what they become among many histograms."""

import math
from statistics import NormalDist

import numpy as np

from edm.arrays import Float64

__all__ = ["corrected_p", "poisson_intervals", "pulls", "significance"]

_SMALLEST = 1e-300  # p-value whose quantile the standard library still knows
_STEPS = 50


def significance(minus_log_p: float) -> float:
    """Return the one-sided significance of a p-value in standard deviations (dimensionless).

    Args:
        minus_log_p: -ln p, not negative: p-values of strong excesses underflow.

    Returns:
        z with p = 1 - Phi(z); negative for p above 0.5; -infinity for p = 1.
    """
    if minus_log_p <= 0:
        return -math.inf
    if minus_log_p < -math.log(_SMALLEST):
        return -NormalDist().inv_cdf(math.exp(-minus_log_p))
    z = math.sqrt(2 * minus_log_p)
    for _ in range(
        _STEPS
    ):  # of p = exp(-z^2 / 2) / (z sqrt(2 pi)) (1 - 1 / z^2), which is exact to 1e-5 from z = 37 on
        z = math.sqrt(2 * (minus_log_p - math.log(z * math.sqrt(2 * math.pi)) + math.log1p(-(z**-2))))
    return z


def corrected_p(p: float, n_histograms: int) -> float:
    """Return the probability that the most significant of many histograms has such a p-value.

    Args:
        p: Its global p-value.
        n_histograms: How many histograms were looked at (dimensionless).

    Returns:
        1 - (1 - p)^n, exact for small p too.
    """
    return 1.0 if p >= 1 else -math.expm1(n_histograms * math.log1p(-p))


def pulls(counts: Float64, expected: Float64) -> Float64:
    """Return how far counts lie from their expectation, in standard deviations (dimensionless).

    Args:
        counts: Entries per bin, shape (n_bins,).
        expected: Expected entries per bin, above 0, shape (n_bins,).

    Returns:
        The signed root of the Poisson deviance, shape (n_bins,): for many entries (n - b) / sqrt(b), for few of them
        not as large as that would be.
    """
    ratio = np.where(counts > 0, counts, 1.0) / expected
    deviance = 2.0 * (expected - counts + counts * np.log(ratio))
    return np.sign(counts - expected) * np.sqrt(np.maximum(deviance, 0.0))


def poisson_intervals(counts: Float64) -> Float64:
    """Return the central intervals of 68 % of Poisson means, as error bars show them.

    Args:
        counts: Entries per bin, shape (n_bins,), dimensionless.

    Returns:
        Lower and upper limits, shape (2, n_bins), by equations 9 and 12 of N. Gehrels, ApJ 303 (1986) 336, which are
        within 1.5 % of the exact ones; the lower limit of no entries is 0.
    """
    more = counts + 1.0
    upper = more * (1.0 - 1.0 / (9.0 * more) + 1.0 / (3.0 * np.sqrt(more))) ** 3
    filled = np.maximum(counts, 1.0)
    lower = filled * (1.0 - 1.0 / (9.0 * filled) - 1.0 / (3.0 * np.sqrt(filled))) ** 3
    return np.stack([np.where(counts > 0, lower, 0.0), upper])
