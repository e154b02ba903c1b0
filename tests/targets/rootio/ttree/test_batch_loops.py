"""What keys of plain baskets say, and numbers of many baskets; whatever is not plain is told, and left alone."""

import struct

import numpy as np
import pytest

from targets.rootio.ttree.basket_keys import as_bytes
from targets.rootio.ttree.batch_loops import fill_baskets, read_heads

KEY = 70
ENTRIES = struct.pack(">iHi2f", 0x40000000 + 14, 9, 2, 1, 2) + struct.pack(">iHi", 0x40000000 + 6, 9, 0)
# how many words, where the two entries begin, and one that means nothing
WORDS = struct.pack(">4i", 3, KEY, KEY + 18, 0)


def packed(*, n_bytes=None, size=None, key=KEY, version=3, n_entries=2, last=None, name=b"ZL", stored=30, spare=b""):
    """A basket in the file: its compressed block is *stored* zeros."""
    size = len(ENTRIES + WORDS) if size is None else size
    last = KEY + len(ENTRIES) if last is None else last
    block = struct.pack("<2sBHBHB", name, 1, stored, 0, size, 0) + bytes(stored) + spare
    head = struct.pack(">ihiIhh", n_bytes or KEY + len(block), 4, size, 0, key, 1)
    own = struct.pack(">Hiiiib", version, 0, 0, n_entries, last, 0)
    return head + bytes(KEY - len(head + own)) + own + block


def heads_of(*baskets, jagged=True):
    """Read the keys of baskets of two entries; None where one is not plain."""
    begins = np.cumsum([0, *map(len, baskets)])
    heads = np.zeros((len(baskets), 5), np.int64)
    plain = read_heads(as_bytes(b"".join(baskets)), begins, np.full(len(baskets), 2), jagged, heads)
    return heads.tolist() if plain else None


def test_keys_say_where_blocks_are():
    begin, length = KEY + 9, len(packed())
    expected = [begin, length, len(ENTRIES + WORDS), len(ENTRIES), KEY]
    assert heads_of(packed(), packed()) == [expected, [begin + length, 2 * length, *expected[2:]]]
    two_lists = packed(size=len(ENTRIES + 2 * WORDS))
    assert heads_of(two_lists)[0][2] == len(ENTRIES + 2 * WORDS)
    assert heads_of(packed(size=len(ENTRIES)), jagged=False) == [[*expected[:2], len(ENTRIES), *expected[3:]]]


@pytest.mark.parametrize(
    "changed",
    [
        {"n_bytes": 99},
        {"key": 20},
        {"key": 2000},
        {"version": 1000},
        {"n_entries": 3},
        {"last": KEY - 1},
        {"last": KEY + 1000},
        {"size": len(ENTRIES) + 3},
        {"size": len(ENTRIES + 3 * WORDS)},
        {"size": len(ENTRIES)},
        {"name": b"ZS"},  # another codec than the one before
        {"spare": b"more"},  # a second block
        {"stored": len(ENTRIES + WORDS) - 9},  # as many bytes as when it is not compressed
    ],
    ids=str,
)
def test_baskets_that_are_not_plain_are_told(changed):
    assert heads_of(packed(), packed(**changed)) is None
    assert heads_of(packed(), packed()[:40]) is None


def filled(data, *, header_bytes=10, room=4):
    """Put the numbers of one basket in place; None where it is not what its key says."""
    offsets, numbers = np.array([7, 0, 0]), np.zeros(room, np.uint32)
    heads = np.array([[0, 0, len(data), len(ENTRIES), KEY]])
    place = numbers[: (len(ENTRIES) - 2 * header_bytes) // 4].view(np.uint8)
    right = fill_baskets(as_bytes(data), heads, np.array([2]), True, header_bytes, 2, offsets, place)
    return (offsets.tolist(), numbers.byteswap().view(np.float32).tolist()) if right else None


def test_numbers_of_vectors_are_put_in_place():
    assert filled(ENTRIES + WORDS) == ([7, 9, 9], [1, 2, 0, 0])
    assert filled(ENTRIES + WORDS + WORDS) == ([7, 9, 9], [1, 2, 0, 0])


@pytest.mark.parametrize(
    "at", [3, 9, 21, len(ENTRIES) + 3, len(ENTRIES) + 7, len(ENTRIES) + 11, len(ENTRIES + WORDS) + 3]
)
def test_entries_that_contradict_their_lists_are_told(at):
    data = bytearray(ENTRIES + WORDS + WORDS)
    data[at] ^= 1
    assert filled(bytes(data)) is None
