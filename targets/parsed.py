"""Parsed data: the selected objects of events, in GeV, as an RNTuple or a TTree.

One entry an event with ``run``, ``luminosity_block``, ``event``, ``weight`` and the collections ``e``, ``m``, ``j``
(with ``is_b``), ``g`` and ``t``, each with pt, eta, phi, mass and, where it exists, charge, sorted by falling pT.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import awkward as ak
import numpy as np
import numpy.typing as npt
import uproot

from targets import atomic, rootfiles
from targets.errors import UnreadableFileError

__all__ = ["FORMATS", "NAME", "NUMBERS", "Format", "Writer", "read", "statistics", "writing"]

Format = Literal["rntuple", "ttree"]
"""Name of a way to store parsed data."""

FORMATS: tuple[Format, ...] = ("rntuple", "ttree")
"""How parsed data can be stored."""

NAME = "events"
"""The name of the RNTuple or TTree."""

_CLUSTER_EVENTS = 100_000  # smaller clusters compress and read worse

_STATISTICS = "statistics"
"""The name of the statistics, a JSON text in the same file."""

NUMBERS: dict[str, type[np.generic]] = {
    "run": np.uint32,
    "luminosity_block": np.uint32,
    "event": np.uint64,
    "weight": np.float32,
}

_FIELDS = {
    "e": ("pt", "eta", "phi", "mass", "charge"),
    "m": ("pt", "eta", "phi", "mass", "charge"),
    "j": ("pt", "eta", "phi", "mass", "is_b"),
    "g": ("pt", "eta", "phi", "mass"),
    "t": ("pt", "eta", "phi", "mass", "charge"),
}


class Writer:
    """Collects events and writes them in clusters.

    Attributes:
        written: Events given so far.
    """

    def __init__(self, file: Any, parsed_format: Format) -> None:
        self._file = file
        make = file.mkrntuple if parsed_format == "rntuple" else file.mktree
        empty = _complete({}, dict.fromkeys(NUMBERS, np.zeros(0)))
        form = ak.zip(empty, depth_limit=1)
        self._target = make(NAME, form.layout.form if parsed_format == "rntuple" else _types(empty))
        self._waiting: list[dict[str, ak.Array]] = []
        self._n_waiting = 0
        self.written = 0

    def add(self, objects: Mapping[str, ak.Array], numbers: Mapping[str, Any]) -> None:
        """Add events.

        Args:
            objects: Per kind a jagged record array, shape (n_events, var); pt and mass in GeV.
            numbers: run, luminosity_block, event and weight, each of shape (n_events,).
        """
        events = _complete(objects, numbers)
        self._waiting.append(events)
        self._n_waiting += len(events["run"])
        self.written += len(events["run"])
        if self._n_waiting >= _CLUSTER_EVENTS:
            self.flush()

    def note(self, statistics: Mapping[str, Any]) -> None:
        """Put the statistics of the branch into the file, from where :func:`statistics` reads them.

        Args:
            statistics: What JSON can write.
        """
        self._file[_STATISTICS] = json.dumps(statistics)

    def flush(self) -> None:
        """Write what waits as one cluster."""
        if self._n_waiting:
            names = self._waiting[0]
            self._target.extend({name: ak.concatenate([part[name] for part in self._waiting]) for name in names})
        self._waiting, self._n_waiting = [], 0


@contextmanager
def writing(path: Path, parsed_format: Format) -> Iterator[Writer]:
    """Write a file of parsed data, whole or not at all.

    Args:
        path: The file to make.
        parsed_format: ``rntuple``, or ``ttree`` for readers with an old ROOT.

    Yields:
        The writer.
    """
    with atomic.replacing(path) as temporary, uproot.recreate(temporary, compression=uproot.ZSTD(1)) as file:
        writer = Writer(file, parsed_format)
        yield writer
        writer.flush()


def read(path: Path, size: int) -> Iterator[dict[str, ak.Array]]:
    """Read the objects of parsed data.

    Args:
        path: A file that :func:`writing` made.
        size: Events in a chunk, at least 1.

    Yields:
        Per kind (e, m, j, g, t) a jagged record array, shape (n_events, var), pt and mass in GeV; nothing for a file
        without events.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        with rootfiles.open_trees(str(path)) as trees:
            tree = trees[NAME].tree
            for start in range(0, int(tree.num_entries), size):
                yield _objects(tree, start, start + size)
    except Exception as error:  # see rootfiles
        raise _unreadable(path, "parsed data cannot be read", error) from error


def statistics(path: Path) -> dict[str, Any]:
    """Read the statistics of the branch that made a file.

    Args:
        path: A file that :func:`writing` made.

    Returns:
        What was noted.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    try:
        with uproot.open(path) as file:
            noted: dict[str, Any] = dict(json.loads(str(file[_STATISTICS])))
            return noted
    except Exception as error:  # see rootfiles
        raise _unreadable(path, "its statistics cannot be read", error) from error


def _unreadable(path: Path, what: str, error: Exception) -> UnreadableFileError:
    cause = error.__cause__ or error
    reason = str(cause).strip().split("\n")[0]
    return UnreadableFileError(
        f"{path}: {what} ({type(cause).__name__}: {reason}); delete it: the next run makes it again"
    )


def _objects(tree: Any, start: int, stop: int) -> dict[str, ak.Array]:
    if isinstance(tree, uproot.TTree):
        names = [f"{kind}_{field}" for kind, fields in _FIELDS.items() for field in fields]
        arrays = tree.arrays(filter_name=names, entry_start=start, entry_stop=stop)
        return {
            kind: ak.zip({field: arrays[f"{kind}_{field}"] for field in fields}) for kind, fields in _FIELDS.items()
        }
    arrays = tree.arrays(
        filter_name=[name for kind in _FIELDS for name in (kind, f"{kind}.*")], entry_start=start, entry_stop=stop
    )
    return {kind: arrays[kind] for kind in _FIELDS}


def _complete(objects: Mapping[str, ak.Array], numbers: Mapping[str, Any]) -> dict[str, ak.Array]:
    """Bring events to the one layout that all clusters share, with a charge of 0 where a format has none."""
    events = {name: ak.Array(np.asarray(numbers[name]).astype(dtype)) for name, dtype in NUMBERS.items()}
    for kind, fields in _FIELDS.items():
        events[kind] = _records(objects.get(kind), fields)
    return events


def _records(array: ak.Array | None, fields: tuple[str, ...]) -> ak.Array:
    columns: dict[str, npt.NDArray[np.generic]]
    if array is None:
        offsets, columns = np.zeros(1, dtype=np.int64), dict.fromkeys(fields, np.zeros(0, dtype=np.float32))
    else:
        layout = ak.to_layout(ak.to_packed(array)).to_ListOffsetArray64(True)
        offsets, present, size = np.asarray(layout.offsets), layout.content.fields, int(layout.offsets[-1])
        columns = {
            name: ak.to_numpy(layout.content[name]) if name in present else np.zeros(size, dtype=np.float32)
            for name in fields
        }
    contents = [
        ak.contents.NumpyArray(values.astype(np.int8 if name == "is_b" else np.float32, copy=False))
        for name, values in columns.items()
    ]
    records = ak.contents.RecordArray(contents, list(fields), length=int(offsets[-1]))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), records))


def _types(empty: Mapping[str, ak.Array]) -> dict[str, Any]:
    return {name: array.type.content if name in _FIELDS else NUMBERS[name] for name, array in empty.items()}
