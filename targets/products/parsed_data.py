"""Parsed data: the selected objects of events, in GeV, as an RNTuple or a TTree.

One entry an event with ``run``, ``luminosity_block``, ``event``, ``generator_weight`` (g), ``weight`` (w) and the
collections ``e``, ``m``, ``j`` (with ``is_b``), ``g`` and ``t``, each with pt, eta, phi, mass and, where it exists,
charge, sorted by falling pT. Where masses with the missing transverse momentum are made, also ``met`` and ``met_phi``.

Beside it two texts: the statistics of the branch, and checksums of the objects, which are compared when these are read
again (files of older versions have none).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import awkward as ak
import numpy as np
import numpy.typing as npt
import uproot

from edm.objects import Objects
from targets.documents.json_checksums import sealed, unsealed
from targets.errors import UnreadableFileError
from targets.products.event_columns import COLUMNS, MET_NUMBERS, NUMBERS, Checksums, Events
from targets.rootio import files
from targets.rootio.compression import Zstandard
from targets.rootio.flat_arrays import Flat
from targets.rootio.ttree import branch_lists
from targets.storage import atomic

__all__ = ["FORMATS", "NAME", "Format", "Writer", "read", "read_events", "statistics", "write_statistics", "writing"]

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
"""The name of the checksums, a JSON text in the same file: of each column, and of how many objects an event has."""


class Writer:
    """Collects events and writes them in clusters.

    Attributes:
        written: Events given so far.
    """

    def __init__(self, file: Any, parsed_format: Format, with_met: bool = False) -> None:
        self._file = file
        numbers = NUMBERS | MET_NUMBERS if with_met else NUMBERS
        empty = _to_awkward([Events.of(dict.fromkeys(COLUMNS, Objects.none(0)), dict.fromkeys(numbers, ()))])
        if parsed_format == "rntuple":
            self._target = file.mkrntuple(NAME, ak.zip(empty, depth_limit=1).layout.form)
        else:
            types = {name: array.type.content if name in COLUMNS else numbers[name] for name, array in empty.items()}
            self._target = file.mktree(NAME, types)
        self._waiting: list[Events] = []
        self._n_waiting = 0
        self._checksums = Checksums(numbers)
        self.written = 0

    def add(self, objects: Mapping[str, Objects], numbers: Mapping[str, Any]) -> None:
        """Add events.

        Args:
            objects: The objects of each stored kind, in all these events; pt and mass in GeV.
            numbers: The columns NUMBERS, and MET_NUMBERS where the file has them, each of shape (n_events,).
        """
        self.append(Events.of(objects, numbers))

    def append(self, events: Events) -> None:
        """Add events that are in the layout of parsed data already.

        Args:
            events: The events.
        """
        n_events = len(events.numbers["run"])
        self._checksums.add(events.objects, events.numbers)
        self._waiting.append(events)
        self._n_waiting += n_events
        self.written += n_events
        if self._n_waiting >= _CLUSTER_EVENTS:
            self.flush()

    def note(self, statistics: Mapping[str, Any]) -> None:
        """Put the statistics of the branch into the file; see :func:`write_statistics`."""
        write_statistics(self._file, statistics)

    def finish(self) -> None:
        """Write what waits, and the checksums of all."""
        self.flush()
        self._file[_CHECKSUMS] = json.dumps(self._checksums.as_dict())

    def flush(self) -> None:
        """Write what waits as one cluster."""
        if self._n_waiting:
            self._target.extend(_to_awkward(self._waiting))
        self._waiting, self._n_waiting = [], 0


@contextmanager
def writing(path: Path, parsed_format: Format, with_met: bool = False) -> Iterator[Writer]:
    """Write a file of parsed data, whole or not at all.

    Args:
        path: The file to make.
        parsed_format: ``rntuple``, or ``ttree`` for readers with an old ROOT.
        with_met: Whether events have the columns MET_NUMBERS too.

    Yields:
        The writer.
    """
    with atomic.replacing(path) as temporary, uproot.recreate(temporary, compression=Zstandard(1)) as file:
        writer = Writer(file, parsed_format, with_met)
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
    for objects, _ in read_events(path, size, ()):
        yield objects


def read_events(
    path: Path, size: int, names: Sequence[str]
) -> Iterator[tuple[dict[str, Objects], dict[str, npt.NDArray[Any]]]]:
    """Read the objects of parsed data, and numbers of their events.

    Args:
        path: A file that :func:`writing` made.
        size: Events in a chunk, at least 1.
        names: Columns of NUMBERS, or of MET_NUMBERS where the file has them.

    Yields:
        The objects of each stored kind, pt and mass in GeV, and each column, shape (n_events,); nothing for a file
        without events.

    Raises:
        UnreadableFileError: When the file is not there or damaged; after the last event at the latest.
    """
    try:
        expected, checksums = _checksums(path), Checksums(names)
        with files.open_trees(str(path)) as trees:
            tree = trees[NAME]
            objects, reader = _objects(tree), tree.reader()
            for start in range(0, tree.num_entries, size):
                stop = min(start + size, tree.num_entries)
                flats = reader.arrays(list(names), start, stop) if names else {}
                numbers, chunk = {name: flat.numbers for name, flat in flats.items()}, objects(start, stop)
                checksums.add(chunk, numbers)
                yield chunk, numbers
        checksums.compare(expected)
    except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
        raise _unreadable(path, "parsed data cannot be read", error) from error


def write_statistics(file: Any, statistics: Mapping[str, Any]) -> None:
    """Put the statistics of a branch into a file, from where :func:`statistics` reads them.

    Args:
        file: The file as uproot writes it.
        statistics: What JSON can write.
    """
    file[_STATISTICS] = json.dumps(sealed(statistics))


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
        with uproot.open(path, custom_classes=branch_lists.classes()) as file:
            noted: dict[str, Any] = dict(unsealed(json.loads(str(file[_STATISTICS]))))
            return noted
    except Exception as error:  # damaged bytes surface as whatever the decoder stumbled over
        raise _unreadable(path, "its statistics cannot be read", error) from error


def _checksums(path: Path) -> dict[str, str] | None:
    """Read the checksums of a file; None of one without."""
    with uproot.open(path, custom_classes=branch_lists.classes()) as file:
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
    paths = [f"{kind}{sign}{name}" for kind, names in COLUMNS.items() for name in names]

    def read_objects(start: int, stop: int) -> dict[str, Objects]:
        """Read the columns and put objects together."""
        flats = reader.arrays(paths, start, stop)
        return {kind: _join({name: flats[f"{kind}{sign}{name}"] for name in names}) for kind, names in COLUMNS.items()}

    return read_objects


def _join(columns: Mapping[str, Flat]) -> Objects:
    offsets = columns["pt"].list_offsets()
    if any(not np.array_equal(offsets, flat.list_offsets()) for flat in columns.values()):
        msg = "the columns of one kind have different numbers of objects"
        raise ValueError(msg)
    return Objects(offsets, {name: flat.numbers for name, flat in columns.items()})


def _to_awkward(parts: list[Events]) -> dict[str, ak.Array]:
    numbers = {name: ak.Array(np.concatenate([part.numbers[name] for part in parts])) for name in parts[0].numbers}
    objects = {kind: Objects.concatenate([part.objects[kind] for part in parts]) for kind in COLUMNS}
    return numbers | {kind: of_kind.to_awkward() for kind, of_kind in objects.items()}
