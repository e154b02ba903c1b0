"""What is asked of numbers that an event has: flags, counts and words of bits.

All comparisons are between whole numbers: flags are bool, int8, uint8, int32 or float, as the format likes, and become
int64 before they are compared. NaN and infinity never pass.
"""

from collections.abc import Container, Mapping
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, Tag, model_validator

from edm.jagged import Jagged
from physics.errors import PhysicsError
from physics.selection.parts import Frozen, told_by

__all__ = ["AllOf", "AnyFlag", "Comparison", "EventColumns", "Flag", "Flags", "as_integers"]

EventColumns = Mapping[str, npt.NDArray[Any] | Jagged]
"""Branch -> one value an event, shape (n_events,), or any number of values an event."""

_Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]

_COMPARISONS = ("min", "max", "equals", "not_equals", "one_of", "any_equals", "bits")
_HIGHEST_BIT = 62
_LARGEST_EXACT = 2.0**63


class Comparison(Frozen):
    """Which values pass; all comparisons given must hold.

    Attributes:
        min: Smallest value that passes.
        max: Largest value that passes.
        equals: The only value that passes.
        not_equals: The only value that fails.
        one_of: The values that pass.
        any_equals: Of a vector, some element equals this.
        bits: Mask. Alone: all these bits must be set; with another comparison: what the mask leaves is compared.
        field: Lowest and highest bit (both belong to it) of a part that is cut out of the value before comparing.
    """

    min: _Integer | None = None
    max: _Integer | None = None
    equals: _Integer | None = None
    not_equals: _Integer | None = None
    one_of: Annotated[tuple[_Integer, ...], Field(min_length=1)] | None = None
    any_equals: _Integer | None = None
    bits: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    field: tuple[Annotated[int, Field(ge=0, le=_HIGHEST_BIT)], Annotated[int, Field(ge=0, le=_HIGHEST_BIT)]] | None = (
        None
    )

    @model_validator(mode="after")
    def _asks_something_possible(self) -> Self:
        if all(getattr(self, name) is None for name in _COMPARISONS):
            msg = f"nothing is asked of the value: give one of {', '.join(_COMPARISONS)}"
            raise PhysicsError(msg)
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min {self.min} is above max {self.max}: no value could pass"
            raise PhysicsError(msg)
        if self.field is not None and self.field[0] > self.field[1]:
            msg = f"field {list(self.field)}: the lowest bit comes first: write [{self.field[1]}, {self.field[0]}]"
            raise PhysicsError(msg)
        if self.any_equals is not None and any(
            getattr(self, name) is not None for name in _COMPARISONS if name not in ("any_equals", "bits")
        ):
            msg = "any_equals is asked of a vector, the other comparisons of one value: leave one of them out"
            raise PhysicsError(msg)
        return self

    def holds(self, branch: str, column: npt.NDArray[Any] | Jagged) -> npt.NDArray[np.bool_]:
        """Tell which events pass.

        Args:
            branch: Name of the column, for the message.
            column: One value an event, shape (n_events,), no unit; or any number of them with ``any_equals``.

        Returns:
            Shape (n_events,).

        Raises:
            PhysicsError: For ``any_equals`` of a column with one value an event, and anything else of a vector.
        """
        if isinstance(column, Jagged):
            if self.any_equals is None:
                msg = f"{branch} has any number of values an event: ask any_equals of it"
                raise PhysicsError(msg)
            values, finite = as_integers(branch, column.values)
            return column.any((self._part(values) == self.any_equals) & finite)
        if self.any_equals is not None:
            msg = f"{branch} has one value an event: write equals, not any_equals"
            raise PhysicsError(msg)
        values, finite = as_integers(branch, column)
        return self._compared(self._part(values)) & finite

    def _part(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        if self.field is not None:
            low, high = self.field
            values = (values >> low) & (2 ** (high - low + 1) - 1)
        return values if self.bits is None else values & self.bits

    def _compared(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        passed = np.ones(len(values), dtype=np.bool_)
        if self.min is not None:
            passed &= values >= self.min
        if self.max is not None:
            passed &= values <= self.max
        if self.equals is not None:
            passed &= values == self.equals
        if self.not_equals is not None:
            passed &= values != self.not_equals
        if self.one_of is not None:
            passed &= np.isin(values, np.array(self.one_of))
        if all(getattr(self, name) is None for name in _COMPARISONS if name != "bits"):
            passed &= values == self.bits
        return passed


class Flag(Comparison):
    """What is asked of one branch.

    Attributes:
        branch: The branch, or several of which the first that exists counts.
        if_present: Files without the branch are not asked, instead of being refused.
        source: Where the rule comes from.
    """

    branch: Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(min_length=1)]
    if_present: bool = False
    source: str = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the branch, the first that exists counts."""
        return (self.branch,) if isinstance(self.branch, str) else self.branch

    def rows(self, name: str) -> dict[str, tuple["Flag", ...]]:
        """Give the rows of the cutflow, and what each asks.

        Args:
            name: Name of the entry.

        Returns:
            One row, called like the entry.
        """
        return {name: (self,)}

    def first(self, present: Container[str]) -> str | None:
        """Find the branch of a file.

        Args:
            present: The branches of the file.

        Returns:
            Its name; None when the file has none of the names.
        """
        return next((name for name in self.names if name in present), None)


class Flags(Comparison):
    """The same asked of several branches, all of which must pass: one row of the cutflow each."""

    branches: tuple[str, ...] = Field(min_length=1)
    if_present: bool = False
    source: str = Field(min_length=1)

    def rows(self, name: str) -> dict[str, tuple[Flag, ...]]:  # noqa: ARG002 - as Flag.rows
        """Give the rows of the cutflow, and what each asks.

        Args:
            name: Name of the entry.

        Returns:
            A row for every branch, called like it.
        """
        shared = self.model_dump(exclude={"branches"})
        return {branch: (Flag.model_validate({"branch": branch, **shared}),) for branch in self.branches}


class _Part(Comparison):
    """One of several parts: what is not said here is as for the whole."""

    branch: Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(min_length=1)]
    if_present: bool | None = None
    source: str | None = None


class AllOf(Frozen):
    """Several flags, all of which must pass: one row of the cutflow together."""

    all_of: tuple[_Part, ...] = Field(min_length=1)
    if_present: bool = False
    source: str = Field(min_length=1)

    def rows(self, name: str) -> dict[str, tuple[Flag, ...]]:
        """Give the rows of the cutflow, and what each asks.

        Args:
            name: Name of the entry.

        Returns:
            One row, called like the entry.
        """
        whole = {"if_present": self.if_present, "source": self.source}
        return {name: tuple(Flag.model_validate(whole | part.model_dump(exclude_none=True)) for part in self.all_of)}


AnyFlag = Annotated[
    Annotated[Flag, Tag("one branch")] | Annotated[Flags, Tag("several branches")] | Annotated[AllOf, Tag("parts")],
    told_by({"all_of": "parts", "branches": "several branches"}, "one branch"),
]
"""What is asked of one branch, of each of several, or of several together; the keys tell them apart."""


def as_integers(branch: str, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Convert flags to int64.

    Args:
        branch: Name of the column, for the message.
        values: Booleans, integers or floats (no unit), shape (n_values,).

    Returns:
        The whole parts, shape (n_values,), and which of the values are numbers that an int64 can hold.

    Raises:
        PhysicsError: When the values are anything else.
    """
    if values.dtype.kind in "biu":
        return values.astype(np.int64), np.ones(len(values), dtype=np.bool_)
    if values.dtype.kind != "f":
        msg = f"{branch} is of type {values.dtype}, not a flag or a number"
        raise PhysicsError(msg)
    finite = np.abs(values) < _LARGEST_EXACT  # NaN is not below
    return np.where(finite, values, 0).astype(np.int64), finite
