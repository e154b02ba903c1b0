"""The loops over the entries of baskets, compiled: where each begins, and the numbers of vectors without headers.

Words and numbers have their highest byte first, as everything in a ROOT file.
"""

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from edm.arrays import Int64

__all__ = ["LAST_VERSION", "MOST_LISTS", "VECTOR_HEADER_BYTES", "WORD_BYTES", "Bytes", "list_entries", "take_vectors"]

WORD_BYTES = 4
"""Bytes of the words that tell where entries begin."""

LAST_VERSION = 9
"""Of a basket, more than any yet (3): where a larger one seems to stand, the basket has features."""

MOST_LISTS = 2
"""Of words that follow the entries of a basket."""

VECTOR_HEADER_BYTES = 10
"""In front of the numbers of a `std::vector`: the bytes that follow this word, a version, how many numbers."""

_BYTE_COUNT = 0x40000000  # marks a word as a number of bytes

Bytes = npt.NDArray[np.uint8]
"""Bytes of a file."""


@compiled(nogil=True)
def list_entries(data: Bytes, starts: Bytes, origin: int, shift: int, offsets: Int64) -> bool:
    """List where entries begin that are nothing but numbers.

    Args:
        data: The bytes of all entries.
        starts: The byte at which each begins, as words, shape (4 * n_entries,).
        origin: What is to be taken off these words; the first is this.
        shift: A number has 2**shift bytes.
        offsets: Gets the number at which each begins and the last ends, counted from what its first element is, shape
            (n_entries + 1,).

    Returns:
        Whether entries follow each other and are whole numbers.
    """
    filled, before, lengths = offsets[0], np.int64(0), np.int64(0)
    for i in range(np.uint64(len(offsets) - 1)):  # an index that cannot be negative is faster
        begin = _word(starts, np.uint64(WORD_BYTES) * i) - origin
        lengths |= begin - before  # keeps the sign of any that is negative, and the bits below whole numbers
        before = begin
        offsets[i] = filled + (begin >> shift)
    lengths |= len(data) - before
    offsets[-1] = filled + (len(data) >> shift)
    return bool(lengths >= 0 and lengths & ((1 << shift) - 1) == 0 and offsets[0] == filled)


@compiled(nogil=True)
def take_vectors(data: Bytes, starts: Bytes, origin: int, shift: int, offsets: Int64, numbers: Bytes) -> bool:
    """Copy the numbers of vectors, and list where each vector begins.

    Args:
        data: The bytes of all entries.
        starts: The byte at which each begins, as words, shape (4 * n_entries,).
        origin: What is to be taken off these words; the first is this.
        shift: A number has 2**shift bytes.
        offsets: Gets the number at which each begins and the last ends, counted from what its first element is, shape
            (n_entries + 1,).
        numbers: Gets the bytes of the numbers.

    Returns:
        Whether entries follow each other, and each has the length that it states.
    """
    n_entries = len(offsets) - 1
    begin, to = np.int64(0), np.uint64(0)
    for i in range(n_entries):
        end = _word(starts, np.uint64((i + 1) * WORD_BYTES)) - origin if i + 1 < n_entries else np.int64(len(data))
        inside = end - begin - VECTOR_HEADER_BYTES
        if inside < 0 or end > len(data) or np.int64(to) + inside > len(numbers):
            return False
        at = np.uint64(begin)
        n_bytes, n_numbers = _word(data, at), _word(data, at + np.uint64(VECTOR_HEADER_BYTES - WORD_BYTES))
        if n_bytes != _BYTE_COUNT + end - begin - WORD_BYTES or n_numbers << shift != inside:
            return False
        at += np.uint64(VECTOR_HEADER_BYTES)
        for j in range(np.uint64(inside)):
            numbers[to + j] = data[at + j]
        to += np.uint64(inside)
        offsets[i + 1] = offsets[i] + n_numbers
        begin = end
    return True


@compiled(nogil=True)
def _word(data: Bytes, at: np.uint64) -> np.int64:
    word = np.int64(0)
    for j in range(np.uint64(WORD_BYTES)):
        word = word << 8 | np.int64(data[at + j])
    return word
