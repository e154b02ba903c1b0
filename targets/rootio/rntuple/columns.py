"""A column of an RNTuple: its pages in all clusters, each compared with what the file says of it.

A column that was added late has no pages for the entries before, which hold zeros; one that is stored in different
ways in different clusters (files that were merged) has one representation that counts in each. uproot takes neither
into account in every case (docs/upstream.md).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from targets.network.read_plan import PlannedRange
from targets.rootio.compression import Bytes, Decompressor
from targets.rootio.rntuple.encodings import Encoding

__all__ = ["CHECKSUM_BYTES", "Column", "Page", "Representation", "compare_checksum"]

CHECKSUM_BYTES = 8
"""Behind a page, where it has one, and at the end of each list of pages."""

_LARGE_BYTES = 2**24  # as for baskets

_SIGN = 1 << 63  # of a first element: below 0 where the column counts in no cluster before it was added


class Page(NamedTuple):
    """Consecutive numbers of a column.

    Attributes:
        first: Its first number, counted through the whole column.
        n_numbers: Numbers in it.
        start: Its first byte in the file; None for zeros that are not stored.
        n_bytes: Bytes in the file, without the checksum.
        has_checksum: Whether a checksum follows.
        encoding: How the numbers are stored.
    """

    first: int
    n_numbers: int
    start: int | None
    n_bytes: int
    has_checksum: bool
    encoding: Encoding

    def range(self) -> tuple[int, int]:
        """Return its first byte in the file, and the byte after its last, that of the checksum included."""
        assert self.start is not None
        return self.start, self.start + self.n_bytes + (CHECKSUM_BYTES if self.has_checksum else 0)


class Representation(NamedTuple):
    """One way in which a column is stored.

    Attributes:
        number: Its place in the file's list of columns.
        first: The first number that is stored; those before are zeros.
        suppressed_before: Whether it counts in no cluster that was written before it was added.
        is_deferred: Whether it was added late.
        encoding: How its numbers are stored.
    """

    number: int
    first: int
    suppressed_before: bool
    is_deferred: bool
    encoding: Encoding

    @classmethod
    def of(cls, record: Any) -> "Representation":
        """Take what the file says of a column.

        Args:
            record: uproot's column record.

        Returns:
            The representation.

        Raises:
            ShapeError: For a type that is not read.
        """
        index = int(record.first_element_index)
        below = index >= _SIGN
        first = (1 << 64) - index if below else index
        return cls(record.idx, first, below, bool(record.flags & 1), Encoding.of(record))


class Column:
    """A column, in all of its representations.

    Attributes:
        firsts: The first number of each cluster, and how many there are in all, shape (n_clusters + 1,).
        dtype: Type of the numbers in memory.
    """

    def __init__(self, ways: Sequence[Representation], clusters: Sequence[Any], entries: Sequence[int] | None) -> None:
        """List the pages.

        Args:
            ways: Its representations.
            clusters: uproot's lists of pages, per cluster and column.
            entries: How many numbers each cluster must have, where that follows from its entries; None for the numbers
                of lists.

        Raises:
            ValueError: When the file's lists contradict each other.
        """
        self.dtype = np.result_type(*(way.encoding.dtype for way in ways))
        self._pages: list[Page] = []
        self._kept: dict[int, npt.NDArray[Any]] = {}
        firsts = [0]
        for number, lists in enumerate(clusters):
            wanted = None if entries is None else entries[number]
            firsts.append(self._add_cluster(ways, lists, firsts[-1], wanted))
        self.firsts: npt.NDArray[np.int64] = np.array(firsts, dtype=np.int64)
        self._starts = [page.first for page in self._pages]

    def _add_cluster(self, ways: Sequence[Representation], lists: Any, first: int, wanted: int | None) -> int:
        """List the pages of a cluster, with zeros in front where the column began later; return where it ends."""
        counting = [way for way in ways if not _is_suppressed(way, lists)]
        if len(counting) != 1:
            msg = f"{len(counting)} representations count in one cluster, where there must be one"
            raise ValueError(msg)
        (way,) = counting
        listed = lists[way.number] if way.number < len(lists) else None
        pages = listed.pages if listed is not None else []
        stored = sum(page.num_elements for page in pages)
        zeros = 0 if wanted is None else wanted - stored
        if zeros and not (way.is_deferred and 0 < zeros <= way.first - first):
            msg = f"a cluster has {stored} numbers where its entries make {wanted}"
            raise ValueError(msg)
        # ROOT does not look at it either where a column was added late
        if listed is not None and not way.is_deferred and listed.element_offset != first:
            msg = f"a cluster begins with number {listed.element_offset}, and those before it end at {first}"
            raise ValueError(msg)
        if zeros:
            self._pages.append(Page(first, zeros, None, 0, False, way.encoding))
        first += zeros
        for page in pages:
            if page.num_elements:
                place = page.locator
                numbers = first, page.num_elements, place.offset, place.num_bytes, page.has_checksum
                self._pages.append(Page(*numbers, way.encoding))
            first += page.num_elements
        return first

    def largest_page_bytes(self) -> int:
        """Return the bytes of its largest page, decoded; 0 where it has none."""
        return max((page.n_numbers for page in self._pages), default=0) * self.dtype.itemsize

    def large_read_bytes(self) -> int:
        """Return the bytes of its largest page in the file; 0 where that is small beside what chunks take."""
        stored = max((page.n_bytes for page in self._pages), default=0)
        return stored if stored > _LARGE_BYTES else 0

    def planned(self, entries: Sequence[int]) -> list[PlannedRange]:
        """List the ranges of bytes that all of its pages take.

        Args:
            entries: The first entry of each cluster, and how many there are in all.
        """
        stored = [page for page in self._pages if page.start is not None]
        clusters = np.searchsorted(self.firsts, [page.first for page in stored], side="right") - 1
        return [
            PlannedRange(int(entries[cluster]), *page.range()) for cluster, page in zip(clusters, stored, strict=True)
        ]

    def missing(self, start: int, stop: int) -> list[Page]:
        """Return the pages that must be fetched for some numbers.

        Args:
            start: The first number.
            stop: The number after the last.
        """
        pages = [self._pages[number] for number in self._needed(start, stop) if number not in self._kept]
        return [page for page in pages if page.start is not None]

    def numbers(
        self, fetched: Mapping[tuple[int, int], memoryview], start: int, stop: int, decompressor: Decompressor
    ) -> npt.NDArray[Any]:
        """Return some numbers; the last page is kept when there is more in it.

        Args:
            fetched: The pages that :meth:`missing` names, by their ranges of bytes.
            start: The first number.
            stop: The number after the last.
            decompressor: What decompresses them.

        Returns:
            Shape (stop - start,), of :attr:`dtype`.

        Raises:
            ShapeError: For a codec that is not known.
            ValueError: When a page is damaged, or not what the file says of it.
        """
        numbers, kept = np.empty(stop - start, self.dtype), {}
        for number in self._needed(start, stop):
            page = self._pages[number]
            decoded = self._kept[number] if number in self._kept else _decoded(page, fetched, decompressor)
            if page.first + page.n_numbers > stop:
                kept[number] = decoded.copy()  # where it is not compressed, these are the bytes of the source
            begin, end = max(start, page.first), min(stop, page.first + page.n_numbers)
            numbers[begin - start : end - start] = decoded[begin - page.first : end - page.first]
        self._kept = kept
        return numbers

    def _needed(self, start: int, stop: int) -> range:
        if start >= stop:
            return range(0)
        return range(bisect_right(self._starts, start) - 1, bisect_left(self._starts, stop))


def compare_checksum(data: Bytes, checksum: Bytes, what: str) -> None:
    """Compare bytes with their checksum.

    Args:
        data: The bytes.
        checksum: Their checksum as the file states it.
        what: Their name, for the message.

    Raises:
        ValueError: When it is wrong.
    """
    if xxhash.xxh3_64_intdigest(data) != int.from_bytes(checksum, "little"):
        msg = f"the checksum of the {what} is wrong"
        raise ValueError(msg)


def _is_suppressed(way: Representation, lists: Any) -> bool:
    """Tell whether a representation does not count in a cluster; one added later is not in the cluster's list."""
    return bool(lists[way.number].suppressed) if way.number < len(lists) else way.suppressed_before


def _decoded(page: Page, fetched: Mapping[tuple[int, int], memoryview], decompressor: Decompressor) -> npt.NDArray[Any]:
    if page.start is None:
        return np.zeros(page.n_numbers, page.encoding.dtype)
    data, n_bytes = fetched[page.range()], page.encoding.n_bytes(page.n_numbers)
    stored = data[: page.n_bytes]
    if page.has_checksum:
        compare_checksum(stored, data[page.n_bytes :], f"page at byte {page.start}")
    if page.n_bytes > n_bytes:
        msg = f"the page at byte {page.start} has {page.n_bytes} bytes, and its numbers {n_bytes}"
        raise ValueError(msg)
    return page.encoding.decode(decompressor.decompress(stored, n_bytes), page.n_numbers)
