"""The sum of the statistics of branches: what happened to every event and object of a dataset or a run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TypeVar

from edm.errors import RecordError
from edm.records import kinematics
from edm.records.branch_records import (
    RESULTS,
    BranchRecord,
    ComputedMasses,
    FoundDuplicates,
    ParsedFiles,
    RemovedPeaks,
)
from edm.records.cut_table import CutTable
from edm.records.cutflow import Cutflow
from edm.records.kinematics import Kinematics
from edm.records.stage_results import StageResults
from edm.records.statistics import DatasetStatistics, EventCounts, FileRecord, StageStatistics
from edm.wording import amount
from physics.events.good_runs import LuminosityTable
from steps import branch_statistics
from steps.events import event_statistics
from steps.events.event_statistics import add_events

__all__ = ["files_read", "notes", "of_branches", "of_stages", "warnings", "with_cuts"]

_Records = list[BranchRecord[StageResults] | None]
_Results = TypeVar("_Results", bound=StageResults)


def of_branches(logs: Mapping[str, Iterable[Path]], table: LuminosityTable | None = None) -> DatasetStatistics:
    """Sum the statistics of branches.

    Args:
        logs: The statistics files of the branches, by stage.
        table: Luminosity by block, for its exact sum.

    Returns:
        The sum.

    Raises:
        UnreadableFileError: When a file may not be read.
        FileFormatError: When one is damaged, or no statistics.
    """
    records = _load(logs)
    parsed = list(_results(records, ParsedFiles))
    computed, removed = _results(records, ComputedMasses), list(_results(records, RemovedPeaks))
    files = [file for branch in parsed for file in branch.files]
    cutflow = reduce(Cutflow.add, (branch.cutflow for branch in parsed), Cutflow())
    return DatasetStatistics(
        **vars(add_events(parsed, table)),
        events=EventCounts(
            read=sum(branch.events.read for branch in parsed),
            written=sum(branch.events.written for branch in parsed),
            few_objects=_total(branch.events.few_objects for branch in parsed),
        ),
        failures=tuple(failure for branch in parsed for failure in branch.failures),
        cutflow=cutflow,
        objects=cutflow.selected(),
        kinematics=_add_kinematics(parsed),
        unassigned_objects=_total(file.unassigned_objects for file in files),
        final_states=_total(branch.final_states for branch in computed),
        formats=_total({file.schema: 1} for file in files if file.schema),
        file_notes=_file_notes(files),
        simulated_files=sum(bool(file.simulation) for file in files),
        masses=_total({"masses": part.masses, "main": part.main, "outliers": part.outliers} for part in removed),
        stages={stage: _sum_stage(of_stage) for stage, of_stage in records.items()},
        missing_statistics=sum(record is None for of_stage in records.values() for record in of_stage),
        duplicates=next(_results(records, FoundDuplicates), None),  # of a dataset: there is one branch
    )


def with_cuts(statistics: DatasetStatistics, table: CutTable) -> DatasetStatistics:
    """Add what peak removal leaves of masses, where these are not kept and no branch has counted it.

    Args:
        statistics: What :func:`of_branches` returned.
        table: The table of cuts.

    Returns:
        The statistics with masses made, in main and in outliers.
    """
    counted = statistics.stages["CountMasses"].masses or 0
    parts = {name: sum(getattr(cut, name) for cut in table.cuts.values()) for name in ("main", "outliers")}
    return replace(statistics, masses=_total([{"masses": counted, **parts}]))


def notes(statistics: DatasetStatistics) -> list[str]:
    """Say what was noted of files.

    Args:
        statistics: What :func:`of_branches` returned.

    Returns:
        A sentence for each note, with the addresses of its files.
    """
    return [
        f"{amount(len(uris), 'file')} {'has' if len(uris) == 1 else 'have'} {note}: {', '.join(uris)}"
        for note, uris in statistics.file_notes.items()
    ]


def warnings(statistics: DatasetStatistics) -> list[str]:
    """Say which objects were left out because no kind takes them, and what was asked of events to no avail.

    Args:
        statistics: What :func:`of_branches` returned.

    Returns:
        A sentence for each.
    """
    parts = [f"{number:,} objects of {branch}" for branch, number in statistics.unassigned_objects.items()]
    left_out = "were left out: they have a value that no kind of the schema takes (where)"
    return [f"{' and '.join(parts)} {left_out}"] * bool(parts) + event_statistics.warnings(statistics)


def of_stages(logs: Mapping[str, Iterable[Path]]) -> dict[str, StageStatistics]:
    """Sum what all stages have in common, for instance over several datasets.

    Args:
        logs: The statistics files of the branches, by stage; those that are not there do not count.

    Returns:
        The sum of each stage.
    """
    return {stage: _sum_stage(of_stage) for stage, of_stage in _load(logs).items()}


def files_read(logs: Iterable[Path]) -> dict[str, FileRecord]:
    """Return what ParseFile recorded of each file.

    Args:
        logs: Its statistics files; those that are not there do not count.

    Returns:
        How each file was read, by its address.
    """
    records = (branch_statistics.load(path, ParsedFiles) for path in logs)
    return {file.uri: file for record in records if record is not None for file in record.results.files}


def _load(logs: Mapping[str, Iterable[Path]]) -> dict[str, _Records]:
    return {stage: [branch_statistics.load(path, RESULTS[stage]) for path in paths] for stage, paths in logs.items()}


def _results(records: Mapping[str, _Records], kind: type[_Results]) -> Iterator[_Results]:
    """Yield what the branches of one stage recorded, of those that did."""
    for record in records.get(kind.stage, ()):
        if record is not None and isinstance(record.results, kind):
            yield record.results


def _file_notes(files: Iterable[FileRecord]) -> dict[str, tuple[str, ...]]:
    uris: dict[str, list[str]] = {}
    for file in files:
        for note in file.notes:
            uris.setdefault(note, []).append(file.uri)
    return {note: tuple(sorted(uris[note])) for note in sorted(uris)}


def _sum_stage(records: _Records) -> StageStatistics:
    """Sum what stages have in common; None for what no branch counts, or what some recorded and others did not."""
    recorded = [record for record in records if record is not None]
    totals = [record.results.totals() for record in recorded]
    return StageStatistics(
        branches=len(recorded),
        seconds=round(sum(record.seconds for record in recorded), 3),
        events=_sum(branch.events for branch in totals),
        objects=_sum(branch.objects for branch in totals),
        masses=_sum(branch.masses for branch in totals),
        bytes_read=_sum(branch.bytes_read for branch in totals),
        bytes_written=_sum(record.bytes_written for record in recorded),
        peak_memory_mb=max((record.peak_memory_mb for record in recorded), default=None),
        failures=sum(branch.failures for branch in totals),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    listed = list(numbers)
    counted = [number for number in listed if number is not None]
    return sum(counted) if counted and len(counted) == len(listed) else None


def _add_kinematics(parsed: Iterable[ParsedFiles]) -> Kinematics | None:
    """Add up the kinematics; None where a branch did not record them, or on other grids, as another version did."""
    total: Kinematics = {}
    for branch in parsed:
        if branch.kinematics is None:
            return None
        try:
            total = kinematics.add(total, branch.kinematics)
        except RecordError:
            return None
    return total


def _total(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
