"""Summary: what a run has done so far, as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edm.kinds import NAMES
from edm.records.cutflow import shown
from edm.records.scans import ScannedHistograms
from edm.records.statistics import DatasetStatistics, StageStatistics
from steps.output import tables
from tasks.framework.sources import PrintingTask
from tasks.framework.stage import Stage
from tasks.parameters.scan import ReportParameters
from tasks.stages.inputs.fetch_metadata import FetchMetadata
from tasks.stages.output.make_report import MakeReport

if TYPE_CHECKING:  # at run time it would make --help wait for uproot
    from steps.output.headlines import Headlines

__all__ = ["Summary", "describe", "of_dataset"]

_LARGEST = 10
"""Final states that are named."""

_NOT_RECORDED = "-"

_TITLES = (
    "stage",
    "branches",
    "done",
    "events",
    "objects",
    "masses",
    "read",
    "written",
    "seconds",
    "peak MB",
    "failures",
)


class Summary(ReportParameters, PrintingTask):
    """Print the statistics of a run, finished or not: stages, cuts, final states, failures; writes nothing."""

    def lines(self) -> list[str]:
        """Return the summary."""
        from steps import statistics

        listed, report = FetchMetadata.req(self), MakeReport.req(self)
        if not listed.complete():
            return [f"{self.run_directory()}: there is no file list for these parameters, so nothing has been done yet"]
        stages = {**report.all_upstream(), "MakeReport": report}
        lines = describe(stages, statistics.of_stages({name: task.statistics() for name, task in stages.items()}))
        for branch in report.branches_of("dataset"):
            summed = report.sum_statistics(branch.dataset, self.luminosity_by_block())
            lines += of_dataset(branch.dataset, summed, report.headlines(branch, summed))
            lines += [f"left out, on tape: {uri}" for uri in listed.unavailable(branch.dataset)]
        return lines + _of_scan(stages)


def _of_scan(stages: Mapping[str, Stage]) -> list[str]:
    """Say what the scan has found, as far as it has come: of each dataset, and of several together."""
    from physics.scan.wording import describe_scan
    from steps import branch_statistics
    from steps.scan import scanning

    if (task := stages.get("ScanHistograms")) is None:
        return []
    results = {
        branch.dataset: record.results
        for branch in task.branches_of("dataset")
        if (record := branch_statistics.load(task.location(branch).statistics, ScannedHistograms)) is not None
    }
    parts = [(f"scan of {dataset}", result) for dataset, result in results.items()]
    parts += [("scan of all datasets", scanning.add_up(results))] if len(results) > 1 else []
    return [line for title, result in parts for line in ["", title, *describe_scan(result, _LARGEST)]]


def describe(stages: Mapping[str, Stage], sums: Mapping[str, StageStatistics]) -> list[str]:
    """Describe how far the stages of a run are, and what they took.

    Args:
        stages: The task of each stage, in their order.
        sums: The sum of the statistics of each.

    Returns:
        Lines of text: seconds of all branches added up, bytes, and the largest memory of a process in MB; what is
        missing of the stages that a run has come to, and which stages were not made at all.
    """
    begun = _begun(stages, sums)
    rows, missing, failed, not_made = [], list[str](), list[str](), list[str]()
    for name, stage in stages.items():
        branches, done, total = len(stage.branches_of(stage.granularity)), _done(stage, sums[name]), sums[name]
        recorded = [_number(number) for number in (total.events, total.objects, total.masses)]
        recorded += [_size(total.bytes_read), _size(total.bytes_written)]
        recorded += [_number(number) for number in (total.seconds, total.peak_memory_mb, total.failures)]
        rows.append([name, str(branches), str(done), *recorded])
        if name not in begun:
            not_made.append(name)
        elif done < branches:
            missing.append(f"{branches - done} of {branches} branches of {name}")
        failed += [f"{name} failed: {reason}" for reason in stage.failures()]
        if total.branches < done:
            missing.append(f"statistics of {done - total.branches} finished branches of {name} in logs/")
    end = ["missing: " + "; ".join(missing)] if missing else []
    end += ["not made: " + ", ".join(not_made)] if not_made else []
    return [*tables.table(_TITLES, rows), *(end or ["all stages are done"]), *failed]


def _begun(stages: Mapping[str, Stage], sums: Mapping[str, StageStatistics]) -> set[str]:
    """Name the stages that a run has come to: they have files, or a stage that needs them has."""
    begun = set[str]()
    for name, stage in stages.items():
        if _done(stage, sums[name]) or sums[name].branches or stage.failures():
            begun |= {name, *stage.all_upstream()}
    return begun


def _done(stage: Stage, total: StageStatistics) -> int:
    """Count the finished branches of a stage: where its products are not kept, those that have statistics."""
    if not stage.is_kept():
        return total.branches
    return sum(stage.target(branch).exists() for branch in stage.branches_of(stage.granularity))


def of_dataset(name: str, summed: DatasetStatistics, first: "Headlines") -> list[str]:
    """Describe what happened to the events and objects of a dataset.

    Args:
        name: Its name.
        summed: The sum of the statistics of its branches.
        first: What must be known before the numbers.

    Returns:
        Lines of text: luminosity and warnings, events left after each step, objects left after each cut, masses, the
        largest final states, reasons of failures.
    """
    from steps import statistics

    events, masses = summed.events, summed.masses
    few = sum(events.few_objects.values())
    kept = f"{events.written:,} kept for masses, {few:,} with fewer than two objects"
    lines = ["", f"dataset {name}", *first.facts, *(f"warning: {warning}" for warning in first.warnings)]
    lines.append(f"events: {events.read:,} read, {kept}")
    steps = [[row.name, _number(row.passed), _number(row.applied)] for row in summed.event_cutflow]
    lines += tables.table(["events", "left", "asked"], steps) if steps else []
    if masses:
        lines.append(
            f"masses: {masses['masses']:,} computed, {masses['main']:,} in main, {masses['outliers']:,} in outliers"
        )
    cuts = [
        [NAMES.get(kind, kind), shown(row.cut), _number(row.objects), _number(removed), "; ".join(row.reasons)]
        for kind, rows in summed.cutflow.rows.items()
        for row, removed in zip(rows, summed.cutflow.removed(kind), strict=True)
    ]
    if cuts:
        lines += tables.table(["objects", "cut", "left", "removed", "not applied where"], cuts, numeric=(2, 3))
    if states := summed.final_states:
        largest = list(states.items())[:_LARGEST]
        rows = [[state, _number(number)] for state, number in largest]
        lines += tables.table([f"final state ({len(largest)} of {len(states)})", "events"], rows, numeric=(1,))
    lines += [f"note: {note}" for note in statistics.notes(summed)]
    return lines + [f"given up: {failure.reason}" for failure in summed.failures]


def _number(value: float | None) -> str:
    if value is None:
        return _NOT_RECORDED
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _size(number: float | None) -> str:
    return _NOT_RECORDED if number is None else tables.size(number)
