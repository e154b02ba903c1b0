"""Counts on grids of constant bins anchored at 0, and histograms cut out of them.

A mass m belongs to the bin floor(m / width), computed in float64. Counts on such a grid add up exactly, whatever the
chunks, files or jobs that they come from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edm.arrays import Float64, Int64
from edm.spectra import Distribution
from physics.errors import PhysicsError
from physics.weights import Weighting

__all__ = [
    "MAX_BINS",
    "Histogram",
    "check_width",
    "counts",
    "cut_out",
    "distribution",
    "first_edge",
    "first_masses",
    "from_zero",
    "index",
]

MAX_BINS = 2_000_000
"""A grid with more bins is a typing mistake: it would cost 16 MB for every combination."""

_ROUNDING = 1e-9  # of a bin: two widths that divide each other may differ by float rounding


@dataclass(frozen=True)
class Histogram:
    """A histogram.

    Attributes:
        start_gev: Low edge of the first bin in GeV.
        width_gev: Width of every bin in GeV; of the first where they vary.
        counts: Entries per bin, shape (n_bins,), dimensionless; the last is not 0, nor the first behind a cut.
        trimmed: Entries of the counts that lie between the cut and the first bin.
        contents: Of simulation, the expected events per bin, shape (n_bins,); None where entries are counted.
        variances: Their squared errors, in events squared, shape (n_bins,); None likewise.
        edges_gev: Where widths vary, the edges of the bins in GeV, shape (n_bins + 1,); None for constant bins.
    """

    start_gev: float
    width_gev: float
    counts: Int64
    trimmed: int
    contents: Float64 | None = None
    variances: Float64 | None = None
    edges_gev: Float64 | None = None

    def edges(self) -> Float64:
        """Return the edges of the bins in GeV, shape (n_bins + 1,), whether or not their widths vary."""
        if self.edges_gev is not None:
            return self.edges_gev
        return self.start_gev + self.width_gev * np.arange(len(self.counts) + 1, dtype=np.float64)


def check_width(name: str, width_gev: float, max_mass_gev: float) -> None:
    """Check a bin width.

    Args:
        name: The parameter's name, for the message.
        width_gev: Bin width in GeV.
        max_mass_gev: Upper end of the grid in GeV.

    Raises:
        PhysicsError: When width or maximum are not positive and finite, or the grid would have over MAX_BINS bins.
    """
    if not (np.isfinite(width_gev) and width_gev > 0):
        msg = f"{name} is {width_gev:g}: a bin width must be above 0 GeV"
        raise PhysicsError(msg)
    if not (np.isfinite(max_mass_gev) and max_mass_gev > 0):
        msg = f"max_mass_gev is {max_mass_gev:g}: it must be above 0 GeV"
        raise PhysicsError(msg)
    if max_mass_gev / width_gev > MAX_BINS:
        msg = (
            f"{name} is {width_gev:g} GeV, which gives {max_mass_gev / width_gev:.0f} bins up to max_mass_gev "
            f"{max_mass_gev:g} GeV: at most {MAX_BINS} are possible, choose wider bins"
        )
        raise PhysicsError(msg)


def index(masses: npt.NDArray[np.floating], width_gev: float) -> Int64:
    """Find the bin of each mass.

    Args:
        masses: Masses in GeV, finite and not negative, shape (n_masses,).
        width_gev: Bin width in GeV.

    Returns:
        floor(m / width) in float64, shape (n_masses,); a mass exactly on an edge belongs to the bin above it.
    """
    exact = masses.astype(np.float64, copy=False) / width_gev
    return np.floor(exact, out=exact).astype(np.int64)


def first_masses(width_gev: float, n_bins: int) -> Float64:
    """Find the lowest mass of each bin but the first.

    Args:
        width_gev: Bin width in GeV.
        n_bins: How many, from bin 1 on.

    Returns:
        The smallest float64 m in GeV for which floor(m / width) is 1, 2, …, shape (n_bins,); rounding may put it one or
        two floats beside the product.
    """
    numbers = np.arange(1, n_bins + 1)
    edges: Float64 = numbers * np.float64(width_gev)
    while (above := np.floor(edges / width_gev) < numbers).any():
        edges[above] = np.nextafter(edges[above], np.inf)
    while (below := np.floor(np.nextafter(edges, 0.0) / width_gev) >= numbers).any():
        edges[below] = np.nextafter(edges[below], 0.0)
    return edges


def counts(masses: npt.NDArray[np.floating], width_gev: float) -> Int64:
    """Count masses per bin of the grid.

    Args:
        masses: Masses in GeV, finite and not negative, shape (n_masses,).
        width_gev: Bin width in GeV.

    Returns:
        Entries per bin from 0 to the last filled one, shape (n_bins,); empty for no masses.
    """
    return np.bincount(index(masses, width_gev))


def distribution(bins: Int64, weighting: Weighting | None) -> Distribution:
    """Count masses per bin of a grid, and sum their weights.

    Args:
        bins: The bin of each mass, shape (n_masses,).
        weighting: The weight of each; None counts them.

    Returns:
        The distribution; of no masses, an empty one.
    """
    if weighting is None:
        return Distribution(np.bincount(bins))
    return Distribution(np.bincount(bins), sums=weighting.sums(bins), unit=weighting.unit)


def cut_out(grid: Int64, width_gev: float, cut_gev: float, expected: Float64 | None = None) -> Histogram | None:
    """Cut a histogram out of counts: from the first filled bin whose low edge is at or above the cut to the last.

    Args:
        grid: Entries per bin from 0 on, shape (n_bins,).
        width_gev: Bin width in GeV.
        cut_gev: Nothing below this mass belongs into the histogram, in GeV; an edge within 1e-9 bins is on it.
        expected: Expected events per bin and their squared errors, shape (2, n_bins); None where entries are counted.

    Returns:
        The histogram, interior zeros kept; None when no filled bin lies at or above the cut.
    """
    filled = np.flatnonzero(grid)
    inside = filled[filled >= _first_allowed(cut_gev, width_gev)]
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1])
    kept = (None, None) if expected is None else expected[:, first : last + 1].copy()
    return Histogram(first * width_gev, width_gev, grid[first : last + 1].copy(), int(grid[:first].sum()), *kept)


def from_zero(grid: Int64, width_gev: float, expected: Float64 | None = None) -> Histogram | None:
    """Make a histogram of all counts, from 0 to the last filled bin.

    Args:
        grid: Entries per bin from 0 on, shape (n_bins,).
        width_gev: Bin width in GeV.
        expected: As for :func:`cut_out`.

    Returns:
        The histogram; None when no bin is filled.
    """
    filled = np.flatnonzero(grid)
    if not len(filled):
        return None
    end = int(filled[-1]) + 1
    kept = (None, None) if expected is None else expected[:, :end].copy()
    return Histogram(0.0, width_gev, grid[:end].copy(), 0, *kept)


def first_edge(cut_gev: float, width_gev: float) -> float:
    """Find where the first bin may start.

    Args:
        cut_gev: Nothing below this mass belongs into a histogram, in GeV; an edge within 1e-9 bins is on it.
        width_gev: Bin width in GeV.

    Returns:
        The lowest edge of the grid at or above the cut, in GeV.
    """
    return _first_allowed(cut_gev, width_gev) * width_gev


def _first_allowed(cut_gev: float, width_gev: float) -> int:
    return int(np.ceil(cut_gev / width_gev - _ROUNDING))
