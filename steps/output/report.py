"""The work of MakeReport: lists, statistics, tables, histograms and figures of a run → one document → one page."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from physics import bumpnet, combinations, final_states
from physics.combinations import Rules
from physics.selection.cutflow import shown
from physics.selection.selection import Selection
from physics.selection.wording import describe_cuts
from plots import overview
from steps import environment
from steps.histograms import HistogramNaming, no_bin
from steps.output import labels
from steps.output.figures import INDEX
from targets.catalogue import citations
from targets.catalogue.input_files import DEMO_RELEASE, InputFile
from targets.documents.json import load_json
from targets.errors import FileFormatError, UnreadableFileError
from targets.products import histograms
from targets.products.histograms import Stored
from targets.report import document
from targets.report.document import Document, Figure, Histogram, Source, Stage, Without

__all__ = ["Dataset", "Run", "build"]

_OWN_FILES = (
    "What they are is not recorded. If they come from the CERN Open Data portal, https://opendata.cern.ch, the DOI and "
    "the line 'Cite as' stand on the page of their record."
)
_ENTRY = {"name", "title", "files"}
_REMAKE = "delete the folder {}: the next run remakes it"
_CLASSES = ("below", "window", "main", "outliers", "above", "start_gev", "vetoed_gev")


@dataclass(frozen=True)
class Dataset:
    """What there is to report of a dataset.

    Attributes:
        name: Its name.
        files: Its input files.
        statistics: The sum of the statistics of its branches.
        table: Its table of cuts.
        histograms: The file or folder of its histograms.
        figures: The folder of its figures.
    """

    name: str
    files: Sequence[InputFile]
    statistics: Mapping[str, Any]
    table: Mapping[str, Any]
    histograms: Path
    figures: Path


@dataclass(frozen=True)
class Run:
    """What there is to report of a run as a whole.

    Attributes:
        parameters: Its parameters, readable.
        selection: What was asked of objects.
        skim: The skim of the releases; empty for none.
        read: What ParseFile recorded of each file, by address.
        stages: The sum of the statistics of each stage.
        style: How histograms look.
        rules: Which combinations are made.
        min_events: Events that a final state needs in a dataset.
        exclude_outliers: Whether outliers are left out of histograms.
    """

    parameters: Mapping[str, str]
    selection: Selection
    skim: str
    read: Mapping[str, Mapping[str, Any]]
    stages: Mapping[str, Mapping[str, Any]]
    style: HistogramNaming
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
    stored = {one.name: _stored(one, run) for one in datasets}
    return {
        "title": f"{run.parameters['run_name']}: {', '.join(one.name for one in datasets)}",
        "run": run.parameters,
        "versions": environment.versions(),
        "files": [_file(file, run.read.get(file.uri, {})) for one in datasets for file in one.files],
        "sources": _sources([file for one in datasets for file in one.files], run.skim),
        "cutflow": {one.name: _cutflow(one, run.selection) for one in datasets},
        "failures": [failure for one in datasets for failure in one.statistics["failures"]],
        "stages": [_stage(name, one) for name, one in run.stages.items() if one["branches"]],
        "figures": [*_together(datasets), *(figure for one in datasets for figure in _figures(one, len(datasets) > 1))],
        "histograms": [histogram for one in datasets for histogram in _histograms(one, run, stored[one.name])],
        "without": [row for one in datasets for row in _without(one, run, set(stored[one.name]))],
    }


def _file(file: InputFile, read: Mapping[str, Any]) -> document.InputFile:
    return {
        "uri": file.uri,
        "dataset": file.dataset,
        "size": file.size if file.size is not None else read.get("bytes"),
        "checksum": file.checksum,
        "schema": read.get("schema"),
        "events": read.get("events"),
        "bytes_read": read.get("bytes_read"),
    }


def _cutflow(dataset: Dataset, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of each kind, with what each asks."""
    flows, formats = dataset.statistics["cutflow"], dataset.statistics["formats"]
    asked = {kind: describe_cuts(selection, kind, formats) for kind in flows}
    return {
        kind: [
            {
                "cut": shown(row["cut"]),
                "asks": asked[kind].get(row["cut"]),
                "objects": row["objects"],
                "removed": row["removed"],
                "applied": row["applied"],
                "reason": "; ".join(row["reasons"]) or None,
            }
            for row in rows
        ]
        for kind, rows in flows.items()
    }


def _sources(files: Sequence[InputFile], skim: str) -> list[Source]:
    """Say where the data come from, how to cite them, and on which terms they are there."""
    found = citations.citation(files, skim)
    if any(file.release == DEMO_RELEASE for file in files):
        found.append(("Toy data", None, "Made by this project (task MakeDemo): there is nothing to cite."))
    if any(file.release is None and file.record is None for file in files):
        found.append(("Local files", None, _OWN_FILES))
    if any(file.release != DEMO_RELEASE for file in files):
        found.append(("Licence and disclaimer", None, citations.DISCLAIMER))
    return [{"name": name, "doi": doi, "citation": text} for name, doi, text in found]


