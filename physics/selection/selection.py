"""Selection of objects: cuts on each kind, overlap removal and b-tagging, with a count after every step.

A selection is data (``selections/*.yaml``): this module says what may stand in it and applies it. Results do not
depend on how events are cut into chunks.
"""

from collections.abc import Mapping
from typing import Any, Self, get_args

import awkward as ak
import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from compiled.loops import compiled
from edm.columns import join, keep, sizes, split
from edm.kinds import FIELDS, NAMES
from edm.wording import nearest
from physics.errors import PhysicsError
from physics.selection.cutflow import Cutflow, Row
from physics.selection.cuts import KINEMATIC, AnyCut, Columns, FormatTable, Frozen, Kind, Requirement
from physics.selection.events import EventSelection
from physics.selection.overlap import OverlapRule, remove_overlaps
from physics.selection.weight_tables import Weights

__all__ = ["ObjectCuts", "Selection", "select"]

_STEPS_OF_ITS_OWN = ("all", "invalid", "valid", "selected")  # and what people read for "invalid"


class ObjectCuts(Frozen):
    """The cuts on one kind, in the order in which they are applied."""

    cuts: tuple[AnyCut, ...] = ()

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        names = [cut.name for cut in self.cuts]
        for name in names:
            if names.count(name) > 1:
                msg = f"two cuts are called {name!r}: give each its own name, so that the cutflow can tell them apart"
                raise PhysicsError(msg)
            if name in _STEPS_OF_ITS_OWN:
                msg = f"a cut cannot be called {name!r}: every cutflow has a step of that name"
                raise PhysicsError(msg)
        return self


class Selection(Frozen):
    """What is asked of the objects of an event.

    Attributes:
        name: One word.
        description: One sentence.
        objects: Cuts per kind; a kind that is left out is taken as it is.
        overlap: Overlap rules, in the order in which they are applied.
        b_tag: The working point of each format; None leaves every jet's b-tag unknown.
        events: Which events count; None takes all.
        weights: What simulated events weigh; None counts them.
    """

    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    objects: dict[Kind, ObjectCuts] = Field(default_factory=dict)
    overlap: tuple[OverlapRule, ...] = ()
    b_tag: FormatTable | None = None
    events: EventSelection | None = None
    weights: Weights | None = None

    @model_validator(mode="after")
    def _different_rules(self) -> Self:
        steps = [(rule.remove, rule.name) for rule in self.overlap]
        for step in steps:
            if steps.count(step) > 1:
                msg = f"overlap removes {step[0]} twice for the same reason ({step[1]}): leave one of the rules out"
                raise PhysicsError(msg)
        return self

    def cuts(self, kind: str, schema: str) -> dict[str, Requirement | None]:
        """Return the cuts on objects of one kind in files of one format.

        Args:
            kind: One of e, m, j, g, t.
            schema: Name of the format.

        Returns:
            Requirement by name of the cut, in order; None where nothing is asked of this format. Empty for a kind
            that the selection leaves out.

        Raises:
            PhysicsError: When a cut does not list the format.
        """
        cuts = next((part.cuts for name, part in self.objects.items() if name == kind), ())
        return {cut.name: self._asked(f"{NAMES[kind]}s, cut {cut.name!r}", cut, schema) for cut in cuts}

    def working_point(self, schema: str) -> Requirement | None:
        """Return what makes a jet of a format a b-jet.

        Args:
            schema: Name of the format.

        Returns:
            The requirement; None when the selection has none, or none for this format.

        Raises:
            PhysicsError: When ``b_tag`` does not list the format.
        """
        return self._asked("b_tag", self.b_tag, schema) if self.b_tag else None

    def columns(self, schema: str) -> dict[str, dict[str, str | None]]:
        """List what must be read of files of one format, beside pt, eta, phi, mass and charge.

        Args:
            schema: Name of the format.

        Returns:
            Per kind, the unit of each column: GeV or None. Kinds without further columns are left out.

        Raises:
            PhysicsError: When a cut does not list the format, or two cuts give one column different units.
        """
        columns: dict[str, dict[str, str | None]] = {}
        for kind in get_args(Kind):
            asked = {f"cut {name!r}": requirement for name, requirement in self.cuts(kind, schema).items()}
            asked |= {"b_tag": self.working_point(schema)} if kind == "j" else {}
            units = self._units(kind, asked)
            if units:
                columns[kind] = units
        return columns

    def _units(self, kind: str, asked: Mapping[str, Requirement | None]) -> dict[str, str | None]:
        units: dict[str, str | None] = {}
        for name, requirement in asked.items():
            if requirement is None or requirement.column in KINEMATIC:
                continue
            if units.setdefault(requirement.column, requirement.unit) != requirement.unit:
                msg = (
                    f"selection {self.name}, {NAMES[kind]}s, {name}: {requirement.column} has unit "
                    f"{requirement.unit} here and {units[requirement.column]} in another cut; a column has one unit"
                )
                raise PhysicsError(msg)
        return units

    def _asked(self, where: str, cut: AnyCut | FormatTable, schema: str) -> Requirement | None:
        try:
            return cut.requirement(schema)
        except PhysicsError as error:
            msg = f"selection {self.name}, {where}: {error}"
            raise PhysicsError(msg) from error


