"""Selection of events: what may stand under ``events:`` in a selection file.

Which events count is asked before any object is looked at, in the order *good runs → cleaning → triggers → streams*.
This module says what may be written; ``physics/events`` applies it.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from physics.errors import PhysicsError
from physics.selection.cuts import entry_of
from physics.selection.flags import AnyFlag, Comparison
from physics.selection.parts import Frozen, told_by

__all__ = [
    "AnyGoodRuns",
    "AnyMenu",
    "Cleaning",
    "EventSelection",
    "GoodRuns",
    "GoodRunsColumn",
    "OneMenu",
    "Period",
    "RunLists",
    "Stream",
    "Streams",
    "TriggerMenu",
    "Triggers",
    "asked",
]

_T = TypeVar("_T")

_OWN_ROWS = ("events read", "good runs", "trigger: no menu", "trigger", "stream", "halves")
"""The rows that every event cutflow has; no cleaning step can be called like one."""

_Text = Annotated[str, Field(min_length=1)]
_Run = Annotated[int, Field(ge=0, lt=2**31)]


class GoodRunsColumn(Comparison):
    """A flag of the file says whether an event's luminosity block is good."""

    column: _Text
    source: str = ""


class RunLists(Frozen):
    """Lists of good runs say it.

    Attributes:
        lists: ``auto`` for those of the format's experiment, or names of lists and paths of files.
        if_present: Files without a run branch pass, instead of being refused.
        source: Where the lists come from, if they do not say it themselves.
    """

    lists: Literal["auto"] | Annotated[tuple[_Text, ...], Field(min_length=1)]
    if_present: bool = False
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the lists are called, as a parameter would say it."""
        return (self.lists,) if isinstance(self.lists, str) else self.lists


AnyGoodRuns = Annotated[
    Annotated[GoodRunsColumn, Tag("by column")] | Annotated[RunLists, Tag("by lists")],
    told_by({"column": "by column"}, "by lists"),
]
"""A column or lists; the key ``column`` tells them apart."""


class GoodRuns(Frozen):
    """What makes a luminosity block good, for each format; None where nothing is asked."""

    formats: dict[str, AnyGoodRuns | None] = Field(min_length=1)


class Cleaning(Frozen):
    """One step of cleaning.

    Attributes:
        name: Name of its row in the cutflow.
        data_only: It is not asked of simulation.
        formats: What is asked, for each format; None where nothing is.
    """

    name: _Text
    data_only: bool = False
    formats: dict[str, AnyFlag | None] = Field(min_length=1)


class TriggerMenu(Frozen):
    """The paths of a period, one of which must have fired.

    Attributes:
        name: The period; empty when one menu is for all runs.
        runs: First and last run of the period; None for all.
        paths: The paths.
        source: Where the paths come from.
    """

    name: str = ""
    runs: tuple[_Run, _Run] | None = None
    paths: tuple[_Text, ...] = Field(min_length=1)
    source: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.runs is not None and self.runs[0] > self.runs[1]:
            msg = f"runs {list(self.runs)}: the first run comes first: write [{self.runs[1]}, {self.runs[0]}]"
            raise PhysicsError(msg)
        _refuse_twice("the path", list(self.paths))
        return self


class Period(TriggerMenu):
    """The paths of a period with a name and a range of runs."""

    name: _Text
    runs: tuple[_Run, _Run]


class OneMenu(TriggerMenu):
    """Paths for all runs."""

    name: Literal[""] = ""
    runs: None = None


_Periods = Annotated[tuple[Period, ...], Field(min_length=1)]

AnyMenu = Annotated[
    Annotated[OneMenu, Tag("one for all")] | Annotated[_Periods, Tag("one a period")],
    Discriminator(lambda document: "one a period" if isinstance(document, list | tuple) else "one for all"),
]
"""One menu for all runs, or one a period."""


class Triggers(Frozen):
    """Which trigger paths must have fired.

    Attributes:
        mode: ``any``: one of the paths; ``none``: no trigger is asked for.
        matched: Some selected lepton or photon made the trigger fire.
        formats: The menus of each format; None where no trigger is asked for.
    """

    mode: Literal["any", "none"] = "any"
    matched: bool = False
    formats: dict[str, AnyMenu | None] = Field(min_length=1)

    @model_validator(mode="after")
    def _periods_apart(self) -> Self:
        for schema, menus in self.formats.items():
            periods = sorted((menu for menu in menus), key=lambda menu: menu.runs) if isinstance(menus, tuple) else []
            _refuse_twice(f"{schema}: the period", [menu.name for menu in periods])
            for before, after in pairwise(periods):
                if after.runs[0] <= before.runs[1]:
                    msg = f"{schema}: run {after.runs[0]} lies in {before.name} and in {after.name}: part their runs"
                    raise PhysicsError(msg)
        return self

    def menus(self, schema: str) -> tuple[TriggerMenu, ...]:
        """Return the menus of a format.

        Args:
            schema: Name of the format.

        Returns:
            The menus; none when no trigger is asked for.

        Raises:
            PhysicsError: For a format that is not listed.
        """
        menus = asked("triggers", self.formats, schema)
        if menus is None or self.mode == "none":
            return ()
        return menus if isinstance(menus, tuple) else (menus,)


class Stream(Frozen):
    """A primary dataset: what a group of trigger paths wrote.

    Attributes:
        name: Its name.
        files: Patterns of the addresses of its files, as ``*/DoubleMuon/*``.
        paths: The paths that belong to it.
        source: Where the paths come from.
    """

    name: _Text
    files: tuple[_Text, ...] = Field(min_length=1)
    paths: tuple[_Text, ...] = Field(min_length=1)
    source: str = ""


class Streams(Frozen):
    """The streams of each format, highest rank first; None where nothing is asked."""

    formats: dict[str, Annotated[tuple[Stream, ...], Field(min_length=1)] | None] = Field(min_length=1)

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        for schema, streams in self.formats.items():
            _refuse_twice(f"{schema}: the stream", [stream.name for stream in streams or ()])
        return self


class EventSelection(Frozen):
    """What is asked of an event before its objects are looked at; a part that is left out asks nothing."""

    good_runs: GoodRuns | None = None
    cleaning: tuple[Cleaning, ...] = ()
    triggers: Triggers | None = None
    streams: Streams | None = None

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        names = [step.name for step in self.cleaning]
        _refuse_twice("the cleaning step", names)
        for name in names:
            if name in _OWN_ROWS:
                msg = f"a cleaning step cannot be called {name!r}: every event cutflow has a row of that name"
                raise PhysicsError(msg)
        return self


def asked(where: str, formats: Mapping[str, _T], schema: str) -> _T:
    """Return what a table by format says of one.

    Args:
        where: The part of the selection, for the message.
        formats: The table.
        schema: Name of the format.

    Returns:
        Its entry.

    Raises:
        PhysicsError: For a format that is not listed.
    """
    how_to_add = "or as '{schema}: null' if nothing is to be asked of it"
    return entry_of(formats, schema, f"events, {where}: ", how_to_add)


def _refuse_twice(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            msg = f"{what} {name!r} is there twice: leave one out, or give each its own name"
            raise PhysicsError(msg)
