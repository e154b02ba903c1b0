"""Peak removal: where the smoothly falling part of a mass distribution starts, and what lies apart from it.

All cuts are found on the merged distribution of a dataset, on a grid of constant bins, in the order: known
resonances, turn-on, outliers. Every mass ends in exactly one of the five classes of a cut.
"""

import numpy as np
import numpy.typing as npt

from edm.arrays import Int64, Mask
from edm.records.cut_table import Cut
from edm.spectra import Distribution
from physics import binning
from physics.resonances import Windows
from physics.weights import Weighting

__all__ = ["Masses", "find_cut", "find_parts", "find_parts_of_bins", "measure", "split"]

Masses = npt.NDArray[np.float32]
"""Masses in GeV, shape (n_masses,)."""


def measure(
    masses: Masses, windows: Windows, width_gev: float, max_mass_gev: float, weighting: Weighting | None = None
) -> Distribution:
    """Measure the masses of one combination, or of a part of them.

    Args:
        masses: Masses in GeV, not negative, shape (n_masses,); inf and NaN count as above.
        windows: What known resonances take from this combination.
        width_gev: Bin width of the grid in GeV.
        max_mass_gev: Masses above this (not equal) are set aside.
        weighting: The weight of each mass; None counts them.

    Returns:
        The distribution; of no masses, an empty one.
    """
    exact = masses.astype(np.float64)
    allowed = exact <= max_mass_gev
    kept = exact if allowed.all() else exact[allowed]
    bins = binning.index(kept, width_gev)
    in_window = 0
    if windows.removed:  # of few combinations, and there are thousands
        inside = [(kept >= low_gev) & (bins < stop) for low_gev, stop in windows.removed]
        in_window = int(np.count_nonzero(np.any(inside, axis=0)))
    sums = None if weighting is None else weighting.select(allowed).sums(bins)
    unit = None if weighting is None else weighting.unit
    return Distribution(np.bincount(bins), len(masses) - len(kept), in_window, sums, unit)


def find_cut(distribution: Distribution, windows: Windows, width_gev: float) -> Cut:
    """Find the cuts on a merged distribution.

    Args:
        distribution: The distribution of all masses of one combination in a dataset.
        windows: What known resonances take from this combination.
        width_gev: Bin width of the grid in GeV.

    Returns:
        The cuts. The turn-on is the rightmost of the highest bins; the first empty bin at least two bins above it
        splits main from outliers (an empty bin right above it is passed over, a gap of a veto is not empty).
    """
    counts = distribution.counts.copy()
    in_gap = _gaps(windows, len(counts))
    window = distribution.in_window + int(counts[windows.stop :][in_gap[windows.stop :]].sum())
    counts[: windows.stop] = 0
    counts[in_gap] = 0
    entries = distribution.entries()
    gaps_gev = tuple((low * width_gev, high * width_gev) for low, high in windows.vetoed)
    if not counts.any():
        below = entries - distribution.above - window
        reason = "no masses" if not entries else "known resonances and the largest mass leave no entry"
        return Cut(entries, below, window, 0, 0, distribution.above, None, None, gaps_gev, reason)
    start = len(counts) - 1 - int(np.argmax(counts[::-1]))
    empty = np.flatnonzero((counts[start + 2 :] == 0) & ~in_gap[start + 2 :])
    end = start + 2 + int(empty[0]) if len(empty) else len(counts)
    main, outliers = int(counts[start:end].sum()), int(counts[end:].sum())
    below = entries - distribution.above - window - main - outliers
    split_gev = end * width_gev if outliers else None
    return Cut(entries, below, window, main, outliers, distribution.above, start * width_gev, split_gev, gaps_gev)


def split(masses: Masses, cut: Cut, width_gev: float, max_mass_gev: float) -> tuple[Masses, Masses]:
    """Apply cuts to the masses of a combination, or of a part of them.

    Args:
        masses: As for :func:`find_parts`.
        cut: Likewise.
        width_gev: Likewise.
        max_mass_gev: Likewise.

    Returns:
        The masses of main and of the outliers in GeV, shapes (n_main,) and (n_outliers,), order kept; both empty when
        the cut has a reason for no histogram.
    """
    main, outliers = find_parts(masses, cut, width_gev, max_mass_gev)
    return masses[main], masses[outliers]


def find_parts(masses: Masses, cut: Cut, width_gev: float, max_mass_gev: float) -> tuple[Mask, Mask]:
    """Find the masses of a combination, or of a part of them, that cuts leave.

    Args:
        masses: Masses in GeV, not negative, shape (n_masses,); inf and NaN are in neither part.
        cut: The cuts of this combination in the whole dataset.
        width_gev: Bin width of the grid on which the cuts were found, in GeV.
        max_mass_gev: The largest mass allowed (itself included), in GeV.

    Returns:
        Which masses are in main and which are outliers, shape (n_masses,) each; none when the cut has a reason for no
        histogram.
    """
    exact = masses.astype(np.float64)
    allowed = exact <= max_mass_gev
    main, outliers = find_parts_of_bins(binning.index(np.where(allowed, exact, 0.0), width_gev), cut, width_gev)
    return main & allowed, outliers & allowed


def find_parts_of_bins(bins: Int64, cut: Cut, width_gev: float) -> tuple[Mask, Mask]:
    """Find the bins that cuts leave.

    Args:
        bins: Bins of the grid on which the cuts were found, shape (n,).
        cut: As for :func:`find_parts`.
        width_gev: Likewise.

    Returns:
        Which bins are in main and which hold outliers, shape (n,) each; none when the cut has a reason for no
        histogram.
    """
    nothing = np.zeros(len(bins), dtype=np.bool_)
    if cut.start_gev is None:
        return nothing, nothing
    chosen = bins >= round(cut.start_gev / width_gev)
    for low_gev, high_gev in cut.vetoed_gev:
        chosen &= (bins < round(low_gev / width_gev)) | (bins >= round(high_gev / width_gev))
    if cut.split_gev is None:
        return chosen, nothing
    apart = bins >= round(cut.split_gev / width_gev)
    return chosen & ~apart, chosen & apart


def _gaps(windows: Windows, n_bins: int) -> npt.NDArray[np.bool_]:
    gaps = np.zeros(n_bins, dtype=bool)
    for low, high in windows.vetoed:
        gaps[max(low, 0) : high] = True
    return gaps
