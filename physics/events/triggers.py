"""Triggers: which events made one of the listed paths fire.

A path is a flag of the file (CMS, flat ntuples), a bit of PHYSLITE's decision words, or, where a PHYSLITE file has no
menu to read the bits with, a branch of the objects that matched it.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from physics.errors import EventLevelError
from physics.events.trigger_menus import Menus, decisions, match_branch
from physics.selection.events import TriggerMenu
from physics.selection.flags import EventColumns, as_integers

__all__ = [
    "DECISION_WORDS",
    "MENU_KEY",
    "RANDOM_RUN",
    "Source",
    "TriggerCounts",
    "choose_menus",
    "fired_paths",
    "trigger_branches",
    "trigger_source",
]

Source = Literal["flags", "decision", "match", "none"]
"""Where decisions stand: flags of the file, PHYSLITE's words of bits, its matched objects, or nowhere."""

# Read off files of all formats (PHYSICS.md, section 3).
DECISION_WORDS = "xTrigDecisionAux.efPassedPhysics"
MENU_KEY = "TrigConfKeys.m_smk"
RANDOM_RUN = "EventInfoAuxDyn.RandomRunNumber"
_FLAGS = ("HLT_*", "trig*")
_MATCHES = match_branch("*")


class _Chosen(NamedTuple):
    """Which menu each event takes.

    Attributes:
        menu: Number of the menu, -1 for none, shape (n_events,).
        by_period: Of which events the run lies in no period, so that ``mc_period`` chose the menu, shape (n_events,).
    """

    menu: npt.NDArray[np.int64]
    by_period: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TriggerCounts:
    """What the statistics say of triggers.

    Attributes:
        events_per_path: Of the events that reach the trigger, how many fired each path that the file has.
        missing_paths: Paths that the file lacks, of the menus that its events take.
        source: Where the decisions stand; ``none`` where no trigger was asked for or the file has no decisions.
        chosen_by_mc_period: Simulated events whose run lies in no period.
        no_menu: Collision events whose run lies in no period.
        asked: Events that reached the row ``trigger: no menu``.
    """

    events_per_path: Mapping[str, int] = field(default_factory=dict)
    missing_paths: tuple[str, ...] = ()
    source: Source = "none"
    chosen_by_mc_period: int = 0
    no_menu: int = 0
    asked: int = 0

    def add(self, other: "TriggerCounts") -> "TriggerCounts":
        """Add those of other events of the same format."""
        paths = dict.fromkeys([*self.events_per_path, *other.events_per_path])
        per_path = {path: self.events_per_path.get(path, 0) + other.events_per_path.get(path, 0) for path in paths}
        return TriggerCounts(
            per_path,
            tuple(dict.fromkeys([*self.missing_paths, *other.missing_paths])),
            self.source if self.source != "none" else other.source,
            self.chosen_by_mc_period + other.chosen_by_mc_period,
            self.no_menu + other.no_menu,
            self.asked + other.asked,
        )

    def check(self) -> None:
        """Refuse a file of which the menus cover too little.

        Raises:
            EventLevelError: When the runs of more than half of the events that were asked lie in no period.
        """
        if 2 * self.no_menu > self.asked:
            msg = (
                f"trigger: no menu for {self.no_menu} of the {self.asked} events that reach this row: their runs lie "
                "in no period of the selection's triggers: add one with their runs and paths, or --triggers none"
            )
            raise EventLevelError(msg)


def trigger_source(branches: Iterable[str], has_menu: bool) -> Source:
    """Tell where the trigger decisions of a file stand.

    Args:
        branches: The file's branches.
        has_menu: Whether the file has a trigger menu that tells whose bit is whose.

    Returns:
        ``none`` where the file has no trigger branch at all, as reduced outreach files.
    """
    names = list(branches)
    if DECISION_WORDS in names and has_menu:
        return "decision"
    if DECISION_WORDS in names or any(fnmatchcase(name, _MATCHES) for name in names):
        return "match"
    return "flags" if any(fnmatchcase(name, pattern) for name in names for pattern in _FLAGS) else "none"


