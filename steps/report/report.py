"""The work of MakeReport: lists, statistics, tables, histograms and figures of a run → one document → one page."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edm.records.cutflow import shown
from edm.records.statistics import DatasetStatistics, Failure, FileRecord, StageStatistics
from physics.selection.selection import Selection
from physics.selection.wording import describe_cuts
from plots import overview, wording
from steps import environment
from steps.output import labels
from steps.output.headlines import Headlines
from steps.report.figures import read_figures
from steps.report.histograms import DatasetHistograms, HistogramOptions, browse
from targets.catalogue import citations
from targets.catalogue.input_files import DEMO_RELEASE, InputFile
from targets.report import document
from targets.report.document import CutflowRow, Document, Figure, Histogram, Source, Without

__all__ = ["Dataset", "Run", "build"]

_OWN_FILES = (
    "What they are is not recorded. If they come from the CERN Open Data portal, https://opendata.cern.ch, the DOI and "
    "the line 'Cite as' stand on the page of their record."
)


@dataclass(frozen=True)
class Dataset:
    """What there is to report of a dataset.

    Attributes:
        name: Its name.
        files: Its input files.
        unavailable: The addresses of its files that lie on tape and were left out.
        statistics: The sum of the statistics of its branches.
        headlines: What must be known of it before the numbers.
        histograms: What there is to show of its histograms.
        figures: The folder of its figures.
        scan_figures: The folder of the scan's figures; None where histograms were not scanned.
    """

    name: str
    files: Sequence[InputFile]
    unavailable: Sequence[str]
    statistics: DatasetStatistics
    headlines: Headlines
    histograms: DatasetHistograms
    figures: Path
    scan_figures: Path | None = None


@dataclass(frozen=True)
class Run:
    """What there is to report of a run as a whole.

    Attributes:
        parameters: Its parameters, readable.
        selection: What was asked of objects.
        skim: The skim of the releases; empty for none.
        read: How each file was read, by address.
        stages: The sum of the statistics of each stage.
        histograms: What histograms were asked for.
    """

    parameters: Mapping[str, str]
    selection: Selection
    skim: str
    read: Mapping[str, FileRecord]
    stages: Mapping[str, StageStatistics]
    histograms: HistogramOptions


def build(run: Run, datasets: Sequence[Dataset], progress: Callable[[int, int], None]) -> Document:
    """Build the document of a run.

    Args:
        run: What there is to report of it as a whole.
        datasets: Its datasets, at least one.
        progress: Is told after each histogram how many are done, and how many there are at most.

    Returns:
        The document; masses in GeV.

    Raises:
        UnreadableFileError: When a file of histograms or figures is not there or damaged.
        FileFormatError: When one is not what was written.
    """
    files = list(dict.fromkeys(file for dataset in datasets for file in dataset.files))  # a sample's are combined, too
    made, without = browse([dataset.histograms for dataset in datasets], run.histograms, progress)
    return {
        "title": f"{run.parameters['run_name']}: {', '.join(dataset.name for dataset in datasets)}",
        "headlines": [
            {"dataset": dataset.name, "facts": dataset.headlines.facts, "warnings": dataset.headlines.warnings}
            for dataset in datasets
        ],
        "run": run.parameters,
        "versions": environment.versions(),
        "files": [_file(file, run.read.get(file.uri)) for file in files],
        "sources": _sources(files, run.skim),
        "cutflow": {dataset.name: _event_cutflow(dataset) | _cutflow(dataset, run.selection) for dataset in datasets},
        "failures": list(dict.fromkeys(failure for dataset in datasets for failure in _left_out(dataset))),
        "stages": {name: total for name, total in run.stages.items() if total.branches},
        "figures": [*_together(datasets), *_figures(datasets)],
        "histograms": made,
        "without": without,
        "words": _words([*made, *without], run.histograms.rules.max_multiplicity),
    }


def _words(rows: Sequence[Histogram | Without], max_multiplicity: int) -> dict[str, str]:
    """Say in words what the final states and the combinations of these rows are."""
    states = sorted({row["final_state"] for row in rows})
    words = {state: wording.describe_final_state(state, max_multiplicity) for state in states}
    names = sorted({row["combination"] for row in rows})
    return words | {name: wording.describe_combination(name) for name in names}


def _left_out(dataset: Dataset) -> list[Failure]:
    """List the files without which the dataset was made: those that cannot be read, and those on tape."""
    on_tape = [Failure(uri, f"{uri}: lies on tape, left out by --skip-unavailable") for uri in dataset.unavailable]
    return [*dataset.statistics.failures, *on_tape]


def _file(file: InputFile, read: FileRecord | None) -> document.InputFile:
    return {
        "uri": file.uri,
        "dataset": file.dataset,
        "size": read.bytes if file.size is None and read else file.size,
        "checksum": file.checksum,
        "schema": read.schema if read else None,
        "events": read.events if read else None,
        "bytes_read": read.bytes_read if read else None,
    }


def _cutflow(dataset: Dataset, selection: Selection) -> dict[str, list[CutflowRow]]:
    """Return the rows of each kind, with what each asks."""
    flow = dataset.statistics.cutflow
    asked = {kind: describe_cuts(selection, kind, dataset.statistics.formats) for kind in flow.rows}
    return {
        kind: [
            {
                "cut": shown(row.cut),
                "asks": asked[kind].get(row.cut),
                "objects": row.objects,
                "removed": removed,
                "applied": row.applied,
                "reason": "; ".join(row.reasons) or None,
            }
            for row, removed in zip(rows, flow.removed(kind), strict=True)
        ]
        for kind, rows in flow.rows.items()
    }


def _event_cutflow(dataset: Dataset) -> dict[str, list[CutflowRow]]:
    """Return the steps that look at whole events, as a kind of their own."""
    rows, missing = dataset.statistics.event_cutflow, dataset.statistics.not_applied
    steps: list[CutflowRow] = []
    for row, before in zip(rows, rows[:1] + rows, strict=False):
        reason = f"files without {', '.join(missing[row.name])}" if row.name in missing else None
        counts = {"objects": row.passed, "removed": before.passed - row.passed, "applied": row.applied > 0}
        steps.append(CutflowRow(cut=row.name, asks=None, reason=reason, **counts))  # type: ignore[typeddict-item] # its keys
    return {"events": steps} if steps else {}


def _sources(files: Sequence[InputFile], skim: str) -> list[Source]:
    """Say where the data come from, how to cite them, and on which terms they are there."""
    sources = citations.citation(files, skim)
    if any(file.release == DEMO_RELEASE for file in files):
        sources.append(("Toy data", None, "Made by this project (task MakeDemo): there is nothing to cite."))
    if any(file.release is None and file.record is None for file in files):
        sources.append(("Local files", None, _OWN_FILES))
    if any(file.release != DEMO_RELEASE for file in files):
        sources.append(("Licence and disclaimer", None, citations.DISCLAIMER))
    return [{"name": name, "doi": doi, "citation": text} for name, doi, text in sources]


def _together(datasets: Sequence[Dataset]) -> Iterator[Figure]:
    """Draw all datasets side by side, where there are several."""
    if len(datasets) < 2:
        return
    marks = [(dataset.files, dataset.statistics.formats, dataset.statistics.simulated_files) for dataset in datasets]
    label = labels.of_several([labels.label(*of_dataset) for of_dataset in marks])
    counted = {dataset.name: dataset.statistics.events for dataset in datasets}
    events = {name: (number.read, number.written) for name, number in counted.items()}
    picture = io.BytesIO()
    overview.events_per_dataset(label, events).savefig(picture, format="png")
    yield Figure(name="events", title="Events of each dataset", png=picture.getvalue(), dataset=None, histogram=None)


def _figures(datasets: Sequence[Dataset]) -> Iterator[Figure]:
    """Read the figures of each dataset, then those of its scan."""
    left_out = {"events"} if len(datasets) > 1 else set[str]()
    for dataset in datasets:
        yield from read_figures(dataset.figures, left_out)
    for dataset in datasets:
        if dataset.scan_figures and (scan := dataset.histograms.scan):
            names = [row.name for row in scan.rows if row.global_p is not None]
            shown = {f"excess_{place}": name for place, name in enumerate(names, start=1)}
            for figure in read_figures(dataset.scan_figures):
                yield {**figure, "dataset": dataset.name, "histogram": shown.get(figure["name"])}
