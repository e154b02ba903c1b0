"""Histograms as TH1D in ROOT files, with entries, Sumw2 and moments, readable by ROOT, uproot and BumpNet.

The UUID that every ROOT file has is made of the content here (version 8, which RFC 9562 leaves to the writer): keys,
titles, edges and counts. It is compared when a file is read again; ROOT and BumpNet see nothing new. Files of older
versions have a UUID of uproot's (version 1), and only their sums are compared.
"""

import io
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import uproot
import xxhash

from targets.errors import UnreadableFileError
from targets.products.th1d import TH1D, Axis, Moments
from targets.rootio.ttree import branch_lists
from targets.storage import atomic

__all__ = ["Binned", "Stored", "read", "write_file", "write_folder"]

_VERSION = 8  # of UUIDs whose bits the writer chooses
_END_OF_LINE = "\n"


class _Memory(io.BytesIO):
    """A file in memory that outlives uproot's `close`: uproot writes five times a histogram, each time elsewhere."""

    def close(self) -> None:
        """Keep the content."""


class Binned(Protocol):
    """A histogram: low edge of the first bin and width of each in GeV, entries per bin.

    Those of weighted simulation have ``contents`` and ``variances`` too: expected events per bin and their squared
    errors, shape (n_bins,) both. Those whose bins vary in width have ``edges_gev``, shape (n_bins + 1,).
    """

    @property
    def start_gev(self) -> float:
        """Low edge of the first bin in GeV."""

    @property
    def width_gev(self) -> float:
        """Width of every bin in GeV; of the first where they vary."""

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Entries per bin, shape (n_bins,)."""


class _Place(NamedTuple):
    """Key, title and range in GeV of a histogram, and the edges of bins that vary in width."""

    key: str
    title: str
    start_gev: float
    end_gev: float
    edges_gev: npt.NDArray[np.float64] | None = None


class Stored(NamedTuple):
    """A histogram as it stands in a file.

    Attributes:
        key: Its key; a slash stands for a folder.
        title: Its title.
        start_gev: Low edge of its first bin in GeV.
        end_gev: High edge of its last bin in GeV.
        counts: Entries per bin, or of weighted simulation the expected events, shape (n_bins,).
        variances: Squared errors of expected events, in events squared, shape (n_bins,); None for entries.
        entries: How many entries it has.
        edges_gev: Where widths vary, the edges of the bins in GeV, shape (n_bins + 1,); None for constant bins.
    """

    key: str
    title: str
    start_gev: float
    end_gev: float
    counts: npt.NDArray[Any]
    variances: npt.NDArray[np.float64] | None = None
    entries: int = 0
    edges_gev: npt.NDArray[np.float64] | None = None

    def edges(self) -> npt.NDArray[np.float64]:
        """Return the edges of the bins in GeV, shape (n_bins + 1,), whether or not their widths vary."""
        return (
            np.linspace(self.start_gev, self.end_gev, len(self.counts) + 1)
            if self.edges_gev is None
            else self.edges_gev
        )

    @property
    def width_gev(self) -> float:
        """Width of every bin in GeV; of the first where they vary."""
        return float(self.edges()[1] - self.edges()[0])

    @property
    def contents(self) -> npt.NDArray[Any] | None:
        """Of weighted simulation, the expected events per bin, shape (n_bins,); None where entries are counted."""
        return None if self.variances is None else self.counts

    @classmethod
    def of(cls, place: _Place, contents: npt.NDArray[Any], variances: npt.NDArray[Any], entries: int) -> "Stored":
        """Tell entries from expected events: they are whole, and their own squared errors; weights may all be 0."""
        counts = np.rint(contents).astype(np.int64)
        are_entries = np.array_equal(counts, contents) and np.array_equal(counts, variances)
        if are_entries and (counts.any() or not entries):
            return cls(*place[:4], counts, None, entries, place.edges_gev)
        return cls(*place[:4], contents.astype(np.float64), variances.astype(np.float64), entries, place.edges_gev)


def read(path: Path) -> Iterator[Stored]:
    """Read the histograms back that :func:`write_file` or :func:`write_folder` wrote.

    Args:
        path: The file, or the folder.

    Yields:
        The histograms, in the order of the file or of the files' paths.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
    """
    for file in sorted(path.rglob("*.root")) if path.is_dir() else [path]:
        folder = file.parent.relative_to(path).as_posix() if path.is_dir() else "."
        for stored in _read(file):
            yield stored if folder == "." else stored._replace(key=f"{folder}/{stored.key}")


def _read(path: Path) -> list[Stored]:
    try:
        with uproot.open(path, custom_classes=branch_lists.classes()) as file:
            stored = [_stored(key, file[key]) for key in file.keys(cycle=False, filter_classname="TH1D")]
            made_of = file.file.uuid
    except Exception as error:  # what uproot raises depends on where the damage is
        raise _damaged(path, f"{type(error).__name__}: {str(error).strip().partition(_END_OF_LINE)[0]}") from error
    if made_of.version == _VERSION and made_of != _uuid(stored):
        raise _damaged(path, "their content is not what was written")
    return stored


def _damaged(path: Path, reason: str) -> UnreadableFileError:
    return UnreadableFileError(f"{path}: histograms cannot be read ({reason}); delete it: the next run remakes it")


def _stored(key: str, histogram: Any) -> Stored:
    axis = histogram.member("fXaxis")
    ends = float(axis.member("fXmin")), float(axis.member("fXmax"))
    edges_gev = np.asarray(axis.member("fXbins"), dtype=np.float64)
    place = _Place(key, str(histogram.title), *ends, edges_gev if len(edges_gev) else None)
    contents, entries = histogram.values(), int(histogram.member("fEntries"))
    stored = Stored.of(place, contents, np.asarray(histogram.member("fSumw2"))[1:-1], entries)
    if histogram.member("fTsumw") != contents.sum() or (stored.variances is None and entries != contents.sum()):
        msg = f"{key}: the sum of its bins is not the number of its entries"
        raise ValueError(msg)
    return stored


def _uuid(histograms: Iterable[Stored]) -> uuid.UUID:
    """Make a UUID of the content of a file, in whatever order it stands there."""
    content = xxhash.xxh3_128()
    for stored in sorted(histograms, key=lambda stored: stored.key):
        key, title, start_gev, end_gev, counts, variances, entries, edges_gev = stored
        has_counts = variances is None and counts.any()  # without any, as when they were taken for expected events
        weighted = [] if has_counts else [entries]
        content.update(json.dumps([key, title, start_gev, end_gev, len(counts), *weighted]).encode())
        for values in (counts,) if has_counts else (counts, counts if variances is None else variances):
            content.update(np.ascontiguousarray(values, dtype="<i8" if has_counts else "<f8").data)
        if edges_gev is not None:
            content.update(np.ascontiguousarray(edges_gev, dtype="<f8").data)
    number = content.intdigest() & ~(0xF000 << 64) & ~(0xC000 << 48)
    return uuid.UUID(int=number | (_VERSION << 76) | (0x8000 << 48))


def write_file(path: Path, histograms: Mapping[str, Binned], titles: Mapping[str, str]) -> None:
    """Write histograms into one ROOT file, whole or not at all.

    Args:
        path: The file to make.
        histograms: Histogram per key; a slash in a key makes a folder. What :func:`read` gave stays as it was.
        titles: Title per key.
    """
    pairs = ((key, _th1d(titles[key], made, first=i == 0)) for i, (key, made) in enumerate(histograms.items()))
    made_of = _uuid(
        Stored.of(_Place(key, titles[key], *_range(made), _varied_edges(made)), *_contents(made), _entries(made))
        for key, made in histograms.items()
    )
    with _Memory() as memory, atomic.replacing(path) as temporary:
        with uproot.recreate(memory, uuid_function=lambda: made_of) as file:
            file.update(pairs)
        with temporary.open("wb") as opened:
            opened.write(memory.getbuffer())


def write_folder(folder: Path, histograms: Mapping[str, Binned], titles: Mapping[str, str]) -> None:
    """Write one ROOT file per histogram, the folder whole or not at all.

    Args:
        folder: The folder to make; ``<folder>/<key>.root``, a slash in a key makes a folder.
        histograms: Histogram per key.
        titles: Title per key.
    """
    with atomic.replacing_folder(folder) as temporary:
        for key, histogram in histograms.items():
            name = key.rsplit("/", 1)[-1]
            write_file(temporary / f"{key}.root", {name: histogram}, {name: titles[key]})


def _range(histogram: Binned) -> tuple[float, float]:
    """Return the low edge of the first bin and the high edge of the last in GeV."""
    start_gev, edges_gev = float(histogram.start_gev), _varied_edges(histogram)
    if isinstance(histogram, Stored):
        return start_gev, histogram.end_gev
    if edges_gev is not None:
        return start_gev, float(edges_gev[-1])
    return start_gev, start_gev + float(histogram.width_gev) * len(histogram.counts)


def _entries(histogram: Binned) -> int:
    """Return the number of entries, which the contents of weighted simulation do not tell."""
    return histogram.entries if isinstance(histogram, Stored) else int(histogram.counts.sum())


def _varied_edges(histogram: Binned) -> npt.NDArray[np.float64] | None:
    """Return the edges of bins that vary in width in GeV."""
    edges_gev: npt.NDArray[np.float64] | None = getattr(histogram, "edges_gev", None)
    return edges_gev


def _contents(histogram: Binned) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return contents and squared errors; of entries, both are their number."""
    contents, variances = (getattr(histogram, name, None) for name in ("contents", "variances"))
    if contents is not None and variances is not None:
        return contents, variances
    counts = histogram.counts.astype(np.float64)
    return counts, counts


def _th1d(title: str, histogram: Binned, first: bool) -> TH1D:
    """Make a TH1D; the moments are those of the bin centres, so that they do not depend on the order of filling."""
    contents, variances = _contents(histogram)
    n_bins, start, width = len(contents), histogram.start_gev, histogram.width_gev
    edges_gev = _varied_edges(histogram)
    centres = start + width * (np.arange(n_bins) + 0.5) if edges_gev is None else (edges_gev[1:] + edges_gev[:-1]) / 2
    sums = contents.sum(), variances.sum(), float(contents @ centres), float(contents @ centres**2)
    axis = Axis(n_bins, *_range(histogram), edges_gev)
    return TH1D(title, axis, Moments(_entries(histogram), *sums), contents, variances, first=first)