def select(
    objects: Mapping[str, ak.Array], selection: Selection, schema: str, absent: frozenset[str] = frozenset()
) -> tuple[dict[str, ak.Array], Cutflow]:
    """Select objects.

    Objects whose pT, eta, phi or mass is not finite, or whose pT is not positive, go first; then come the cuts, then
    the overlap rules. What is left is sorted by falling pT; equal pT keep the order of the file. Events stay, even
    without objects.

    Args:
        objects: Per kind a jagged record array, shape (n_events, var), with pt, mass (GeV), eta, phi (radians), where
            the file has it charge, and the columns that ``Selection.columns`` lists, as far as the file has them.
        selection: What is asked.
        schema: Name of the format.
        absent: Kinds whose collection the file lacks; nothing is asked of their columns.

    Returns:
        The objects that are left, with pt, eta, phi, mass, where the file has it charge, and for jets ``is_b`` (int8:
        1 b-jet, 0 none, -1 not known); and the counts after each step.

    Raises:
        PhysicsError: When a cut does not list the format, or its column is neither there nor ``if_present``.
    """
    left: dict[str, ak.Array] = {}
    rows: dict[str, list[Row]] = {}
    for kind, array in objects.items():
        left[kind], rows[kind] = _cut(kind, array, selection, schema, kind in absent)
    left, counts = remove_overlaps(left, selection.overlap)
    for rule, count in zip(selection.overlap, counts, strict=True):
        if rule.remove in rows:
            rows[rule.remove].append(Row(rule.name, count))
    for kind in left:
        rows[kind].append(Row("selected", int(sizes(left[kind]).sum())))
    if "j" in left:
        left["j"], tagged = _tag(left["j"], selection, schema, "j" in absent)
        rows |= {"b": tagged} if selection.b_tag else {}
    sorted_ = {kind: _by_falling_pt(array) for kind, array in left.items()}
    return sorted_, Cutflow({kind: tuple(steps) for kind, steps in rows.items()})


def _cut(kind: str, array: ak.Array, selection: Selection, schema: str, absent: bool) -> tuple[ak.Array, list[Row]]:
    offsets, columns = split(array)
    passed = _valid(columns)
    rows = [Row("all", len(passed)), Row("invalid", int(np.count_nonzero(passed)))]
    for name, requirement in selection.cuts(kind, schema).items():
        where = f"selection {selection.name}, {NAMES[kind]}s, cut {name!r}"
        reason = None if absent else _not_applied(where, requirement, columns, schema)
        if requirement is not None and reason is None and not absent:
            passed &= requirement.passes(columns)
        rows.append(Row(name, int(np.count_nonzero(passed)), reason is None, (reason,) if reason else ()))
    tag = selection.working_point(schema) if kind == "j" else None
    needed = KINEMATIC | {tag.column} if tag else KINEMATIC
    columns = {name: column for name, column in columns.items() if name in needed}
    return join(*keep(offsets, columns, passed)), rows


def _tag(jets: ak.Array, selection: Selection, schema: str, absent: bool) -> tuple[ak.Array, list[Row]]:
    offsets, columns = split(jets)
    requirement = selection.working_point(schema)
    reason = None if absent else _not_applied(f"selection {selection.name}, b_tag", requirement, columns, schema)
    is_b = np.full(len(columns["pt"]), -1, dtype=np.int8)
    if requirement is not None and reason is None and not absent:
        is_b = requirement.passes(columns).astype(np.int8)
    tagged = Row("b_tag", int(np.count_nonzero(is_b == 1)), reason is None, (reason,) if reason else ())
    return join(offsets, columns | {"is_b": is_b}), [Row("selected jets", len(is_b)), tagged]


def _not_applied(where: str, requirement: Requirement | None, columns: Columns, schema: str) -> str | None:
    """Return why a requirement cannot be applied to a file, None when it can; refuse a file that must have it."""
    if requirement is None:
        return f"nothing is asked of {schema} files"
    if requirement.column in columns:
        return None
    if requirement.if_present:
        return f"not applied to {schema} files without {requirement.column}"
    name = nearest(requirement.column, sorted(KINEMATIC))
    meant = f" (there is {name})" if name else ""
    msg = (
        f"{where}: there is no column {requirement.column} in this {schema} file: mend the name{meant}. If files may "
        f"lack it, write if_present: true beside it in the selection; the cutflow then says that the cut was not "
        "applied"
    )
    raise PhysicsError(msg)


def _valid(columns: Columns) -> npt.NDArray[np.bool_]:
    valid: npt.NDArray[np.bool_] = columns["pt"] > 0
    for name in FIELDS:
        valid &= np.isfinite(columns[name])
    return valid


def _by_falling_pt(array: ak.Array) -> ak.Array:
    """Sort by falling pT and leave the columns behind that only cuts needed."""
    offsets, columns = split(array)
    stored = {name: columns[name] for name in (*FIELDS, "charge", "is_b") if name in columns}
    if not _is_falling(stored["pt"], offsets):
        order = _falling(stored["pt"], offsets)
        stored = {name: column.take(order) for name, column in stored.items()}
    return join(offsets, stored)


@compiled()
def _is_falling(pt: Any, offsets: Any) -> bool:
    for event in range(len(offsets) - 1):
        for item in range(offsets[event] + 1, offsets[event + 1]):
            if pt[item - 1] < pt[item]:
                return False
    return True


@compiled()
def _falling(pt: Any, offsets: Any) -> Any:
    """Order the objects of each event, pt end to end, by falling pT; equal ones stay as they are."""
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
