"""What BumpNet reads: names of histograms, and which of them its loader keeps.

Source: BumpNet's loader (FACTS.md of the project's design pages): it reads keys that start with ``ROI``, trims the
bins after the last one with content above 0.35, and drops a histogram unless its first bin is above 0 and it has at
least 25 bins and 100 entries.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["MIN_BINS", "MIN_ENTRIES", "histogram_name", "plain_name", "rejection"]

MIN_BINS = 25
"""Bins that a histogram must have (source: BumpNet's loader)."""

MIN_ENTRIES = 100
"""Entries that a histogram must have (source: BumpNet's loader)."""

_TRIM_CONTENT = 0.35  # bins after the last one above this are cut off (source: BumpNet's loader)


def histogram_name(final_state: str, combination: str, width_gev: float | str) -> str:
    """Name a histogram as BumpNet's loader expects it.

    Args:
        final_state: A label such as ``2e_0m_3j_0g``.
        combination: A name such as ``e0e1j0``.
        width_gev: Bin width in GeV, or what stands for bins by resolution, as ``res0.5``.

    Returns:
        For instance ``ROI_mass_e0e1j0_cat_2ex_0mx_3jx_0gx_width_10.0``.
    """
    category = "_".join(f"{token}x" for token in final_state.split("_"))
    return f"ROI_mass_{combination}_cat_{category}_width_{_width(width_gev)}"


def plain_name(final_state: str, combination: str, width_gev: float | str, several_widths: bool) -> str:
    """Name a histogram for people: a folder per final state.

    Args:
        final_state: A label such as ``2e_0m_3j_0g``.
        combination: A name such as ``e0e1j0``.
        width_gev: As for :func:`histogram_name`.
        several_widths: Whether the file holds the same combination with other widths too.

    Returns:
        ``<final state>/<combination>``, with ``_width_<width>`` where names would collide.
    """
    return f"{final_state}/{combination}" + (f"_width_{_width(width_gev)}" if several_widths else "")


def _width(width_gev: float | str) -> str:
    return width_gev if isinstance(width_gev, str) else str(float(width_gev))


def rejection(counts: npt.NDArray[np.int64]) -> str | None:
    """Say why BumpNet's loader would drop a histogram.

    Args:
        counts: Entries per bin, shape (n_bins,), dimensionless.

    Returns:
        The reason, or None when the loader keeps it. Empty counts are dropped.
    """
    filled = np.flatnonzero(counts > _TRIM_CONTENT)
    n_bins = int(filled[-1]) + 1 if len(filled) else 0
    if not n_bins or counts[0] <= 0:
        return "its first bin is empty"
    if n_bins < MIN_BINS:
        return f"{n_bins} bin{'s' * (n_bins > 1)}, the loader wants {MIN_BINS}"
    if counts.sum() < MIN_ENTRIES:
        return f"{int(counts.sum())} entries, the loader wants {MIN_ENTRIES}"
    return None
