"""The report of a run: one HTML file that holds all it shows, opens from disk and asks no network for anything.

The files of the page lie in ``targets/report/page`` and are put into the report when it is written. The document (see
:class:`Document`) is embedded as deflated JSON in base64, so that no name in it can be taken
for HTML or script; the page's script unpacks it and writes every word of it as text. A Content-Security-Policy forbids
the page to load anything and to run any script but its own.

To read the document back with Python (the element has the id ``data``)::

    text = re.search(r'id="data">([^<]*)<', html).group(1)
    document = json.loads(zlib.decompress(base64.b64decode(text)))
"""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from edm.records.cut_table import Cut
from edm.records.scans import ScanRow
from edm.records.statistics import Failure, StageStatistics
from targets.errors import FileFormatError
from targets.storage import atomic

__all__ = [
    "CutflowRow",
    "Document",
    "Figure",
    "Fit",
    "Headlines",
    "Histogram",
    "InputFile",
    "Layer",
    "Simulated",
    "Source",
    "Without",
    "write",
]

_PAGE = Path(__file__).with_name("page")

_SCRIPTS = (
    *("text.js", "document.js", "table.js"),
    *("sections/sections.js", "sections/figures.js"),
    *("browser/rows.js", "browser/address.js", "browser/downloads.js", "browser/browser.js"),
    *("drawing/axes.js", "drawing/bins.js", "drawing/panel.js", "drawing/single.js", "drawing/overlay.js"),
    *("drawing/simulation.js", "drawing/drawing.js", "drawing/zoom.js", "start.js"),
)

_COMPRESSION = 6

_SHOWN_OF_SCAN = ("low_gev", "high_gev", "local_significance", "global_p", "global_significance", "status")
_SHOWN_OF_CUT = ("below", "window", "main", "outliers", "above", "start_gev", "vetoed_gev")


class Headlines(TypedDict):
    """What must be known of a dataset before its numbers: sentences on events, luminosity, and warnings."""

    dataset: str
    facts: Sequence[str]
    warnings: Sequence[str]


class Source(TypedDict):
    """Where the data come from, and how to cite it: ``citation`` is the text that the portal asks for."""

    name: str
    doi: str | None
    citation: str


class InputFile(TypedDict):
    """An input file: size in bytes and checksum as the catalogue gives them, None where it does not.

    ``schema``, ``events`` and ``bytes_read`` are how and what was read of it; None where it was given up or nothing was
    recorded, and the schema of a file without any tree.
    """

    uri: str
    dataset: str
    size: int | None
    checksum: str | None
    schema: str | None
    events: int | None
    bytes_read: int | None


class CutflowRow(TypedDict):
    """A step of the selection: what it asks, objects left after it and removed by it, why it was not applied to all."""

    cut: str
    asks: str | None
    objects: int
    removed: int
    applied: bool
    reason: str | None


class Figure(TypedDict):
    """A picture: what it is among its dataset's (``excess_1``), its title, and the bytes of a PNG file.

    ``dataset`` and ``histogram`` name the histogram that it shows; None where it shows no single one.
    """

    name: str
    title: str
    png: bytes
    dataset: str | None
    histogram: str | None


class Fit(TypedDict):
    """The smooth background of a scan, from the first bin of the histogram on: expected entries and pulls, (n_bins,).

    ``pseudo_data`` tells whether it was fitted to pseudo-data in place of the histogram's own contents.
    """

    expected: npt.NDArray[np.floating] | Sequence[float]
    pulls: npt.NDArray[np.floating] | Sequence[float]
    pseudo_data: bool


class Layer(TypedDict):
    """Simulation in one colour: its name, how many events are expected in words, and how many per bin, (n_bins,)."""

    name: str
    events: str
    color: str
    contents: npt.NDArray[np.floating] | Sequence[float]


class Simulated(TypedDict):
    """Data before any removal and the simulation under them, in bins of one width (GeV) from 0 on, shape (n_bins,).

    ``counts`` are the data, ``layers`` the simulation from the bottom up, ``errors`` the statistical errors of its sum;
    ``normalised_to`` is its luminosity in words.
    """

    width_gev: float
    counts: npt.NDArray[np.integer] | Sequence[int]
    layers: Sequence[Layer]
    errors: npt.NDArray[np.floating] | Sequence[float]
    normalised_to: str


