"""Memory for the arrays of a chunk: filling memory that is new to the process takes longer than decoding into it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from targets.entries import Integers

__all__ = ["ArrayMemory"]

_BLOCK_BYTES = 2**23  # numpy asks for huge pages from 4 MiB on: these are new once in 2 MiB, not in 4 kiB
_SMALLEST_BYTES = 2**16  # smaller arrays come from memory that the process has
_ALIGNMENT = 64


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
            self._block = np.empty(_BLOCK_BYTES, np.uint8)
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
        self._block = self._block[:0].copy()
