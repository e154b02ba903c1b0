"""The work of MakeReport: lists, statistics, tables, histograms and figures of a run → one document → one page."""

import io
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from edm.records.cut_table import CutTable
from edm.records.cutflow import shown
from edm.records.scans import ScanRow
from edm.records.statistics import DatasetStatistics, Failure, FileRecord, StageStatistics
from edm.spectra import SpectrumKey
from physics import bumpnet, combinations, final_states
from physics.combinations import Rules
from physics.selection.selection import Selection
from physics.selection.wording import describe_cuts
from plots import overview, wording
from steps import environment
from steps.histograms import HistogramNaming, no_bin
from steps.output import labels
from steps.output.headlines import Headlines
from steps.output.report_figures import read_figures
from targets.catalogue import citations
from targets.catalogue.input_files import DEMO_RELEASE, InputFile
from targets.errors import FileFormatError
from targets.products import histograms
from targets.products.histograms import Stored
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
        table: Its table of cuts.
        histograms: The file or folder of its histograms.
        met_histograms: That of its histograms with the missing transverse momentum; None where there are none.
        figures: The folder of its figures.
        scan: What the scan says of its histograms; empty where they were not scanned.
        scan_figures: The folder of the scan's figures; None likewise.
    """

    name: str
    files: Sequence[InputFile]
    unavailable: Sequence[str]
    statistics: DatasetStatistics
    headlines: Headlines
    table: CutTable
    histograms: Path
    figures: Path
    met_histograms: Path | None = None
    scan: Sequence[ScanRow] = ()
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
        naming: How histograms are named.
        rules: Which combinations are made.
        min_events: Events that a final state needs in a dataset.
        exclude_outliers: Whether outliers are left out of histograms.
    """

    parameters: Mapping[str, str]
    selection: Selection
    skim: str
    read: Mapping[str, FileRecord]
    stages: Mapping[str, StageStatistics]
    naming: HistogramNaming
    rules: Rules
    min_events: int
    exclude_outliers: bool


def build(run: Run, datasets: Sequence[Dataset]) -> Document:
    """Build the document of a run.

    Args:
        run: What there is to report of it as a whole.
        datasets: Its datasets, at least one.

    Returns:
        The document; masses in GeV.

    Raises:
        UnreadableFileError: When a file of histograms or figures is not there or damaged.
        FileFormatError: When one is not what was written.
    """
    stored = {dataset.name: _stored(dataset, run) for dataset in datasets}
    files = list(dict.fromkeys(file for dataset in datasets for file in dataset.files))  # a sample's are combined, too
    made = [shown for dataset in datasets for shown in _histograms(dataset, run, stored[dataset.name])]
    without = [row for dataset in datasets for row in _without(dataset, run, set(stored[dataset.name]))]
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
        "words": _words([*made, *without], run.rules.max_multiplicity),
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
    yield {"name": "events", "title": "Events of each dataset", "png": picture.getvalue()}


def _figures(datasets: Sequence[Dataset]) -> Iterator[Figure]:
    """Read the figures of each dataset, then those of its scan."""
    left_out = {"events"} if len(datasets) > 1 else set[str]()
    for dataset in datasets:
        yield from read_figures(dataset.figures, left_out)
    for dataset in datasets:
        if dataset.scan_figures:
            yield from read_figures(dataset.scan_figures)


_Name = tuple[SpectrumKey, float | str]
"""The spectrum of a histogram, and what its name tells of its bins: their width in GeV, or a text."""


def _stored(dataset: Dataset, run: Run) -> dict[_Name, Stored]:
    """Read the histograms of a dataset, once, and tell what each is of."""
    expected = {run.naming.key(key, label): (key, label) for key, label in _expected(dataset, run)}
    paths = filter(None, (dataset.histograms, dataset.met_histograms))
    stored = {histogram.key: histogram for path in paths for histogram in histograms.read(path)}
    if unknown := sorted(stored.keys() - expected.keys()):
        msg = (
            f"{dataset.histograms}: it holds {unknown[0]}, which is not in the table of cuts; delete it: "
            "the next run remakes it"
        )
        raise FileFormatError(msg)
    return {expected[name]: histogram for name, histogram in stored.items()}


def _histograms(dataset: Dataset, run: Run, stored: Mapping[_Name, Stored]) -> Iterator[Histogram]:
    """Yield the histograms as they stand in the file, with their cuts and what the scan says of them."""
    scanned = {row.name: row for row in dataset.scan}
    for (key, label), histogram in stored.items():
        cut, edges = dataset.table.cuts[key], histogram.edges()
        yield {
            "dataset": dataset.name,
            "name": histogram.key,
            "final_state": key.final_state,
            "combination": key.combination,
            "width_gev": float(edges[1] - edges[0]) if isinstance(label, str) else label,
            "edges_gev": histogram.edges_gev,
            "start_gev": histogram.start_gev,
            "counts": histogram.counts,
            "outliers_from_gev": None if run.exclude_outliers else cut.split_gev,
            "cut": cut,
            "entries": histogram.entries,
            "rejection": bumpnet.rejection(histogram.counts, histogram.key),
            "scan": scanned.get(histogram.key),
        }


def _without(dataset: Dataset, run: Run, stored: Set[_Name]) -> Iterator[Without]:
    """Name the combinations without a histogram, and why: those of final states with too few events too."""
    for key, cut in dataset.table.cuts.items():
        if cut.reason:
            yield _reason(dataset.name, key, None, cut.reason)
    for key, label in _expected(dataset, run):
        if (key, label) not in stored:
            yield _reason(dataset.name, key, None if isinstance(label, str) else label, no_bin(label))
    for state, counted in dataset.table.final_states.items():
        if not counted.kept:
            reason = f"its final state has {counted.events} events, min_events_per_fs is {run.min_events}"
            for combination in combinations.of_final_state(final_states.parse(state), run.rules):
                yield _reason(dataset.name, SpectrumKey(state, combinations.name(combination)), None, reason)


def _expected(dataset: Dataset, run: Run) -> list[_Name]:
    cuts = dataset.table.cuts.items()
    return [(key, label) for key, cut in cuts if not cut.reason for label in run.naming.labels]


def _reason(dataset: str, key: SpectrumKey, width_gev: float | None, reason: str) -> Without:
    return {
        "dataset": dataset,
        "final_state": key.final_state,
        "combination": key.combination,
        "width_gev": width_gev,
        "reason": reason,
    }
