"""The figures of a dataset as the report holds them: read back from their folder, and checked."""

from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import xxhash

from edm.errors import RecordError
from edm.records.documents import from_document
from steps.output.figure_files import INDEX, FigureIndex, IndexedFigure
from targets.documents.json import load_json
from targets.errors import FileFormatError, UnreadableFileError
from targets.report.document import Figure

__all__ = ["read_figures"]

_REMAKE = "delete the folder {}: the next run remakes it"


def read_figures(folder: Path, left_out: Set[str] = frozenset()) -> Iterator[Figure]:
    """Read the figures of a dataset, each page as a figure of its own.

    Args:
        folder: Where MakePlots or PlotScan wrote them.
        left_out: Names of figures that the report does not show; none by default.

    Yields:
        The figures, in their order.

    Raises:
        UnreadableFileError: When a file is not there or cannot be read.
        FileFormatError: When one is not what was written.
    """
    for figure in _index(folder):
        if figure.name in left_out:
            continue
        pages = [name for name in figure.files if name.endswith(".png")]
        for number, name in enumerate(pages, start=1):
            page = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
            png = _picture(folder / name, figure.xxh3)
            title = f"{figure.title}{page}"
            yield Figure(name=figure.name, title=title, png=png, dataset=None, histogram=None)


def _index(folder: Path) -> tuple[IndexedFigure, ...]:
    """Read the list of figures; older versions wrote it without a name."""
    listed = load_json(folder / INDEX, _REMAKE.format(folder))
    try:
        return from_document(FigureIndex, listed if isinstance(listed, dict) else {"figures": listed}).figures
    except RecordError as error:
        msg = f"{folder / INDEX}: not a list of figures as this project writes it; {_REMAKE.format(folder)}"
        raise FileFormatError(msg) from error


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
