"""Parsed data: the selected objects of events, in GeV, as an RNTuple or a TTree.

One entry an event with ``run``, ``luminosity_block``, ``event``, ``weight`` and the collections ``e``, ``m``, ``j``
(with ``is_b``), ``g`` and ``t``, each with pt, eta, phi, mass and, where it exists, charge, sorted by falling pT.

Beside it two texts: the statistics of the branch, and checksums of the objects, which are compared when these are read
again (files of older versions have none).
"""

import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, Literal, NamedTuple, Self

import awkward as ak
import numpy as np
import numpy.typing as npt
import uproot
import xxhash

from edm.objects import Objects
from targets.documents.json_checksums import sealed, unsealed
from targets.errors import UnreadableFileError
from targets.rootio import files
from targets.rootio.compression import Zstandard
from targets.rootio.flat_arrays import Flat
from targets.storage import atomic

__all__ = ["FORMATS", "NAME", "NUMBERS", "Format", "Section", "Writer", "read", "statistics", "writing"]

Format = Literal["rntuple", "ttree"]
"""Name of a way to store parsed data."""

FORMATS: tuple[Format, ...] = ("rntuple", "ttree")
"""How parsed data can be stored."""

NAME = "events"
"""The name of the RNTuple or TTree."""

_CLUSTER_EVENTS = 100_000  # smaller clusters compress and read worse
_SECTION_BYTES = 2**26  # of a section in memory; about half a million events

_STATISTICS = "statistics"
"""The name of the statistics, a JSON text in the same file."""

_CHECKSUMS = "checksums"
"""The name of the checksums, a JSON text in the same file: of each column, and of how many objects an event has."""

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


class _Events(NamedTuple):
    """Events in the one layout that all clusters share.

    Attributes:
        numbers: The columns NUMBERS, shape (n_events,) each.
        objects: The objects of each stored kind.
    """

    numbers: dict[str, npt.NDArray[Any]]
    objects: dict[str, Objects]

    @classmethod
    def of(cls, objects: Mapping[str, Objects], numbers: Mapping[str, Any]) -> Self:
        """Bring events to this layout, with a charge of 0 where a format has none."""
        return cls(
            {name: np.asarray(numbers[name]).astype(dtype, copy=False) for name, dtype in NUMBERS.items()},
            {kind: _complete(objects[kind], names) for kind, names in _FIELDS.items()},
        )

    @property
    def n_bytes(self) -> int:
        """Memory that the events take, in bytes."""
        numbers = sum(column.nbytes for column in self.numbers.values())
        return numbers + sum(objects.n_bytes for objects in self.objects.values())


class Writer:
    """Collects events and writes them in clusters.

    Attributes:
        written: Events given so far.
    """

    def __init__(self, file: Any, parsed_format: Format, folder: Path) -> None:
        self._file = file
        self._folder = folder
        empty = _to_awkward([_Events.of(dict.fromkeys(_FIELDS, Objects.none(0)), dict.fromkeys(NUMBERS, ()))])
        if parsed_format == "rntuple":
            self._target = file.mkrntuple(NAME, ak.zip(empty, depth_limit=1).layout.form)
        else:
            types = {name: array.type.content if name in _FIELDS else NUMBERS[name] for name, array in empty.items()}
            self._target = file.mktree(NAME, types)
        self._waiting: list[_Events] = []
        self._n_waiting = 0
        self._checksums = _Checksums()
        self.written = 0

    def add(self, objects: Mapping[str, Objects], numbers: Mapping[str, Any]) -> None:
        """Add events.

        Args:
            objects: The objects of each stored kind, in all these events; pt and mass in GeV.
            numbers: run, luminosity_block, event and weight, each of shape (n_events,).
        """
        self._append(_Events.of(objects, numbers))

    @contextmanager
    def section(self) -> Iterator["Section"]:
        """Add the events of one input file: all of them when the block ends, none of them when it raises.

        uproot cannot take back what it has written, so that events wait until their file has been read whole. Then they
        are added chunk by chunk, as if they had never waited: files that failed leave no trace in the clusters. Those
        of a large file wait on disk, in a file without a name, which is gone with the process whatever happens.

        Yields:
            What collects the events.
        """
        with SpooledTemporaryFile(
            max_size=1, dir=str(self._folder)
        ) as spilled:  # makes the file when something is written
            section = Section(spilled)
            yield section
            for events in section.take():
                self._append(events)

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
            self._target.extend(_to_awkward(self._waiting))
        self._waiting, self._n_waiting = [], 0

    def _append(self, events: _Events) -> None:
        n_events = len(events.numbers["run"])
        self._checksums.add(events.objects)
        self._waiting.append(events)
        self._n_waiting += n_events
        self.written += n_events
        if self._n_waiting >= _CLUSTER_EVENTS:
            self.flush()


