"""Toys of a background-only histogram: goodness of fit, and how often chance alone gives as large an excess.

Every toy goes through the steps that the data went through: the fit with its choice of parameters, and where the fit
does not describe the counts, the fit without the most significant window. Seeds come from the histogram's name, so
that neither order nor workers change a result.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from compiled.loops import compiled
from physics.scan.background import Background, Float64, Model, fit_background, fit_counts, make_model
from physics.scan.windows import Window, find_window, largest_width, scan_windows

__all__ = ["MIN_BINS", "MIN_ENTRIES", "Scan", "scan_histogram"]

MIN_BINS, MIN_ENTRIES = 10, 100
"""A histogram needs so many bins and entries to be scanned."""

_TOYS, _MOST_TOYS, _ENOUGH = 1000, 100_000, 10
_LOCAL_P_OF_3_SIGMA = 0.0013498980316300933
_DESCRIBED = 0.01  # p-value of the goodness of fit below which a background does not describe the counts


@dataclass(frozen=True)
class Scan:
    """What a scan of one histogram gives.

    Attributes:
        status: ``ranked``, ``background not described``, or why the histogram was not scanned.
        background: The fitted background; None where it was not scanned.
        window: The most significant window; None where it was not scanned.
        local_p: Probability of an excess as large in this window.
        global_p: Probability of an excess as significant anywhere in the histogram, from toys; None unless ranked.
        goodness_p: p-value of the goodness of fit, from toys; of the bins outside the window where it was left out.
        toys: Number of toys that global_p is made of.
    """

    status: str
    background: Background | None = None
    window: Window | None = None
    local_p: float | None = None
    global_p: float | None = None
    goodness_p: float | None = None
    toys: int = 0


def scan_histogram(name: str, edges_gev: Float64, counts: Float64, sqrt_s_gev: float) -> Scan:
    """Scan one histogram.

    Args:
        name: Its name, which seeds the toys.
        edges_gev: Edges of its bins in GeV, shape (n_bins + 1,).
        counts: Entries per bin, not negative, shape (n_bins,).
        sqrt_s_gev: Collision energy in GeV.

    Returns:
        The scan; a histogram with fewer than 10 bins or 100 entries is not scanned.

    Raises:
        PhysicsError: When a bin lies beyond the collision energy.
    """
    if len(counts) < MIN_BINS:
        return Scan(f"fewer than {MIN_BINS} bins")
    if counts.sum() < MIN_ENTRIES:
        return Scan(f"fewer than {MIN_ENTRIES} entries")
    counts, model = counts.astype(np.float64), make_model(edges_gev, sqrt_s_gev)
    random = np.random.Generator(np.random.Philox(key=_seed(name)))
    background = fit_background(counts, model)
    toys = _Toys(model, random)
    toys.generate(background.expected, _TOYS)
    goodness_p = toys.fraction_of_deviances(background.deviance)
    if goodness_p < _DESCRIBED:
        background, goodness_p = _without_window(counts, background, model, toys)
        if goodness_p < _DESCRIBED:
            window = find_window(counts, background.expected)
            return Scan("background not described", background, window, _p(window), None, goodness_p)
    window = find_window(counts, background.expected)
    while toys.exceeding(window.statistic) < _ENOUGH and toys.number < _MOST_TOYS and _p(window) < _LOCAL_P_OF_3_SIGMA:
        toys.generate(background.expected, min(9 * toys.number, _MOST_TOYS - toys.number))
    global_p = (toys.exceeding(window.statistic) + 1) / (toys.number + 1)
    return Scan("ranked", background, window, _p(window), global_p, goodness_p, toys.number)


def _without_window(counts: Float64, first: Background, model: Model, toys: "_Toys") -> tuple[Background, float]:
    """Fit again without the most significant window and a bin on either side; judge the bins outside by new toys."""
    window = find_window(counts, first.expected)
    outside = np.ones(len(counts), dtype=np.bool_)
    outside[max(window.first - 1, 0) : window.stop + 1] = False
    background = fit_background(counts, model, outside)
    toys.restart()
    toys.generate(background.expected, _TOYS)
    return background, toys.fraction_of_deviances(background.deviance, outside)


class _Toys:
    """Toys of one background, and what their scans gave."""

    def __init__(self, model: Model, random: np.random.Generator) -> None:
        self._model, self._random = model, random
        self.restart()

    def restart(self) -> None:
        """Forget all toys, for another background."""
        self._statistics, self._deviances = np.zeros(0), np.zeros(0)
        self._limit, self._expected = np.inf, np.zeros(0)

    @property
    def number(self) -> int:
        """How many toys there are."""
        return len(self._statistics)

    def generate(self, expected: Float64, number: int) -> None:
        """Draw so many more toys and scan them; the first ones tell which fits do not describe their toys."""
        drawn = self._random.poisson(expected, (number, len(expected))).astype(np.float64)
        deviances = np.empty(number)
        fits = np.empty_like(drawn)
        _fit_toys(drawn, self._model.terms, self._model.log_widths, fits, deviances)
        if not self.number:
            self._limit, self._expected = float(np.quantile(deviances, 1 - _DESCRIBED)), expected
        statistics = np.empty(number)
        widest = largest_width(len(expected))
        _scan_toys(drawn, self._model.terms, self._model.log_widths, fits, deviances, self._limit, widest, statistics)
        self._statistics = np.concatenate([self._statistics, statistics])
        self._deviances = np.concatenate([self._deviances, deviances])

    def exceeding(self, statistic: float) -> int:
        """Count the toys whose statistic is as large or larger."""
        return int(np.count_nonzero(self._statistics >= statistic))

    def fraction_of_deviances(self, deviance: float, fitted: Any = None) -> float:
        """Return the fraction of toys whose deviance is as large; with *fitted* of fits of these bins alone."""
        deviances = self._deviances if fitted is None else self._deviances_of(fitted)
        return float(np.count_nonzero(deviances >= deviance) / len(deviances))

    def _deviances_of(self, fitted: Any) -> Float64:
        drawn = self._random.poisson(self._expected, (_TOYS, len(self._expected))).astype(np.float64)
        return np.array([fit_background(counts, self._model, fitted).deviance for counts in drawn])


@compiled()
def _fit_toys(drawn: Any, terms: Any, log_widths: Any, fits: Any, deviances: Any) -> None:
    weights = np.ones(drawn.shape[1])
    for toy in range(len(drawn)):
        _, deviances[toy] = fit_counts(drawn[toy], terms, log_widths, weights, fits[toy])


@compiled()
def _scan_toys(
    drawn: Any, terms: Any, log_widths: Any, fits: Any, deviances: Any, limit: float, widest: int, statistics: Any
) -> None:
    """Scan toys; those whose deviance is above the limit are fitted again without their most significant window."""
    n_bins = drawn.shape[1]
    for toy in range(len(drawn)):
        first, stop, _, _, statistics[toy] = scan_windows(drawn[toy], fits[toy], widest)
        if deviances[toy] > limit:
            weights = np.ones(n_bins)
            weights[max(first - 1, 0) : stop + 1] = 0.0
            fit_counts(drawn[toy], terms, log_widths, weights, fits[toy])
            statistics[toy] = scan_windows(drawn[toy], fits[toy], widest)[4]


def _p(window: Window) -> float:
    return float(np.exp(-window.statistic))


def _seed(name: str) -> Any:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
