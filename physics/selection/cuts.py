"""Cuts on objects of one kind: which quantity, which values pass, and where each value comes from.

A cut is either the same for every file format (``Cut``) or says for each format which column it looks at
(``FormatCut``). Momenta, energies and masses are in GeV, angles in radians, everything else is dimensionless.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import (
    Field,
    FiniteFloat,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from edm.arrays import Columns, Mask
from physics.errors import PhysicsError
from physics.selection.parts import Frozen, told_by

__all__ = [
    "KINEMATIC",
    "AnyCut",
    "Cut",
    "FormatCut",
    "FormatTable",
    "Range",
    "Requirement",
    "entry_of",
]

KINEMATIC = frozenset({"pt", "eta", "phi", "mass", "charge"})
"""Columns with the same name in every format, which are always read."""

_Entry = TypeVar("_Entry")

_IN_GEV = frozenset({"pt", "mass"})
_LOOKS_LIKE_MEV = 1000.0  # GeV; no threshold on one object is that high, while 1 GeV written in MeV is
_LOOKS_LIKE_TEV = 0.1  # GeV; no threshold on a pT is that low, while those of analyses are, written in TeV
_HOW_TO_ADD = "with the column that holds this quantity there, or as '{schema}: null' if it has none"
_COMPARISONS = ("min", "max", "outside", "equals", "one_of", "bits")


class Range(Frozen):
    """Objects with pT (GeV) and |eta| (dimensionless) below these values; a value left out does not restrict."""

    pt: FiniteFloat | None = None
    abs_eta: FiniteFloat | None = None

    @field_validator("pt")
    @classmethod
    def _refuse_mev(cls, value: float | None) -> float | None:
        return _refuse_mev("pt", value)

    def holds(self, columns: Columns) -> Mask:
        """Tell which objects lie in the range.

        Args:
            columns: With pt (GeV) and eta, each of shape (n_objects,).

        Returns:
            Shape (n_objects,); a value on the edge, or NaN, lies outside.
        """
        inside = np.ones(len(columns["pt"]), dtype=np.bool_)
        if self.pt is not None:
            inside &= columns["pt"] < self.pt
        if self.abs_eta is not None:
            inside &= np.abs(columns["eta"]) < self.abs_eta
        return inside


class Requirement(Frozen):
    """Which values of one column pass; all comparisons given must hold.

    Attributes:
        column: pt, eta, phi, mass, charge, or the part of the file's branch name that follows the collection.
        unit: GeV for momenta, energies and masses; None for anything else.
        absolute: Compare the absolute value.
        over_pt: Compare the ratio of the column to the object's pT (dimensionless).
        min: Smallest value that passes.
        max: Largest value that passes.
        outside: Two edges; values between them fail, the edges themselves pass.
        equals: The only value that passes.
        one_of: The values that pass.
        bits: Mask for an integer column. Alone: all these bits must be set; with another comparison: the value
            that is compared is what the mask leaves.
        only_below: Objects outside this range pass whatever their value.
        if_present: Files without the column are not cut on it, instead of being refused.
        source: Where the value comes from.
    """

    column: str = Field(min_length=1)
    unit: Literal["GeV"] | None = None
    absolute: bool = False
    over_pt: bool = False
    min: FiniteFloat | None = None
    max: FiniteFloat | None = None
    outside: tuple[FiniteFloat, FiniteFloat] | None = None
    equals: FiniteFloat | None = None
    one_of: tuple[FiniteFloat, ...] | None = None
    bits: Annotated[int, Field(gt=0, lt=2**63)] | None = None
    only_below: Range | None = None
    if_present: bool = False
    source: str = Field(min_length=1)

    @field_validator("unit", mode="before")
    @classmethod
    def _refuse_other_units(cls, value: object) -> object:
        if isinstance(value, str) and value.lower() in ("mev", "tev"):
            msg = f"values are in GeV, not {value}: convert them and write unit: GeV"
            raise PhysicsError(msg)
        return value

    @field_validator("min", "max", "outside", "equals", "one_of")
    @classmethod
    def _refuse_mev(cls, value: Any, info: ValidationInfo) -> Any:
        in_gev = info.data.get("unit") == "GeV" or info.data.get("column") in _IN_GEV
        if in_gev and not info.data.get("over_pt"):
            for number in value if isinstance(value, tuple) else (value,):
                _refuse_mev(str(info.field_name), number)
                if info.data.get("column") in _IN_GEV:
                    _refuse_impossible_threshold(str(info.data["column"]), str(info.field_name), number)
        return value

    @model_validator(mode="after")
    def _check_comparisons(self) -> Self:
        if all(getattr(self, name) is None for name in _COMPARISONS):
            msg = f"nothing is required of {self.column}: give one of {', '.join(_COMPARISONS)}"
            raise PhysicsError(msg)
        if self.min is not None and self.max is not None and self.min > self.max:
            msg = f"min {self.min:g} is above max {self.max:g}: no value of {self.column} could pass"
            raise PhysicsError(msg)
        if self.outside is not None and self.outside[0] >= self.outside[1]:
            msg = f"outside {list(self.outside)}: the first edge must be below the second"
            raise PhysicsError(msg)
        if self.one_of is not None and not self.one_of:
            msg = f"one_of is empty: no value of {self.column} could pass"
            raise PhysicsError(msg)
        return self._check_unit()

    def _check_unit(self) -> Self:
        if self.unit and self.column in KINEMATIC - _IN_GEV:
            msg = f"{self.column} has no unit: leave unit: {self.unit} out"
            raise PhysicsError(msg)
        if self.over_pt and self.unit is None:
            msg = f"{self.column} over pT needs both in GeV: write unit: GeV (or leave over_pt out, if it is a ratio)"
            raise PhysicsError(msg)
        return self

    @np.errstate(divide="ignore", invalid="ignore", over="ignore")
    def passes(self, columns: Columns) -> Mask:
        """Tell which objects pass.

        Args:
            columns: With this requirement's column, pt (GeV) and eta, each of shape (n_objects,).

        Returns:
            Shape (n_objects,). Edges pass; NaN fails. Comparisons are made in the column's own precision.

        Raises:
            PhysicsError: For ``bits`` on a column that is not made of integers.
        """
        value = self._value(columns)
        passed = np.ones(len(value), dtype=np.bool_)
        if self.min is not None:
            passed &= value >= self.min
        if self.max is not None:
            passed &= value <= self.max
        if self.outside is not None:
            passed &= (value <= self.outside[0]) | (value >= self.outside[1])
        if self.equals is not None:
            passed &= value == self.equals
        if self.one_of is not None:
            values = np.array(self.one_of)
            passed &= np.isin(value, values.astype(value.dtype) if value.dtype.kind == "f" else values)
        if self._compares_bits_alone():
            passed &= value == self.bits
        return passed if self.only_below is None else passed | ~self.only_below.holds(columns)

    def _value(self, columns: Columns) -> npt.NDArray[Any]:
        value = columns[self.column]
        if self.bits is not None:
            if value.dtype.kind not in "iub":
                msg = f"bits {self.bits} are required of {self.column}, which is of type {value.dtype}, not an integer"
                raise PhysicsError(msg)
            value = value.astype(np.int64) & self.bits
        if self.absolute:
            value = np.abs(value.astype(np.int64) if value.dtype.kind == "i" else value)  # int8 has no 128
        return value / columns["pt"] if self.over_pt else value

    def _compares_bits_alone(self) -> bool:
        return self.bits is not None and all(getattr(self, name) is None for name in _COMPARISONS if name != "bits")


class Cut(Requirement):
    """A requirement with a name, the same for every format."""

    name: str = Field(min_length=1)

    def requirement(self, schema: str) -> Requirement | None:  # noqa: ARG002 - as FormatTable.requirement
        """Return the requirement on objects of a format: this cut itself.

        Args:
            schema: Name of the format.

        Returns:
            This cut.
        """
        return self


def entry_of(formats: Mapping[str, _Entry], schema: str, where: str = "", how_to_add: str = _HOW_TO_ADD) -> _Entry:
    """Return what a table by format says of one.

    Args:
        formats: The table.
        schema: Name of the format.
        where: The part of the selection, for the message.
        how_to_add: What to write for a format that is not listed, for the message.

    Returns:
        Its entry; None where nothing is asked of the format.

    Raises:
        PhysicsError: For a format that is not listed.
    """
    if schema not in formats:
        msg = (
            f"{where}the format {schema} is not listed (there are {', '.join(formats)}); add it under formats, "
            f"{how_to_add.format(schema=schema)}"
        )
        raise PhysicsError(msg)
    return formats[schema]


class FormatTable(Frozen):
    """A requirement for each format; None where a format has no such quantity."""

    formats: dict[str, Requirement | None] = Field(min_length=1)

    def requirement(self, schema: str) -> Requirement | None:
        """Return the requirement on objects of a format.

        Args:
            schema: Name of the format.

        Returns:
            The requirement; None when the cut does not apply to that format.

        Raises:
            PhysicsError: For a format that is not listed.
        """
        return entry_of(self.formats, schema)


class FormatCut(FormatTable):
    """A cut whose column or value depends on the format."""

    name: str = Field(min_length=1)


AnyCut = Annotated[
    Annotated[Cut, Tag("one for all")] | Annotated[FormatCut, Tag("by format")],
    told_by({"formats": "by format"}, "one for all"),
]
"""A cut of either form; the key ``formats`` tells them apart."""


def _refuse_impossible_threshold(column: str, name: str, value: float | None) -> None:
    if value is not None and value < 0:
        msg = f"{value:g} GeV: no {column} is below 0, so that this cut removes nothing or everything"
        raise PhysicsError(msg)
    if column == "pt" and value is not None and 0 < value < _LOOKS_LIKE_TEV:
        msg = f"{value:g} GeV looks like a value in TeV: write {name}: {value * 1000.0:g}"
        raise PhysicsError(msg)


def _refuse_mev(name: str, value: float | None) -> float | None:
    if value is not None and abs(value) >= _LOOKS_LIKE_MEV:
        msg = f"{value:g} GeV looks like a value in MeV: write {name}: {value / 1000.0:g}"
        raise PhysicsError(msg)
    return value
