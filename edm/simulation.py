"""The marks by which a file tells that its events were simulated, as a schema declares them."""

from collections.abc import Container, Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from edm.jagged import Jagged

__all__ = ["SimulationMark", "is_simulation"]

_Column = npt.NDArray[Any] | Jagged


class SimulationMark(BaseModel):
    """One mark; exactly one of its kinds is given.

    Attributes:
        exists: This branch exists.
        not_empty: This vector has an element in some event.
        nonzero: This number is not 0 in some event.
        differs: These two numbers differ in some event.
        bits: With ``branch``: these bits are set in some event.
        branch: The branch of ``bits``.
        first_events: Only the first events of the file are looked at; all where it is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exists: str | None = None
    not_empty: str | None = None
    nonzero: str | None = None
    differs: Annotated[list[str], Field(min_length=2, max_length=2)] | None = None
    bits: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    branch: str | None = None
    first_events: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        kinds = [self.exists, self.not_empty, self.nonzero, self.differs, self.bits]
        if sum(kind is not None for kind in kinds) != 1 or (self.bits is None) != (self.branch is None):
            msg = "a mark of simulation is exactly one of exists, not_empty, nonzero, differs, and bits with branch"
            raise ValueError(msg)
        return self

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches that must be read."""
        names = (self.not_empty, self.nonzero, self.branch, *(self.differs or ()))
        return tuple(name for name in names if name is not None)

    def holds(self, present: Container[str], columns: Mapping[str, _Column], first_entry: int = 0) -> bool:
        """Tell whether some events of a file have the mark.

        Args:
            present: The branches of the file.
            columns: The branches that must be read, of those that it has: shape (n_events,) or (n_events, var).
            first_entry: Entry of the first of these events.

        Returns:
            Whether they do; a file that lacks the branches does not.
        """
        if self.exists is not None:
            return self.exists in present
        if any(name not in columns for name in self.branches):
            return False
        stop = None if self.first_events is None else max(self.first_events - first_entry, 0)
        values = [_flat(columns[name])[:stop] for name in self.branches]
        if self.differs is not None:
            return bool(np.any(values[0] != values[1]))
        return bool(np.any(values[0] & self.bits if self.bits is not None else values[0] != 0))


def is_simulation(
    marks: Sequence[SimulationMark], present: Container[str], columns: Mapping[str, _Column], first_entry: int = 0
) -> bool:
    """Tell whether some events of a file have a mark of simulation.

    Args:
        marks: The marks of its format, one of which is enough.
        present: The branches of the file.
        columns: The branches that the marks read, of those that it has: shape (n_events,) or (n_events, var), no unit.
        first_entry: Entry of the first of these events (dimensionless).

    Returns:
        Whether one holds. A file is simulation if this is so for some of its events.
    """
    return any(mark.holds(present, columns, first_entry) for mark in marks)


def _flat(column: _Column) -> npt.NDArray[Any]:
    """Give one number an event: of vectors their length."""
    return column.counts if isinstance(column, Jagged) else column
