"""The baskets of a TTree as arrays, decoded here where their layout is known: several times faster than by uproot.

uproot parses the list of contents (where the baskets are, and of what type), and reads every layout that is not known
here. Known are one number an event, `std::vector` of numbers, and arrays of numbers with a counter or of fixed length.
Each basket is compared with what the list of contents says about it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from edm.arrays import Int64
from targets.errors import FileFormatError
from targets.network.read_plan import PlannedRange
from targets.rootio.compression import Decompressor, UnknownLayoutError
from targets.rootio.flat_arrays import Flat, naming
from targets.rootio.local_source import FetchedRanges, read_groups
from targets.rootio.ttree import branch_lists
from targets.rootio.ttree.basket_batches import BasketBatch
from targets.rootio.ttree.basket_keys import PackedBasket, planned_baskets
from targets.rootio.ttree.basket_layouts import Basket, Layout, Part
from targets.rootio.ttree.basket_loops import WORD_BYTES
from targets.rootio.ttree.basket_windows import LARGE_BYTES, read_window

__all__ = ["BranchReader"]

_MAP_BYTES = 24  # of an entry whose offset is made: what the counter says, and sums of it
_MAX_ENTRIES = 10**12  # of a tree that is not circular (source: ROOT, TTree.h: fMaxEntries)


class _Counts(NamedTuple):
    """What the counter of a branch says of some entries.

    Attributes:
        first: The first of these entries.
        numbers: How many numbers each has, shape (n_entries,).
    """

    first: int
    numbers: Int64


class BranchReader:
    """Reads branches of a TTree.

    Attributes:
        num_entries: Entries in it.
    """

    def __init__(self, tree: Any) -> None:
        """Make a reader; nothing is read yet.

        Args:
            tree: uproot's TTree, of an open file.
        """
        self.num_entries = int(tree.num_entries)
        self._tree = tree
        self._decompressor = Decompressor()
        self._branches: dict[str, _Branch | None] = {}  # None: uproot reads it

    def arrays(self, paths: Sequence[str], start: int, stop: int) -> dict[str, Flat]:
        """Read consecutive entries of some branches; a basket that is used in part is kept for the next call.

        Args:
            paths: Full paths of the branches.
            start: First entry.
            stop: The entry after the last.

        Returns:
            Numbers per path, values and type as uproot gives them.

        Raises:
            ShapeError: When a branch holds anything but a number or a list of numbers an entry.
            FileFormatError: When it is of a type or layout that is not read.
            ValueError: When a basket is damaged, or not what the list of contents says.
            OSError: When its bytes cannot be read.
            KeyError: When there is no such branch.
        """
        branches = {path: branch for path in paths if (branch := self._branch(path))}
        counts = {path: self._counts(branch, start, stop) for path, branch in branches.items() if branch.counter}
        missing = {path: branch.missing(start, stop) for path, branch in branches.items()}
        ranges = [list(map(branch.byte_range, missing[path])) for path, branch in branches.items()]
        fetched = read_groups(self._tree.file.source, ranges)
        read: dict[str, Flat] = {}
        for (path, branch), baskets in zip(branches.items(), fetched, strict=True):
            with naming(path):
                try:
                    read[path] = branch.array(missing[path], baskets, start, stop, counts.get(path))
                except UnknownLayoutError:
                    if branch.is_packed():
                        msg = f"{path} is laid out in a way that is not read with packed numbers; name another branch"
                        raise FileFormatError(msg) from None
                    self._branches[path] = None
        bounds = {"entry_start": start, "entry_stop": stop}
        for path in [path for path in paths if path not in read]:
            with naming(path):  # without uproot's cache: nothing is read twice
                read[path] = Flat.of(branch_lists.branch(self._tree, path).array(**bounds, array_cache=None))
        return read

    def bytes_per_event(self, paths: Sequence[str]) -> float | None:
        """Estimate the memory that arrays need, by what the list of contents says.

        Args:
            paths: Full paths of the branches.

        Returns:
            Bytes an entry; None where uproot reads a branch, or there are no entries.
        """
        sizes = [branch.n_bytes for path in paths if (branch := self._branch(path))]
        if len(sizes) < len(paths) or not self.num_entries:
            return None
        return sum(sizes) / self.num_entries + WORD_BYTES * len(sizes)  # an offset has two words here, one in the file

    def planned(self, paths: Sequence[str]) -> list[PlannedRange]:
        """List the ranges of bytes that all entries of some branches take, by what the list of contents says.

        Args:
            paths: Full paths of the branches; those that are read by uproot may be any branches of the tree.

        Returns:
            A range for each basket, those of counters that are needed included.
        """
        branches = {path: self._branch(path) for path in paths}
        counters = {branch.counter for branch in branches.values() if branch and branch.counter}
        named = [branch_lists.branch(self._tree, path) for path in {*paths, *counters}]
        return [planned for branch in named for planned in planned_baskets(branch)]

    def _counts(self, branch: "_Branch", start: int, stop: int) -> _Counts:
        """Read the counter of a branch whose baskets do not say where entries begin, for whole baskets."""
        first, end = branch.span(start, stop)
        offsets, numbers, _ = self.arrays([branch.counter], first, end)[branch.counter]
        if offsets is not None or numbers.dtype.kind not in "iu":
            msg = f"{branch.counter} counts numbers, but is not one whole number an event"
            raise ValueError(msg)
        return _Counts(first, numbers.astype(np.int64))

    def bytes_kept(self, paths: Sequence[str]) -> int:
        """Estimate the memory that baskets take beside arrays when entries are read in small parts.

        Args:
            paths: Full paths of the branches.

        Returns:
            Bytes: of each branch the largest basket, as it is in the file where that is large.
        """
        return sum(branch.bytes_kept() for path in paths if (branch := self._branch(path)))

    def _branch(self, path: str) -> "_Branch | None":
        if path not in self._branches:
            branch = branch_lists.branch(self._tree, path)
            if branch.num_entries != self.num_entries:
                msg = f"{path} has {branch.num_entries} entries, its tree {self.num_entries}"
                raise ValueError(msg)
            layout = Layout.of(branch)
            self._branches[path] = _Branch(branch, layout, self._decompressor) if layout else None
        return self._branches[path]


class _Branch:
    """The baskets of one branch, and how many bytes these are when decompressed."""

    def __init__(self, branch: Any, layout: Layout, decompressor: Decompressor) -> None:
        self.n_bytes = int(branch.uncompressed_bytes)
        self._layout = layout
        self._decompressor = decompressor
        self._edges = [int(edge) for edge in branch.entry_offsets]  # first entry of each basket, and the end
        if self._edges[0] != 0 or sorted(self._edges) != self._edges:
            if branch.tree.member("fMaxEntries") < _MAX_ENTRIES:
                msg = f"{branch.name} is in a circular tree that was flushed while it was filled, which is not read"
                raise FileFormatError(msg)
            msg = f"its baskets begin at the entries {self._edges}"
            raise ValueError(msg)
        self._has_map = bool(_features(branch))
        if self._has_map and self._n_normal(branch) != branch.num_entries:
            msg = f"{branch.name} has an offset map in the list of contents, a layout that is not read"
            raise FileFormatError(msg)
        self._embedded = {basket.basket_num: basket for basket in branch.embedded_baskets}
        self._seeks = branch.member("fBasketSeek").tolist()
        self._sizes = branch.member("fBasketBytes").tolist()
        self._kept: dict[int, Basket | PackedBasket] = {}
        counter = branch.count_branch if layout.jagged and self._has_map else None
        self.counter = "" if counter is None else str(counter.name)

    @staticmethod
    def _n_normal(branch: Any) -> int:
        """Return how many entries stand in baskets of their own, not in the list of contents."""
        seeks = branch.member("fBasketSeek")
        n_baskets = int(np.argmin(seeks)) if not seeks.all() else len(seeks)  # 0 where there is no further one
        return int(branch.member("fBasketEntry")[n_baskets]) if n_baskets else 0

    def bytes_kept(self) -> int:
        """Estimate the memory in bytes of its largest basket, as it is read and as it is kept when it is used in part.

        Its decompressed bytes are not listed: it is taken to have the larger share, of entries or of compressed bytes.
        """
        largest, most_entries = max(self._sizes, default=0), max(np.diff(self._edges), default=0)
        share = max(largest / (sum(self._sizes) or 1), most_entries / (self._edges[-1] or 1))
        n_bytes, read = int(self.n_bytes * share), largest if largest > LARGE_BYTES else 0
        if self._has_map:  # it is decompressed whole, and offsets are made
            return read + n_bytes + int(most_entries) * _MAP_BYTES
        return read + max(largest, min(n_bytes, LARGE_BYTES))

    def is_packed(self) -> bool:
        """Tell whether its numbers are packed, which uproot reads wrong."""
        return self._layout.packing is not None

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the first entry, and the one after the last, of all baskets that some entries need."""
        needed = self._needed(start, stop)
        return (self._edges[needed[0]], self._edges[needed[-1] + 1]) if needed else (start, start)

    def missing(self, start: int, stop: int) -> list[int]:
        """Return the numbers of the baskets that must be fetched for some entries."""
        needed = self._needed(start, stop)
        return [number for number in needed if number not in self._kept and number not in self._embedded]

    def byte_range(self, number: int) -> tuple[int, int]:
        """Return a basket's first byte in the file, and the byte after its last."""
        start: int = self._seeks[number]
        return start, start + self._sizes[number]

    def array(
        self, missing: Sequence[int], baskets: FetchedRanges, start: int, stop: int, counts: _Counts | None = None
    ) -> Flat:
        """Return the array of some entries; the last basket is kept when there is more in it."""
        parts, kept = list[Part | BasketBatch](), dict[int, Basket | PackedBasket]()
        batched, batch = self._batch(missing, baskets, start, stop)
        fetched = dict(zip(missing, baskets.views(), strict=True)) if len(batched) < len(missing) else {}
        for number in self._needed(start, stop):
            if batch and number in batched:
                if number == batched[0]:
                    parts.append(batch)
                continue
            first, end = self._edges[number], self._edges[number + 1]
            if first == end:
                continue
            basket = self._basket(number, fetched, counts)
            begin, last = max(start, first) - first, min(stop, end) - first
            part = Part(basket, begin, last)
            if isinstance(basket, PackedBasket) and last - begin < end - first:
                window = read_window(self._layout, basket, begin, last, self._decompressor)
                if window is None:
                    basket = self._layout.unpack(basket, self._decompressor)
                    part = Part(basket, begin, last)
                else:
                    part = Part(window, 0, last - begin)
                    if number in fetched:  # the memory of the source is used again by the next call
                        basket = basket._replace(content=memoryview(bytes(basket.content)))
            if stop < end:
                kept[number] = basket
            parts.append(part)
        self._kept = kept
        return self._layout.array(parts, self._decompressor)

    def _batch(
        self, missing: Sequence[int], baskets: FetchedRanges, start: int, stop: int
    ) -> tuple[range, BasketBatch | None]:
        """Put all baskets together that are needed whole, if they are plain; tell their numbers."""
        at = range(len(missing))
        if at and self._edges[missing[0]] < start:
            at = at[1:]
        if at and self._edges[missing[at[-1]] + 1] > stop:
            at = at[:-1]
        if not at or not BasketBatch.is_faster(baskets):
            return range(0), None
        numbers = range(missing[at[0]], missing[at[-1]] + 1)
        lengths = np.diff(self._edges[numbers[0] : numbers[-1] + 2])
        if len(numbers) != len(at) or not lengths.all():
            return range(0), None
        ranges = FetchedRanges(baskets.memory, baskets.begins[at[0] : at[-1] + 2])
        batch = BasketBatch.of(ranges, lengths, self._layout.jagged)
        return (numbers, batch) if batch else (range(0), None)

    def _basket(self, number: int, fetched: Mapping[int, memoryview], counts: _Counts | None) -> Basket | PackedBasket:
        first, end = self._edges[number], self._edges[number + 1]
        if number in fetched:
            basket = PackedBasket.of(fetched[number], end - first)
            if not (basket.counted() and counts):
                return basket
            lengths = counts.numbers[first - counts.first : end - counts.first] * self._layout.entry_bytes()
            return basket._replace(lengths=lengths)
        if number in self._kept:
            return self._kept[number]
        embedded = self._layout.embedded(self._embedded[number])
        if embedded.n_entries != end - first:
            msg = f"a basket in the list of contents has {embedded.n_entries} entries where {end - first} are announced"
            raise ValueError(msg)
        return embedded

    def _needed(self, start: int, stop: int) -> range:
        return range(bisect_right(self._edges, start) - 1, bisect_left(self._edges, stop))


def _features(branch: Any) -> int:
    """Return the optional features of a branch's baskets, of which ROOT knows one: offset maps."""
    features = branch.member("fIOFeatures") if branch.has_member("fIOFeatures") else None
    return int(features.member("fIOBits")) if features is not None else 0
