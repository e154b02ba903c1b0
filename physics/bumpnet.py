"""What BumpNet reads: names of histograms, and which of them its loader keeps.

Source: BumpNet's loader (FACTS.md of the project's design pages): it reads keys that start with ``ROI``, trims the
bins after the last one with content above 0.35, and drops a histogram unless its first bin is above 0 and it has at
least 25 bins and 100 entries.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.kinds import MET
from physics.final_states import split_tag

__all__ = [
    "MAX_TRAINED_BINS",
    "MIN_BINS",
    "MIN_BINS_OF_PAPER",
    "MIN_ENTRIES",
    "Verdict",
    "gate",
    "has_met",
    "histogram_name",
    "plain_name",
    "rejection",
    "trimmed_bins",
]

MIN_BINS = 25
"""Bins that a histogram must have (source: BumpNet's loader)."""

MIN_ENTRIES = 100
"""Entries that a histogram must have (source: BumpNet's loader)."""

MIN_BINS_OF_PAPER = 31
"""Bins that a histogram must have by the rule of BumpNet's paper: more than 30."""

MAX_TRAINED_BINS = 105
"""Bins up to which histograms were in BumpNet's training (source: its authors' report)."""

_TRIM_CONTENT = 0.35  # bins after the last one above this are cut off (source: BumpNet's loader)


def histogram_name(final_state: str, combination: str, width_gev: float | str) -> str:
    """Name a histogram as BumpNet's loader expects it.

    Args:
        final_state: A label such as ``2e_0m_3j_0g``, or ``2e_0m_3j_0g_OS``, whose tag comes last in the name: the
            loader looks for it nowhere else.
        combination: A name such as ``e0e1j0``, or ``MET+e0e1j0``, whose name the loader cannot take apart.
        width_gev: Bin width in GeV, or what stands for bins by resolution, as ``res0.5``.

    Returns:
        For instance ``ROI_mass_e0e1j0_cat_2ex_0mx_3jx_0gx_width_10.0``, ``…_width_10.0_OS``, or
        ``ROI_massMET_e0e1j0_cat_…``.
    """
    counts, tag = split_tag(final_state)
    category = "_".join(f"{token}x" for token in counts.split("_"))
    met, _, objects = combination.rpartition("+")
    return f"ROI_mass{met}_{objects}_cat_{category}_width_{_width(width_gev)}" + (f"_{tag}" if tag else "")


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


class Verdict(NamedTuple):
    """Whether a histogram goes to BumpNet.

    Attributes:
        accepted: Whether it does.
        reason: Why not; None when it does.
        warning: What to know of it nevertheless; None for nothing.
    """

    accepted: bool
    reason: str | None = None
    warning: str | None = None


def gate(contents: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> Verdict:
    """Decide whether a histogram goes to BumpNet: by the rules of its loader, and by that of its paper.

    Args:
        contents: Entries per bin, or expected events, shape (n_bins,).

    Returns:
        The verdict.
    """
    if (reason := rejection(contents)) is not None:
        return Verdict(False, reason)
    n_bins = trimmed_bins(contents)
    if n_bins < MIN_BINS_OF_PAPER:
        return Verdict(False, f"{n_bins} bins, BumpNet's paper wants more than {MIN_BINS_OF_PAPER - 1}")
    if n_bins > MAX_TRAINED_BINS:
        return Verdict(True, warning=f"{n_bins} bins, BumpNet was trained with at most {MAX_TRAINED_BINS}")
    return Verdict(True)


def trimmed_bins(contents: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> int:
    """Count the bins that the loader keeps: those up to the last one with content above 0.35.

    Args:
        contents: Entries per bin, or expected events, shape (n_bins,).
    """
    filled = np.flatnonzero(contents > _TRIM_CONTENT)
    return int(filled[-1]) + 1 if len(filled) else 0


def has_met(key: str) -> bool:
    """Tell whether a histogram, by its name, is of masses with the missing transverse momentum.

    Args:
        key: What :func:`histogram_name` or :func:`plain_name` returned.

    Returns:
        Whether it stands in a file of its own, apart from what BumpNet reads.
    """
    return key.startswith("ROI_massMET_") or f"/{MET}+" in key


def rejection(contents: npt.NDArray[np.int64] | npt.NDArray[np.float64], key: str = "") -> str | None:
    """Say why BumpNet's loader would drop a histogram.

    Args:
        contents: Entries per bin, or expected events, shape (n_bins,).
        key: Its name.

    Returns:
        The reason, or None when the loader keeps it. Empty ones are dropped.
    """
    if has_met(key):
        return "its name has missing momentum, which the loader cannot take apart"
    n_bins = trimmed_bins(contents)
    if not n_bins or contents[0] <= 0:
        return "its first bin is empty"
    if n_bins < MIN_BINS:
        return f"{n_bins} bin{'s' * (n_bins > 1)}, the loader wants {MIN_BINS}"
    if (entries := contents[:n_bins].sum()) < MIN_ENTRIES:
        return f"{int(entries)} entries, the loader wants {MIN_ENTRIES}"
    return None
