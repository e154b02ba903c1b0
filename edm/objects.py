"""Objects of one kind: the columns of all events end to end, and where the objects of each event begin.

Plain numpy from the reader to the writer: awkward operations cost more than the work that they do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import awkward as ak
import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from edm.arrays import Columns, Int64, Mask
from edm.kinds import FIELDS

__all__ = ["Objects", "is_packed"]


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of one kind in consecutive events. Its arrays may be shared with others: nobody writes to them.

    Attributes:
        offsets: Where the objects of each event begin, and n_objects at the end, shape (n_events + 1,).
        columns: By name, shape (n_objects,) each: pt, mass (GeV), eta, phi (radians), and whatever else files have.

    Raises:
        ValueError: When a column has another length than the offsets say; compiled loops would read beyond it.
    """

    offsets: Int64
    columns: Columns

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items() if len(column) != self.offsets[-1]}
        if lengths:
            msg = f"the offsets end at {self.offsets[-1]} objects, but these columns have other lengths: {lengths}"
            raise ValueError(msg)

    @classmethod
    def none(cls, n_events: int, names: Iterable[str] = FIELDS) -> Self:
        """Make events without any object.

        Args:
            n_events: Number of events.
            names: Names of the columns, which are float32.

        Returns:
            No objects, in n_events events.
        """
        return cls(np.zeros(n_events + 1, dtype=np.int64), dict.fromkeys(names, np.zeros(0, dtype=np.float32)))

    @classmethod
    def concatenate(cls, parts: Sequence["Objects"]) -> Self:
        """Join the events of several parts.

        Args:
            parts: At least one, all with the same columns.

        Returns:
            All events, in the order of the parts.
        """
        starts = np.cumsum([0, *(part.n_objects for part in parts)])
        offsets = [part.offsets[1:] + start for part, start in zip(parts, starts, strict=False)]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].columns}
        return cls(np.concatenate([[0], *offsets]), columns)

    @classmethod
    def from_awkward(cls, array: ak.Array) -> Self:
        """Take an awkward array apart.

        Args:
            array: Records, shape (n_events, var), with momenta and masses in GeV.

        Returns:
            The same objects; the columns may be the array's own memory.
        """
        layout = array.layout
        if not is_packed(layout) or not isinstance(layout.content, ak.contents.RecordArray):
            layout = ak.to_packed(array).layout.to_ListOffsetArray64(True)
        records = layout.content
        contents = zip(records.fields, records.contents, strict=True)
        columns = {name: _to_numpy(content)[: records.length] for name, content in contents}
        return cls(np.asarray(layout.offsets.data), columns)

    def to_awkward(self) -> ak.Array:
        """Make an awkward array of them.

        Returns:
            Records, shape (n_events, var), with momenta and masses in GeV; the columns are not copied.
        """
        contents = [ak.contents.NumpyArray(np.ascontiguousarray(column)) for column in self.columns.values()]
        records = ak.contents.RecordArray(contents, list(self.columns), length=self.n_objects)
        return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(self.offsets), records))

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return a column, shape (n_objects,)."""
        return self.columns[name]

    @property
    def n_events(self) -> int:
        """Number of events, those without objects included."""
        return len(self.offsets) - 1

    @property
    def n_objects(self) -> int:
        """Number of objects in all events."""
        return int(self.offsets[-1])

    @property
    def n_bytes(self) -> int:
        """Memory that the objects take, in bytes."""
        return self.offsets.nbytes + sum(column.nbytes for column in self.columns.values())

    def counts(self, chosen: Mask | None = None) -> Int64:
        """Count the objects of each event.

        Args:
            chosen: Which objects count, shape (n_objects,); None for all.

        Returns:
            Their number (dimensionless), shape (n_events,).
        """
        counts: Int64 = np.diff(self.offsets if chosen is None else _offsets_of(chosen, self.offsets))
        return counts

    def select(self, chosen: Mask) -> "Objects":
        """Keep some of the objects; events stay, even without any.

        Args:
            chosen: Which objects stay, shape (n_objects,).

        Returns:
            What is left, order kept.
        """
        if chosen.all():
            return self
        return Objects(_offsets_of(chosen, self.offsets), self._take(np.flatnonzero(chosen)))

    def select_events(self, chosen: Mask) -> "Objects":
        """Keep some of the events, with all their objects.

        Args:
            chosen: Which events stay, shape (n_events,).

        Returns:
            What is left, order kept.
        """
        if chosen.all():
            return self
        offsets, indices = _objects_of(chosen, self.offsets)
        return Objects(offsets, self._take(indices))

    def after(self, n_events: int) -> "Objects":
        """Leave out the first events.

        Args:
            n_events: How many.

        Returns:
            The objects of the others.
        """
        first = self.offsets[n_events]
        return Objects(self.offsets[n_events:] - first, {name: column[first:] for name, column in self.columns.items()})

    def sort_by_pt(self) -> "Objects":
        """Sort the objects of each event by falling pT.

        Returns:
            The same objects; those of equal pT keep their order. No pT may be NaN.
        """
        if _is_falling(self["pt"], self.offsets):
            return self
        return Objects(self.offsets, self._take(_falling_order(self["pt"], self.offsets)))

    def _take(self, indices: Int64) -> dict[str, npt.NDArray[Any]]:
        return {name: column.take(indices) for name, column in self.columns.items()}


def is_packed(layout: Any) -> bool:
    """Tell whether the lists of an awkward array follow each other from the first element to the last.

    Args:
        layout: Of the array.

    Returns:
        Whether it needs no packing, which costs as much as selecting.
    """
    return (
        isinstance(layout, ak.contents.ListOffsetArray)
        and layout.offsets.dtype == np.int64
        and (int(layout.offsets[0]), int(layout.offsets[-1])) == (0, layout.content.length)
    )


def _to_numpy(content: Any) -> npt.NDArray[Any]:
    plain = isinstance(content, ak.contents.NumpyArray)  # awkward's own conversion takes as long as a small selection
    return np.asarray(content.data if plain else ak.to_numpy(content))


@compiled()
def _offsets_of(chosen: Any, offsets: Any) -> Any:
    """Return the offsets of the chosen objects, shape (n_events + 1,)."""
    before, number = np.empty(len(chosen) + 1, dtype=np.int64), 0
    for item in range(len(chosen)):  # not event by event: branch prediction would fail at the end of each
        before[item] = number
        number += chosen[item]
    before[-1] = number
    selected = np.empty(len(offsets), dtype=np.int64)
    for event in range(len(offsets)):
        selected[event] = before[offsets[event]]
    return selected


@compiled()
def _objects_of(chosen: Any, offsets: Any) -> Any:
    """Return the offsets of the chosen events among themselves, and the indices of their objects."""
    selected, indices = np.empty(len(offsets), dtype=np.int64), np.empty(offsets[-1], dtype=np.int64)
    changes = np.zeros(offsets[-1] + 1, dtype=np.int8)  # 1 where objects that stay begin, -1 where others do
    events = number = before = 0
    for event in range(len(offsets) - 1):
        stays = int(chosen[event])
        selected[events] = number
        events += stays
        number += stays * (offsets[event + 1] - offsets[event])
        changes[offsets[event]] += stays - before
        before = stays
    selected[events] = number
    place = stays = 0
    for item in range(offsets[-1]):  # not event by event, as in _offsets_of
        stays += changes[item]
        indices[place] = item
        place += stays
    return selected[: events + 1].copy(), indices[:number]


@compiled()
def _is_falling(pt: Any, offsets: Any) -> bool:
    """Tell whether the pT of no object is above that of the one before in its event."""
    rises, last = 0, len(pt) - 1
    for item in range(1, len(pt)):  # not event by event, as in _offsets_of
        rises += pt[item - 1] < pt[item]
    for event in range(len(offsets) - 1 if len(pt) else 0):
        first = min(offsets[event], last)
        rises -= (first > 0) & (offsets[event] < offsets[event + 1]) & (pt[first - 1] < pt[first])
    return rises == 0


@compiled()
def _falling_order(pt: Any, offsets: Any) -> Any:
    """Return the order of the objects of each event by falling pT; insertion sort is stable, and events are short."""
    order = np.arange(len(pt))
    for event in range(len(offsets) - 1):
        first = offsets[event]
        for item in range(first + 1, offsets[event + 1]):
            place = item
            while place > first and pt[order[place - 1]] < pt[item]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = item
    return order
