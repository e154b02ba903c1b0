"""The record of parsed data that are not kept: the statistics of a branch and, where it is asked for, event numbers.

Its statistics are read as those of parsed data are, and so are its event numbers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from targets.products import parsed_data
from targets.products.event_columns import EVENT_NUMBERS, NUMBERS, Events
from targets.rootio.compression import Zstandard
from targets.storage import atomic

__all__ = ["RecordWriter", "writing"]

_CLUSTER_EVENTS = 1_000_000  # of 16 bytes


class RecordWriter:
    """Counts events that are not kept, and keeps their numbers where it is asked to.

    Attributes:
        written: Events given so far.
    """

    def __init__(self, file: Any, with_numbers: bool) -> None:
        self._file = file
        empty = ak.Array({name: np.zeros(0, NUMBERS[name]) for name in EVENT_NUMBERS})
        self._target = file.mkrntuple(parsed_data.NAME, empty.layout.form) if with_numbers else None
        self._waiting: list[Events] = []
        self.written = self._n_waiting = 0

    def append(self, events: Events) -> None:
        """Add events.

        Args:
            events: The events.
        """
        n_events = len(events.numbers["run"])
        self.written += n_events
        if self._target is not None:
            self._n_waiting += n_events
            self._waiting.append(events._replace(objects={}))
        if self._n_waiting >= _CLUSTER_EVENTS:
            self.flush()

    def note(self, statistics: Mapping[str, Any]) -> None:
        """Put the statistics of the branch into the file; see :func:`targets.products.parsed_data.write_statistics`."""
        parsed_data.write_statistics(self._file, statistics)

    def flush(self) -> None:
        """Write the numbers that wait as one cluster."""
        if self._target is not None and self._n_waiting:
            columns = {name: [events.numbers[name] for events in self._waiting] for name in EVENT_NUMBERS}
            self._target.extend(ak.Array({name: np.concatenate(parts) for name, parts in columns.items()}))
        self._waiting, self._n_waiting = [], 0


@contextmanager
def writing(path: Path, with_numbers: bool) -> Iterator[RecordWriter]:
    """Write a record, whole or not at all.

    Args:
        path: The file to make.
        with_numbers: Whether it holds run, luminosity block and event number of each event.

    Yields:
        The writer.
    """
    with atomic.replacing(path) as temporary, uproot.recreate(temporary, compression=Zstandard(1)) as file:
        writer = RecordWriter(file, with_numbers)
        yield writer
        writer.flush()
