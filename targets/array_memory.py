"""Memory for the arrays of a chunk: filling memory that is new to the process takes longer than decoding into it.

So it is used again, as soon as no array refers to it any more.
"""

import mmap
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from targets.entries import Integers

__all__ = ["ArrayMemory"]

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

    def draft(self, length: int) -> Integers:
        """Return memory to write offsets into, shape (length,), until the next call; anything may be in it."""
        if length > len(self._draft):
            self._draft = np.empty(length, np.int64)
        return self._draft[:length]

    def keep(self, offsets: Integers) -> Integers:
        """Return offsets that were kept before and are equal to these, or keep a copy, shape (n_entries + 1,)."""
        for kept in self._kept:
            if kept[-1] == offsets[-1] and np.array_equal(kept, offsets):
                return kept
        copy = self.new(len(offsets), offsets.dtype)
        copy[:] = offsets
        self._kept.append(copy)
        return copy

    def forget(self) -> None:
        """Let go of all that was made, so that it lives as long as the arrays do."""
        self._kept.clear()
        self._block = np.empty(0, np.uint8)


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
