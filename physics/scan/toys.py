"""Toys of a background-only histogram: goodness of fit, and how often chance alone gives as large an excess.

Every toy goes through the steps that the data went through: the fit with its choice of parameters, and where the fit
does not describe the counts, the fit without the most significant window. Seeds come from the histogram's name, so
that neither order nor workers change a result.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from physics.scan.background import Background, Float64, Model, close_gaps, fit_background, fit_counts, make_model
from physics.scan.windows import Window, find_window, largest_width, scan_windows

__all__ = [
    "MIN_BINS",
    "MIN_ENTRIES",
    "NOT_DESCRIBED",
    "RANKED",
    "Scan",
    "ScanOptions",
    "outside",
    "scan_histogram",
    "seeded",
]

MIN_BINS, MIN_ENTRIES = 10, 100
"""A histogram needs so many bins and entries to be scanned."""

RANKED, NOT_DESCRIBED = "ranked", "background not described"
"""What the status of a histogram that was fitted says."""

_FEW_BINS, _FEW_ENTRIES = f"fewer than {MIN_BINS} bins", f"fewer than {MIN_ENTRIES} entries"
_ENOUGH = 10
_LOCAL_P_OF_3_SIGMA = 0.0013498980316300933
_DESCRIBED = 0.01  # p-value of the goodness of fit below which a background does not describe the counts
_GROWTH = 10  # of the number of toys, where too few of them exceed
_PART = 1000  # toys that are in memory at once


@dataclass(frozen=True)
class ScanOptions:
    """How histograms are scanned.

    Attributes:
        sqrt_s_gev: Collision energy in GeV.
        toys: Toys of every histogram (dimensionless).
        most_toys: Toys of a histogram whose excess few toys exceed, at most.
        seed: Of the run; each histogram's own seed is made of it and of the histogram's name.
    """

    sqrt_s_gev: float
    toys: int = 1000
    most_toys: int = 100_000
    seed: int = 0


@dataclass(frozen=True)
class Scan:
    """What a scan of one histogram gives.

    Attributes:
        status: ``ranked``, ``background not described``, or why the histogram was not scanned.
        background: The fitted background; None where it was not scanned.
        window: The most significant window; None where it was not scanned.
        global_p: Probability of an excess as significant anywhere in the histogram, from toys; None unless ranked.
        goodness_p: p-value of the goodness of fit, from toys; of the bins outside the window where it was left out.
        toys: Number of toys that global_p is made of.
        exceeding: How many of them have an excess as significant.
        left_out: First bin and bin after the last of what the fit left out around a strong excess; None: nothing.
    """

    status: str
    background: Background | None = None
    window: Window | None = None
    global_p: float | None = None
    goodness_p: float | None = None
    toys: int = 0
    exceeding: int = 0
    left_out: tuple[int, int] | None = None


def scan_histogram(
    name: str,
    edges_gev: Float64,
    counts: npt.NDArray[Any],
    options: ScanOptions,
    gaps_gev: Sequence[tuple[float, float]] = (),
) -> Scan:
    """Scan one histogram.

    Args:
        name: Its name, which seeds the toys.
        edges_gev: Edges of its bins in GeV, shape (n_bins + 1,).
        counts: Entries per bin, not negative, shape (n_bins,).
        options: How it is scanned.
        gaps_gev: Ranges in GeV, (low, high), that a veto has emptied.

    Returns:
        The scan; a histogram with fewer than 10 bins or 100 entries, or beyond the collision energy, is not scanned.
    """
    if (refusal := _refusal(edges_gev, counts, options.sqrt_s_gev)) is not None:
        return Scan(refusal)
    model = make_model(edges_gev, options.sqrt_s_gev, gaps_gev)
    counts = counts.astype(np.float64) * model.weights
    if model.weights.sum() < MIN_BINS or counts.sum() < MIN_ENTRIES:
        return Scan(_FEW_BINS if model.weights.sum() < MIN_BINS else _FEW_ENTRIES)
    toys, left_out = _Toys(model, seeded(name, options.seed)), None
    background = fit_background(counts, model)
    toys.generate(background.expected, options.toys)
    goodness_p = toys.fraction_of_deviances(background.deviance)
    if goodness_p < _DESCRIBED:
        background, goodness_p, left_out = _without_window(counts, background, model, toys, options.toys)
    window = find_window(counts, background.expected)
    if goodness_p < _DESCRIBED:
        return Scan(NOT_DESCRIBED, background, window, goodness_p=goodness_p, left_out=left_out)
    while _needs_more(toys, window, options.most_toys):
        toys.generate(background.expected, min((_GROWTH - 1) * toys.number, options.most_toys - toys.number))
    exceeding = toys.exceeding(window.statistic)
    global_p = (exceeding + 1) / (toys.number + 1)
    return Scan(RANKED, background, window, global_p, goodness_p, toys.number, exceeding, left_out)


def _refusal(edges_gev: Float64, counts: npt.NDArray[Any], sqrt_s_gev: float) -> str | None:
    """Say why a histogram cannot be fitted at all; None where it can."""
    if len(counts) < MIN_BINS:
        return _FEW_BINS
    if 0.5 * (edges_gev[-1] + edges_gev[-2]) >= sqrt_s_gev:
        return f"bins up to {edges_gev[-1]:g} GeV, beyond the collision energy of {sqrt_s_gev:g} GeV"
    return None


def outside(n_bins: int, left_out: tuple[int, int] | None) -> npt.NDArray[np.bool_]:
    """Tell which bins a fit looked at.

    Args:
        n_bins: How many there are.
        left_out: First bin and bin after the last of what the fit left out (dimensionless); None: nothing.

    Returns:
        False for the bins that were left out, shape (n_bins,).
    """
    fitted = np.ones(n_bins, dtype=np.bool_)
    if left_out is not None:
        fitted[slice(*left_out)] = False
    return fitted


def seeded(name: str, seed: int) -> np.random.Generator:
    """Return the random numbers of a histogram: the same whatever else is scanned.

    Args:
        name: The histogram's name.
        seed: The run's seed.
    """
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def _needs_more(toys: "_Toys", window: Window, most: int) -> bool:
    too_few = toys.exceeding(window.statistic) < _ENOUGH and toys.number < most
    return too_few and bool(np.exp(-window.statistic) < _LOCAL_P_OF_3_SIGMA)


def _without_window(
    counts: Float64, first: Background, model: Model, toys: "_Toys", number: int
) -> tuple[Background, float, tuple[int, int]]:
    """Fit again without the most significant window and a bin on either side; judge the bins outside by new toys."""
    window = find_window(counts, first.expected)
    left_out = max(window.first - 1, 0), min(window.stop + 1, len(counts))
    fitted = outside(len(counts), left_out)
    background = fit_background(counts, model, fitted)
    toys.restart()
    toys.generate(background.expected, number)
    return background, toys.fraction_of_deviances(background.deviance, fitted), left_out


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
        model, widest, statistics, deviances = self._model, largest_width(len(expected)), [], []
        for size in _parts(number):
            drawn, of_part, fits = self._draw(expected, size), np.empty((2, size)), np.empty((size, len(expected)))
            _fit_toys(drawn, model.terms, model.log_widths, model.weights, fits, of_part[0])
            if not np.isfinite(self._limit):
                self._limit, self._expected = float(np.quantile(of_part[0], 1 - _DESCRIBED)), expected
            again = of_part[0] > self._limit
            _scan_toys(drawn, model.terms, model.log_widths, model.weights, fits, again, widest, of_part[1])
            deviances.append(of_part[0])
            statistics.append(of_part[1])
        self._statistics = np.concatenate([self._statistics, *statistics])
        self._deviances = np.concatenate([self._deviances, *deviances])

    def exceeding(self, statistic: float) -> int:
        """Count the toys whose statistic is as large or larger."""
        return int(np.count_nonzero(self._statistics >= statistic))

    def fraction_of_deviances(self, deviance: float, fitted: npt.NDArray[np.bool_] | None = None) -> float:
        """Return the fraction (dimensionless) of toys of such a deviance; *fitted*, shape (n_bins,): in these bins."""
        deviances = self._deviances if fitted is None else self._deviances_of(fitted)
        return float(np.count_nonzero(deviances >= deviance) / len(deviances))

    def _deviances_of(self, fitted: npt.NDArray[np.bool_]) -> Float64:
        model, deviances = self._model, []
        for size in _parts(self.number):
            drawn, of_part = self._draw(self._expected, size), np.empty(size)
            _fit_toys(drawn, model.terms, model.log_widths, model.weights * fitted, np.empty_like(drawn), of_part)
            deviances.append(of_part)
        return np.concatenate(deviances)

    def _draw(self, expected: Float64, number: int) -> Float64:
        drawn = self._random.poisson(expected, (number, len(expected))).astype(np.float64)
        drawn *= self._model.weights
        return drawn


def _parts(number: int) -> list[int]:
    """Divide toys into parts, so that memory does not grow with their number."""
    return [min(_PART, number - begun) for begun in range(0, number, _PART)]


@compiled(nogil=True)
def _fit_toys(drawn: Any, terms: Any, log_widths: Any, weights: Any, fits: Any, deviances: Any) -> None:
    for toy in range(len(drawn)):
        _, deviances[toy] = fit_counts(drawn[toy], terms, log_widths, weights, fits[toy])
        close_gaps(fits[toy], weights)


@compiled(nogil=True)
def _scan_toys(
    drawn: Any, terms: Any, log_widths: Any, weights: Any, fits: Any, again: Any, widest: int, statistics: Any
) -> None:
    """Scan toys; those that their fit does not describe are fitted again without their most significant window."""
    for toy in range(len(drawn)):
        first, stop, _, _, statistics[toy] = scan_windows(drawn[toy], fits[toy], widest)
        if again[toy]:
            fitted = weights.copy()
            fitted[max(first - 1, 0) : stop + 1] = 0.0
            fit_counts(drawn[toy], terms, log_widths, fitted, fits[toy])
            close_gaps(fits[toy], weights)
            statistics[toy] = scan_windows(drawn[toy], fits[toy], widest)[4]
