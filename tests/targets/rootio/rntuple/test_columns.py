"""Columns of RNTuples against plain numbers: late ones, several representations, lists that contradict themselves."""

from types import SimpleNamespace

import numpy as np
import pytest
import xxhash

from targets.rootio.compression import Decompressor
from targets.rootio.flat_arrays import ShapeError
from targets.rootio.rntuple import columns
from targets.rootio.rntuple.columns import Column, Representation

INT32, SPLIT_INT32 = 0x07, 0x13


def record(number=0, first=0, late=False, kind=INT32):
    return SimpleNamespace(
        idx=number, first_element_index=first, flags=int(late), type=kind, nbits=32, min_value=None, max_value=None
    )


class Bytes:
    """Pages one behind the other, as in a file."""

    def __init__(self):
        self.data = b""

    def pages(self, *lists, offset=0, suppressed=False):
        """Add pages of a column in a cluster, and return what uproot says of them."""
        listed = [self._page(np.array(numbers, "<i4").tobytes(), len(numbers)) for numbers in lists]
        return SimpleNamespace(pages=listed, element_offset=offset, suppressed=suppressed)

    def _page(self, data, number):
        locator = SimpleNamespace(offset=len(self.data), num_bytes=len(data))
        self.data += data + xxhash.xxh3_64_intdigest(data).to_bytes(8, "little")
        return SimpleNamespace(num_elements=number, locator=locator, has_checksum=True)


def read(column, stored, start, stop):
    ranges = [page.range() for page in column.missing(start, stop)]
    fetched = {(begin, end): memoryview(stored.data[begin:end]) for begin, end in ranges}
    return column.numbers(fetched, start, stop, Decompressor()).tolist()


def all_ways(column, stored, right):
    """Read every range of numbers, alone and one after the other."""
    n = len(right)
    for start in range(n):
        for stop in range(start + 1, n + 1):
            assert read(column, stored, start, stop) == right[start:stop]
    for size in (1, 2, 3):
        parts = [read(column, stored, start, min(start + size, n)) for start in range(0, n, size)]
        assert [number for part in parts for number in part] == right


def test_entries_before_a_late_column_are_zero():
    """The cluster list of the first has no such column, that of the second part of the numbers: as ROOT writes them."""
    stored = Bytes()
    clusters = [[], [stored.pages([7], [8, 9], offset=5)], [stored.pages([1, 2], offset=8)]]
    column = Column([Representation.of(record(first=5, late=True))], clusters, [3, 5, 2])
    assert column.firsts.tolist() == [0, 3, 8, 10]
    all_ways(column, stored, [0, 0, 0, 0, 0, 7, 8, 9, 1, 2])


def test_zeros_that_are_stored_are_not_added_twice():
    """As hadd writes them: the column is marked as late, and has pages for all entries."""
    stored = Bytes()
    clusters = [[stored.pages([0, 0, 0], offset=5)], [stored.pages([0, 0], [7, 8, 9], offset=8)]]
    column = Column([Representation.of(record(first=5, late=True))], clusters, [3, 5])
    all_ways(column, stored, [0, 0, 0, 0, 0, 7, 8, 9])


def test_in_each_cluster_the_representation_counts_that_is_not_suppressed():
    stored = Bytes()
    nothing = stored.pages(suppressed=True)
    split = np.array([2, 3], "<u4").view("u1").reshape(2, 4).T.tobytes()  # 1 and -2
    other = SimpleNamespace(pages=[stored._page(split, 2)], element_offset=2, suppressed=False)
    clusters = [[stored.pages([5, 6])], [nothing, other], [stored.pages([8], offset=4), nothing]]
    ways = [record(), record(1, first=(1 << 64) - 2, late=True, kind=SPLIT_INT32)]
    column = Column([Representation.of(way) for way in ways], clusters, [2, 2, 1])
    all_ways(column, stored, [5, 6, 1, -2, 8])


@pytest.mark.parametrize(
    ("late", "offsets", "entries", "complaint"),
    [
        (False, (0, 3), [3, 4], "a cluster has 3 numbers where its entries make 4"),
        (False, (0, 3), [3, 2], "a cluster has 3 numbers where its entries make 2"),
        (True, (0, 3), [4, 4], "a cluster has 3 numbers where its entries make 4"),  # the column began before
        (False, (0, 2), [3, 3], "a cluster begins with number 2, and those before it end at 3"),
    ],
)
def test_numbers_that_do_not_fit_the_entries_are_an_error(late, offsets, entries, complaint):
    stored = Bytes()
    clusters = [[stored.pages([1, 2, 3], offset=offset)] for offset in offsets]
    with pytest.raises(ValueError, match=complaint):
        Column([Representation.of(record(late=late))], clusters, entries)


def test_a_cluster_in_which_two_representations_count_is_an_error():
    stored = Bytes()
    clusters = [[stored.pages([1]), stored.pages([2])]]
    with pytest.raises(ValueError, match="2 representations count in one cluster, where there must be one"):
        Column([Representation.of(record()), Representation.of(record(1))], clusters, [1])


def test_a_page_with_a_wrong_bit_is_an_error():
    stored = Bytes()
    column = Column([Representation.of(record())], [[stored.pages([1, 2, 3])]], [3])
    stored.data = bytes([stored.data[0] ^ 1]) + stored.data[1:]
    with pytest.raises(ValueError, match="the checksum of the page at byte 0 is wrong"):
        read(column, stored, 0, 3)


def test_a_page_with_more_bytes_than_its_numbers_is_an_error():
    stored = Bytes()
    listed = stored.pages([1, 2, 3])
    listed.pages[0].num_elements = 2
    column = Column([Representation.of(record())], [[listed]], [2])
    with pytest.raises(ValueError, match="the page at byte 0 has 12 bytes, and its numbers 8"):
        read(column, stored, 0, 2)


def test_an_unknown_codec_is_named():
    stored = Bytes()
    block = b"QQ\1" + (2).to_bytes(3, "little") + (120).to_bytes(3, "little") + bytes(2)
    listed = SimpleNamespace(pages=[stored._page(block, 30)], element_offset=0, suppressed=False)
    column = Column([Representation.of(record())], [[listed]], [30])
    with pytest.raises(ShapeError, match="compressed with b'QQ', which is not read"):
        read(column, stored, 0, 30)


def test_of_a_large_page_the_bytes_of_the_file_count_too(monkeypatch):
    stored = Bytes()
    column = Column([Representation.of(record())], [[stored.pages([1, 2, 3], [4])]], None)
    assert (column.largest_page_bytes(), column.large_read_bytes()) == (3 * 4, 0)
    monkeypatch.setattr(columns, "_LARGE_BYTES", 10)
    assert (column.largest_page_bytes(), column.large_read_bytes()) == (3 * 4, 3 * 4)
