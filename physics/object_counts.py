"""How the selected objects are distributed: pT, eta, phi and their number in an event, counted on fixed grids.

Counts add up exactly, whatever the chunks, files or jobs that they come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from edm.objects import Objects
from physics.errors import PhysicsError

__all__ = ["GRIDS", "Counts", "Floats", "Grid", "Kinematics", "add", "as_dict", "fill", "from_dict"]

Floats = npt.NDArray[np.floating]
"""Values or edges, shape (n,): GeV for pT, radians for phi, dimensionless for the others."""


class Grid(NamedTuple):
    """A grid of constant bins: low edge of the first, high edge of the last (unit of the quantity), and how many."""

    low: float
    high: float
    bins: int

    def edges(self) -> npt.NDArray[np.float64]:
        """Give the edges of the bins, shape (bins + 1,), in the unit of the quantity."""
        return np.linspace(self.low, self.high, self.bins + 1)


GRIDS: Mapping[str, Grid] = {
    "pt": Grid(0.0, 500.0, 100),  # GeV; 5 GeV show every threshold of a selection, and few objects lie above 500
    "eta": Grid(-5.0, 5.0, 50),  # the calorimeters of ATLAS and CMS end near 5
    "phi": Grid(-np.pi, np.pi, 32),  # radians; holes of detectors are some tenths wide
    "n": Grid(-0.5, 20.5, 21),  # 0 to 20 in an event: hardly any event has more selected objects of a kind
}
"""The grid of each quantity; ``n`` is the number of objects of a kind in an event."""


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
        """Give all entries, those outside the grid included (dimensionless)."""
        return int(self.counts.sum()) + self.below + self.above


Kinematics = dict[str, dict[str, Counts]]
"""Counts by kind and quantity."""


def fill(objects: Mapping[str, Objects]) -> Kinematics:
    """Count the objects of events.

    Args:
        objects: By kind, with columns pt (GeV), eta and phi (radians), shape (n_objects,) each.

    Returns:
        Counts of pt, eta and phi (an entry an object) and of n (an entry an event) for every kind given; zeros for no
        events.
    """
    kinematics: Kinematics = {}
    for kind, of_kind in objects.items():
        values = {**of_kind.columns, "n": of_kind.counts().astype(np.float64)}
        kinematics[kind] = {name: _count(values[name], grid) for name, grid in GRIDS.items()}
    return kinematics


def add(first: Kinematics, second: Kinematics) -> Kinematics:
    """Add the counts of two parts.

    Args:
        first: Counts; may be empty.
        second: Counts on the same grids; may be empty.

    Returns:
        Their sum, with the kinds of either, shapes as before.

    Raises:
        PhysicsError: When the grids differ, because another version of the project counted one of them.
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
            name: {
                "low": entries.grid.low,
                "high": entries.grid.high,
                "counts": " ".join(map(str, entries.counts.tolist())),
                "below": entries.below,
                "above": entries.above,
            }
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


def _count(values: Floats, grid: Grid) -> Counts:
    """Count values; those that are the edges in their own precision, as pi in float32, are inside."""
    low, high = (float(values.dtype.type(edge)) for edge in (grid.low, grid.high))
    counts, below = _fill(values, low, high, grid.low, grid.bins / (grid.high - grid.low), grid.bins)
    return Counts(grid, counts, below, len(values) - below - int(counts.sum()))


@compiled()
def _fill(values: Any, low: float, high: float, origin: float, per_unit: float, bins: int) -> Any:
    """Count values; numpy's own histogram takes ten times as long, and every selected object comes by here."""
    counts, below = np.zeros(bins, dtype=np.int64), 0
    for value in values:
        exact = np.float64(value)
        if low <= exact <= high:
            counts[min(int((exact - origin) * per_unit), bins - 1)] += 1
        elif exact < low:
            below += 1
    return counts, below


def _add(quantity: str, first: Counts | None, second: Counts) -> Counts:
    if first is None:
        return second
    if first.grid != second.grid:
        msg = (
            f"{quantity} was counted on different grids, {tuple(first.grid)} and {tuple(second.grid)}: read the files "
            "anew, with one version of this project"
        )
        raise PhysicsError(msg)
    return Counts(first.grid, first.counts + second.counts, first.below + second.below, first.above + second.above)
