"""The loops over many baskets at once, compiled: what their keys say, and the numbers of all their entries."""

import numpy as np

from compiled.loops import compiled
from edm.arrays import Int64
from targets.rootio.ttree.basket_loops import LAST_VERSION, MOST_LISTS, WORD_BYTES, Bytes, list_entries, take_vectors

__all__ = ["BEGIN", "END", "ENTRY_BYTES", "HEAD_BYTES", "KEY_BYTES", "SIZE", "fill_baskets", "read_heads"]

BEGIN, END, SIZE, ENTRY_BYTES, KEY_BYTES = range(5)
"""Columns of what keys say: where the compressed block begins and ends in the file's bytes, how many bytes it has when
decompressed, how many of these are entries, and how many bytes the key has."""

HEAD_BYTES = 9
"""In front of a compressed block: two letters that name its codec, a version, and two sizes."""

_KEY, _BASKET = 18, 19  # bytes of a key's fixed part, and of what a basket puts at its end (basket_keys.py)
_MOST_KEY_BYTES = 2**15 - 1


@compiled(nogil=True)
def read_heads(memory: Bytes, begins: Int64, lengths: Int64, jagged: bool, heads: Int64) -> bool:
    """Read the keys of baskets, and compare them with the list of contents.

    Args:
        memory: The bytes of all baskets.
        begins: Where each begins and the last ends, shape (n_baskets + 1,).
        lengths: How many entries each must have, shape (n_baskets,).
        jagged: Whether they list where entries begin.
        heads: Gets what keys say, shape (n_baskets, 5).

    Returns:
        Whether all are plain: behind a key without features one compressed block, of the same codec.
    """
    first = begins[0]
    for i in range(len(lengths)):
        begin, end = begins[i], begins[i + 1]
        if end - begin < _KEY + _BASKET + HEAD_BYTES or _number(memory, begin, 4) != end - begin:
            return False
        size, key = _number(memory, begin + 6, 4), _number(memory, begin + 14, 2)
        if not _KEY + _BASKET <= key <= min(_MOST_KEY_BYTES, end - begin - HEAD_BYTES):
            return False
        n_bytes = _number(memory, begin + key - 5, 4) - key
        if _number(memory, begin + key - 9, 4) != lengths[i] or not 0 <= n_bytes <= size:
            return False
        if _number(memory, begin + key - _BASKET, 2) > LAST_VERSION:
            return False
        words = (lengths[i] + 2) * WORD_BYTES if jagged else 0
        if size - n_bytes != words and size - n_bytes != MOST_LISTS * words:
            return False
        block = begin + key
        first = first if i else block
        if end - block == size or _number(memory, block, 2) != _number(memory, first, 2):
            return False
        if _low_first(memory, block + 3) != end - block - HEAD_BYTES or _low_first(memory, block + 6) != size:
            return False
        heads[i] = block + HEAD_BYTES, end, size, n_bytes, key
    return True


@compiled(nogil=True)
def fill_baskets(
    data: Bytes,
    heads: Int64,
    lengths: Int64,
    jagged: bool,
    header_bytes: int,
    shift: int,
    offsets: Int64,
    numbers: Bytes,
) -> bool:
    """Copy the numbers of baskets, and list where each entry begins.

    Args:
        data: The decompressed baskets, end to end.
        heads: What keys say, shape (n_baskets, 5).
        lengths: How many entries each has, shape (n_baskets,).
        jagged: Whether they list where entries begin.
        header_bytes: Length of what precedes the numbers of an entry; 0 where these are no lists.
        shift: A number has 2**shift bytes.
        offsets: Gets the number at which each entry begins and the last ends, counted from what its first element is,
            shape (n_entries + 1,); left alone where entries do not differ in length.
        numbers: Gets the bytes of the numbers.

    Returns:
        Whether entries are where lists and vectors say.
    """
    begin, entry, to = np.int64(0), np.int64(0), np.int64(0)
    for i in range(len(lengths)):
        n_bytes, n_entries = heads[i, ENTRY_BYTES], lengths[i]
        inside = n_bytes - header_bytes * n_entries
        if not 0 <= inside <= len(numbers) - to:
            return False
        stop, entries, target = begin + heads[i, SIZE], data[begin : begin + n_bytes], numbers[to : to + inside]
        words, place = data[begin + n_bytes : stop], offsets[entry : entry + n_entries + 1]
        if not jagged:
            target[:] = entries
        elif not _fill_lists(entries, words, heads[i, KEY_BYTES], header_bytes, shift, place, target):
            return False
        begin, entry, to = stop, entry + n_entries, to + inside
    return bool(to == len(numbers))


@compiled(nogil=True)
def _fill_lists(
    entries: Bytes, words: Bytes, key: int, header_bytes: int, shift: int, offsets: Int64, numbers: Bytes
) -> bool:
    """Copy the numbers of the lists of a basket; *words* say where they begin."""
    if not _lists_entries(words, len(offsets) - 1, key):
        return False
    starts = words[WORD_BYTES:]
    if header_bytes:
        return take_vectors(entries, starts, key, shift, offsets, numbers)
    numbers[:] = entries
    return list_entries(entries, starts, key, shift, offsets)


@compiled(nogil=True)
def _lists_entries(words: Bytes, n_entries: int, key: int) -> bool:
    """Tell whether words are one list of where entries begin, or two: each counts its words, the first begins at 0."""
    again = (n_entries + 2) * WORD_BYTES
    if _number(words, 0, 4) != n_entries + 1 or _number(words, WORD_BYTES, 4) != key:
        return False
    return len(words) <= again or bool(_number(words, again, 4) == n_entries + 1)


@compiled(nogil=True)
def _number(data: Bytes, at: int, n_bytes: int) -> np.int64:
    """Read a whole number that has its highest byte first."""
    number = np.int64(0)
    for i in range(n_bytes):
        number = number << 8 | np.int64(data[at + i])
    return number


@compiled(nogil=True)
def _low_first(data: Bytes, at: int) -> np.int64:
    """Read a size in the head of a compressed block: three bytes, the lowest first."""
    return np.int64(data[at]) | np.int64(data[at + 1]) << 8 | np.int64(data[at + 2]) << 16
