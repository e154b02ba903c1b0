"""How many objects are left after each step of a selection.

Cutflows of the same selection add up: that of two files together is the sum of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edm.errors import RecordError

__all__ = ["Cutflow", "Row", "shown"]

_SHOWN = {"invalid": "valid"}
"""Steps that are named by what goes, by what people read beside the number: how many objects are left."""

_BETWEEN_REASONS = "; "  # in what older versions wrote


@dataclass(frozen=True)
class Row:
    """One step.

    Attributes:
        cut: Name of the step.
        objects: Objects left after it (dimensionless).
        applied: Whether it was applied to any file at all.
        reasons: Why it was not applied to some of them, or to none; sorted. Empty when it was applied to all.
    """

    cut: str
    objects: int
    applied: bool = True
    reasons: tuple[str, ...] = ()

    def add(self, other: "Row") -> "Row":
        """Add the same step of other files.

        Args:
            other: A row of the same name.

        Returns:
            The row of all files together.
        """
        reasons = tuple(sorted({*self.reasons, *other.reasons}))
        return Row(self.cut, self.objects + other.objects, self.applied or other.applied, reasons)


@dataclass(frozen=True)
class Cutflow:
    """The steps of a selection for each kind of object, in order.

    Attributes:
        rows: Per kind: ``all`` (what the file has), ``invalid`` (without objects whose pT, eta, phi or mass is not
            finite or whose pT is not positive), the cuts, the overlap rules, ``selected``. For ``b``: the selected
            jets, and those that pass the working point.
    """

    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    def add(self, other: "Cutflow") -> "Cutflow":
        """Add the cutflow of other files.

        Args:
            other: A cutflow of the same selection.

        Returns:
            That of all files together. ``Cutflow()`` plus anything is the latter.

        Raises:
            RecordError: When the steps differ, because the selections do.
        """
        kinds = [*self.rows, *(kind for kind in other.rows if kind not in self.rows)]
        return Cutflow({kind: _add(kind, self.rows.get(kind), other.rows.get(kind)) for kind in kinds})

    def selected(self) -> dict[str, int]:
        """Return how many objects of each kind the last step leaves (dimensionless), 0 where there is no step."""
        return {kind: rows[-1].objects if rows else 0 for kind, rows in self.rows.items()}

    def removed(self, kind: str) -> list[int]:
        """Return how many objects each step of a kind removes (dimensionless)."""
        objects = [row.objects for row in self.rows[kind]]
        return [before - after for before, after in zip([*objects[:1], *objects], objects, strict=False)]

    def as_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Write the cutflow in a form that JSON can hold.

        Returns:
            Per kind one entry a step, with ``cut``, ``objects`` (left after it), ``removed`` (by it), ``applied`` and
            ``reasons`` (a list, empty when it was applied to all files).
        """
        return {
            kind: [
                {
                    "cut": row.cut,
                    "objects": row.objects,
                    "removed": removed,
                    "applied": row.applied,
                    "reasons": list(row.reasons),
                }
                for row, removed in zip(rows, self.removed(kind), strict=True)
            ]
            for kind, rows in self.rows.items()
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Sequence[Mapping[str, Any]]]) -> "Cutflow":
        """Read what ``as_dict`` has written.

        Args:
            document: The return value of ``as_dict``; or of older versions, with one text ``reason`` for all reasons.

        Returns:
            An equal cutflow.
        """
        return cls({kind: tuple(_from_entry(entry) for entry in entries) for kind, entries in document.items()})


def shown(cut: str) -> str:
    """Return the name by which figures and tables call a step, where a number says how many objects it left.

    Args:
        cut: Its name in the statistics.

    Returns:
        ``valid`` for ``invalid``: what is left when invalid objects are gone; all others keep their name.
    """
    return _SHOWN.get(cut, cut)


def _add(kind: str, rows: tuple[Row, ...] | None, others: tuple[Row, ...] | None) -> tuple[Row, ...]:
    if rows is None or others is None:
        return rows or others or ()
    names, other_names = [row.cut for row in rows], [row.cut for row in others]
    if names != other_names:
        msg = f"cutflows of different selections cannot be added: for {kind} one has {names}, the other {other_names}"
        raise RecordError(msg)
    return tuple(first.add(second) for first, second in zip(rows, others, strict=True))


def _from_entry(entry: Mapping[str, Any]) -> Row:
    if "reasons" in entry:
        reasons = tuple(entry["reasons"])
    else:
        reasons = tuple(entry["reason"].split(_BETWEEN_REASONS)) if entry["reason"] else ()
    return Row(entry["cut"], entry["objects"], entry["applied"], reasons)
