"""How many events are left after each step that looks at whole events.

Event cutflows add up: that of two files together is the sum of theirs, also where the files are of different formats
and have different steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edm.records.event_level import EventRow
from physics.errors import PhysicsError

__all__ = ["EventCutflow"]


@dataclass(frozen=True)
class EventCutflow:
    """The steps of an event selection, in order; the first is ``events read``."""

    rows: tuple[EventRow, ...] = ()

    def add(self, other: "EventCutflow") -> "EventCutflow":
        """Add the cutflow of other events.

        Args:
            other: A cutflow; steps that one of the two lacks pass all of its events, and are applied to none. A step
                that is not asked of one format, where the other has a row for each of its branches, is these rows.

        Returns:
            That of all events together. ``EventCutflow()`` plus anything is the latter.

        Raises:
            PhysicsError: When both have the same two steps in different orders.
        """
        if not self.rows or not other.rows:
            return self if self.rows else other
        names = _merged(self.rows, other.rows)
        pairs = zip(_filled(self.rows, names), _filled(other.rows, names), strict=True)
        return EventCutflow(
            tuple(EventRow(row.name, row.passed + more.passed, row.applied + more.applied) for row, more in pairs)
        )

    def as_dict(self) -> list[dict[str, Any]]:
        """Write the cutflow in a form that JSON can hold.

        Returns:
            One entry a step, with ``name``, ``passed`` and ``applied``.
        """
        return [dict(vars(row)) for row in self.rows]

    @classmethod
    def from_dict(cls, document: Sequence[Mapping[str, Any]]) -> "EventCutflow":
        """Read what ``as_dict`` has written.

        Args:
            document: The return value of ``as_dict``.

        Returns:
            An equal cutflow.
        """
        return cls(tuple(EventRow(**entry) for entry in document))


def _merged(rows: Sequence[EventRow], others: Sequence[EventRow]) -> list[str]:
    """Put the names of two lists of rows together so that each keeps its order."""
    names, other_names = [row.name for row in rows], [row.name for row in others]
    if names == other_names:
        return names
    both, merged, place, own = set(names) & set(other_names), list[str](), 0, list[EventRow]()
    for row in [*rows, None]:
        if row is not None and row.name not in both:
            own.append(row)
            continue
        end = len(others) if row is None else other_names.index(row.name)
        if end < place:
            msg = f"event cutflows with different orders of steps cannot be added: {names} and {other_names}"
            raise PhysicsError(msg)
        parts = sorted([_names(own, others[place:end]), _names(others[place:end], own)])  # whichever is added to which
        merged += [*parts[0], *parts[1], *([] if row is None else [row.name])]
        place, own = end + 1, []
    return merged


def _names(rows: Sequence[EventRow], others: Sequence[EventRow]) -> list[str]:
    """Name rows that the other cutflow lacks; steps that are not asked give way to what stands in their place there."""
    not_asked = not any(row.applied for row in rows)
    replaced = not_asked and (len(others) > len(rows) or any(row.applied for row in others))
    return [] if replaced else [row.name for row in rows]


def _filled(rows: tuple[EventRow, ...], names: list[str]) -> list[EventRow]:
    by_name, passed, filled = {row.name: row for row in rows}, rows[0].passed, []
    for name in names:
        row = by_name.get(name, EventRow(name, passed, 0))
        passed = row.passed
        filled.append(row)
    return filled
