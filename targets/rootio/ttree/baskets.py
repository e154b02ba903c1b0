"""The baskets of a TTree as arrays, decoded here where their layout is known: several times faster than by uproot.

uproot gives the list of contents (where the baskets are, and of what type) and reads every layout that is not known
here: strings, structures, nested vectors. Known are one number an event, `std::vector` of numbers, and arrays of
numbers with a counter. Each basket is compared with what the list of contents says about it.
"""

import queue
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import uproot

from targets.errors import FileFormatError
from targets.rootio.compression import Decompressor, UnknownLayoutError
from targets.rootio.flat_arrays import Flat, Integers, ShapeError, check_offsets
from targets.rootio.local_source import FileSource
from targets.rootio.ttree import branch_lists
from targets.rootio.ttree.keys import Packed
from targets.rootio.ttree.layouts import Basket, Layout, Part
from targets.rootio.ttree.loops import WORD_BYTES
from targets.rootio.ttree.windows import LARGE_BYTES, window

__all__ = ["Reader"]


class _Counts(NamedTuple):
    """What the counter of a branch says of some entries.

    Attributes:
        first: The first of these entries.
        numbers: How many numbers each has, shape (n_entries,).
    """

    first: int
    numbers: Integers


class Reader:
    """Reads branches of a TTree or fields of an RNTuple.

    Attributes:
        num_entries: Entries in it.
    """

    def __init__(self, tree: Any) -> None:
        """Make a reader; nothing is read yet.

        Args:
            tree: uproot's TTree or RNTuple, of an open file.
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
        known = {path: branch for path in paths if (branch := self._branch(path))}
        counted = {path: self._counts(branch, start, stop) for path, branch in known.items() if branch.counter}
        missing = {path: branch.missing(start, stop) for path, branch in known.items()}
        fetched = self._fetch({path: [known[path].where(one) for one in missing[path]] for path in known})
        read: dict[str, Flat] = {}
        for (path, branch), baskets in zip(known.items(), fetched, strict=True):
            try:
                there = dict(zip(missing[path], baskets, strict=True))
                read[path] = branch.array(there, start, stop, counted.get(path))
            except UnknownLayoutError:
                if branch.is_packed():
                    msg = f"{path} is laid out in a way that is not read with packed numbers; name another branch"
                    raise FileFormatError(msg) from None
                self._branches[path] = None
            except FileFormatError:
                raise
            except ValueError as error:
                msg = f"{path}: {error}"
                raise ValueError(msg) from error
        return read | self._by_uproot([path for path in paths if path not in read], start, stop)

    def bytes_per_event(self, paths: Sequence[str]) -> float | None:
        """Estimate the memory that arrays need, by what the list of contents says.

        Args:
            paths: Full paths of the branches.

        Returns:
            Bytes an entry; None where the list of contents does not say, as in an RNTuple.
        """
        branches = [self._branch(path) for path in paths]
        known = [branch.n_bytes for branch in branches if branch]
        if len(known) < len(branches) or not self.num_entries:
            return None
        return sum(known) / self.num_entries + WORD_BYTES * len(known)  # an offset has two words here, one in the file

    def _counts(self, branch: "_Branch", start: int, stop: int) -> _Counts:
        """Read the counter of a branch whose baskets do not say where entries begin, for whole baskets."""
        first, end = branch.span(start, stop)
        offsets, numbers, _ = self.arrays([branch.counter], first, end)[branch.counter]
        if offsets is not None or numbers.dtype.kind not in "iu":
            msg = f"{branch.counter} counts numbers, but is not one whole number an event"
            raise ValueError(msg)
        return _Counts(first, numbers.astype(np.int64))

    def bytes_kept(self, paths: Sequence[str]) -> int:
        """Tell the memory that baskets take beside arrays when entries are read in small parts.

        Args:
            paths: Full paths of the branches.

        Returns:
            Bytes, at most: of each branch the largest basket, as it is in the file where that is large.
        """
        return sum(branch.bytes_kept() for path in paths if (branch := self._branch(path)))

    def _by_uproot(self, paths: Sequence[str], start: int, stop: int) -> dict[str, Flat]:
        # one by one: arrays() of a wide RNTuple would list all sub-fields first, which takes seconds; nothing is read
        # twice, so that uproot's cache would only take memory
        how, read = {"entry_start": start, "entry_stop": stop, "array_cache": None}, {}
        for path in paths:
            try:
                read[path] = Flat.of(self._found(path).array(**how))
                check_offsets(read[path].offsets)
            except ShapeError as error:
                msg = f"{path} is {error}"
                raise ShapeError(msg) from error
            except ValueError as error:
                msg = f"{path}: {error}"
                raise ValueError(msg) from error
        return read

    def _found(self, path: str) -> Any:
        return branch_lists.branch(self._tree, path) if isinstance(self._tree, uproot.TTree) else self._tree[path]

    def _branch(self, path: str) -> "_Branch | None":
        if path not in self._branches:
            branch = self._found(path) if isinstance(self._tree, uproot.TTree) else None
            if branch is not None and branch.num_entries != self.num_entries:
                msg = f"{path} has {branch.num_entries} entries, its tree {self.num_entries}"
                raise ValueError(msg)
            layout = Layout.of(branch) if branch is not None else None
            self._branches[path] = _Branch(branch, layout, self._decompressor) if layout else None
        return self._branches[path]

    def _fetch(self, ranges: Mapping[str, list[tuple[int, int]]]) -> Iterator[list[memoryview]]:
        """Read the baskets of each branch; over a network all at once, because each request costs."""
        source = self._tree.file.source
        if isinstance(source, FileSource):
            for wanted in ranges.values():
                yield source.read(wanted)
            return
        together = [one for wanted in ranges.values() for one in wanted]
        chunks = iter(source.chunks(together, queue.Queue()) if together else [])
        for wanted in ranges.values():
            yield [memoryview(chunk.raw_data) for chunk in islice(chunks, len(wanted))]


class _Branch:
    """The baskets of one branch, and how many bytes these are when decompressed."""

    def __init__(self, branch: Any, layout: Layout, decompressor: Decompressor) -> None:
        self.n_bytes = int(branch.uncompressed_bytes)
        self._layout = layout
        self._decompressor = decompressor
        self._edges = [int(edge) for edge in branch.entry_offsets]  # first entry of each basket, and the end
        if self._edges[0] != 0 or sorted(self._edges) != self._edges:
            msg = f"its baskets begin at the entries {self._edges}"
            raise ValueError(msg)
        if _features(branch) and self._n_normal(branch) != branch.num_entries:
            msg = f"{branch.name} has an offset map in the list of contents, a layout that is not read"
            raise FileFormatError(msg)
        self._embedded = {basket.basket_num: basket for basket in branch.embedded_baskets}
        self._seeks = branch.member("fBasketSeek").tolist()
        self._sizes = branch.member("fBasketBytes").tolist()
        self._kept: dict[int, Basket | Packed] = {}
        self.counter = _counter(branch) if layout.jagged and _features(branch) else ""

    @staticmethod
    def _n_normal(branch: Any) -> int:
        """Return how many entries stand in baskets of their own, not in the list of contents."""
        seeks = branch.member("fBasketSeek")
        n_baskets = int(np.argmin(seeks)) if not seeks.all() else len(seeks)  # 0 where there is no further one
        return int(branch.member("fBasketEntry")[n_baskets]) if n_baskets else 0

    def bytes_kept(self) -> int:
        """Tell the memory that its largest basket takes when it is used in part, in bytes at most."""
        largest = max(self._sizes, default=0)
        return max(largest, min(self.n_bytes, LARGE_BYTES))

    def is_packed(self) -> bool:
        """Tell whether its numbers are packed, which uproot reads wrong."""
        return self._layout.packing is not None

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the first entry, and the one after the last, of all baskets that some entries need."""
        needed = self._needed(start, stop)
        return (self._edges[needed[0]], self._edges[needed[-1] + 1]) if needed else (start, start)

    def missing(self, start: int, stop: int) -> list[int]:
        """Return the numbers of the baskets that must be fetched for some entries."""
        return [one for one in self._needed(start, stop) if one not in self._kept and one not in self._embedded]

    def where(self, number: int) -> tuple[int, int]:
        """Return a basket's first byte in the file, and the byte after its last."""
        start: int = self._seeks[number]
        return start, start + self._sizes[number]

    def array(
        self,
        fetched: Mapping[int, memoryview],
        start: int,
        stop: int,
        counts: _Counts | None = None,
    ) -> Flat:
        """Return the array of some entries; the last basket is kept when there is more in it."""
        parts, kept = list[Part](), dict[int, Basket | Packed]()
        for number in self._needed(start, stop):
            first, end = self._edges[number], self._edges[number + 1]
            if first == end:
                continue
            basket = self._basket(number, fetched)
            if isinstance(basket, Packed) and basket.counted() and counts:
                lengths = counts.numbers[first - counts.first : end - counts.first] * self._layout.entry_bytes()
                basket = basket._replace(lengths=lengths)
            begin, last = max(start, first) - first, min(stop, end) - first
            part = basket
            if not start <= first <= end <= stop and isinstance(basket, Packed):
                some = window(self._layout, basket, begin, last, self._decompressor)
                part = some or self._layout.unpack(basket, self._decompressor)
                if some is None:
                    basket = part
                elif number in fetched:  # into memory that goes to the next call
                    basket = basket._replace(content=memoryview(bytes(basket.content)))
            if stop < end:
                kept[number] = basket
            parts.append(Part(part, begin, last) if part is basket else Part(part, 0, last - begin))
        self._kept = kept
        return self._layout.array(parts, self._decompressor)

    def _basket(self, number: int, fetched: Mapping[int, memoryview]) -> Basket | Packed:
        if number in fetched:
            return Packed.of(fetched[number], self._edges[number + 1] - self._edges[number])
        if number in self._kept:
            return self._kept[number]
        basket = self._layout.embedded(self._embedded[number])
        if basket.n_entries != self._edges[number + 1] - self._edges[number]:
            msg = f"a basket in the list of contents has {basket.n_entries} entries where another number is announced"
            raise ValueError(msg)
        return basket

    def _needed(self, start: int, stop: int) -> range:
        return range(bisect_right(self._edges, start) - 1, bisect_left(self._edges, stop))


def _features(branch: Any) -> int:
    """Return the optional features of a branch's baskets, of which ROOT knows one: offset maps."""
    features = branch.member("fIOFeatures") if branch.has_member("fIOFeatures") else None
    return int(features.member("fIOBits")) if features is not None else 0


def _counter(branch: Any) -> str:
    """Return the path of the branch that counts the numbers of another one; empty where there is none."""
    counter = branch.count_branch
    return str(counter.name) if counter is not None else ""
