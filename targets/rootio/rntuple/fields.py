"""The fields of an RNTuple as arrays: numbers, and lists of numbers, also those within records (``Muon.pt``).

uproot gives the description (header, footer, lists of pages, all with checksums); pages are read and decoded here, and
compared with it. What is neither a number nor a list of numbers is refused by name.
"""

import queue
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edm.objects import Int64
from targets.rootio.compression import Decompressor
from targets.rootio.flat_arrays import Flat, ShapeError
from targets.rootio.local_source import FileSource
from targets.rootio.rntuple.columns import Column, Representation

__all__ = ["FieldReader", "field_paths"]

_LEAF, _COLLECTION, _RECORD = 0, 1, 2
"""Structural roles (source: ROOT's specification of the format, section field description)."""

_NO_LISTS = ("std::optional", "std::unique_ptr")  # stored as lists of none or one
_CARDINALITY = "ROOT::RNTupleCardinality"
_BASE_CLASS = re.compile(r":_\d+")
_ITEM = "_0"
_DECODING = 2  # copies of a page while it is decoded (measured)


class _Place(NamedTuple):
    """A field and the collection that it is in, as numbers in the file's list of fields."""

    field: int
    collection: int | None


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
        self._fields = _Fields(ntuple.field_records)
        self._entries = [int(summary.num_entries) for summary in ntuple.cluster_summaries]
        self._firsts: Int64 = np.cumsum([0, *self._entries])
        self._of_field = _columns_by_field(ntuple)
        self._columns: dict[tuple[int, ...], Column] = {}
        self._found: dict[str, _Columns] = {}
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
        found = {path: self._find(path) for path in paths}
        before = max(start - 1, 0)  # where the first list begins is where the one before it ends
        collections = {path: columns.collection for path, columns in found.items() if columns.collection}
        ends = self._read({path: (column, before, stop) for path, column in collections.items()})
        flats: dict[str, Flat] = {}
        wanted: dict[str, tuple[Column, int, int]] = {}
        lists: dict[tuple[int, bytes], Int64] = {}  # of one collection, offsets are compared once
        for path, (numbers, collection) in found.items():
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
            numbers, collection = found[path]
            offsets = from_zero[id(collection), numbers.firsts.tobytes()] if numbers and collection else None
            flats[path] = Flat(offsets, read)
        return flats

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
            Bytes, at most: of each column the largest page, and of one of them what decoding takes.
        """
        columns = {id(column): column for path in paths for column in self._find(path) if column is not None}
        sizes = [column.largest_page_bytes() for column in columns.values()]
        return sum(sizes) + _DECODING * max(sizes, default=0)

    def _find(self, path: str) -> _Columns:
        if path not in self._found:
            with _named(path):
                self._found[path] = self._resolve(path)
        return self._found[path]

    def _resolve(self, path: str) -> _Columns:
        """Find the columns of a field, or say what it is that is not read."""
        fields, (number, collection) = self._fields, self._fields.places[path]
        if collection is None and fields.is_list(number):
            collection, number = number, fields.inside(number)
        if number not in self._of_field and not fields.records[number].repetition:
            number = fields.inside(number)  # of an enumeration or an atomic number
        record, ways = fields.records[number], self._of_field.get(number, {})
        is_number = record.struct_role == _LEAF and not record.repetition
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
            msg = f"{path}: an event has fewer than no items"
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
        fetched = self._fetch([sorted({page.range() for page in pages}) for pages in missing])
        read: dict[tuple[int, int, int], npt.NDArray[Any]] = {}
        names = {(id(column), start, stop): path for path, (column, start, stop) in wanted.items()}
        for (key, column), pages in zip(columns.items(), fetched, strict=True):
            with _named(names[key]):
                read[key] = column.numbers(pages, *key[1:], self._decompressor)
        return {path: read[id(column), start, stop] for path, (column, start, stop) in wanted.items()}

    def _fetch(self, ranges: Sequence[list[tuple[int, int]]]) -> Iterator[dict[int, memoryview]]:
        """Read the pages of each column, by first byte; over a network all at once, because each request costs."""
        source = self._ntuple.file.source
        if isinstance(source, FileSource):
            for wanted in ranges:
                yield dict(zip((start for start, _ in wanted), source.read(wanted), strict=True))
            return
        together = [bounds for wanted in ranges for bounds in wanted]
        chunks = iter(source.chunks(together, queue.Queue()) if together else [])
        for wanted in ranges:
            pages = (memoryview(chunk.raw_data) for chunk in islice(chunks, len(wanted)))
            yield dict(zip((start for start, _ in wanted), pages, strict=True))


def field_paths(ntuple: Any) -> list[str]:
    """List the fields of an RNTuple.

    Args:
        ntuple: uproot's RNTuple.

    Returns:
        Names of the fields at the top, and with dots between (``Muon.pt``) those of the members of records and of lists
        of records.
    """
    return list(_Fields(ntuple.field_records).places)


class _Fields:
    """The file's list of fields: which are members of which, and what each is called."""

    def __init__(self, records: Sequence[Any]) -> None:
        self.records = records
        self.children: dict[int, list[int]] = {}
        tops: list[int] = []
        for number, record in enumerate(records):
            above = record.parent_field_id
            (tops if above == number else self.children.setdefault(above, [])).append(number)
        self.places: dict[str, _Place] = {}
        for number in tops:
            self._add(number, records[number].field_name, None)

    def inside(self, number: int) -> int:
        """Return what a list holds, or an enumeration or an atomic number wraps: *number* itself where that is none."""
        children = self.children.get(number, [])
        is_item = len(children) == 1 and self.records[children[0]].field_name == _ITEM
        return children[0] if is_item else number

    def is_list(self, number: int) -> bool:
        """Tell whether a field holds lists."""
        record = self.records[number]
        return record.struct_role == _COLLECTION and not record.type_name.startswith(_NO_LISTS)

    def _add(self, number: int, path: str, collection: int | None) -> None:
        self.places[path] = _Place(number, collection)
        if collection is None and self.is_list(number):
            collection, item = number, self.inside(number)
            if item == number or self.records[item].struct_role == _RECORD:
                self._add_members(item, path, collection)
        elif self.records[number].struct_role == _RECORD:
            self._add_members(number, path, collection)

    def _add_members(self, number: int, path: str, collection: int | None) -> None:
        for child in self.children.get(number, ()):
            name = self.records[child].field_name
            if _BASE_CLASS.fullmatch(name):
                self._add_members(child, path, collection)
            else:
                self._add(child, f"{path}.{name}", collection)


def _columns_by_field(ntuple: Any) -> dict[int, dict[int, list[Any]]]:
    """Return the columns of each field by representation; a field that shows another one has those of that one."""
    columns, by_field = ntuple.column_records, dict[int, dict[int, list[Any]]]()
    pairs = [(column.field_id, column) for column in columns]
    pairs += [(alias.field_id, columns[alias.physical_id]) for alias in ntuple.alias_column_records]
    for field, column in pairs:
        by_field.setdefault(field, {}).setdefault(column.repr_idx, []).append(column)
    return by_field


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Put the name of the field in front of what is wrong with it."""
    try:
        yield
    except ValueError as error:
        msg = f"{path}: {error}" if not isinstance(error, ShapeError) else f"{path} {error}"
        raise type(error)(msg) from error