class Histogram(TypedDict):
    """A histogram: low edge of its first bin and width of each in GeV, entries per bin, shape (n_bins,).

    ``name`` is its key in the file of histograms. ``edges_gev``, shape (n_bins + 1,), where widths vary
    (``width_gev`` is that of the first bin then), else None.
    ``outliers_from_gev`` is None without outliers; ``rejection`` says why BumpNet's loader drops it, None: it does not.
    Of weighted simulation ``counts`` are expected events and ``errors`` their errors, shape (n_bins,); else None.
    ``scan`` is what the scan says of it, ``fit`` the background that it fitted; None where it was not scanned.
    ``before`` are the entries before any removal in bins of the same width from 0 on, None where they are not kept.
    ``simulation`` is what its data are compared with, None where there is none.
    """

    dataset: str
    name: str
    final_state: str
    combination: str
    width_gev: float
    edges_gev: npt.NDArray[np.floating] | None
    start_gev: float
    counts: npt.NDArray[Any] | Sequence[float]
    errors: npt.NDArray[np.floating] | Sequence[float] | None
    outliers_from_gev: float | None
    cut: Cut
    entries: int
    rejection: str | None
    scan: ScanRow | None
    fit: Fit | None
    before: npt.NDArray[Any] | Sequence[float] | None
    simulation: Simulated | None


class Without(TypedDict):
    """A combination that has no histogram, and why; the width is None where no width would have one."""

    dataset: str
    final_state: str
    combination: str
    width_gev: float | None
    reason: str


class Document(TypedDict):
    """What a report shows; all sections must be there, and each may be empty.

    ``headlines`` stand on top; ``run`` and ``versions`` map names to text or numbers; ``cutflow`` holds, by dataset
    and kind of object, the steps of the selection; ``failures`` are the files that were given up; ``stages`` sum up
    their branches, by name; ``words`` say in words what each final state and each combination is.
    """

    title: str
    headlines: Sequence[Headlines]
    run: Mapping[str, Any]
    versions: Mapping[str, str]
    files: Sequence[InputFile]
    sources: Sequence[Source]
    cutflow: Mapping[str, Mapping[str, Sequence[CutflowRow]]]
    failures: Sequence[Failure]
    stages: Mapping[str, StageStatistics]
    figures: Sequence[Figure]
    histograms: Sequence[Histogram]
    without: Sequence[Without]
    words: Mapping[str, str]


def write(path: Path, document: Document) -> None:
    """Write the report, whole or not at all. The same document always gives the same bytes.

    Args:
        path: The HTML file to make.
        document: What it shows.

    Raises:
        FileFormatError: When a section is missing or unknown, or holds what JSON cannot (NaN, inf, an object).
        OSError: From the file system.
    """
    expected = Document.__annotations__.keys()
    if wrong := sorted(expected ^ document.keys()):
        msg = f"{path}: the report is not written, these sections are missing or unknown: {', '.join(wrong)}"
        raise FileFormatError(msg)
    stages = [{"stage": name, **vars(total)} for name, total in document["stages"].items()]
    try:
        text = json.dumps({**document, "stages": stages}, default=_plain, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"{path}: the report is not written, its document cannot be JSON: {error}"
        raise FileFormatError(msg) from error
    with atomic.replacing(path) as temporary:
        temporary.write_text(_fill(document["title"], text), encoding="utf-8", errors="replace")


def _plain(value: object) -> object:
    """Turn what JSON does not know into what it does."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Cut):
        return {name: getattr(value, name) for name in _SHOWN_OF_CUT}
    if isinstance(value, Failure):
        return vars(value)
    if isinstance(value, ScanRow):
        return {name: getattr(value, name) for name in _SHOWN_OF_SCAN}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    msg = f"{value!r} is a {type(value).__name__}"
    raise TypeError(msg)


def _fill(title: str, document: str) -> str:
    """Put everything into the template, each part once: what a part holds is not looked at again."""
    style = _read("page.css")
    script = '(() => {\n"use strict";\n' + "\n".join(_read(name) for name in _SCRIPTS) + "})();\n"
    packed = base64.b64encode(zlib.compress(document.encode("utf-8"), _COMPRESSION)).decode("ascii")
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy, "title": html.escape(title), "style": style, "script": script, "document": packed,
    }  # fmt: skip
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("page.html"))


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Name an inline script or style in a policy: by its content, so that no other can take its place."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