def trigger_branches(menus: tuple[TriggerMenu, ...], source: Source, present: Container[str]) -> list[str]:
    """List the branches that triggers need, of those that a file has.

    Args:
        menus: The menus of the file's format.
        source: What :func:`trigger_source` gave.
        present: The file's branches.

    Returns:
        Branches, each once.
    """
    paths = [path for menu in menus for path in menu.paths]
    wanted = {"flags": paths, "match": [match_branch(path) for path in paths], "none": []}
    names = [DECISION_WORDS, MENU_KEY] if source == "decision" else wanted[source]
    return [name for name in dict.fromkeys([*names, RANDOM_RUN]) if name in present]


def choose_menus(
    menus: tuple[TriggerMenu, ...], runs: npt.NDArray[Any] | None, n_events: int, mc_period: str | None
) -> _Chosen:
    """Choose the menu of each event.

    Args:
        menus: The menus of the file's format, at least one.
        runs: Run numbers (dimensionless), shape (n_events,); of simulation the numbers of the runs whose pile-up it
            has; None where a file has none.
        n_events: How many events there are.
        mc_period: For simulation the period that events take whose run lies in none; None for collisions.

    Returns:
        Number of each event's menu.

    Raises:
        EventLevelError: When no menu is called *mc_period*, or collisions have no run numbers to choose by.
    """
    none = np.zeros(n_events, dtype=np.bool_)
    if menus[0].runs is None:
        return _Chosen(np.zeros(n_events, dtype=np.int64), none)
    if runs is None and mc_period is None:
        msg = "triggers: the menu is chosen by run number, which this file does not have: --triggers none"
        raise EventLevelError(msg)
    index = np.full(n_events, -1, dtype=np.int64)
    for number, menu in enumerate(menus):
        if runs is not None and menu.runs is not None:
            index[(runs >= menu.runs[0]) & (runs <= menu.runs[1])] = number
    if mc_period is None:
        return _Chosen(index, none)
    names = [menu.name for menu in menus]
    outside = index < 0
    if mc_period not in names:
        msg = (
            f"--mc-period {mc_period}: no period of the selection's triggers is called so; there are {', '.join(names)}"
        )
        raise EventLevelError(msg)
    index[outside] = names.index(mc_period)
    return _Chosen(index, outside if runs is not None else none)


def fired_paths(
    paths: tuple[str, ...], source: Source, columns: EventColumns, menu_of_key: Menus
) -> dict[str, npt.NDArray[np.bool_]]:
    """Tell which paths fired in which events.

    Args:
        paths: The paths that are asked for.
        source: What :func:`trigger_source` gave.
        columns: What :func:`trigger_branches` lists, shape (n_events,) or (n_events, var), no unit.
        menu_of_key: The menus of the file, where *source* is ``decision``.

    Returns:
        Per path that the file has, which events fired it, shape (n_events,).

    Raises:
        EventLevelError: When an event's key has no menu.
    """
    if source == "decision":
        words, keys = columns[DECISION_WORDS], columns[MENU_KEY]
        assert isinstance(words, Jagged)
        assert not isinstance(keys, Jagged)
        return decisions(words, keys, menu_of_key, paths)
    if source == "match":
        branches = {path: match_branch(path) for path in paths}
        return {path: _not_empty(columns[branch]) for path, branch in branches.items() if branch in columns}
    return {path: _is_set(path, columns[path]) for path in paths if path in columns}


def _not_empty(column: npt.NDArray[Any] | Jagged) -> npt.NDArray[np.bool_]:
    """Tell which events have matched objects: lists of them, or how many lists there are."""
    return np.asarray((column.counts if isinstance(column, Jagged) else column) > 0)


def _is_set(path: str, column: npt.NDArray[Any] | Jagged) -> npt.NDArray[np.bool_]:
    if isinstance(column, Jagged):
        msg = f"the trigger {path} has any number of values an event, not one: --triggers none"
        raise EventLevelError(msg)
    values, finite = as_integers(path, column)
    return np.asarray((values != 0) & finite)
