"""The work of ParseFile: events of input files → selected objects → one file of parsed data."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from physics import constituents, final_states, masses
from physics.cutflow import Cutflow
from physics.errors import PhysicsError
from physics.particles import KINDS
from physics.selection import Selection, select
from targets import parsed
from targets.catalogue import InputFile
from targets.errors import ConfigurationError, FileFormatError, UnreadableFileError
from targets.events import Chunk, EventFile, open_events
from targets.schemas import Schema

__all__ = ["Reading", "parse"]

_MIN_OBJECTS = 2
"""Objects that an event needs to be stored: with fewer there is no mass."""

_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes:
        schemas: The schemas to choose from.
        selection: The object selection.
        chunk_events: Events in memory at a time.
        attempts: Attempts at reading a file.
        tolerated_failures: Unreadable files that may be left out.
    """

    schemas: list[Schema]
    selection: Selection
    chunk_events: int
    attempts: int
    tolerated_failures: int


@dataclass
class _Tally:
    """What is counted in one pass over the files."""

    files: list[dict[str, Any]] = field(default_factory=list)
    few: Counter[str] = field(default_factory=Counter)
    cutflow: Cutflow = field(default_factory=Cutflow)


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


def parse(files: Sequence[InputFile], reading: Reading, path: Path, storage: Any) -> dict[str, Any]:
    """Read files and write their selected objects.

    Args:
        files: The files of one branch, read in this order.
        reading: How to read them.
        path: The file to make; where failures are tolerated, it lacks the files that failed.
        storage: ``rntuple`` or ``ttree``.

    Returns:
        The statistics: events read per file, events written, events with fewer than two objects by final state,
        cutflow, failures. They stand in the written file too.

    Raises:
        UnreadableFileError: When more files fail than are tolerated; the message has a line for each.
    """
    failures, read = _Failures(), set[str]()
    while len(failures.given_up) <= reading.tolerated_failures:
        try:
            return _write(files, reading, path, storage, failures, read)
        except _FileError as error:
            failures.add(error, reading.attempts)
    for file in files:  # the rest is looked at too, so that one message names all that fail
        while file.uri not in read and file.uri not in failures.given_up:
            try:
                _read(file.uri, reading, None, _Tally())
                read.add(file.uri)
            except _FileError as error:
                failures.add(error, reading.attempts)
    raise UnreadableFileError(_account(failures.given_up, len(files)))


def _write(
    files: Sequence[InputFile], reading: Reading, path: Path, storage: Any, failures: _Failures, read: set[str]
) -> dict[str, Any]:
    tally = _Tally()
    with parsed.writing(path, storage) as writer:
        for file in files:
            if file.uri not in failures.given_up:
                _read(file.uri, reading, writer, tally)
                read.add(file.uri)
        statistics = {
            "events": {
                "read": sum(entry["events"] for entry in tally.files),
                "written": writer.written,
                "few_objects": dict(sorted(tally.few.items())),
            },
            "cutflow": tally.cutflow.as_dict(),
            "files": tally.files,
            "failures": [{"uri": uri, "reason": reason} for uri, reason in failures.given_up.items()],
        }
        writer.note(statistics)
    return statistics


def _read(uri: str, reading: Reading, writer: parsed.Writer | None, tally: _Tally) -> None:
    """Read one file whole; every event is written or counted."""
    try:
        with open_events(uri, reading.schemas) as events:
            unassigned: Counter[str] = Counter()
            n_events = 0
            columns = reading.selection.columns(events.schema.name) if events.schema else {}
            for chunk in events.chunks(columns, reading.chunk_events):
                _take(chunk, events, reading.selection, writer, tally)
                unassigned.update(chunk.unassigned)
                n_events += len(chunk.run)
            if n_events != events.num_entries:
                msg = f"{uri}: {n_events} of {events.num_entries} events were read; fetch the file again"
                raise UnreadableFileError(msg)
            tally.files.append(_describe(events, dict(unassigned)))
    except UnreadableFileError as error:
        raise _FileError(uri, str(error), passing=True) from error
    except (FileFormatError, PhysicsError, ConfigurationError) as error:
        reason = str(error) if uri in str(error) else f"{uri}: {error}"
        raise _FileError(uri, reason, passing=False) from error


def _take(chunk: Chunk, events: EventFile, selection: Selection, writer: parsed.Writer | None, tally: _Tally) -> None:
    """Select the objects of a chunk, write the events that can have a mass, and count the others."""
    schema = events.schema.name if events.schema else ""
    objects, cutflow = select(constituents.with_masses(chunk.objects), selection, schema, events.absent_kinds)
    tally.cutflow = tally.cutflow.add(cutflow)
    counts = masses.count(objects)
    enough = np.sum(list(counts.values()), axis=0) >= _MIN_OBJECTS
    tally.few.update(_few(objects, ~enough))
    if writer is not None:
        numbers = {name: getattr(chunk, name)[enough] for name in parsed.NUMBERS}
        writer.add({kind: array[enough] for kind, array in objects.items()}, numbers)


def _few(objects: Mapping[str, ak.Array], chosen: Any) -> dict[str, int]:
    """Count events by final state over all six kinds, without a top bucket; a jet of unknown tag counts as a jet."""
    left = {kind: array[chosen] for kind, array in objects.items()}
    left["b"] = left["j"][left["j"].is_b == 1]
    left["j"] = left["j"][left["j"].is_b != 1]
    counts = masses.count({kind: left[kind] for kind in KINDS})
    return {final_states.label(state): len(events) for state, events in final_states.classify(counts, 0)}


def _describe(events: EventFile, unassigned: dict[str, int]) -> dict[str, Any]:
    return {
        "uri": events.uri,
        "schema": events.schema.name if events.schema else None,
        "events": events.num_entries,
        "absent_kinds": sorted(events.absent_kinds),
        "absent_numbers": list(events.absent_numbers),
        "unassigned_objects": unassigned,
    }


def _account(given_up: Mapping[str, str], total: int) -> str:
    lines = "\n".join(f"  {reason}" for reason in given_up.values())
    return (
        f"{len(given_up)} of {total} files cannot be read:\n{lines}\n"
        f"  (to go on without them: --tolerated-failures, with the number of such files in the whole run)"
    )