class Section:
    """The events of one input file, which wait until it has been read whole."""

    def __init__(self, spilled: Any) -> None:
        self._spilled = spilled
        self._n_spilled = self._n_bytes = 0
        self._in_memory: list[_Events] = []

    def add(self, objects: Mapping[str, Objects], numbers: Mapping[str, Any]) -> None:
        """Add events.

        Args:
            objects: As for :meth:`Writer.add`.
            numbers: As for :meth:`Writer.add`.
        """
        self._in_memory.append(_Events.of(objects, numbers))
        self._n_bytes += self._in_memory[-1].n_bytes
        if self._n_bytes > _SECTION_BYTES:
            for events in self._in_memory:
                pickle.dump(events, self._spilled, pickle.HIGHEST_PROTOCOL)
            self._n_spilled += len(self._in_memory)
            self._in_memory, self._n_bytes = [], 0

    def take(self) -> Iterator[_Events]:
        """Give the events back, part by part, in the order in which they were added."""
        self._spilled.seek(0)
        for _ in range(self._n_spilled):
            yield pickle.load(self._spilled)
        yield from self._in_memory


class _Checksums:
    """Running checksums of objects; they do not depend on how events are cut into chunks."""

    def __init__(self) -> None:
        self._running = {(kind, name): xxhash.xxh3_64() for kind in _FIELDS for name in ("", *_FIELDS[kind])}

    def add(self, objects: Mapping[str, Objects]) -> None:
        """Add the objects of further events."""
        for (kind, name), running in self._running.items():
            numbers = objects[kind][name] if name else objects[kind].counts()
            running.update(np.ascontiguousarray(numbers).data)

    def as_dict(self) -> dict[str, str]:
        """Give the checksums by kind (of the numbers of objects of each event) and by kind and column."""
        return {f"{kind}_{name}".strip("_"): running.hexdigest() for (kind, name), running in self._running.items()}


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
        writer = Writer(file, parsed_format, path.parent)
        yield writer
        writer.finish()


def read(path: Path, size: int) -> Iterator[dict[str, Objects]]:
    """Read the objects of parsed data.

    Args:
        path: A file that :func:`writing` made.
        size: Events in a chunk, at least 1.

    Yields:
        The objects of each stored kind, pt and mass in GeV; nothing for a file without events.

    Raises:
        UnreadableFileError: When the file is not there or damaged; after the last event at the latest.
    """
    try:
        expected, checksums = _checksums(path), _Checksums()
        with files.open_trees(str(path)) as trees:
            tree = trees[NAME]
            objects = _objects(tree)
            for start in range(0, tree.num_entries, size):
                chunk = objects(start, min(start + size, tree.num_entries))
                checksums.add(chunk)
                yield chunk
        if expected is not None and expected != checksums.as_dict():
            msg = "its objects are not those that were written: their checksums differ"
            raise ValueError(msg)
    except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
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
    except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
        raise _unreadable(path, "its statistics cannot be read", error) from error


def _checksums(path: Path) -> dict[str, str] | None:
    """Read the checksums of a file; None of one without."""
    with uproot.open(path) as file:
        if _CHECKSUMS not in file.keys(cycle=False, recursive=False):
            return None
        checksums: dict[str, str] = json.loads(str(file[_CHECKSUMS]))
        return checksums


def _unreadable(path: Path, what: str, error: Exception) -> UnreadableFileError:
    cause = error.__cause__ or error
    reason = str(cause).strip().split("\n")[0]
    return UnreadableFileError(f"{path}: {what} ({type(cause).__name__}: {reason}); delete it: the next run remakes it")


def _objects(tree: files.Tree) -> Callable[[int, int], dict[str, Objects]]:
    """Return what reads consecutive events; a TTree has a branch for each column of a kind, an RNTuple records."""
    reader, sign = tree.reader(), "_" if isinstance(tree.tree, uproot.TTree) else "."
    paths = [f"{kind}{sign}{name}" for kind, names in _FIELDS.items() for name in names]

    def read_objects(start: int, stop: int) -> dict[str, Objects]:
        """Read the columns and put objects together."""
        flats = reader.arrays(paths, start, stop)
        return {kind: _join({name: flats[f"{kind}{sign}{name}"] for name in names}) for kind, names in _FIELDS.items()}

    return read_objects


def _join(columns: Mapping[str, Flat]) -> Objects:
    offsets = columns["pt"].list_offsets()
    if any(not np.array_equal(offsets, flat.list_offsets()) for flat in columns.values()):
        msg = "the columns of one kind have different numbers of objects"
        raise ValueError(msg)
    return Objects(offsets, {name: flat.numbers for name, flat in columns.items()})


def _complete(objects: Objects, names: tuple[str, ...]) -> Objects:
    zeros = np.zeros(objects.n_objects, dtype=np.float32)
    types = {name: np.int8 if name == "is_b" else np.float32 for name in names}
    columns = {name: objects.columns.get(name, zeros).astype(types[name], copy=False) for name in names}
    return Objects(objects.offsets, columns)


def _to_awkward(parts: list[_Events]) -> dict[str, ak.Array]:
    numbers = {name: ak.Array(np.concatenate([part.numbers[name] for part in parts])) for name in NUMBERS}
    objects = {kind: Objects.concatenate([part.objects[kind] for part in parts]) for kind in _FIELDS}
    return numbers | {kind: of_kind.to_awkward() for kind, of_kind in objects.items()}
