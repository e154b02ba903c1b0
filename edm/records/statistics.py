"""Sums over branches: what happened to every event, object and mass of a dataset, and what each stage took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from edm.records import kinematics
from edm.records.cutflow import Cutflow
from edm.records.documents import Count, Flag, Number
from edm.records.duplicates import DuplicateEvents
from edm.records.event_level import EventLevel, EventRow
from edm.records.fetching import FetchDecision
from edm.records.kinematics import Kinematics
from edm.records.samples import FileWeights

__all__ = [
    "CutflowDocument",
    "DatasetStatistics",
    "EventCounts",
    "Failure",
    "FileRecord",
    "KinematicsDocument",
    "StageStatistics",
]


def _read_cutflow(document: Any) -> Cutflow:
    try:
        return Cutflow.from_dict(document)
    except (LookupError, TypeError, AttributeError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise ValueError(msg) from error


def _read_kinematics(document: Any) -> Kinematics | None:
    """Read kinematics; None where there are none, or another version counted something else."""
    try:
        return kinematics.from_dict(document)
    except (LookupError, TypeError, AttributeError, ValueError):
        return None


def _write_kinematics(counts: Kinematics | None) -> Any:
    return None if counts is None else kinematics.as_dict(counts)


CutflowDocument = Annotated[Cutflow, PlainValidator(_read_cutflow), PlainSerializer(Cutflow.as_dict)]
"""A cutflow that stands in a document."""

KinematicsDocument = Annotated[Kinematics | None, PlainValidator(_read_kinematics), PlainSerializer(_write_kinematics)]
"""Kinematics that stand in a document; None where they were not recorded, or as another version records them."""


@dataclass(frozen=True)
class EventCounts:
    """Events read and written, and those with too few objects to be written by final state."""

    read: Count
    written: Count
    few_objects: Mapping[str, Count]


@dataclass(frozen=True)
class Failure:
    """A file that was given up, and why."""

    uri: str
    reason: str


@dataclass(frozen=True)
class FileRecord:
    """How a file was read.

    Attributes:
        uri: Its address.
        schema: The name of its format; None for a file without any tree.
        unassigned_objects: Objects of a shared collection that no kind takes, by the branch that tells the kinds.
        events: Events in it.
        bytes: Its size in bytes.
        bytes_read: Bytes that were read of it.
        absent_kinds: Kinds of objects that it does not have.
        absent_numbers: Numbers of the event that it does not have.
        notes: What is noteworthy.
        simulation: Whether it is simulation, by its own marks; None where an older version did not look.
        event_cutflow: Events left after each step of the event level.
        weights: What the weights of its events come to; None where these are not weighted.
        written: Events of it in parsed data; None where an older version did not count them by file.
        fetch: What decided whether it was streamed or downloaded; None where nothing had to be decided or measured.
    """

    uri: str
    schema: str | None
    unassigned_objects: Mapping[str, Count]
    events: Count | None = None
    bytes: Count | None = None
    bytes_read: Count | None = None
    absent_kinds: tuple[str, ...] = ()
    absent_numbers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    simulation: Flag | None = None
    event_cutflow: tuple[EventRow, ...] = ()
    weights: FileWeights | None = None
    written: Count | None = None
    fetch: FetchDecision | None = None


@dataclass(frozen=True)
class StageStatistics:
    """What the statistics say of a stage, summed over its branches.

    Attributes:
        branches: How many there were.
        seconds: Time that they took, one after the other, in seconds.
        events: Events that they went through; None when the stage counts none, or some were not recorded.
        objects: Objects that they selected, or None likewise.
        masses: Masses that they made or went through, or None likewise.
        bytes_read: Bytes of input files that they read, or None likewise.
        bytes_written: Bytes of what they made, or None likewise.
        peak_memory_mb: The largest memory of a branch, in MB; None when there is none.
        failures: Files that were given up.
    """

    branches: Count
    seconds: Number
    events: Count | None = None
    objects: Count | None = None
    masses: Count | None = None
    bytes_read: Count | None = None
    bytes_written: Count | None = None
    peak_memory_mb: Number | None = None
    failures: Count = 0

    def per_second(self, amount: float | None) -> float | None:
        """Return how much of something a process did in a second; None where that is not known."""
        return amount / self.seconds if amount is not None and self.seconds > 0 else None


@dataclass(frozen=True, kw_only=True)
class DatasetStatistics(EventLevel):
    """The sum of the statistics of all branches of a dataset, or of a run.

    Attributes:
        events: Events read, written and left out.
        failures: The files that were given up.
        cutflow: Objects left after each step of the selection.
        objects: Objects selected, by kind; those of kind b are among those of kind j.
        kinematics: Those of the selected objects; None where a branch was parsed before they were recorded.
        unassigned_objects: Objects of a shared collection that no kind takes, by the branch that tells the kinds.
        final_states: Events by final state, the largest first.
        formats: Files by format.
        file_notes: What was noted of files, with their addresses.
        simulated_files: Files that are simulation by their own marks.
        masses: Masses made, in main and in outliers; empty where no branch has got so far.
        stages: What stages have in common, by stage.
        missing_statistics: How many branches have none: they have not run, or somebody deleted them.
        duplicates: Which events are there more than once; None where they were not compared.
    """

    events: EventCounts
    failures: tuple[Failure, ...]
    cutflow: CutflowDocument
    objects: Mapping[str, Count]
    kinematics: KinematicsDocument = None
    unassigned_objects: Mapping[str, Count] = field(default_factory=dict)
    final_states: Mapping[str, Count]
    formats: Mapping[str, Count] = field(default_factory=dict)
    file_notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    simulated_files: Count = 0
    masses: Mapping[str, Count]
    stages: Mapping[str, StageStatistics]
    missing_statistics: Count
    duplicates: DuplicateEvents | None = None
