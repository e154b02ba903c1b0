"""A smooth falling background fitted to counts by the Poisson likelihood.

The family is that of dijet searches, f(x) = p0 (1 - x)^p1 x^-(p2 + p3 ln x + p4 ln^2 x) with x = m / sqrt(s) (for
instance CMS, arXiv:1911.03947, and ATLAS, arXiv:1910.08447). Its logarithm is linear in the parameters, so that a fit
is a Poisson regression: the likelihood has one maximum, and a few steps of scoring find it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from physics.errors import PhysicsError

__all__ = ["Background", "Float64", "Model", "close_gaps", "fit_background", "fit_counts", "make_model"]

Float64 = npt.NDArray[np.float64]
"""Numbers per bin, shape (n_bins,), dimensionless unless said otherwise."""

_FEWEST, _MOST = 3, 5  # parameters that are tried
_IMPROVEMENT = 3.841458820694124  # of twice the log-likelihood, by one parameter: p = 0.05 of chi-square
_STEPS, _LARGEST_STEP, _PRECISE = 60, 2.0, 1e-5
_LEAST_EXPECTED = 1e-9  # entries per bin: fits of few entries fall towards 0 in the tail


@dataclass(frozen=True)
class Model:
    """What fits of one grid share.

    Attributes:
        terms: Orthonormal combinations of 1, ln(1 - x), ln x, ln^2 x and ln^3 x at the bins' centres, weighted by
            nothing, shape (n_bins, 5), dimensionless; the first k span the first k terms.
        log_widths: Logarithm of each bin's width in GeV, shape (n_bins,).
        weights: 1 for bins that belong to the spectrum, 0 for those in gaps, shape (n_bins,), dimensionless.
    """

    terms: Float64
    log_widths: Float64
    weights: Float64


@dataclass(frozen=True)
class Background:
    """A fitted background.

    Attributes:
        expected: Expected entries per bin, shape (n_bins,).
        parameters: Number of parameters of the function.
        deviance: Twice the logarithm of the likelihood ratio to the saturated model, over the fitted bins.
    """

    expected: Float64
    parameters: int
    deviance: float


def make_model(edges_gev: Float64, sqrt_s_gev: float, gaps_gev: Sequence[tuple[float, float]] = ()) -> Model:
    """Prepare the fits of one grid.

    Args:
        edges_gev: Edges of the bins in GeV, rising, shape (n_bins + 1,).
        sqrt_s_gev: Collision energy in GeV.
        gaps_gev: Ranges in GeV, (low, high), that a veto has emptied: bins that overlap with them are left out.

    Returns:
        The model.

    Raises:
        PhysicsError: When a bin's centre is not between 0 and the collision energy.
    """
    x = 0.5 * (edges_gev[1:] + edges_gev[:-1]) / sqrt_s_gev
    if not (x > 0).all() or not (x < 1).all():
        msg = (
            f"bins from {edges_gev[0]:g} to {edges_gev[-1]:g} GeV: the background function is defined between 0 and "
            f"sqrt(s) = {sqrt_s_gev:g} GeV; set max_mass_gev below that"
        )
        raise PhysicsError(msg)
    log_x = np.log(x)
    terms = np.stack([np.ones_like(x), np.log1p(-x), log_x, log_x**2, log_x**3], axis=1)
    orthonormal = np.ascontiguousarray(np.linalg.qr(terms).Q)  # the logarithms are almost parallel
    weights = np.ones(len(x))
    for low_gev, high_gev in gaps_gev:
        weights[(edges_gev[1:] > low_gev) & (edges_gev[:-1] < high_gev)] = 0.0
    return Model(orthonormal, np.log(np.diff(edges_gev)), weights)


def fit_background(counts: Float64, model: Model, fitted: npt.NDArray[np.bool_] | None = None) -> Background:
    """Fit the fewest parameters whose successor does not improve the likelihood at p < 0.05.

    Args:
        counts: Entries per bin, shape (n_bins,).
        model: Of these bins.
        fitted: Which bins are fitted, shape (n_bins,); all by default.

    Returns:
        The background, in all bins; in gaps next to nothing.
    """
    weights = model.weights if fitted is None else model.weights * fitted
    expected = np.empty(len(counts))
    parameters, deviance = fit_counts(counts.astype(np.float64), model.terms, model.log_widths, weights, expected)
    close_gaps(expected, model.weights)
    return Background(expected, parameters, deviance)


@compiled()
def fit_counts(counts: Any, terms: Any, log_widths: Any, weights: Any, expected: Any) -> Any:
    """Fit counts and choose the number of parameters; *expected* gets the result.

    Args:
        counts: Entries per bin, shape (n_bins,).
        terms: Of the model, shape (n_bins, 5).
        log_widths: Logarithm of the widths in GeV, shape (n_bins,).
        weights: 1 for bins that are fitted, 0 for others, shape (n_bins,).
        expected: Gets the expected entries, shape (n_bins,).

    Returns:
        Number of parameters and deviance over the fitted bins.
    """
    log_expected = _starting_point(counts, log_widths, weights)
    parameters = _FEWEST
    deviance = _regress(counts, terms, log_widths, weights, parameters, log_expected)
    better = log_expected.copy()
    while parameters < _MOST:
        improved = _regress(counts, terms, log_widths, weights, parameters + 1, better)
        if deviance - improved <= _IMPROVEMENT:
            break
        deviance, parameters = improved, parameters + 1
        log_expected[:] = better
    for item in range(len(counts)):
        expected[item] = max(np.exp(log_expected[item]), _LEAST_EXPECTED)
    return parameters, deviance


@compiled()
def close_gaps(expected: Any, weights: Any) -> None:
    """Expect next to nothing in gaps.

    Args:
        expected: Expected entries, shape (n_bins,); changed in place.
        weights: Of the model: 0 for bins in gaps, shape (n_bins,), dimensionless.
    """
    for item in range(len(expected)):
        if weights[item] == 0.0:
            expected[item] = _LEAST_EXPECTED


@compiled()
def _starting_point(counts: Any, log_widths: Any, weights: Any) -> Any:
    """Start from a mean over seven bins, of densities, so that no bin starts far below its counts."""
    n_bins = len(counts)
    log_expected = np.empty(n_bins)
    for item in range(n_bins):
        total = width = 0.0
        for near in range(max(item - 3, 0), min(item + 4, n_bins)):
            if weights[near] > 0:
                total += counts[near]
                width += np.exp(log_widths[near])
        density = total / width if width > 0 else 0.0
        log_expected[item] = np.log(max(density * np.exp(log_widths[item]), 0.1))
    return log_expected


@compiled()
def _regress(counts: Any, terms: Any, log_widths: Any, weights: Any, k: int, log_expected: Any) -> float:
    """Fit *k* parameters by steps of scoring from *log_expected*, which becomes the fit; return its deviance."""
    n_bins = len(counts)
    matrix, vector = np.empty((k, k)), np.empty(k)
    for _ in range(_STEPS):
        matrix[:], vector[:] = 0.0, 0.0
        for item in range(n_bins):
            if weights[item] == 0.0:
                continue
            mean = max(np.exp(log_expected[item]), _LEAST_EXPECTED)
            target = log_expected[item] - log_widths[item] + counts[item] / mean - 1.0
            for row in range(k):
                weighted = terms[item, row] * mean
                vector[row] += weighted * target
                for column in range(row + 1):
                    matrix[row, column] += weighted * terms[item, column]
        _solve(matrix, vector)
        largest = 0.0
        for item in range(n_bins):
            value = log_widths[item]
            for row in range(k):
                value += terms[item, row] * vector[row]
            step = min(max(value - log_expected[item], -_LARGEST_STEP), _LARGEST_STEP)
            if weights[item] > 0.0:
                largest = max(largest, abs(step) * np.sqrt(np.exp(log_expected[item])))
            log_expected[item] += step
        if largest < _PRECISE:
            break
    return _deviance(counts, log_expected, weights)


@compiled()
def _solve(matrix: Any, vector: Any) -> None:
    """Solve a symmetric positive system, given by its lower triangle, by Cholesky; *vector* becomes the solution."""
    k = len(vector)
    for row in range(k):
        for column in range(row + 1):
            total = matrix[row, column]
            for inner in range(column):
                total -= matrix[row, inner] * matrix[column, inner]
            if row == column:
                matrix[row, row] = np.sqrt(max(total, 1e-12))
            else:
                matrix[row, column] = total / matrix[column, column]
    for row in range(k):
        for inner in range(row):
            vector[row] -= matrix[row, inner] * vector[inner]
        vector[row] /= matrix[row, row]
    for row in range(k - 1, -1, -1):
        for inner in range(row + 1, k):
            vector[row] -= matrix[inner, row] * vector[inner]
        vector[row] /= matrix[row, row]


@compiled()
def _deviance(counts: Any, log_expected: Any, weights: Any) -> float:
    total = 0.0
    for item in range(len(counts)):
        if weights[item] > 0.0:
            total += np.exp(log_expected[item]) - counts[item]
            if counts[item] > 0:
                total += counts[item] * (np.log(counts[item]) - log_expected[item])
    return 2.0 * total
