"""The trigger row of some events: the menus that they take, the paths that fired, and what the streams make of it."""

from functools import reduce

import numpy as np
import numpy.typing as npt

from edm.wording import first_few
from physics.errors import EventLevelError
from physics.events.matching import Matched
from physics.events.streams import stream_passes, stream_paths
from physics.events.trigger_menus import Menus
from physics.events.triggers import Source, fired_paths
from physics.selection.events import Stream, TriggerMenu
from physics.selection.flags import EventColumns

__all__ = ["Fired"]

_Mask = npt.NDArray[np.bool_]


class Fired:
    """Which paths fired in which of the events that reach the trigger."""

    def __init__(
        self,
        menus: tuple[TriggerMenu, ...],
        index: npt.NDArray[np.int64],
        reached: _Mask,
        source: Source,
        columns: EventColumns,
        menu_of_key: Menus,
    ) -> None:
        """Look up the paths of the menus that the events take.

        Args:
            menus: The menus of the file's format.
            index: Number of the menu that each event takes, -1 for none, shape (n_events,).
            reached: Which events reach the trigger, shape (n_events,).
            source: Where decisions stand.
            columns: The branches that triggers need, shape (n_events,) or (n_events, var), no unit.
            menu_of_key: PHYSLITE's menus.

        Raises:
            EventLevelError: When the file has none of the paths of a menu that events take, or no menu for an event.
        """
        self._n_events = len(index)
        takers = ((menu, reached & (index == number)) for number, menu in enumerate(menus))
        self._takers = [(menu, events) for menu, events in takers if events.any()]
        paths = tuple(dict.fromkeys(path for menu, _ in self._takers for path in menu.paths))
        self._fired = fired_paths(paths, source, columns, menu_of_key) if paths else {}
        for menu, _ in self._takers:
            if not any(path in self._fired for path in menu.paths):
                raise EventLevelError(_no_path(menu, source))

    def any(self) -> _Mask:
        """Tell in which events a path of their menu fired.

        Returns:
            Shape (n_events,), no unit; False for events that take no menu or do not reach the trigger.
        """
        return self._joined(
            [
                (events, reduce(np.logical_or, [self._fired[path] for path in menu.paths if path in self._fired]))
                for menu, events in self._takers
            ]
        )

    def matched(self, matched: Matched) -> _Mask:
        """Tell of which events a selected object made a path of their menu fire.

        Args:
            matched: Per path, shape (n_events,), no unit.

        Returns:
            Shape (n_events,), no unit; False for events that take no menu or do not reach the trigger.
        """
        return self._joined(
            [(events, reduce(np.logical_or, [matched[path] for path in menu.paths])) for menu, events in self._takers]
        )

    def per_path(self) -> dict[str, int]:
        """Count, of the events that reach the trigger and take a menu with the path, those that fired it."""
        counts: dict[str, int] = {}
        for menu, events in self._takers:
            for path in menu.paths:
                if path in self._fired:
                    counts[path] = counts.get(path, 0) + int(np.count_nonzero(events & self._fired[path]))
        return counts

    def missing(self) -> tuple[str, ...]:
        """List the paths that the file lacks, of the menus that its events take."""
        paths = (path for menu, _ in self._takers for path in menu.paths)
        return tuple(dict.fromkeys(path for path in paths if path not in self._fired))

    def in_stream(self, own: Stream, present: tuple[Stream, ...]) -> _Mask:
        """Tell which events stay in the stream of their file.

        Args:
            own: The stream of the file.
            present: The streams of which the dataset has files, by rank.

        Returns:
            Shape (n_events,), no unit.

        Raises:
            EventLevelError: When the file lacks a path of a higher stream.
        """
        return self._joined(
            [
                (events, stream_passes(*stream_paths(menu, own, present), self._fired, self._n_events))
                for menu, events in self._takers
            ]
        )

    def _joined(self, parts: list[tuple[_Mask, _Mask]]) -> _Mask:
        joined = np.zeros(self._n_events, dtype=np.bool_)
        for events, mask in parts:
            joined |= events & mask
        return joined


def _no_path(menu: TriggerMenu, source: Source) -> str:
    shown = first_few(menu.paths, count_others=True)
    period = f" of the period {menu.name}" if menu.name else ""
    where = {"decision": "its trigger menu", "match": "its AnalysisTrigMatch_* branches"}.get(source, "its branches")
    return (
        f"no listed trigger path{period} is in the file ({shown}): look in {where} for the paths that it has, and list "
        "them under triggers in the selection; or --mc-period for another period, or --triggers none"
    )
