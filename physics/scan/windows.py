"""BumpHunter's statistic (arXiv:1101.0390): the window with the least probable excess of counts."""

import math
from typing import Any, NamedTuple

from compiled.loops import compiled
from physics.scan.background import Float64

__all__ = ["Window", "find_window", "largest_width", "minus_log_p", "scan_windows"]

_WIDEST = 20  # bins
_PRECISE = 1e-12  # of a sum


class Window(NamedTuple):
    """The most significant window.

    Attributes:
        first: Its first bin; `stop` is the bin after its last; both 0 where no window has an excess.
        stop: See there.
        observed: Entries in it.
        expected: Expected entries in it.
        statistic: -ln of the probability of as many entries or more, dimensionless; 0 without an excess.
    """

    first: int
    stop: int
    observed: float
    expected: float
    statistic: float


def largest_width(n_bins: int) -> int:
    """Return the width in bins of the widest window: a quarter of the histogram, 20 at most, 1 at least."""
    return max(1, min(n_bins // 4, _WIDEST))


def find_window(counts: Float64, expected: Float64) -> Window:
    """Find the most significant window.

    Args:
        counts: Entries per bin, shape (n_bins,).
        expected: Expected entries per bin, shape (n_bins,), above 0.

    Returns:
        The window; of equal ones, the narrowest, then the first.
    """
    return Window(*scan_windows(counts, expected, largest_width(len(counts))))


@compiled()
def scan_windows(counts: Any, expected: Any, widest: int) -> Any:
    """Scan all windows of 1 to *widest* bins.

    Args:
        counts: Entries per bin, shape (n_bins,).
        expected: Expected entries per bin, shape (n_bins,).
        widest: Largest width in bins.

    Returns:
        First bin, bin after the last, entries, expected entries, and -ln p, as :class:`Window` has them.
    """
    best, first, stop, most, least = 0.0, 0, 0, 0.0, 0.0
    for width in range(1, widest + 1):
        for begin in range(len(counts) - width + 1):
            observed = mean = 0.0
            for item in range(begin, begin + width):
                observed += counts[item]
                mean += expected[item]
            # -ln of the probability of exactly so many is never less than -ln p: most windows end here
            if observed <= mean or _minus_log_of_exactly(observed, mean) <= best:
                continue
            statistic = minus_log_p(observed, mean)
            if statistic > best:
                best, first, stop, most, least = statistic, begin, begin + width, observed, mean
    return first, stop, most, least, best


@compiled()
def minus_log_p(observed: float, mean: float) -> float:
    """Return -ln of the Poisson probability of *observed* entries or more where *mean* are expected.

    Args:
        observed: Entries, above *mean*.
        mean: Expected entries, above 0.

    Returns:
        -ln P, dimensionless; also where P itself would underflow.
    """
    term, total, entries = 1.0, 1.0, observed
    while term > _PRECISE * total:
        entries += 1.0
        term *= mean / entries
        total += term
    return _minus_log_of_exactly(observed, mean) - math.log(total)


@compiled()
def _minus_log_of_exactly(observed: float, mean: float) -> float:
    return mean - observed * math.log(mean) + math.lgamma(observed + 1.0)
