"""The steps of the event level, one after the other, on the columns of some events of one file.

Every step looks at one event's columns alone, so that neither chunks nor order matter; what is said of a whole file
(more than half without a menu) is asked of the sum of its chunks, :meth:`physics.events.result.EventResult.check`.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from edm.records.event_level import EventRow
from edm.run_lists import RunList
from physics.errors import EventLevelError
from physics.events.cleaning import cleaning_rows
from physics.events.cutflow import EventCutflow
from physics.events.good_runs import Blocks, good_events
from physics.events.halves import first_half
from physics.events.matching import Matched, matched_column
from physics.events.result import EventResult
from physics.events.streams import menus_of_streams
from physics.events.trigger_menus import Menus
from physics.events.trigger_step import Fired
from physics.events.triggers import RANDOM_RUN, Source, TriggerCounts, choose_menus, trigger_branches, trigger_source
from physics.selection.events import EventSelection, GoodRunsColumn, RunLists, Stream, TriggerMenu, asked
from physics.selection.flags import EventColumns

__all__ = ["EventFile", "EventSettings", "event_branches", "matched_paths", "select_events"]

_Column = npt.NDArray[Any] | None
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class EventFile:
    """What the event level must know of a file.

    Attributes:
        schema: Name of its format.
        simulation: Whether it is simulation.
        branches: Its branches, as the selection spells them.
        run: Its branch of run numbers, None where it has none.
        block: Its branch of luminosity blocks, None where it has none.
        event: Its branch of event numbers, None where it has none.
        menus: Its trigger menus (PHYSLITE).
        stream: The stream that it belongs to, where the veto of streams acts.
    """

    schema: str
    simulation: bool
    branches: frozenset[str]
    run: str | None = None
    block: str | None = None
    event: str | None = None
    menus: Menus = field(default_factory=dict)
    stream: Stream | None = None

    @cached_property
    def trigger_source(self) -> Source:
        """Where the trigger decisions of the file stand."""
        return trigger_source(self.branches, bool(self.menus))


@dataclass(frozen=True)
class EventSettings:
    """What a run asks of events.

    Attributes:
        events: The block of the selection file; None asks nothing.
        good_runs: ``auto`` for what the selection says, ``none`` for nothing, ``lists`` for lists whatever it says.
        lists: The lists of good runs, where lists are what is asked for.
        triggers: Whether triggers are asked for (parameter ``triggers`` is not ``none``).
        streams: The streams that the dataset has, by rank; none where the veto does not act.
        mc_period: The period whose menu simulation takes.
        half: Which half of the events is taken.
    """

    events: EventSelection | None
    good_runs: Literal["auto", "none", "lists"] = "auto"
    lists: tuple[RunList, ...] = ()
    triggers: bool = True
    streams: tuple[Stream, ...] = ()
    mc_period: str = "2016"
    half: Literal["all", "a", "b"] = "all"


def event_branches(file: EventFile, settings: EventSettings) -> list[str]:
    """List the branches that the event level needs of a file, of those that it has.

    Args:
        file: The file.
        settings: What is asked.

    Returns:
        Branches, each once.

    Raises:
        PhysicsError: When the selection does not list the format.
        EventLevelError: When the file lacks a branch that it must have.
    """
    names: list[str | None] = []
    events = settings.events
    good_runs = _good_runs(file, settings)
    if isinstance(good_runs, GoodRunsColumn):
        names.append(good_runs.column)
    elif good_runs is not None:
        names += [file.run, file.block]
    for row in cleaning_rows(events.cleaning if events else (), file.schema, file.branches, file.simulation):
        names += [branch for branch, _ in row.flags]
    menus = _menus(file, settings)
    if menus:
        names += [file.run, *trigger_branches(menus, file.trigger_source, file.branches)]
    names += [file.run, file.event] if settings.half != "all" else []
    return list(dict.fromkeys(name for name in names if name is not None and name in file.branches))


def matched_paths(file: EventFile, settings: EventSettings) -> tuple[str, ...]:
    """List the paths of which a selected object must have made one fire.

    Args:
        file: The file.
        settings: What is asked.

    Returns:
        The paths, each once; none where no match is asked for, or the file has no trigger decisions at all.

    Raises:
        PhysicsError: When it is asked for of a format that does not say which objects matched.
    """
    triggers = settings.events.triggers if settings.events else None
    menus = _menus(file, settings) if settings.triggers else ()
    if triggers is None or not triggers.matched or not menus:
        return ()
    matched_column(file.schema)  # refuses formats
    paths = dict.fromkeys(path for menu in menus for path in menu.paths)
    return tuple(paths) if file.trigger_source != "none" else ()


def select_events(
    columns: EventColumns, n_events: int, file: EventFile, settings: EventSettings, matched: Matched | None = None
) -> tuple[_Mask, EventResult]:
    """Apply the steps to some events of a file.

    Args:
        columns: The branches of :func:`event_branches`, shape (n_events,) or (n_events, var), no unit.
        n_events: How many events there are.
        file: The file.
        settings: What is asked.
        matched: Where :func:`matched_paths` lists paths, the events of which a selected object made each fire.

    Returns:
        Which events count, shape (n_events,), and what is said of them.

    Raises:
        PhysicsError: When the selection does not list the format.
        EventLevelError: When the file does not fit the settings; the caller names the file.
    """
    steps = _Steps(columns, n_events, file, settings, matched)
    return steps.passed, steps.result()


class _Steps:
    """The running state: which events are left, and the rows so far."""

    def __init__(
        self, columns: EventColumns, n_events: int, file: EventFile, settings: EventSettings, matched: Matched | None
    ) -> None:
        self.columns, self.n_events, self.file, self.settings = columns, n_events, file, settings
        self.matched = matched
        self.passed = np.ones(n_events, dtype=np.bool_)
        self.rows = [EventRow("events read", n_events, n_events)]
        self.counts, self.blocks = TriggerCounts(), Blocks()
        self.not_applied: dict[str, tuple[str, ...]] = {}
        self._good_runs()
        self._cleaning()
        self._triggers_and_stream()
        self._halves()

    def result(self) -> EventResult:
        """Give what is said of the events."""
        return EventResult(EventCutflow(tuple(self.rows)), self.counts, self.blocks, self.not_applied)

    def _good_runs(self) -> None:
        asked_for = _good_runs(self.file, self.settings)
        mask = None
        if isinstance(asked_for, GoodRunsColumn):
            if asked_for.column not in self.columns:
                msg = f"good runs: this {self.file.schema} file has no branch {asked_for.column}: --good-runs none"
                raise EventLevelError(msg)
            mask = asked_for.holds(asked_for.column, self.columns[asked_for.column])
        elif asked_for is not None:
            mask = self._in_lists(asked_for)
        self._row("good runs", mask)

    def _in_lists(self, asked_for: RunLists) -> _Mask | None:
        runs, blocks = self._flat(self.file.run), self._flat(self.file.block)
        if runs is None and asked_for.if_present:
            self.not_applied["good runs"] = ("run",)
            return None
        if runs is None or blocks is None:
            what = "run number" if runs is None else "luminosity block"
            msg = f"good runs: this {self.file.schema} file has no {what}, which the lists ask for: --good-runs none"
            raise EventLevelError(msg)
        good = good_events(runs, blocks, self.settings.lists)
        self.blocks = Blocks.of_events(runs, blocks, good)
        return good

    def _cleaning(self) -> None:
        steps = self.settings.events.cleaning if self.settings.events else ()
        for row in cleaning_rows(steps, self.file.schema, self.file.branches, self.file.simulation):
            if row.missing:
                self.not_applied[row.name] = row.missing
            self._row(row.name, row.passes(self.columns, self.n_events) if row.flags else None)

    def _triggers_and_stream(self) -> None:
        menus, source = _menus(self.file, self.settings), self.file.trigger_source
        if not menus or source == "none":
            if menus:
                self.not_applied["trigger"] = tuple(dict.fromkeys(path for menu in menus for path in menu.paths))
            for name in ("trigger: no menu", "trigger", "stream"):
                self._row(name, None)
            return
        simulation = self.file.simulation
        runs = self._flat(RANDOM_RUN if simulation else self.file.run)
        chosen = choose_menus(menus, runs, self.n_events, self.settings.mc_period if simulation else None)
        n_asked, wanted = int(np.count_nonzero(self.passed)), self.settings.triggers
        by_period = int(np.count_nonzero(self.passed & chosen.by_period))
        self._row("trigger: no menu", chosen.menu >= 0 if wanted else None)
        fired = Fired(menus, chosen.menu, self.passed, source, self.columns, self.file.menus)
        no_menu = n_asked - int(np.count_nonzero(self.passed))
        if wanted:
            self.counts = TriggerCounts(fired.per_path(), fired.missing(), source, by_period, no_menu, n_asked)
        passed = fired.any() if self.matched is None else fired.any() & fired.matched(self.matched)
        self._row("trigger", passed if wanted else None)
        own, present = self.file.stream, self.settings.streams
        self._row("stream", fired.in_stream(own, present) if own is not None and present else None)

    def _halves(self) -> None:
        if self.settings.half == "all":
            self._row("halves", None)
            return
        runs, events = self._flat(self.file.run), self._flat(self.file.event)
        if runs is None or events is None:
            what = "run" if runs is None else "event"
            msg = f"halves: this {self.file.schema} file has no {what} number, which the half depends on: --halves all"
            raise EventLevelError(msg)
        in_a = first_half(runs, events)
        self._row("halves", in_a if self.settings.half == "a" else ~in_a)

    def _row(self, name: str, mask: _Mask | None) -> None:
        applied = 0 if mask is None else int(np.count_nonzero(self.passed))
        if mask is not None:
            self.passed = self.passed & mask
        self.rows.append(EventRow(name, int(np.count_nonzero(self.passed)), applied))

    def _flat(self, branch: str | None) -> _Column:
        column = self.columns.get(branch) if branch is not None else None
        return None if isinstance(column, Jagged) else column


def _good_runs(file: EventFile, settings: EventSettings) -> GoodRunsColumn | RunLists | None:
    """Say how good runs are told in a file; None where they are not asked for."""
    if file.simulation or settings.good_runs == "none":
        return None
    table = settings.events.good_runs if settings.events else None
    entry = asked("good_runs", table.formats, file.schema) if table else None
    if settings.good_runs == "lists":
        if_present = isinstance(entry, RunLists) and entry.if_present
        return RunLists(lists=tuple(run_list.name for run_list in settings.lists), if_present=if_present)
    return entry


def _menus(file: EventFile, settings: EventSettings) -> tuple[TriggerMenu, ...]:
    """Give the menus of a file; none where neither triggers nor streams are asked for."""
    if settings.events is None or settings.events.triggers is None:
        return ()
    if not settings.triggers and not (settings.streams and file.stream):
        return ()
    return menus_of_streams(settings.events.triggers.menus(file.schema), settings.streams)
