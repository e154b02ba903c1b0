"""The work of ParseFile: events of input files → selected objects → one file of parsed data."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from edm.records.branch_records import ParsedFiles
from edm.records.documents import to_document
from edm.records.statistics import EventCounts, Failure, FileRecord
from steps import branch_statistics
from steps.errors import FileError, StageError
from steps.file_counts import FileCounts
from steps.file_reading import FileReading
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.errors import UnreadableFileError
from targets.products import parsed_data
from targets.products.event_columns import Events, section_in
from targets.products.parsed_records import RecordWriter

__all__ = ["Take", "check_failures", "note", "parse", "read_files"]

Take = Callable[[Events, FileRecord], None]
"""What gets the events of a file, chunk by chunk, and its address and format."""

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
        folder: Where failures are tolerated, the events of a large file wait there until it has been read whole.
        take: Gets events, chunk by chunk, and the address and format of their file.

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
    """Read one file, again where another attempt may succeed, and hand its events on."""
    attempt, handing = 1, _HandingOn(take)
    while True:
        reading = FileReading(file, options)
        try:
            if options.tolerated_failures:
                _take_when_whole(reading, folder, take)
            else:
                handing.take(reading)
        except FileError as error:
            if not error.transient or attempt >= options.attempts:
                raise
        else:
            return reading.counts
        if "://" in file.uri:
            time.sleep(min(2.0**attempt, _LONGEST_WAIT_S))
        attempt += 1


def _take_when_whole(reading: FileReading, folder: Path, take: Take) -> None:
    """Hand events on once their file has been read whole: a file that may be left out must leave no trace."""
    with section_in(folder, reading.options.waiting_bytes()) as section:
        record = None
        for state, events in reading.events():
            section.add(events)
            record = state.record
        if record:
            for events in section.take():
                take(events, record)


class _HandingOn:
    """Hands events on as they are read: where no failure is tolerated, a file that fails ends its branch.

    An attempt goes on where the one before failed; the events before are read again, which keeps their statistics.
    """

    def __init__(self, take: Take) -> None:
        self._take, self._n_taken = take, 0
        self._content: tuple[object, ...] | None = None

    def take(self, reading: FileReading) -> None:
        """Hand on the events that were not handed on before.

        Args:
            reading: An attempt at reading their file.

        Raises:
            FileError: When the file cannot be read, or is not the one that was begun.
        """
        n_read = 0
        with closing(reading.events()) as parts:
            for state, events in parts:
                if state.content != (self._content or state.content):
                    msg = f"{reading.file.uri}: another file is there than when it was begun: rerun the same command"
                    raise FileError(reading.file.uri, msg, transient=False)
                self._content, n_taken, n_read = state.content, n_read, n_read + events.n_events
                if n_read > self._n_taken:
                    self._take(events.after(max(self._n_taken - n_taken, 0)), state.record)
                    self._n_taken = n_read


def _describe_failures(failures: Sequence[FileError], n_read: int, n_files: int) -> str:
    lines = "\n".join(f"  {failure.reason}" for failure in failures)
    return (
        f"{len(failures)} of {n_files} files cannot be read:\n{lines}\n"
        f"  (of the others, {n_read} were read and {n_files - n_read - len(failures)} were not tried; to leave out "
        "files that cannot be read: --tolerated-failures, with the number of such files in the whole run)"
    )
