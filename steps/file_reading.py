"""The work of ParseFile on one input file: its events are read, selected and counted, chunk by chunk."""

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.objects import Objects
from edm.records.statistics import FileRecord
from physics import constituents, object_counts
from physics.errors import EventLevelError, PhysicsError
from physics.selection.selection import select
from steps.errors import FileError
from steps.events.event_level import naming_file
from steps.events.event_readers import EventReaders
from steps.file_counts import FileCounts
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import ChangedFileError, ConfigurationError, FileFormatError, UnreadableFileError
from targets.events.inputs import Input, open_input
from targets.events.reader import EventFile
from targets.network.retry import RangesUnsupportedError, RefusedError
from targets.products.event_columns import Events

__all__ = ["FileReading", "FileState"]

_MIN_OBJECTS = 2
"""Objects that an event needs to be stored: with fewer there is no mass; missing momentum counts as one."""


class FileState(NamedTuple):
    """What an open file is, before any of its events are read.

    Attributes:
        record: Its address and format.
        content: What tells its content from that of another file at the same address.
    """

    record: FileRecord
    content: tuple[object, ...]


@dataclass
class FileReading:
    """An attempt at reading a file.

    Attributes:
        file: The file.
        options: How to read it.
        counts: What was counted of its events so far, and, once it has been read whole, the record of the file.
    """

    file: InputFile
    options: ReadOptions
    counts: FileCounts = field(default_factory=FileCounts)

    def events(self) -> Generator[tuple[FileState, Events]]:
        """Read the file; each of its events is among those that are yielded, or counted.

        Yields:
            What the file is, and the selected objects of those events of a chunk that can have a mass.

        Raises:
            FileError: When it cannot be read whole.
            EventLevelError: When it does not fit what is asked of its events.
        """
        file, address = self.file, self.file.uri
        try:
            with open_input(file, self.options.schemas, self.options.fetch, self.options.selection.columns) as opened:
                address = opened.events.uri
                yield from self._read(opened)
        except EventLevelError:
            raise
        except (
            UnreadableFileError,
            FileFormatError,
        ) as error:  # of a download, the message names the file in the cache
            reason = str(error) if address == file.uri else f"{file.uri}: {error}"
            final = isinstance(error, (FileFormatError, RefusedError, RangesUnsupportedError, ChangedFileError))
            raise FileError(file.uri, reason, transient=not final) from error
        except (PhysicsError, ConfigurationError) as error:
            raise FileError(file.uri, f"{file.uri}: {error}", transient=False) from error

    def _read(self, opened: Input) -> Generator[tuple[FileState, Events]]:
        file, events, options = self.file, opened.events, self.options
        unassigned, n_events = Counter[str](), 0
        columns = options.selection.columns(events.schema.name) if events.schema else {}
        with naming_file(file.uri):
            readers = EventReaders.of_file(file, events, options.selection, options.events, options.weights)
        columns = readers.matcher.add_columns(columns)
        memory_bytes = options.chunk_bytes(events.uri, events.bytes_kept(columns, readers.branches))
        state = FileState(FileRecord(file.uri, events.schema.name if events.schema else None, {}), events.content)
        for chunk in events.chunks(columns, options.chunk_events, memory_bytes, readers.branches):
            with naming_file(file.uri):
                objects, numbers = readers.read(chunk)
            unassigned.update(chunk.unassigned)
            n_events += len(chunk.run)
            yield state, self._select(objects, numbers, events)
        if n_events != events.num_entries:
            msg = f"{events.uri}: {n_events} of {events.num_entries} events were read; fetch the file again"
            raise UnreadableFileError(msg)
        with naming_file(file.uri):
            readers.finish(self.counts)
        self._record(opened, readers, dict(unassigned))

    def _select(
        self, kept: Mapping[str, Objects], numbers: Mapping[str, npt.NDArray[Any]], events: EventFile
    ) -> Events:
        """Select the objects of events that count; return the events that can have a mass, and count the others."""
        schema = events.schema.name if events.schema else ""
        objects, cutflow = select(constituents.assign_masses(kept), self.options.selection, schema, events.absent_kinds)
        n_objects = np.sum([of_kind.counts() for of_kind in objects.values()], axis=0)
        enough = n_objects >= _MIN_OBJECTS - self.options.events.with_met
        few_objects = object_counts.of_final_states(objects, ~enough)
        self.counts.add(FileCounts([], few_objects, cutflow, object_counts.fill(objects)))
        indices = np.flatnonzero(enough)  # they select faster than masks, column after column
        written = {name: column.take(indices) for name, column in numbers.items()}
        return Events.of({kind: of_kind.select_events(enough) for kind, of_kind in objects.items()}, written)

    def _record(self, opened: Input, readers: EventReaders, unassigned: dict[str, int]) -> None:
        """Record how the file was read, once it has been read whole."""
        record = _describe(self.file, opened, unassigned)
        simulation, weights = readers.selector.simulation, readers.weigher.finish()
        rows = self.counts.events.cutflow.rows
        written = rows[-1].passed - self.counts.few_objects.total()
        record = replace(record, simulation=simulation, event_cutflow=rows, weights=weights, written=written)
        self.counts.files.append(record)


def _describe(file: InputFile, opened: Input, unassigned: dict[str, int]) -> FileRecord:
    events = opened.events
    return FileRecord(
        uri=file.uri,
        schema=events.schema.name if events.schema else None,
        unassigned_objects=unassigned,
        events=events.num_entries,
        bytes=events.size,
        bytes_read=opened.traffic().received,
        fetch=opened.decision,
        absent_kinds=tuple(sorted(events.absent_kinds)),
        absent_numbers=tuple(events.absent_numbers),
        notes=tuple(events.notes),
    )
