"""Selection of objects: cuts on each kind, overlap removal and b-tagging, with a count after every step.

A selection is data (``selections/*.yaml``): this module says what may stand in it and applies it. Results do not
depend on how events are cut into chunks.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from edm.arrays import Columns, Mask
from edm.kinds import FIELDS, NAMES, STORED_KINDS, StoredKind
from edm.objects import Objects
from edm.records.cutflow import Cutflow, Row
from edm.wording import did_you_mean
from physics.errors import PhysicsError
from physics.selection.b_tag import BTag, ScoreTag
from physics.selection.cuts import KINEMATIC, AnyCut, Requirement
from physics.selection.events import EventSelection
from physics.selection.overlap import OverlapRule, remove_overlaps
from physics.selection.parts import Frozen
from physics.selection.weight_tables import Weights

__all__ = ["ObjectCuts", "Selection", "select"]

_MARK = "matched"  # of objects that made a trigger fire (physics/events/matching.py): it stays to the end
_RESERVED_STEPS = ("all", "invalid", "valid", "selected")  # "valid" is what people read for "invalid"


class ObjectCuts(Frozen):
    """The cuts on one kind, in the order in which they are applied."""

    cuts: tuple[AnyCut, ...] = ()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [cut.name for cut in self.cuts]
        for name in names:
            if names.count(name) > 1:
                msg = f"two cuts are called {name!r}: give each its own name, so that the cutflow can tell them apart"
                raise PhysicsError(msg)
            if name in _RESERVED_STEPS:
                msg = f"a cut cannot be called {name!r}: every cutflow has a step of that name"
                raise PhysicsError(msg)
        return self


class Selection(Frozen):
    """The requirements on the objects of an event.

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
    objects: dict[StoredKind, ObjectCuts] = Field(default_factory=dict)
    overlap: tuple[OverlapRule, ...] = ()
    b_tag: BTag | None = None
    events: EventSelection | None = None
    weights: Weights | None = None

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
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
            Requirement by name of the cut, in order; None where it requires nothing of this format. Empty for a kind
            that the selection leaves out.

        Raises:
            PhysicsError: When a cut does not list the format.
        """
        cuts = next((part.cuts for name, part in self.objects.items() if name == kind), ())
        return {cut.name: self._requirement(f"{NAMES[kind]}s, cut {cut.name!r}", cut, schema) for cut in cuts}

    def smallest_pt(self, kind: str, schema: str) -> float | None:
        """Return the smallest pT in GeV of selected objects of one kind in files of one format.

        Args:
            kind: One of e, m, j, g, t.
            schema: Name of the format.

        Returns:
            The highest of the thresholds that every object must pass; None where there is none.

        Raises:
            PhysicsError: When a cut does not list the format.
        """
        cuts = [cut for cut in self.cuts(kind, schema).values() if cut is not None]
        thresholds = [cut.min for cut in cuts if cut.column == "pt" and not cut.only_below and cut.min is not None]
        return max(thresholds, default=None)

    def working_point(self, schema: str) -> Requirement | None:
        """Return what makes a jet of a format a b-jet.

        Args:
            schema: Name of the format.

        Returns:
            The requirement; None when the selection has none, or none for this format.

        Raises:
            PhysicsError: When ``b_tag`` does not list the format.
        """
        return self._requirement("b_tag", self.b_tag, schema) if self.b_tag else None

    def score_tag(self, schema: str) -> ScoreTag | None:
        """Return the score by which jets of a format are tagged; None where none is, or a column of their own does.

        Args:
            schema: Name of the format.

        Raises:
            PhysicsError: When ``b_tag`` does not list the format.
        """
        tag = self.b_tag.tag(schema) if self.b_tag and self.working_point(schema) else None
        return tag if isinstance(tag, ScoreTag) else None

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
        for kind in STORED_KINDS:
            requirements = {f"cut {name!r}": requirement for name, requirement in self.cuts(kind, schema).items()}
            requirements |= {"b_tag": self.working_point(schema)} if kind == "j" else {}
            units = self._units(kind, requirements)
            if units:
                columns[kind] = units
        return columns

    def _units(self, kind: str, requirements: Mapping[str, Requirement | None]) -> dict[str, str | None]:
        units: dict[str, str | None] = {}
        for name, requirement in requirements.items():
            if requirement is None or requirement.column in KINEMATIC:
                continue
            if units.setdefault(requirement.column, requirement.unit) != requirement.unit:
                msg = (
                    f"selection {self.name}, {NAMES[kind]}s, {name}: {requirement.column} has unit "
                    f"{requirement.unit} here and {units[requirement.column]} in another cut; a column has one unit"
                )
                raise PhysicsError(msg)
        return units

    def _requirement(self, where: str, cut: AnyCut | BTag, schema: str) -> Requirement | None:
        try:
            return cut.requirement(schema)
        except PhysicsError as error:
            msg = f"selection {self.name}, {where}: {error}"
            raise PhysicsError(msg) from error


def select(
    objects: Mapping[str, Objects], selection: Selection, schema: str, absent: frozenset[str] = frozenset()
) -> tuple[dict[str, Objects], Cutflow]:
    """Select objects.

    Objects whose pT, eta, phi or mass is not finite, or whose pT is not positive, go first; then come the cuts, then
    the overlap rules. What is left is sorted by falling pT; equal pT keep the order of the file. Events stay, even
    without objects.

    Args:
        objects: By kind, with columns pt, mass (GeV), eta, phi (radians), where the file has it charge, and those that
            ``Selection.columns`` lists, as far as the file has them; shape (n_objects,) each.
        selection: The requirements.
        schema: Name of the format.
        absent: Kinds whose collection the file lacks; nothing is required of their columns.

    Returns:
        The objects that are left, with pt, eta, phi, mass, where the file has it charge, and for jets ``is_b`` (int8:
        1 b-jet, 0 none, -1 not known); and the counts after each step.

    Raises:
        PhysicsError: When a cut does not list the format, or its column is neither in the file nor ``if_present``.
    """
    selected: dict[str, Objects] = {}
    rows: dict[str, list[Row]] = {}
    for kind, of_kind in objects.items():
        selected[kind], rows[kind] = _cut(kind, of_kind, selection, schema, kind in absent)
    selected, counts = remove_overlaps(selected, selection.overlap)
    for rule, count in zip(selection.overlap, counts, strict=True):
        if rule.remove in rows:
            rows[rule.remove].append(Row(rule.name, count))
    for kind, of_kind in selected.items():
        rows[kind].append(Row("selected", of_kind.n_objects))
    if "j" in selected:
        selected["j"], tagged = _tag(selected["j"], selection, schema, "j" in absent)
        rows |= {"b": tagged} if selection.b_tag else {}
    stored = {kind: _drop_cut_columns(of_kind).sort_by_pt() for kind, of_kind in selected.items()}
    return stored, Cutflow({kind: tuple(steps) for kind, steps in rows.items()})


def _cut(kind: str, objects: Objects, selection: Selection, schema: str, absent: bool) -> tuple[Objects, list[Row]]:
    passed = _are_valid(objects.columns)
    rows = [Row("all", objects.n_objects), Row("invalid", int(np.count_nonzero(passed)))]
    for name, requirement in selection.cuts(kind, schema).items():
        where = f"selection {selection.name}, {NAMES[kind]}s, cut {name!r}"
        reason = None if absent else _reason_to_skip(where, requirement, objects.columns, schema)
        if requirement is not None and reason is None and not absent:
            passed &= requirement.passes(objects.columns)
        rows.append(Row(name, int(np.count_nonzero(passed)), reason is None, (reason,) if reason else ()))
    tag = selection.working_point(schema) if kind == "j" else None
    needed = KINEMATIC | {_MARK} | ({tag.column} if tag else set())
    columns = {name: column for name, column in objects.columns.items() if name in needed}
    return Objects(objects.offsets, columns).select(passed), rows


def _tag(jets: Objects, selection: Selection, schema: str, absent: bool) -> tuple[Objects, list[Row]]:
    requirement = selection.working_point(schema)
    where = f"selection {selection.name}, b_tag"
    reason = None if absent else _reason_to_skip(where, requirement, jets.columns, schema)
    is_b = np.full(jets.n_objects, -1, dtype=np.int8)
    if requirement is not None and reason is None and not absent:
        is_b = requirement.passes(jets.columns).astype(np.int8)
    tagged = Row("b_tag", int(np.count_nonzero(is_b == 1)), reason is None, (reason,) if reason else ())
    return Objects(jets.offsets, {**jets.columns, "is_b": is_b}), [Row("selected jets", jets.n_objects), tagged]


def _reason_to_skip(where: str, requirement: Requirement | None, columns: Columns, schema: str) -> str | None:
    """Return why a requirement cannot be applied to a file, None when it can; refuse a file that must have it."""
    if requirement is None:
        return f"nothing is asked of {schema} files"
    if requirement.column in columns:
        return None
    if requirement.if_present:
        return f"not applied to {schema} files without {requirement.column}"
    msg = (
        f"{where}: there is no column {requirement.column} in this {schema} file. Correct the name; or, if files may "
        "lack the column, write if_present: true beside it in the selection: the cutflow then says that the cut was "
        f"not applied{did_you_mean(requirement.column, sorted(KINEMATIC))}"
    )
    raise PhysicsError(msg)


def _are_valid(columns: Columns) -> Mask:
    valid: Mask = columns["pt"] > 0
    for name in FIELDS:
        valid &= np.isfinite(columns[name])
    return valid


def _drop_cut_columns(objects: Objects) -> Objects:
    """Leave the columns behind that only cuts needed."""
    names = (*FIELDS, "charge", "is_b", _MARK)
    return Objects(objects.offsets, {name: objects[name] for name in names if name in objects.columns})
