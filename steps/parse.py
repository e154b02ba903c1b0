"""The work of ParseFile: events of input files → selected objects → one file of parsed data."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.objects import Objects
from edm.records.branch_records import ParsedFiles
from edm.records.documents import to_document
from edm.records.statistics import EventCounts, Failure, FileRecord
from physics import constituents, object_counts
from physics.errors import EventLevelError, PhysicsError
from physics.selection.selection import select
from steps import branch_statistics
from steps.errors import FileError, StageError
from steps.events.event_level import naming_file
from steps.events.event_readers import EventReaders
from steps.file_counts import FileCounts
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import ChangedFileError, ConfigurationError, FileFormatError, UnreadableFileError
from targets.events.inputs import Input, open_input
from targets.events.reader import EventFile
from targets.network.retry import RangesUnsupportedError, RefusedError
from targets.products import parsed_data
from targets.products.event_columns import Events, Section, section_in
from targets.products.parsed_records import RecordWriter

__all__ = ["Take", "check_failures", "note", "parse", "read_files"]

Take = Callable[[Events, FileRecord], None]
"""What gets the events of a file, chunk by chunk, and the record of the file, once it has been read whole."""

_MIN_OBJECTS = 2
"""Objects that an event needs to be stored: with fewer there is no mass; missing momentum counts as one."""

_LONGEST_WAIT_S = 30.0


def parse(files: Sequence[InputFile], options: ReadOptions, path: Path, storage: parsed_data.Format) -> ParsedFiles:
    """Read files and write their selected objects, one file at a time: each of them whole, or none of its events.

    Args:
        files: The files of one branch, read in this order.
        options: How to read them.
        path: The file to make; where failures are tolerated, it lacks the files that failed.
        storage: How to store parsed data.

    Returns:
        The statistics, which stand in the written file too, there without kinematics.

    Raises:
        UnreadableFileError: As soon as more files have failed than are tolerated; the message has a line for each, and
            says how many of the others were read.
        EventLevelError: When a file does not fit what is asked of its events, which is never tolerated.
    """
    with parsed_data.writing(path, storage, options.events.with_met) as writer:
        parsed = read_files(files, options, path.parent, lambda events, _: writer.append(events))
        note(writer, parsed)
    return parsed


def read_files(files: Sequence[InputFile], options: ReadOptions, folder: Path, take: Take) -> ParsedFiles:
    """Read files and hand their selected objects on, one file at a time: each of them whole, or none of its events.

    Args:
        files: The files of one branch, read in this order.
        options: How to read them.
        folder: Where the events of a large file wait on disk until it has been read whole.
        take: Gets events, chunk by chunk, and the record of their file.

    Returns:
        The statistics.

    Raises:
        UnreadableFileError: As :func:`parse`.
        EventLevelError: As :func:`parse`.
    """
    counts, failures = FileCounts(), list[FileError]()
    for file in files:
        try:
            counts.add(_read_with_retries(file, options, folder, take))
        except FileError as error:
            failures.append(error)
            if len(failures) > options.tolerated_failures:
                msg = _describe_failures(failures, len(counts.files), len(files))
                raise UnreadableFileError(msg) from error
    return _record(counts, failures)


def note(writer: parsed_data.Writer | RecordWriter, parsed: ParsedFiles) -> None:
    """Put the statistics into the file that is being written, there without kinematics.

    Args:
        writer: The writer of parsed data, or of their record.
        parsed: What was read.
    """
    writer.note({name: part for name, part in to_document(parsed).items() if name != "kinematics"})


def check_failures(incomplete: Sequence[Path], tolerated: int) -> None:
    """Stop a run that lacks more files than are tolerated.

    Args:
        incomplete: Parsed data of groups that could be read only in part, of the whole run.
        tolerated: Files that may be missing.

    Raises:
        StageError: When more are missing; the message names all of them.
    """
    failures = [failure for path in incomplete for failure in branch_statistics.of_parsed_data(path).failures]
    if len(failures) > tolerated:
        lines = "\n".join(f"  {failure.reason}" for failure in failures)
        msg = (
            f"{len(failures)} files of the run cannot be read, and tolerated_failures is {tolerated}:\n{lines}\n"
            f"Fix or replace them and rerun with --tolerated-failures 0, or set --tolerated-failures {len(failures)}"
        )
        raise StageError(msg)


def _record(counts: FileCounts, failures: Sequence[FileError]) -> ParsedFiles:
    return ParsedFiles(
        events=EventCounts(
            read=sum(record.events or 0 for record in counts.files),
            written=sum(record.written or 0 for record in counts.files),
            few_objects=dict(sorted(counts.few_objects.items())),
        ),
        cutflow=counts.cutflow,
        files=tuple(counts.files),
        bytes_read=sum(record.bytes_read or 0 for record in counts.files),
        failures=tuple(Failure(error.uri, error.reason) for error in failures),
        kinematics=counts.kinematics,
        **vars(counts.event_level()),
    )


def _read_with_retries(file: InputFile, options: ReadOptions, folder: Path, take: Take) -> FileCounts:
    """Read one file, again where another attempt may succeed; the events of one that did are handed on."""
    attempt = 1
    while True:
        with section_in(folder, options.waiting_bytes()) as section:
            try:
                counts = _read(file, options, section)
            except FileError as error:
                if not error.transient or attempt >= options.attempts:
                    raise
            else:
                for events in section.take():
                    take(events, counts.files[-1])
                return counts
        if "://" in file.uri:
            time.sleep(min(2.0**attempt, _LONGEST_WAIT_S))
        attempt += 1


def _read(file: InputFile, options: ReadOptions, section: Section) -> FileCounts:
    """Read one file whole; every event is written or counted."""
    address = file.uri
    try:
        with open_input(file, options.schemas, options.fetch, options.selection.columns) as opened:
            address = opened.events.uri
            return _read_events(file, opened, options, section)
    except EventLevelError:
        raise
    except (UnreadableFileError, FileFormatError) as error:  # of a download, the message names the file in the cache
        reason = str(error) if address == file.uri else f"{file.uri}: {error}"
        final = isinstance(error, (FileFormatError, RefusedError, RangesUnsupportedError, ChangedFileError))
        raise FileError(file.uri, reason, transient=not final) from error
    except (PhysicsError, ConfigurationError) as error:
        raise FileError(file.uri, f"{file.uri}: {error}", transient=False) from error


def _read_events(file: InputFile, opened: Input, options: ReadOptions, section: Section) -> FileCounts:
    events, counts, unassigned, n_events = opened.events, FileCounts(), Counter[str](), 0
    columns = options.selection.columns(events.schema.name) if events.schema else {}
    with naming_file(file.uri):
        readers = EventReaders.of_file(file, events, options.selection, options.events, options.weights)
    columns = readers.matcher.add_columns(columns)
    memory_bytes = options.chunk_bytes(events.uri, events.bytes_kept(columns, readers.branches))
    for chunk in events.chunks(columns, options.chunk_events, memory_bytes, readers.branches):
        with naming_file(file.uri):
            objects, numbers = readers.read(chunk)
        counts.add(_select(objects, numbers, events, options, section))
        unassigned.update(chunk.unassigned)
        n_events += len(chunk.run)
    if n_events != events.num_entries:
        msg = f"{events.uri}: {n_events} of {events.num_entries} events were read; fetch the file again"
        raise UnreadableFileError(msg)
    with naming_file(file.uri):
        readers.finish(counts)
    record = _describe(file, opened, dict(unassigned))
    simulation, weights = readers.selector.simulation, readers.weigher.finish()
    rows = counts.events.cutflow.rows
    written = rows[-1].passed - counts.few_objects.total()
    record = replace(record, simulation=simulation, event_cutflow=rows, weights=weights, written=written)
    counts.files.append(record)
    return counts


def _select(
    kept: Mapping[str, Objects],
    numbers: Mapping[str, npt.NDArray[Any]],
    events: EventFile,
    options: ReadOptions,
    section: Section,
) -> FileCounts:
    """Select the objects of events that count, write the events that can have a mass, and count the others."""
    schema = events.schema.name if events.schema else ""
    objects, cutflow = select(constituents.assign_masses(kept), options.selection, schema, events.absent_kinds)
    n_objects = np.sum([of_kind.counts() for of_kind in objects.values()], axis=0)
    enough = n_objects >= _MIN_OBJECTS - options.events.with_met
    indices = np.flatnonzero(enough)  # they select faster than masks, column after column
    written = {name: column.take(indices) for name, column in numbers.items()}
    section.add({kind: of_kind.select_events(enough) for kind, of_kind in objects.items()}, written)
    return FileCounts([], object_counts.of_final_states(objects, ~enough), cutflow, object_counts.fill(objects))


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


def _describe_failures(failures: Sequence[FileError], n_read: int, n_files: int) -> str:
    lines = "\n".join(f"  {failure.reason}" for failure in failures)
    return (
        f"{len(failures)} of {n_files} files cannot be read:\n{lines}\n"
        f"  (of the others, {n_read} were read and {n_files - n_read - len(failures)} were not tried; to leave out "
        "files that cannot be read: --tolerated-failures, with the number of such files in the whole run)"
    )
