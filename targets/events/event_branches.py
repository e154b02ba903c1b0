"""What a file says of whole events, under the names that selections use: flags, words of bits, links, trigger menus."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import awkward as ak
import numpy.typing as npt

from edm.jagged import Jagged
from edm.simulation import SimulationMark, is_simulation
from targets.errors import FileFormatError
from targets.events.generator_sums import GeneratorSums, read_generator_sums
from targets.events.spellings import spellings
from targets.events.trigger_menu import EVENT_KEY_BRANCH, MENU_KEY, read_menu_keys, read_menus
from targets.rootio import files
from targets.rootio.flat_arrays import Flat

__all__ = ["EventBranches", "EventColumns", "Read"]

EventColumns = dict[str, npt.NDArray[Any] | Jagged]
"""Branch, as selections spell it -> one value an event, shape (n_events,), or any number of them."""

Read = Callable[[set[str], int, int], Mapping[str, Flat]]
"""Reads branches, by the file's names, of consecutive events: from the first, to before the last."""

_MATCHED = ".TrigMatchedObjects"  # lists of lists of links; where only that is asked, how many lists an event has
_OF_LINKS = (".m_persKey", ".m_persIndex")
_FIRST_EVENTS, _FACTOR = 100, 10  # windows in which a mark is looked for: most simulation shows it at once


class EventBranches:
    """The branches of an open file that may say something of whole events."""

    def __init__(self, uri: str, tree: files.Tree | None, trees: files.Trees) -> None:
        self._uri, self._tree, self._trees = uri, tree, trees

    @cached_property
    def _names(self) -> dict[str, str]:
        return spellings(self._tree.branches) if self._tree else {}

    @cached_property
    def present(self) -> frozenset[str]:
        """The branches, as selections spell them; that of the keys of trigger menus is :data:`MENU_KEY`."""
        return frozenset(self._names) | ({MENU_KEY} if EVENT_KEY_BRANCH in self._names else frozenset())

    def plain(self, names: Iterable[str]) -> set[str]:
        """Return the file's names of those branches that hold numbers or lists of numbers.

        Args:
            names: Branches of ``present``.
        """
        return {self._names[name] for name in names if name in self._names and not name.endswith(_MATCHED)}

    def columns(self, names: Iterable[str], read: Mapping[str, Flat], start: int, stop: int) -> EventColumns:
        """Collect the columns of consecutive events.

        Args:
            names: Branches of ``present``.
            read: What was read of those of :meth:`plain`, by the file's names.
            start: First event.
            stop: The event after the last.

        Returns:
            One column for each name; of lists of links, how many lists each event has, and under the name of a member
            of links (``.m_persKey``, ``.m_persIndex``) those of all lists end to end.

        Raises:
            UnreadableFileError: When a branch cannot be read.
        """
        columns: EventColumns = {}
        for name in names:
            flat = read.get(self._names.get(name, ""))
            if flat is not None:
                columns[name] = flat.numbers if flat.offsets is None else Jagged(flat.offsets, flat.numbers)
            else:
                columns[name] = self._by_uproot(name, start, stop)
        return columns

    def has_mark(self, marks: Iterable[SimulationMark], read: Read) -> bool:
        """Tell whether the file has one of its format's marks of simulation.

        Args:
            marks: The marks.
            read: Reads branches, by the file's names, of consecutive events.

        Returns:
            Whether some event has one; no more events are read than are needed to tell.
        """
        return any(self._holds(mark, read) for mark in marks)

    def menus(self) -> dict[int, str]:
        """Read the trigger menus of the file: key -> the menu in JSON; none where it has none.

        Raises:
            UnreadableFileError: When they are damaged.
            FileFormatError: When they contradict each other.
        """
        try:
            return read_menus(self._trees, self._uri)
        except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
            raise files.unreadable(self._uri, "its trigger menus cannot be read", error) from error

    def generator_sums(self) -> GeneratorSums:
        """Read the sums over all generated events in the tree Runs.

        Raises:
            UnreadableFileError: When they are damaged.
            FileFormatError: When the file has no such tree, or the tree no such sums.
        """
        try:
            return read_generator_sums(self._trees, self._uri)
        except FileFormatError:
            raise
        except Exception as error:  # as in menus
            raise files.unreadable(self._uri, "its tree Runs cannot be read", error) from error

    def _holds(self, mark: SimulationMark, read: Read) -> bool:
        if not mark.branches:
            return is_simulation([mark], self.present, {})
        if self._tree is None or any(name not in self._names for name in mark.branches):
            return False
        for start, stop in _windows(min(self._tree.num_entries, mark.first_events or self._tree.num_entries)):
            flats = read(self.plain(mark.branches), start, stop)
            if is_simulation([mark], self.present, self.columns(mark.branches, flats, start, stop), start):
                return True
        return False

    def _by_uproot(self, name: str, start: int, stop: int) -> npt.NDArray[Any] | Jagged:
        """Read structures and nested lists, which the reader of plain numbers refuses."""
        assert self._tree is not None
        try:
            if name == MENU_KEY:
                return read_menu_keys(self._tree, start, stop)
            if member := next((member for member in _OF_LINKS if name.endswith(_MATCHED + member)), None):
                lists = self._tree.array(self._names[name.removesuffix(member)], start, stop)[member[1:]]
                return Jagged.from_awkward(ak.flatten(lists, axis=2))
            return Jagged.from_awkward(self._tree.array(self._names[name], start, stop)).counts
        except Exception as error:  # as in menus
            raise files.unreadable(self._uri, f"{name} of events {start} to {stop} cannot be read", error) from error


def _windows(stop: int) -> Iterator[tuple[int, int]]:
    start, size = 0, _FIRST_EVENTS
    while start < stop:
        yield start, min(start + size, stop)
        start, size = start + size, size * _FACTOR
