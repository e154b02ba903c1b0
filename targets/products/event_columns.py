"""Events on their way into parsed data: one layout of columns, sections that wait, and checksums."""

import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import xxhash

from edm.objects import Objects

__all__ = ["COLUMNS", "EVENT_NUMBERS", "MET_NUMBERS", "NUMBERS", "Checksums", "Events", "Section", "section_in"]

NUMBERS: dict[str, type[np.generic]] = {
    "run": np.uint32,
    "luminosity_block": np.uint32,
    "event": np.uint64,
    "generator_weight": np.float64,
    "weight": np.float64,
}
"""The columns of events and their types."""

EVENT_NUMBERS = ("run", "luminosity_block", "event")
"""The columns that tell events from each other."""

MET_NUMBERS: dict[str, type[np.generic]] = {"met": np.float32, "met_phi": np.float32}
"""Further columns, where masses with the missing transverse momentum are made: in GeV and radians."""

_SUMMED = ("weight", *MET_NUMBERS)  # columns of events that have checksums: of the others no result depends

COLUMNS = {
    "e": ("pt", "eta", "phi", "mass", "charge"),
    "m": ("pt", "eta", "phi", "mass", "charge"),
    "j": ("pt", "eta", "phi", "mass", "is_b"),
    "g": ("pt", "eta", "phi", "mass"),
    "t": ("pt", "eta", "phi", "mass", "charge"),
}
"""The columns of each stored kind."""


class Events(NamedTuple):
    """Events in the one layout that all clusters share.

    Attributes:
        numbers: The columns NUMBERS, and MET_NUMBERS where they are asked for, shape (n_events,) each.
        objects: The objects of each stored kind.
    """

    numbers: dict[str, npt.NDArray[Any]]
    objects: dict[str, Objects]

    @classmethod
    def of(cls, objects: Mapping[str, Objects], numbers: Mapping[str, Any]) -> Self:
        """Bring events to this layout, with a charge of 0 where a format has none.

        Args:
            objects: The objects of each stored kind; pt and mass in GeV.
            numbers: The columns NUMBERS, and MET_NUMBERS where they are asked for, shape (n_events,) each.

        Returns:
            The same events.
        """
        types = NUMBERS | {name: dtype for name, dtype in MET_NUMBERS.items() if name in numbers}
        return cls(
            {name: np.asarray(numbers[name]).astype(dtype, copy=False) for name, dtype in types.items()},
            {kind: _complete(objects[kind], names) for kind, names in COLUMNS.items()},
        )

    @property
    def n_events(self) -> int:
        """How many events there are."""
        return len(self.numbers["run"])

    def after(self, n_events: int) -> "Events":
        """Leave out the first events.

        Args:
            n_events: How many.
        """
        if not n_events:
            return self
        numbers = {name: column[n_events:] for name, column in self.numbers.items()}
        return Events(numbers, {kind: objects.after(n_events) for kind, objects in self.objects.items()})

    @property
    def n_bytes(self) -> int:
        """Memory that the events take, in bytes."""
        numbers = sum(column.nbytes for column in self.numbers.values())
        return numbers + sum(objects.n_bytes for objects in self.objects.values())


class Section:
    """The events of one input file, which wait until it has been read whole: the first in memory, others on disk."""

    def __init__(self, spilled: Any, memory_bytes: int) -> None:
        self._spilled, self._memory_bytes = spilled, memory_bytes
        self._n_spilled = 0
        self._in_memory = deque[Events]()

    def add(self, events: Events) -> None:
        """Add events.

        Args:
            events: Further ones.
        """
        self._memory_bytes -= events.n_bytes
        if self._memory_bytes >= 0:
            self._in_memory.append(events)
        else:
            pickle.dump(events, self._spilled, pickle.HIGHEST_PROTOCOL)
            self._n_spilled += 1

    def take(self) -> Iterator[Events]:
        """Return the events once, part by part, in the order in which they were added."""
        while self._in_memory:
            yield self._in_memory.popleft()
        self._spilled.seek(0)
        for _ in range(self._n_spilled):
            yield pickle.load(self._spilled)


@contextmanager
def section_in(folder: Path, memory_bytes: int) -> Iterator[Section]:
    """Collect the events of one input file, which is read whole, or not at all.

    What is made of events cannot be taken back, so that they wait until their file has been read whole. Then they are
    taken chunk by chunk, as if they had never waited: files that failed leave no trace. Those of a large file wait on
    disk, in a file without a name, which is gone with the process whatever happens.

    Args:
        folder: Where the events of a large file wait.
        memory_bytes: Memory for those that wait there.

    Yields:
        What collects the events.
    """
    with SpooledTemporaryFile(max_size=1, dir=str(folder)) as spilled:  # makes the file when something is written
        yield Section(spilled, memory_bytes)


class Checksums:
    """Running checksums of objects; they do not depend on how events are cut into chunks.

    Args:
        numbers: The columns of events that are added too.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._running = {(kind, name): xxhash.xxh3_64() for kind in COLUMNS for name in ("", *COLUMNS[kind])}
        self._of_numbers = {name: xxhash.xxh3_64() for name in _SUMMED if name in numbers}

    def add(self, objects: Mapping[str, Objects], numbers: Mapping[str, npt.NDArray[Any]]) -> None:
        """Add the objects of further events.

        Args:
            objects: The objects of each stored kind.
            numbers: Columns of events, shape (n_events,) each; those that were not announced are passed over.
        """
        for name, of_number in self._of_numbers.items():
            of_number.update(np.ascontiguousarray(numbers[name]).data)
        for (kind, name), running in self._running.items():
            values = objects[kind][name] if name else objects[kind].counts()
            running.update(np.ascontiguousarray(values).data)

    def compare(self, expected: Mapping[str, str] | None) -> None:
        """Compare them with those of the objects that were written.

        Args:
            expected: What :meth:`as_dict` gave then; None of a file without checksums.

        Raises:
            ValueError: When they differ.
        """
        if expected is None:
            return
        own = self.as_dict()
        if any(own[key] != text for key, text in expected.items() if key in own or key not in _SUMMED):
            msg = "its objects are not those that were written: their checksums differ"
            raise ValueError(msg)

    def as_dict(self) -> dict[str, str]:
        """Return the checksums by kind (of the numbers of objects of each event), by kind and column, and by number."""
        objects = {f"{kind}_{name}".strip("_"): running.hexdigest() for (kind, name), running in self._running.items()}
        return objects | {name: running.hexdigest() for name, running in self._of_numbers.items()}


def _complete(objects: Objects, names: tuple[str, ...]) -> Objects:
    zeros = np.zeros(objects.n_objects, dtype=np.float32)
    types = {name: np.int8 if name == "is_b" else np.float32 for name in names}
    columns = {name: objects.columns.get(name, zeros).astype(types[name], copy=False) for name in names}
    return Objects(objects.offsets, columns)
