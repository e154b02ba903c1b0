"""Counts per bin as physicists draw them: points with Poisson errors, on a range that outliers do not stretch."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from mplhep.error_estimation import poisson_interval

from edm.wording import amount

__all__ = ["describe_overflow", "draw_points", "poisson_errors", "shown_bins"]

_FEW_SHARE, _FEW = 0.01, 3  # of the entries, and entries, that may lie beyond the range that is shown

_Floats = npt.NDArray[np.float64]


def poisson_errors(counts: npt.NDArray[np.integer]) -> _Floats:
    """Compute how far the 68 % interval of a Poisson mean reaches from a count (Garwood's, central).

    Args:
        counts: Entries per bin, shape (n_bins,), dimensionless.

    Returns:
        Downwards and upwards, in entries, shape (2, n_bins); 0 and 1.84 for an empty bin.
    """
    numbers = np.append(counts, 1).astype(np.float64)  # with nothing but empty bins, mplhep would warn
    low, high = poisson_interval(numbers, numbers)
    return np.stack([numbers - low, high - numbers])[:, :-1]


def shown_bins(entries: npt.NDArray[np.integer] | _Floats) -> int:
    """Choose how many bins to show, so that a few entries far above the others do not stretch the axis.

    Args:
        entries: Entries per bin, or expected events, shape (n_bins,).

    Returns:
        The number of bins up to the first empty one above the highest from which on at most 1 % of the entries lie, or
        3 where entries are counted; all up to the last filled one where there is no such gap.
    """
    filled = np.flatnonzero(entries)
    if not len(filled):
        return len(entries)
    beyond = np.cumsum(entries[::-1])[::-1]
    gaps = np.flatnonzero(entries == 0)
    is_counted = np.issubdtype(entries.dtype, np.integer)  # all of a small sample may be less than 3 expected events
    few = max(_FEW_SHARE * float(beyond[0]), _FEW * is_counted)
    gaps = gaps[(gaps > np.argmax(entries)) & (gaps < filled[-1]) & (beyond[gaps] <= few)]
    return int(gaps[0] if len(gaps) else filled[-1] + 1)


def draw_points(
    axes: Axes, counts: npt.NDArray[np.integer], edges_gev: _Floats, color: str = "black", name: str | None = None
) -> None:
    """Draw counts as points with Poisson errors at the bins' centres; empty bins have none.

    Args:
        axes: Where to draw.
        counts: Entries per bin, shape (n_bins,), dimensionless.
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        color: Colour of the points.
        name: What the legend calls them.
    """
    filled = counts > 0
    centres = 0.5 * (edges_gev[:-1] + edges_gev[1:])
    errors = poisson_errors(counts)
    axes.errorbar(
        *(centres[filled], counts[filled]), yerr=errors[:, filled],
        fmt="o", color=color, markersize=2.2, elinewidth=0.8, capsize=0, label=name, zorder=3,
    )  # fmt: skip


def describe_overflow(number: int, end_gev: float) -> str:
    """Say how many events lie above the range that is shown, which ends at a mass in GeV; empty for none."""
    return f"{amount(number, 'event')} above {end_gev:,.6g} GeV" if number else ""
