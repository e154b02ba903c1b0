"""The event level of ParseFile: which events of a file count, before any of its objects is selected."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from edm.arrays import Mask
from edm.records.event_level import EventRow
from edm.run_lists import RunList
from physics.errors import EventLevelError, PhysicsError
from physics.events.cutflow import EventCutflow
from physics.events.matching import Matched
from physics.events.result import EventResult
from physics.events.steps import EventFile, event_branches, matched_paths, select_events
from physics.events.streams import stream_of
from physics.events.trigger_menus import counters_of
from physics.events.triggers import DECISION_WORDS
from physics.selection.selection import Selection
from steps.events.event_options import EventOptions
from targets.catalogue.input_files import DEMO_RELEASE, InputFile
from targets.events import reader
from targets.events.reader import Chunk

__all__ = ["EventSelector", "naming_file"]


class EventSelector:
    """Applies the event level to one open file, chunk by chunk.

    Attributes:
        simulation: Whether the file is simulation, by its own marks; an empty one is what it is listed as.
        branches: Branches to read for it.
        run_lists: The lists of good runs that are asked.
        matched_paths: The trigger paths of which a selected object must have made one fire; none where no match is
            asked for.
    """

    def __init__(self, events: reader.EventFile, file: InputFile, selection: Selection, options: EventOptions) -> None:
        """Find out what is asked of a file.

        Args:
            events: The open file.
            file: How it is listed.
            selection: What is asked of events and objects.
            options: What the run asks.

        Raises:
            EventLevelError: When the file does not fit the settings: its data_type, or a branch that it lacks.
        """
        self._result = EventResult()
        self.simulation = events.is_simulation if events.num_entries else file.data_type == "mc"
        self.branches: list[str] = []
        self.run_lists = tuple[RunList, ...]()
        self.matched_paths = tuple[str, ...]()
        if events.schema is None or not events.num_entries:
            return
        _check_data_type(file, self.simulation)
        asked = selection.events
        settings = options.settings(asked, events.schema.name, events.schema.experiment)
        present = events.of_events.present
        run, block, event = (events.number_branch(name) for name in ("run", "luminosity_block", "event"))
        asks_triggers = asked is not None and asked.triggers is not None and options.triggers
        listed = events.of_events.menus() if asks_triggers and DECISION_WORDS in present else {}
        menus = {key: counters_of(payload) for key, payload in listed.items()}
        stream = stream_of(settings.streams, file.uri)
        self._file = EventFile(
            events.schema.name, self.simulation, present, run, block, event, menus=menus, stream=stream
        )
        self._settings = settings
        self.branches = event_branches(self._file, settings)
        self.matched_paths = matched_paths(self._file, settings)
        self.run_lists = () if self.simulation or settings.good_runs == "none" else settings.lists

    def select(self, chunk: Chunk, matched: Matched | None = None) -> Mask:
        """Tell which events of a chunk count.

        Args:
            chunk: With the branches as columns.
            matched: Where there are ``matched_paths``, the events of which a selected object made each fire.

        Returns:
            Shape (n_events,).

        Raises:
            EventLevelError: When the events do not fit the settings.
        """
        passed, result = select_events(chunk.event_columns, len(chunk.run), self._file, self._settings, matched)
        self._result = self._result.add(result)
        return np.asarray(passed)

    def finish(self) -> EventResult:
        """Return what is said of the whole file.

        Raises:
            EventLevelError: When more than half of its events have no trigger menu.
        """
        self._result.check()
        nothing_read = EventResult(EventCutflow((EventRow("events read", 0, 0),)))
        return self._result if self._result.cutflow.rows else nothing_read


@contextmanager
def naming_file(uri: str) -> Iterator[None]:
    """Put the file in front of what is wrong with settings: an error of these is neither retried nor tolerated.

    Args:
        uri: The file.

    Yields:
        Nothing.

    Raises:
        EventLevelError: For any error of physics.
    """
    try:
        yield
    except PhysicsError as error:
        msg = f"{uri}: {error}"
        raise EventLevelError(msg) from error


def _check_data_type(file: InputFile, simulation: bool) -> None:
    """Compare what a file is listed as with its own marks; of files of the user, only simulation is promised."""
    if file.data_type == "mc" and not simulation:
        msg = "a file of collisions by its own marks, but data_type is mc: run it with --data-type data"
        raise EventLevelError(msg)
    if file.data_type == "data" and simulation and file.release not in (None, DEMO_RELEASE):
        msg = (
            f"a file of simulation by its own marks, but the release {file.release} lists it as data: run it with "
            "--data-type mc, and tell the portal's team"
        )
        raise EventLevelError(msg)
