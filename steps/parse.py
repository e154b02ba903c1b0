"""The work of ParseFile: events of input files → selected objects → one file of parsed data."""

import resource
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from edm import columns
from edm.kinds import KINDS
from physics import constituents, final_states, masses, object_counts
from physics.errors import PhysicsError
from physics.object_counts import Kinematics
from physics.selection.cutflow import Cutflow
from physics.selection.selection import Selection, select
from steps.errors import StageError
from targets.catalogue.input_files import InputFile
from targets.errors import ChangedFileError, ConfigurationError, FileFormatError, UnreadableFileError
from targets.events.inputs import FetchOptions, Input, open_input
from targets.events.reader import Chunk, EventFile
from targets.events.schemas import Schema
from targets.network.retry import RangesUnsupportedError, RefusedError
from targets.products import parsed_data

__all__ = ["ReadOptions", "check_failures", "parse"]

_MIN_OBJECTS = 2
"""Objects that an event needs to be stored: with fewer there is no mass."""

_LEAST_MEMORY_BYTES = 50 * 10**6  # below this, chunks would be too small to be worth their overhead
_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True)
class ReadOptions:
    """How files are read.

    Attributes:
        schemas: The schemas to choose from.
        selection: The object selection.
        fetch: How files on a network are read.
        chunk_events: Events in memory at a time, at most.
        memory_limit_mb: Memory that the process may take, in MB.
        attempts: Attempts at reading a file.
        tolerated_failures: Unreadable files that may be left out.
    """

    schemas: list[Schema]
    selection: Selection
    fetch: FetchOptions
    chunk_events: int
    memory_limit_mb: int
    attempts: int
    tolerated_failures: int

    def memory_bytes(self) -> int:
        """Give what the limit leaves for chunks, in bytes: the rest is taken by the process as it stands."""
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return max(self.memory_limit_mb * 10**6 - taken, _LEAST_MEMORY_BYTES)

    def check_memory(self, uri: str, n_bytes: int) -> None:
        """Refuse a file that cannot be read within the limit, however few events a chunk has.

        Args:
            uri: The file.
            n_bytes: Memory that whole baskets or pages take.

        Raises:
            FileFormatError: When they take more than there is; the message says how much is needed.
        """
        missing = n_bytes - self.memory_bytes()
        if missing > 0:
            needed = self.memory_limit_mb + -(-missing // 10**6)
            msg = (
                f"{uri}: its baskets or pages take {n_bytes / 1e6:,.0f} MB, more than memory_limit_mb = "
                f"{self.memory_limit_mb} leaves for them: run with --memory-limit-mb {needed} or more"
            )
            raise FileFormatError(msg)


@dataclass
class _Tally:
    """What is counted in one pass over the files."""

    files: list[dict[str, Any]] = field(default_factory=list)
    few: Counter[str] = field(default_factory=Counter)
    cutflow: Cutflow = field(default_factory=Cutflow)
    kinematics: Kinematics = field(default_factory=dict)


@dataclass
class _Failures:
    """Attempts that failed, and the files that were given up."""

    attempts: Counter[str] = field(default_factory=Counter)
    given_up: dict[str, str] = field(default_factory=dict)

    def add(self, error: "_FileError", limit: int) -> None:
        """Count a failed attempt; after the last one, or where another cannot help, the file is given up."""
        self.attempts[error.uri] += 1
        if not error.passing or self.attempts[error.uri] >= limit:
            self.given_up[error.uri] = error.reason
        elif "://" in error.uri:
            time.sleep(min(2.0 ** self.attempts[error.uri], _LONGEST_WAIT_S))


class _FileError(Exception):
    """One attempt at one file failed: what this pass wrote must go."""

    def __init__(self, uri: str, reason: str, passing: bool) -> None:
        super().__init__(reason)
        self.uri, self.reason, self.passing = uri, reason, passing


def parse(files: Sequence[InputFile], options: ReadOptions, path: Path, storage: Any) -> dict[str, Any]:
    """Read files and write their selected objects.

    Args:
        files: The files of one branch, read in this order.
        options: How to read them.
        path: The file to make; where failures are tolerated, it lacks the files that failed.
        storage: ``rntuple`` or ``ttree``.

    Returns:
        The statistics: events read per file, events written, events with fewer than two objects by final state,
        cutflow, failures, which stand in the written file too; and the kinematics of the selected objects.

    Raises:
        UnreadableFileError: When more files fail than are tolerated; the message has a line for each.
    """
    failures, read = _Failures(), set[str]()
    while len(failures.given_up) <= options.tolerated_failures:
        try:
            return _write(files, options, path, storage, failures, read)
        except _FileError as error:
            failures.add(error, options.attempts)
    for file in files:  # the rest is looked at too, so that one message names all that fail
        while file.uri not in read and file.uri not in failures.given_up:
            try:
                _read(file, options, None, _Tally())
                read.add(file.uri)
            except _FileError as error:
                failures.add(error, options.attempts)
    raise UnreadableFileError(_account(failures.given_up, len(files)))


def check_failures(incomplete: Sequence[Path], tolerated: int) -> None:
    """Stop a run that lacks more files than are tolerated.

    Args:
        incomplete: Parsed data of groups that could be read only in part, of the whole run.
        tolerated: Files that may be missing.

    Raises:
        StageError: When more are missing; the message names all of them.
    """
    failures = [failure for path in incomplete for failure in parsed_data.statistics(path)["failures"]]
    if len(failures) > tolerated:
        lines = "\n".join(f"  {failure['reason']}" for failure in failures)
        msg = (
            f"{len(failures)} files of the run cannot be read, and tolerated_failures is {tolerated}:\n{lines}\n"
            f"Mend or replace them and run with --tolerated-failures 0, or set --tolerated-failures {len(failures)}"
        )
        raise StageError(msg)


def _write(
    files: Sequence[InputFile], options: ReadOptions, path: Path, storage: Any, failures: _Failures, read: set[str]
) -> dict[str, Any]:
    tally = _Tally()
    with parsed_data.writing(path, storage) as writer:
        for file in files:
            if file.uri not in failures.given_up:
                _read(file, options, writer, tally)
                read.add(file.uri)
        statistics = {
            "events": {
                "read": sum(entry["events"] for entry in tally.files),
                "written": writer.written,
                "few_objects": dict(sorted(tally.few.items())),
            },
            "cutflow": tally.cutflow.as_dict(),
            "files": tally.files,
            "bytes_read": sum(entry["bytes_read"] for entry in tally.files),
            "failures": [{"uri": uri, "reason": reason} for uri, reason in failures.given_up.items()],
        }
        writer.note(statistics)
    return statistics | {"kinematics": object_counts.as_dict(tally.kinematics)}


def _read(file: InputFile, options: ReadOptions, writer: parsed_data.Writer | None, tally: _Tally) -> None:
    """Read one file whole; every event is written or counted."""
    uri = file.uri
    try:
        with open_input(file, options.schemas, options.fetch) as opened:
            events, unassigned, n_events = opened.events, Counter[str](), 0
            asked = options.selection.columns(events.schema.name) if events.schema else {}
            options.check_memory(uri, events.bytes_kept(asked))
            for chunk in events.chunks(asked, options.chunk_events, options.memory_bytes()):
                _take(chunk, events, options.selection, writer, tally)
                unassigned.update(chunk.unassigned)
                n_events += len(chunk.run)
            if n_events != events.num_entries:
                msg = f"{uri}: {n_events} of {events.num_entries} events were read; fetch the file again"
                raise UnreadableFileError(msg)
            tally.files.append(_describe(file, opened, dict(unassigned)))
    except (UnreadableFileError, FileFormatError, PhysicsError, ConfigurationError) as error:
        reason = str(error) if uri in str(error) else f"{uri}: {error}"  # of a download, it names the file in the cache
        final = isinstance(error, (RefusedError, RangesUnsupportedError, ChangedFileError))
        raise _FileError(uri, reason, isinstance(error, UnreadableFileError) and not final) from error


def _take(
    chunk: Chunk, events: EventFile, selection: Selection, writer: parsed_data.Writer | None, tally: _Tally
) -> None:
    """Select the objects of a chunk, write the events that can have a mass, and count the others."""
    schema = events.schema.name if events.schema else ""
    objects, cutflow = select(constituents.with_masses(chunk.objects), selection, schema, events.absent_kinds)
    tally.cutflow = tally.cutflow.add(cutflow)
    tally.kinematics = object_counts.add(tally.kinematics, object_counts.fill(objects))
    counts = masses.count(objects)
    enough = np.sum(list(counts.values()), axis=0) >= _MIN_OBJECTS
    few, many = np.flatnonzero(~enough), np.flatnonzero(enough)  # indices select faster than masks, time after time
    tally.few.update(_few(objects["j"], {kind: number[few] for kind, number in counts.items()}, few))
    if writer is not None:
        numbers = {name: getattr(chunk, name)[many] for name in parsed_data.NUMBERS}
        writer.add({kind: columns.keep_events(array, enough) for kind, array in objects.items()}, numbers)


def _few(jets: ak.Array, counts: Mapping[str, Any], chosen: Any) -> dict[str, int]:
    """Count events by final state over all six kinds, without a top bucket; a jet of unknown tag counts as a jet.

    Given are the jets of all events, which events count, and how many objects these have.
    """
    offsets, fields = columns.split(jets)
    b = columns.number(offsets, fields["is_b"] == 1)[chosen]
    tagged = {**counts, "j": counts["j"] - b, "b": b}
    in_order = {kind: tagged[kind] for kind in KINDS}
    return {final_states.label(state): len(events) for state, events in final_states.classify(in_order, 0)}


def _describe(file: InputFile, opened: Input, unassigned: dict[str, int]) -> dict[str, Any]:
    events = opened.events
    return {
        "uri": file.uri,
        "schema": events.schema.name if events.schema else None,
        "events": events.num_entries,
        "bytes": events.size,
        "bytes_read": opened.traffic().received,
        "absent_kinds": sorted(events.absent_kinds),
        "absent_numbers": list(events.absent_numbers),
        "unassigned_objects": unassigned,
        "notes": events.notes,
    }


def _account(given_up: Mapping[str, str], total: int) -> str:
    lines = "\n".join(f"  {reason}" for reason in given_up.values())
    return (
        f"{len(given_up)} of {total} files cannot be read:\n{lines}\n"
        f"  (to go on without them: --tolerated-failures, with the number of such files in the whole run)"
    )
