"""Memory for the arrays of a chunk, and the offsets that they share.

Filling memory that is new to the process takes longer than decoding into it: it is used again, as soon as no array
refers to it any more.
"""

import mmap
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from targets.rootio.ttree.loops import WORD_BYTES, Bytes, Integers, begin_there, list_entries

__all__ = ["ArrayMemory", "Offsets"]

_BLOCK_BYTES = 2**23
_IDLE_BLOCKS = 8  # that are kept for the next arrays
_SMALLEST_BYTES = 2**16  # smaller arrays come from memory that the process has
_ALIGNMENT = 64

_idle: list[mmap.mmap] = []
"""Memory that no array uses any more; of this process alone, as a fork copies it."""


class ArrayMemory:
    """Cuts arrays from large blocks, and keeps equal offsets once, as those of one collection's branches are."""

    def __init__(self) -> None:
        self._block = np.empty(0, np.uint8)
        self._draft = np.empty(0, np.int64)
        self._kept: list[Integers] = []

    def new(self, length: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Make an array.

        Args:
            length: How many numbers.
            dtype: Their type.

        Returns:
            Shape (length,); nothing in particular is in it.
        """
        n_bytes = length * dtype.itemsize
        if not _SMALLEST_BYTES <= n_bytes <= _BLOCK_BYTES:
            return np.empty(length, dtype)
        if n_bytes > len(self._block):
            self._block = _block()
        array = self._block[:n_bytes].view(dtype)
        self._block = self._block[-(-n_bytes // _ALIGNMENT) * _ALIGNMENT :]
        return array

    def offsets(self, n_entries: int, n_numbers: int) -> "Offsets":
        """Begin to list where entries begin; until the next call.

        Args:
            n_entries: How many entries there will be.
            n_numbers: How many numbers all of them will have together.

        Returns:
            Offsets of no entry yet.
        """
        if n_entries >= len(self._draft):
            self._draft = np.empty(n_entries + 1, np.int64)
        likely = (kept for kept in self._kept if len(kept) == n_entries + 1 and kept[-1] == n_numbers)
        return Offsets(self._draft[: n_entries + 1], next(likely, None))

    def keep(self, offsets: "Offsets") -> Integers:
        """Return the offsets of all entries, shape (n_entries + 1,): the same array wherever they are equal."""
        listed = offsets.listed()
        for kept in self._kept:
            if kept is listed or (kept[-1] == listed[-1] and np.array_equal(kept, listed)):
                return kept
        copy = self.new(len(listed), listed.dtype)
        copy[:] = listed
        self._kept.append(copy)
        return copy

    def forget(self) -> None:
        """Let go of all that was made, so that it lives as long as the arrays do."""
        self._kept.clear()
        self._block = np.empty(0, np.uint8)


class Offsets:
    """Where the entries of one branch begin, basket after basket; not listed anew while they are those of another."""

    def __init__(self, draft: Integers, likely: Integers | None) -> None:
        """Begin with no entry.

        Args:
            draft: Memory for the list, shape (n_entries + 1,).
            likely: Offsets of another branch that may be the same; None where there are none.
        """
        self._draft, self._likely = draft, likely
        self._n_listed = 0
        draft[0] = 0

    def n_numbers(self) -> int:
        """Return how many numbers the entries so far have."""
        return int(self.listed()[self._n_listed])

    def add(self, data: Bytes, starts: Bytes, origin: int, shift: int) -> bool:
        """Add entries that are nothing but numbers: see :func:`targets.rootio.ttree.loops.list_entries`.

        Returns:
            Whether they follow each other and are whole numbers.
        """
        n_entries = len(starts) // WORD_BYTES
        if self._likely is not None:
            stop = self._n_listed + n_entries
            if begin_there(data, starts, origin, shift, self._likely[self._n_listed : stop + 1]):
                self._n_listed = stop
                return True
        right: bool = list_entries(data, starts, origin, shift, self.place(n_entries))
        return right

    def place(self, n_entries: int) -> Integers:
        """Return where the offsets of further entries are to be written, shape (n_entries + 1,); the first is there."""
        if self._likely is not None:
            self._draft[: self._n_listed + 1] = self._likely[: self._n_listed + 1]
            self._likely = None
        start = self._n_listed
        self._n_listed += n_entries
        return self._draft[start : self._n_listed + 1]

    def listed(self) -> Integers:
        """Return the list, shape (n_entries + 1,); what was not added yet may be anything."""
        return self._draft if self._likely is None else self._likely


def _block() -> npt.NDArray[np.uint8]:
    """Take idle memory, or new one; it is idle again when the last array that was cut from it is gone."""
    memory = _idle.pop() if _idle else mmap.mmap(-1, _BLOCK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)  # new once in 2 MiB, not in 4 kiB
    block = np.frombuffer(memory, np.uint8)  # which every array that is cut from it, and every part of one, refers to
    weakref.finalize(block, _give_back, memory).atexit = False
    return block


def _give_back(memory: mmap.mmap) -> None:
    if len(_idle) < _IDLE_BLOCKS:
        _idle.append(memory)
