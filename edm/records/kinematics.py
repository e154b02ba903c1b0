"""How the selected objects are distributed: entries of each quantity on fixed grids, and their sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.errors import RecordError

__all__ = ["Counts", "Grid", "Kinematics", "add", "as_dict", "from_dict"]


class Grid(NamedTuple):
    """A grid of constant bins: low edge of the first, high edge of the last (unit of the quantity), and how many."""

    low: float
    high: float
    bins: int

    def edges(self) -> npt.NDArray[np.float64]:
        """Return the edges of the bins, shape (bins + 1,), in the unit of the quantity."""
        return np.linspace(self.low, self.high, self.bins + 1)


@dataclass(frozen=True)
class Counts:
    """Entries of one quantity of one kind.

    Attributes:
        grid: The grid.
        counts: Entries per bin, shape (bins,), dimensionless; the last bin holds its upper edge too.
        below: Entries below the grid.
        above: Entries above it; NaN and inf count here.
    """

    grid: Grid
    counts: npt.NDArray[np.int64]
    below: int
    above: int

    def entries(self) -> int:
        """Return all entries, those outside the grid included (dimensionless)."""
        return int(self.counts.sum()) + self.below + self.above


Kinematics = dict[str, dict[str, Counts]]
"""Counts by kind and quantity."""


def add(first: Kinematics, second: Kinematics) -> Kinematics:
    """Add the counts of two parts.

    Args:
        first: Counts; may be empty.
        second: Counts on the same grids; may be empty.

    Returns:
        Their sum, with the kinds of either, shapes as before.

    Raises:
        RecordError: When the grids differ, because another version of the project counted one of them.
    """
    total = dict(first)
    for kind, quantities in second.items():
        total[kind] = {
            name: _add(f"{name} of {kind}", total.get(kind, {}).get(name), counts)
            for name, counts in quantities.items()
        }
    return total


def as_dict(kinematics: Kinematics) -> dict[str, Any]:
    """Write counts in a form that JSON can hold, a line of text for the entries per bin.

    Args:
        kinematics: Counts of any kinds.

    Returns:
        By kind and quantity: ``low``, ``high``, ``counts`` (text, shape (bins,)), ``below`` and ``above``.
    """
    return {
        kind: {
            name: {"low": entries.grid.low, "high": entries.grid.high, "below": entries.below, "above": entries.above}
            | {"counts": " ".join(map(str, entries.counts.tolist()))}
            for name, entries in quantities.items()
        }
        for kind, quantities in kinematics.items()
    }


def from_dict(document: Mapping[str, Any]) -> Kinematics:
    """Read what :func:`as_dict` has written.

    Args:
        document: Its return value.

    Returns:
        Equal counts, shapes (bins,).
    """
    return {kind: {name: _read(entry) for name, entry in entries.items()} for kind, entries in document.items()}


def _read(entry: Mapping[str, Any]) -> Counts:
    counts = np.array(entry["counts"].split(), dtype=np.int64)
    return Counts(Grid(entry["low"], entry["high"], len(counts)), counts, entry["below"], entry["above"])


def _add(quantity: str, first: Counts | None, second: Counts) -> Counts:
    if first is None:
        return second
    if first.grid != second.grid:
        msg = (
            f"{quantity} was counted on different grids, {tuple(first.grid)} and {tuple(second.grid)}: read the files "
            "anew, with one version of this project"
        )
        raise RecordError(msg)
    return Counts(first.grid, first.counts + second.counts, first.below + second.below, first.above + second.above)
