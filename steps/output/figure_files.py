"""Figures as files in a folder, drawn one after the other or by several processes at once: the files are the same."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import xxhash
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from edm.records.branch_records import DrawnFigures
from edm.records.documents import to_document
from targets.documents.json import dump_json
from targets.storage import atomic

__all__ = ["INDEX", "FigureIndex", "FigurePlan", "IndexedFigure", "write"]

INDEX = "figures.json"
"""The file that lists the figures of a folder."""

_UNDATED = {"CreationDate": None}  # the same figures give the same bytes


class FigurePlan(NamedTuple):
    """A figure that is not drawn yet: numbers, which another process can take.

    Attributes:
        name: The name of its files.
        title: What it shows.
        draw: Draws it, one page or several; a function of a module with its arguments.
    """

    name: str
    title: str
    draw: Callable[[], Figure | list[Figure]]


@dataclass(frozen=True)
class IndexedFigure:
    """A figure that is drawn, as the list of its folder has it.

    Attributes:
        name: The name of its files.
        title: What it shows.
        files: The files, in the order of formats and pages.
        xxh3: The checksum of each file; older versions wrote none.
    """

    name: str
    title: str
    files: tuple[str, ...]
    xxh3: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureIndex:
    """The list of the figures of a folder, in their order."""

    figures: tuple[IndexedFigure, ...]


def write(
    folder: Path,
    plans: Iterable[FigurePlan],
    formats: Sequence[str],
    progress: Callable[[int, int], None],
    pool: Executor | None = None,
) -> DrawnFigures:
    """Draw figures and write them and their list, the folder whole or not at all.

    Args:
        folder: The folder to make.
        plans: The figures.
        formats: Suffixes of the files: png, pdf.
        progress: Is told after each figure how many are done, and how many there are.
        pool: Processes that draw; None to draw here, one figure after the other.

    Returns:
        The statistics.

    Raises:
        Exception: What went wrong with a figure, the first in their order, with a note that names it.
    """
    planned, figures = list(plans), []
    with atomic.replacing_folder(folder) as temporary:
        for figure in _draw(temporary, planned, formats, pool):
            figures.append(figure)
            progress(len(figures), len(planned))
        dump_json(temporary / INDEX, to_document(FigureIndex(tuple(figures))))
    return DrawnFigures(figures=len(figures), files=sum(len(figure.files) for figure in figures))


def _draw(
    folder: Path, plans: Sequence[FigurePlan], formats: Sequence[str], pool: Executor | None
) -> Iterator[IndexedFigure]:
    """Draw figures and yield them in their order."""
    if pool is None:
        yield from (_save_figure(folder, plan, formats) for plan in plans)
        return
    jobs = [pool.submit(_save_figure, folder, plan, formats) for plan in plans]
    try:
        yield from (job.result() for job in jobs)
    finally:  # after a failure nobody may write into the folder any more
        for job in jobs:
            job.cancel()
        wait(jobs)


@mpl.rc_context(
    {"mathtext.cal": "DejaVu Sans"}
)  # not used; few machines have the cursive font that would be looked for
def _save_figure(folder: Path, plan: FigurePlan, formats: Sequence[str]) -> IndexedFigure:
    """Draw a figure and save it in all formats."""
    try:
        drawn = plan.draw()
        pages = drawn if isinstance(drawn, list) else [drawn]
        _lay_out(pages)
        files = tuple(name for suffix in formats for name in _save(folder, plan.name, pages, suffix))
    except Exception as error:
        error.add_note(f"The figure that failed is {plan.name} ({plan.title}).")
        raise
    sums = {name: xxhash.xxh3_64_hexdigest((folder / name).read_bytes()) for name in files}
    return IndexedFigure(plan.name, plan.title, files, sums)


def _lay_out(pages: Iterable[Figure]) -> None:
    """Find the layout of pages once; it takes as long as drawing, and would be found again for each format."""
    for page in pages:
        page.draw_without_rendering()
        page.set_layout_engine(None)


def _save(folder: Path, figure: str, pages: Sequence[Figure], suffix: str) -> list[str]:
    """Save a figure: as PDF all pages in one file, else one file a page."""
    if suffix == "pdf":
        with PdfPages(folder / f"{figure}.pdf", metadata=_UNDATED) as document:
            for page in pages:
                document.savefig(page)
        return [f"{figure}.pdf"]
    numbers = [f"_{number}" for number in range(1, len(pages) + 1)] if len(pages) > 1 else [""]
    names = [f"{figure}{number}.{suffix}" for number in numbers]
    for name, page in zip(names, pages, strict=True):
        page.savefig(folder / name)
    return names
