"""How many events a chunk may have, and what may be read ahead of it, so that both fit into the memory there is."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from targets.network.read_plan import PlannedRange

__all__ = ["ChunkMemory"]

_COPIES = 12  # memory of the work on a chunk over the bytes read: conversion, selection, packing (benchmarks/memory.py)
_MOST_AHEAD = 48 * 10**6  # bytes: more than a second of four fast connections
_SHARE_AHEAD = 8


class ChunkMemory(NamedTuple):
    """Memory in bytes.

    Attributes:
        chunk: For a chunk and the work on it; None for no limit.
        ahead: For what is read ahead; 0 for files of this machine.
    """

    chunk: int | None
    ahead: int

    @classmethod
    def divide(cls, memory_bytes: int | None, is_remote: bool) -> Self:
        """Divide the memory there is.

        Args:
            memory_bytes: Memory in bytes; None for no limit.
            is_remote: Whether the file is read over a network.
        """
        if not is_remote:
            return cls(memory_bytes, 0)
        if memory_bytes is None:
            return cls(None, _MOST_AHEAD)
        ahead = min(_MOST_AHEAD, memory_bytes // _SHARE_AHEAD)
        return cls(memory_bytes - ahead, ahead)

    def events(self, bytes_per_event: float, most: int) -> int:
        """Return how many events fit into a chunk with the work on them; one always does.

        Args:
            bytes_per_event: Bytes of an event in memory.
            most: Events at most.
        """
        if self.chunk is None:
            return most
        return max(1, min(most, int(self.chunk / (_COPIES * max(bytes_per_event, 1.0)))))

    def events_ahead(self, ranges: Sequence[PlannedRange], num_entries: int, most: int) -> int:
        """Return how many events a chunk may have so that the next one can be read while it is worked on.

        Args:
            ranges: What the file's branches take of it.
            num_entries: Events in the file, at least 1.
            most: Events at most.
        """
        n_bytes = sum(planned.stop - planned.start for planned in ranges)
        return max(1, min(most, num_entries * self.ahead // (2 * n_bytes or 1)))
