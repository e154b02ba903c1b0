"""The fields of an RNTuple as arrays: numbers, and lists of numbers, also those within records (``Muon.pt``).

uproot parses the description (header, footer, lists of pages, all with checksums); pages are read and decoded here, and
compared with it. What is neither a number nor a list of numbers is refused by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.arrays import Int64
from targets.network.read_plan import PlannedRange
from targets.rootio.compression import Decompressor
from targets.rootio.flat_arrays import Flat, ShapeError, naming
from targets.rootio.local_source import read_groups
from targets.rootio.rntuple.columns import Column, Representation
from targets.rootio.rntuple.fields import LEAF, Fields, columns_by_field

__all__ = ["FieldReader"]

_CARDINALITY = "ROOT::RNTupleCardinality"
_DECODING = 2  # copies of a page while it is decoded (measured)


class _Columns(NamedTuple):
    """Where a field's numbers are; without *numbers*, the field is how many items the collection has."""

    numbers: Column | None
    collection: Column | None


class FieldReader:
    """Reads fields of an RNTuple.

    Attributes:
        num_entries: Entries in it.
    """

    def __init__(self, ntuple: Any) -> None:
        """Make a reader; nothing is read yet.

        Args:
            ntuple: uproot's RNTuple, of an open file, whose lists of pages were checked.
        """
        self.num_entries = int(ntuple.num_entries)
        self._ntuple = ntuple
        self._fields = Fields(ntuple.field_records)
        self._entries = [int(summary.num_entries) for summary in ntuple.cluster_summaries]
        self._firsts: Int64 = np.cumsum([0, *self._entries])
        self._of_field = columns_by_field(ntuple)
        self._columns: dict[tuple[int, ...], Column] = {}
        self._columns_of: dict[str, _Columns] = {}
        self._decompressor = Decompressor()

    def arrays(self, paths: Sequence[str], start: int, stop: int) -> dict[str, Flat]:
        """Read consecutive entries of some fields; a page that is used in part is kept for the next call.

        Args:
            paths: Names of the fields, with dots between those of records and their members.
            start: First entry.
            stop: The entry after the last.

        Returns:
            Numbers per path, of the type in which the file stores them.

        Raises:
            ShapeError: When a field holds anything but a number or a list of numbers an entry.
            ValueError: When a page is damaged, or not what the file says of it.
            OSError: When its bytes cannot be read.
            KeyError: When there is no such field.
        """
        columns_of = {path: self._find(path) for path in paths}
        before = max(start - 1, 0)  # where the first list begins is where the one before it ends
        collections = {path: columns.collection for path, columns in columns_of.items() if columns.collection}
        ends = self._read({path: (column, before, stop) for path, column in collections.items()})
        flats: dict[str, Flat] = {}
        wanted: dict[str, tuple[Column, int, int]] = {}
        lists: dict[tuple[int, bytes], Int64] = {}  # of one collection, offsets are compared once
        for path, (numbers, collection) in columns_of.items():
            if numbers is None:
                flats[path] = Flat(None, self._counts(path, ends[path], start))
            elif collection is None:
                wanted[path] = numbers, start, stop
            else:
                key = id(collection), numbers.firsts.tobytes()
                if key not in lists:
                    lists[key] = self._offsets(path, ends[path], numbers.firsts, start)
                wanted[path] = numbers, int(lists[key][0]), int(lists[key][-1])
        from_zero = {key: offsets - offsets[0] for key, offsets in lists.items()}
        for path, read in self._read(wanted).items():
            numbers, collection = columns_of[path]
            offsets = from_zero[id(collection), numbers.firsts.tobytes()] if numbers and collection else None
            flats[path] = Flat(offsets, read)
        return flats

    def planned(self, paths: Sequence[str]) -> list[PlannedRange]:
        """List the ranges of bytes that all entries of some fields take.

        Args:
            paths: Names of the fields.

        Returns:
            A range for each page.
        """
        columns = {id(column): column for path in paths for column in self._find(path) if column is not None}
        entries = self._firsts.tolist()
        return [planned for column in columns.values() for planned in column.planned(entries)]

    def bytes_per_event(self, paths: Sequence[str]) -> None:
        """Tell that the memory of arrays is not known before they are read.

        Args:
            paths: Names of the fields.
        """

    def bytes_kept(self, paths: Sequence[str]) -> int:
        """Tell the memory that pages take beside arrays when entries are read in small parts.

        Args:
            paths: Names of the fields.

        Returns:
            Bytes, at most: of each column the largest page, decoded and, where that is large, as it is read; and of one
            of them what decoding takes.
        """
        columns = {id(column): column for path in paths for column in self._find(path) if column is not None}
        sizes = [column.largest_page_bytes() for column in columns.values()]
        return sum(sizes) + _DECODING * max(sizes, default=0) + sum(map(Column.large_read_bytes, columns.values()))

    def _find(self, path: str) -> _Columns:
        if path not in self._columns_of:
            with naming(path):
                self._columns_of[path] = self._resolve(path)
        return self._columns_of[path]

    def _resolve(self, path: str) -> _Columns:
        """Find the columns of a field, or say what it is that is not read."""
        fields, (number, collection) = self._fields, self._fields.places[path]
        if collection is None and fields.is_list(number):
            collection, number = number, fields.inside(number)
        if number not in self._of_field and not fields.records[number].repetition:
            number = fields.inside(number)  # of an enumeration or an atomic number
        record, ways = fields.records[number], self._of_field.get(number, {})
        is_number = record.struct_role == LEAF and not record.repetition
        if not is_number or not ways or any(len(columns) != 1 for columns in ways.values()):
            kind = fields.records[fields.places[path].field].type_name or "a record"
            msg = f"is neither a number nor a list of numbers an event, but {kind}"
            raise ShapeError(msg)
        if record.type_name.startswith(_CARDINALITY):
            return _Columns(None, self._column(number, of_entries=True))
        holder = None if collection is None else self._column(collection, of_entries=True)
        return _Columns(self._column(number, of_entries=holder is None), holder)

    def _column(self, field: int, of_entries: bool) -> Column:
        ways = [columns[0] for columns in self._of_field[field].values()]
        key = tuple(column.idx for column in ways)
        if key not in self._columns:
            entries = self._entries if of_entries else None
            lists = self._ntuple.page_link_list
            self._columns[key] = Column([Representation.of(way) for way in ways], lists, entries)
        return self._columns[key]

    def _offsets(self, path: str, ends: npt.NDArray[Any], items: Int64, start: int) -> Int64:
        """Return where lists begin and the last ends, counted through all clusters, shape (stop - start + 1,).

        Within a cluster, *ends* count from its first item, *items*; one of an entry before *start* may stand in front.
        """
        before = max(start - 1, 0)
        cluster, edges = self._clusters(before, before + len(ends))
        through, last = ends.astype(np.int64) + items[cluster], items[cluster + 1]
        first = through[:1] if before < start else items[cluster[:1]]
        offsets = np.concatenate([first, through[start - before :]])
        if (np.diff(offsets) < 0).any() or (through > last).any() or (through != last)[edges].any():
            msg = f"{path}: where its lists end does not fit the {items[-1]} numbers that its pages have"
            raise ValueError(msg)
        return offsets

    def _counts(self, path: str, ends: npt.NDArray[Any], start: int) -> Int64:
        """Return how many items lists have, shape (stop - start,); *ends* as above."""
        before = max(start - 1, 0)
        cluster, _ = self._clusters(before, before + len(ends))
        local = ends.astype(np.int64)
        begins = np.where(np.diff(cluster, prepend=-1) != 0, 0, np.roll(local, 1))
        counts = (local - begins)[start - before :]
        if (counts < 0).any():
            msg = f"{path}: where its lists end decreases: a list would have a negative length"
            raise ValueError(msg)
        return counts

    def _clusters(self, start: int, stop: int) -> tuple[Int64, npt.NDArray[np.bool_]]:
        """Return the cluster of each entry, and which entries are the last of one."""
        entries = np.arange(start, stop)
        cluster = np.searchsorted(self._firsts, entries, side="right") - 1
        return cluster, entries + 1 == self._firsts[cluster + 1]

    def _read(self, wanted: Mapping[str, tuple[Column, int, int]]) -> dict[str, npt.NDArray[Any]]:
        """Read numbers of columns, each of them once."""
        columns = {(id(column), start, stop): column for column, start, stop in wanted.values()}
        missing = [column.missing(start, stop) for (_, start, stop), column in columns.items()]
        ranges = [sorted({page.range() for page in pages}) for pages in missing]
        fetched = read_groups(self._ntuple.file.source, ranges)
        read: dict[tuple[int, int, int], npt.NDArray[Any]] = {}
        names = {(id(column), start, stop): path for path, (column, start, stop) in wanted.items()}
        for (key, column), page_ranges, pages in zip(columns.items(), ranges, fetched, strict=True):
            with naming(names[key]):
                by_range = dict(zip(page_ranges, pages.views(), strict=True))
                read[key] = column.numbers(by_range, *key[1:], self._decompressor)
        return {path: read[id(column), start, stop] for path, (column, start, stop) in wanted.items()}
