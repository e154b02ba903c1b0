"""Parsed data: the selected objects of events, in GeV, as an RNTuple or a TTree.

One entry an event with ``run``, ``luminosity_block``, ``event``, ``weight`` and the collections ``e``, ``m``, ``j``
(with ``is_b``), ``g`` and ``t``, each with pt, eta, phi, mass and, where it exists, charge, sorted by falling pT.

Beside it two texts: the statistics of the branch, and checksums of the objects, which are compared when these are read
again (files of older versions have none).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import awkward as ak
import numpy as np
import numpy.typing as npt
import uproot
import xxhash

from targets.documents.json_checksums import sealed, unsealed
from targets.errors import UnreadableFileError
from targets.rootio import files
from targets.rootio.compression import Zstandard
from targets.rootio.flat_arrays import Flat, Integers, records
from targets.storage import atomic

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

_CHECKSUMS = "checksums"
"""The name of the checksums, a JSON text in the same file: of each field's numbers, and of how many an event has."""

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
        self._checksums = _Checksums()
        self.written = 0

    def add(self, objects: Mapping[str, ak.Array], numbers: Mapping[str, Any]) -> None:
        """Add events.

        Args:
            objects: Per kind a jagged record array, shape (n_events, var); pt and mass in GeV.
            numbers: run, luminosity_block, event and weight, each of shape (n_events,).
        """
        events = _complete(objects, numbers)
        self._checksums.add(events)
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
        self._file[_STATISTICS] = json.dumps(sealed(statistics))

    def finish(self) -> None:
        """Write what waits, and the checksums of all."""
        self.flush()
        self._file[_CHECKSUMS] = json.dumps(self._checksums.as_dict())

    def flush(self) -> None:
        """Write what waits as one cluster."""
        if self._n_waiting:
            names = self._waiting[0]
            self._target.extend({name: ak.concatenate([part[name] for part in self._waiting]) for name in names})
        self._waiting, self._n_waiting = [], 0


class _Checksums:
    """Running checksums of objects; they do not depend on how events are cut into chunks."""

    def __init__(self) -> None:
        self._running = {(kind, field): xxhash.xxh3_64() for kind in _FIELDS for field in ("", *_FIELDS[kind])}

    def add(self, objects: Mapping[str, ak.Array]) -> None:
        """Add the objects of further events, a jagged record array per kind, shape (n_events, var)."""
        for kind, fields in _FIELDS.items():
            layout = objects[kind].layout
            offsets = np.asarray(layout.offsets.data, dtype=np.int64)
            self._running[kind, ""].update(np.diff(offsets).data)
            for field in fields:
                numbers = np.asarray(layout.content[field].data)[offsets[0] : offsets[-1]]
                self._running[kind, field].update(np.ascontiguousarray(numbers).data)

    def as_dict(self) -> dict[str, str]:
        """Give the checksums by kind (of the numbers of objects of each event) and by kind and field."""
        return {f"{kind}_{field}".strip("_"): running.hexdigest() for (kind, field), running in self._running.items()}


@contextmanager
def writing(path: Path, parsed_format: Format) -> Iterator[Writer]:
    """Write a file of parsed data, whole or not at all.

    Args:
        path: The file to make.
        parsed_format: ``rntuple``, or ``ttree`` for readers with an old ROOT.

    Yields:
        The writer.
    """
    with atomic.replacing(path) as temporary, uproot.recreate(temporary, compression=Zstandard(1)) as file:
        writer = Writer(file, parsed_format)
        yield writer
        writer.finish()


def read(path: Path, size: int) -> Iterator[dict[str, ak.Array]]:
    """Read the objects of parsed data.

    Args:
        path: A file that :func:`writing` made.
        size: Events in a chunk, at least 1.

    Yields:
        Per kind (e, m, j, g, t) a jagged record array, shape (n_events, var), pt and mass in GeV; nothing for a file
        without events.

    Raises:
        UnreadableFileError: When the file is not there or damaged; after the last event at the latest.
    """
    try:
        expected, found = _checksums(path), _Checksums()
        with files.open_trees(str(path)) as trees:
            tree = trees[NAME]
            objects = _objects(tree)
            for start in range(0, tree.num_entries, size):
                chunk = objects(start, min(start + size, tree.num_entries))
                found.add(chunk)
                yield chunk
        if expected is not None and expected != found.as_dict():
            msg = "its objects are not those that were written: their checksums differ"
            raise ValueError(msg)
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
            noted: dict[str, Any] = dict(unsealed(json.loads(str(file[_STATISTICS]))))
            return noted
    except Exception as error:  # see rootfiles
        raise _unreadable(path, "its statistics cannot be read", error) from error


def _checksums(path: Path) -> dict[str, str] | None:
    """Read the checksums of a file; None of one without."""
    with uproot.open(path) as file:
        if _CHECKSUMS not in file.keys(cycle=False, recursive=False):
            return None
        found: dict[str, str] = json.loads(str(file[_CHECKSUMS]))
        return found


def _unreadable(path: Path, what: str, error: Exception) -> UnreadableFileError:
    cause = error.__cause__ or error
    reason = str(cause).strip().split("\n")[0]
    return UnreadableFileError(f"{path}: {what} ({type(cause).__name__}: {reason}); delete it: the next run remakes it")


def _objects(tree: files.Tree) -> Callable[[int, int], dict[str, ak.Array]]:
    """Return what reads consecutive events; a TTree has a branch for each field of a kind, an RNTuple records."""
    reader, sign = tree.reader(), "_" if isinstance(tree.tree, uproot.TTree) else "."
    names = [f"{kind}{sign}{field}" for kind, fields in _FIELDS.items() for field in fields]

    def read_fields(start: int, stop: int) -> dict[str, ak.Array]:
        """Read the fields and put objects together."""
        flats = reader.arrays(names, start, stop)
        return {
            kind: _joined({name: flats[f"{kind}{sign}{name}"] for name in fields}) for kind, fields in _FIELDS.items()
        }

    return read_fields


def _joined(fields: Mapping[str, Flat]) -> ak.Array:
    offsets = fields["pt"].list_offsets()
    if any(not np.array_equal(offsets, flat.list_offsets()) for flat in fields.values()):
        msg = "the fields of one kind have different numbers of objects"
        raise ValueError(msg)
    return records(offsets, {name: flat.numbers for name, flat in fields.items()})


def _complete(objects: Mapping[str, ak.Array], numbers: Mapping[str, Any]) -> dict[str, ak.Array]:
    """Bring events to the one layout that all clusters share, with a charge of 0 where a format has none."""
    events = {name: ak.Array(np.asarray(numbers[name]).astype(dtype)) for name, dtype in NUMBERS.items()}
    for kind, fields in _FIELDS.items():
        events[kind] = _records(objects.get(kind), fields)
    return events


def _records(array: ak.Array | None, fields: tuple[str, ...]) -> ak.Array:
    offsets: Integers = np.zeros(1, dtype=np.int64)
    present: dict[str, npt.NDArray[Any]] = {}
    if array is not None:
        flats = {name: Flat.of(array[name]) for name in fields if name in array.fields}
        offsets, present = flats["pt"].list_offsets(), {name: flat.numbers for name, flat in flats.items()}
    nothing = np.zeros(int(offsets[-1]), dtype=np.float32)
    types = {name: np.int8 if name == "is_b" else np.float32 for name in fields}
    return records(offsets, {name: present.get(name, nothing).astype(types[name], copy=False) for name in fields})


def _types(empty: Mapping[str, ak.Array]) -> dict[str, Any]:
    return {name: array.type.content if name in _FIELDS else NUMBERS[name] for name, array in empty.items()}