def _stage(name: str, one: Mapping[str, Any]) -> Stage:
    return {
        "stage": name,
        "branches": one["branches"],
        "seconds": one["seconds"],
        "events": one["events"],
        "masses": one["masses"],
        "bytes_read": one["bytes_read"],
        "bytes_written": one["bytes_written"],
        "peak_memory_mb": one["peak_memory_mb"],
        "failures": one["failures"],
    }


def _together(datasets: Sequence[Dataset]) -> Iterator[Figure]:
    """Draw all datasets side by side, where there are several."""
    if len(datasets) < 2:
        return
    label = labels.of_several([labels.label(one.files, one.statistics["formats"]) for one in datasets])
    events = {one.name: (one.statistics["events"]["read"], one.statistics["events"]["written"]) for one in datasets}
    picture = io.BytesIO()
    overview.events_per_dataset(label, events).savefig(picture, format="png")
    yield {"title": "Events of each dataset", "png": picture.getvalue()}


def _figures(dataset: Dataset, several: bool) -> Iterator[Figure]:
    for entry in _index(dataset.figures):
        if several and entry["name"] == "events":
            continue
        pages = [name for name in entry["files"] if name.endswith(".png")]
        for number, name in enumerate(pages, start=1):
            page = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
            yield {"title": f"{entry['title']}{page}", "png": _picture(dataset.figures / name, entry.get("xxh3", {}))}


def _index(folder: Path) -> list[Mapping[str, Any]]:
    """Read the list of figures; older versions wrote it without a name."""
    listed = load_json(folder / INDEX, _REMAKE.format(folder))
    entries = listed.get("figures") if isinstance(listed, dict) else listed
    if not isinstance(entries, list) or not all(isinstance(one, dict) and one.keys() >= _ENTRY for one in entries):
        msg = f"{folder / INDEX}: not a list of figures as this project writes it; {_REMAKE.format(folder)}"
        raise FileFormatError(msg)
    return entries


def _picture(path: Path, checksums: Mapping[str, str]) -> bytes:
    """Read a figure; of older versions, without a checksum, as it is."""
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); {_REMAKE.format(path.parent)}"
        raise UnreadableFileError(msg) from error
    if checksums.get(path.name) not in (None, xxhash.xxh3_64_hexdigest(content)):
        msg = f"{path}: damaged, its content is not what was written; {_REMAKE.format(path.parent)}"
        raise FileFormatError(msg)
    return content


_Name = tuple[str, float]
"""``final_state/combination``, and the bin width in GeV."""


def _stored(dataset: Dataset, run: Run) -> dict[_Name, Stored]:
    """Read the histograms of a dataset, once, and tell what each is of."""
    expected = {run.style.key(name, width_gev): (name, width_gev) for name, width_gev in _made(dataset, run)}
    found = {stored.key: stored for stored in histograms.read(dataset.histograms)}
    if strange := sorted(found.keys() - expected.keys()):
        msg = (
            f"{dataset.histograms}: it holds {strange[0]}, and the table of cuts knows no such histogram; delete it: "
            "the next run remakes it"
        )
        raise FileFormatError(msg)
    return {expected[key]: stored for key, stored in found.items()}


def _histograms(dataset: Dataset, run: Run, found: Mapping[_Name, Stored]) -> Iterator[Histogram]:
    """Give the histograms as they stand in the file, with the cuts that they were made with."""
    for (name, width_gev), stored in found.items():
        state, combination = name.split("/")
        cut = dataset.table["cuts"][name]
        yield {
            "dataset": dataset.name,
            "final_state": state,
            "combination": combination,
            "width_gev": width_gev,
            "start_gev": stored.start_gev,
            "counts": stored.counts,
            "outliers_from_gev": None if run.exclude_outliers else cut["split_gev"],
            "cut": {key: cut[key] for key in _CLASSES},  # type: ignore[typeddict-item] # its keys are these
            "entries": int(stored.counts.sum()),
            "rejection": bumpnet.rejection(stored.counts),
        }


def _without(dataset: Dataset, run: Run, made: Set[_Name]) -> Iterator[Without]:
    """Name the combinations without a histogram, and why: those of final states with too few events too."""
    for name, cut in dataset.table["cuts"].items():
        if cut["reason"]:
            yield _reason(dataset.name, name, None, cut["reason"])
    for name, width_gev in _made(dataset, run):
        if (name, width_gev) not in made:
            yield _reason(dataset.name, name, width_gev, no_bin(width_gev))
    for state, found in dataset.table["final_states"].items():
        if not found["kept"]:
            reason = f"its final state has {found['events']} events, min_events_per_fs is {run.min_events}"
            for combination in combinations.of_final_state(final_states.parse(state), run.rules):
                yield _reason(dataset.name, f"{state}/{combinations.name(combination)}", None, reason)


def _made(dataset: Dataset, run: Run) -> Iterable[tuple[str, float]]:
    cuts = dataset.table["cuts"].items()
    return [(name, width_gev) for name, cut in cuts if not cut["reason"] for width_gev in run.style.widths_gev]


def _reason(dataset: str, name: str, width_gev: float | None, reason: str) -> Without:
    state, combination = name.split("/")
    return {
        "dataset": dataset,
        "final_state": state,
        "combination": combination,
        "width_gev": width_gev,
        "reason": reason,
    }
