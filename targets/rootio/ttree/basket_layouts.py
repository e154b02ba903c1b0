"""Layouts of TTree baskets: from the bytes of baskets to arrays.

A basket is a key (not compressed), the entries one after the other, and, where entries differ in length, the byte at
which each begins, counted from the key's first: a word that counts the words, one word an entry, and one that means
nothing. In a circular tree, as many words follow that say where each entry was before. With an offset map (a bit in the
key) there are lengths in place of offsets or, of arrays with a counter, nothing. A `std::vector` repeats its own length
in front of its numbers, in ten bytes.

Numbers go from each basket to their place in the array at once: large arrays in between would cost more than decoding.
"""

import re
import sys
from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from uproot.interpretation.jagged import AsJagged
from uproot.interpretation.numerical import AsDtype

from edm.arrays import Int64
from targets.errors import FileFormatError
from targets.rootio.compression import Decompressor, UnknownLayoutError, list_blocks
from targets.rootio.flat_arrays import Flat
from targets.rootio.ttree.basket_batches import BasketBatch
from targets.rootio.ttree.basket_keys import PackedBasket, as_bytes, starts_of
from targets.rootio.ttree.basket_loops import VECTOR_HEADER_BYTES, WORD_BYTES, Bytes, list_entries, take_vectors
from targets.rootio.ttree.branch_lists import interpretation_of
from targets.rootio.ttree.packed_numbers import PackedNumbers

__all__ = ["Basket", "Layout", "Part"]

_WORD, _TWO_WORDS = Struct(">i"), Struct(">ii")


class Basket(NamedTuple):
    """The entries of one basket, decompressed.

    Attributes:
        data: Their bytes as the file has them, shape (n_bytes,).
        starts: The byte at which each begins, in words with the highest byte first, shape (4 * n_entries,); nothing
            where all have the same length.
        origin: What is to be taken off these words.
        n_entries: How many entries there are.
    """

    data: Bytes
    starts: Bytes
    origin: int
    n_entries: int


class Part(NamedTuple):
    """Entries of one basket that follow each other.

    Attributes:
        basket: Decompressed, or packed where all its entries are wanted.
        start: First entry, counted within the basket.
        stop: The entry after the last.
    """

    basket: Basket | PackedBasket
    start: int
    stop: int

    @property
    def n_entries(self) -> int:
        """How many entries there are."""
        return self.stop - self.start


class Layout(NamedTuple):
    """How the baskets of a branch are laid out.

    Attributes:
        dtype: Type of the numbers, in the byte order of the file.
        jagged: Whether an entry has a varying number of them.
        header_bytes: Length of what precedes the numbers of an entry: 10 for `std::vector`, else 0.
        length: How many of the numbers every entry has, where that is fixed and they are an array; None for one number
            an entry, and where it varies.
        packing: How numbers are packed; None where they are not.
    """

    dtype: np.dtype[Any]
    jagged: bool
    header_bytes: int
    length: int | None = None
    packing: PackedNumbers | None = None

    @classmethod
    def of(cls, branch: Any) -> Self | None:
        """Tell the layout of a branch.

        Args:
            branch: uproot's TBranch.

        Returns:
            The layout; None when it is not known here.

        Raises:
            FileFormatError: When uproot cannot read it either; the message names the type.
            ValueError: When the branch contradicts itself.
        """
        if packing := PackedNumbers.of(branch):
            return cls._packed(branch, packing)
        interpretation = interpretation_of(branch)
        jagged = type(interpretation) is AsJagged
        header_bytes = interpretation.header_bytes if jagged else 0
        numbers = interpretation.content if jagged else interpretation
        if type(numbers) is not AsDtype or header_bytes not in (0, VECTOR_HEADER_BYTES):
            return None
        dtype, shape = numbers.from_dtype.base, numbers.from_dtype.shape
        if dtype.kind not in "biuf" or numbers.to_dtype.base != dtype.newbyteorder("=") or len(shape) > (not jagged):
            return None
        return cls(dtype, jagged, header_bytes, *shape)

    @classmethod
    def _packed(cls, branch: Any, packing: PackedNumbers) -> Self:
        """Tell the layout of packed numbers, which uproot reads wrong."""
        (leaf,) = branch.member("fLeaves")
        jagged, length = leaf.member("fLeafCount") is not None, int(leaf.member("fLen"))
        shape = re.findall(r"\[(\d+)\]", leaf.member("fTitle"))
        if len(shape) > (not jagged) or (jagged and length > 1):
            title = leaf.member("fTitle")
            msg = f"{branch.name} holds {packing.name} in arrays of arrays ({title}), not read; name another branch"
            raise FileFormatError(msg)
        fixed = None if jagged or not shape else length
        return cls(packing.stored, jagged, 0, fixed, packing)

    def entry_bytes(self) -> int:
        """Return the bytes of one number, or of an array of fixed length."""
        return self.dtype.itemsize * (self.packing.n_stored if self.packing else 1) * (self.length or 1)

    def unpack(self, basket: PackedBasket, decompressor: Decompressor) -> Basket:
        """Decompress a basket.

        Args:
            basket: Its bytes.
            decompressor: Decompresses.

        Returns:
            Its entries.

        Raises:
            UnknownLayoutError: When entries differ in length, but the basket does not list where they begin.
            ValueError: When it is damaged.
        """
        content, size, n_bytes, key, n_entries, has_map, lengths = basket
        n_lists = basket.n_lists()
        if n_lists is None or (not (n_lists or has_map) if self.jagged else n_lists):
            if len(content) != size:
                list_blocks(content, size)  # uproot takes memory for it before it looks
            raise UnknownLayoutError
        data = bytes(content) if len(content) == size else decompressor.decompress(content, size)
        whole = as_bytes(data)
        if not self.jagged:
            return self._fixed(whole, n_entries)
        if size == n_bytes:
            if lengths is None or lengths.sum() != n_bytes:
                msg = f"its counter and its {n_bytes} bytes disagree on how many numbers it has"
                raise ValueError(msg)
            return Basket(whole, starts_of(lengths[:-1], key), key, n_entries)
        words = (n_entries + 2) * WORD_BYTES
        if _TWO_WORDS.unpack_from(data, n_bytes) != (n_entries + 1, 0 if has_map else key) or (
            n_lists > 1 and _WORD.unpack_from(data, n_bytes + words) != (n_entries + 1,)
        ):
            msg = "its list of where entries begin makes no sense"
            raise ValueError(msg)
        starts = whole[n_bytes + WORD_BYTES : n_bytes + words - WORD_BYTES]
        if has_map:
            starts = starts_of(starts.view(">i4")[1:], key)
        return Basket(whole[:n_bytes], starts, key, n_entries)

    def embedded(self, basket: Any) -> Basket:
        """Take a basket that stands in the list of contents itself.

        Args:
            basket: uproot's TBasket.

        Returns:
            Its entries.

        Raises:
            UnknownLayoutError: When entries differ in length, but the basket does not list where they begin.
            ValueError: When it is damaged.
        """
        data = as_bytes(np.array(basket.data, np.uint8))
        if not self.jagged:
            return self._fixed(data, basket.num_entries)
        if self.packing and basket.byte_offsets is None:
            msg = "entries of different length without a list of where they begin"
            raise ValueError(msg)
        if basket.byte_offsets is None or len(basket.byte_offsets) != basket.num_entries + 1:
            raise UnknownLayoutError
        starts = basket.byte_offsets[:-1].astype(">i4").view(np.uint8)
        starts.flags.writeable = False
        return Basket(data, starts, 0, basket.num_entries)

    def _fixed(self, data: Bytes, n_entries: int) -> Basket:
        if len(data) != n_entries * self.entry_bytes():
            msg = f"{n_entries} numbers of {self.entry_bytes()} bytes are {len(data)} bytes long"
            raise ValueError(msg)
        return Basket(data, data[:0], 0, n_entries)

    def array(self, parts: Sequence[Part | BasketBatch], decompressor: Decompressor) -> Flat:
        """Join parts of baskets to one array.

        Args:
            parts: They follow each other; none gives an empty array.
            decompressor: Decompresses those that are packed, one after the other: memory that is used again is faster.

        Returns:
            Their numbers, in the byte order of this machine.

        Raises:
            UnknownLayoutError: As `unpack`.
            ValueError: When a basket is damaged, entries do not begin where they can, or a vector's own length is not
                its entry's.
        """
        n_entries = sum(part.n_entries for part in parts)
        size = self.dtype.itemsize
        per_entry = self.entry_bytes() // size
        n_bytes = sum(map(self._n_bytes, parts)) if self.jagged else n_entries * per_entry * size
        n_numbers = max(n_bytes - n_entries * self.header_bytes, 0) // size
        numbers = np.empty(n_numbers, self.dtype.newbyteorder("="))
        offsets, entry = np.zeros(n_entries + 1, np.int64), 0
        for part in parts:
            place = offsets[entry : entry + part.n_entries + 1]
            free = numbers[int(place[0]) if self.jagged else entry * per_entry :]
            if isinstance(part, Part):
                self._put(part, decompressor, place, free)
            elif not part.fill(decompressor, self.jagged, self.header_bytes, place, free):
                return self.array(_one_by_one(parts), decompressor)
            entry += part.n_entries
        if self.jagged:
            flat = Flat(offsets, numbers)
        elif self.length is None:
            flat = Flat(None, numbers)
        else:
            flat = Flat(np.arange(n_entries + 1, dtype=np.int64) * per_entry, numbers, per_entry)
        return self.packing.unpack(flat) if self.packing else flat

    def _n_bytes(self, part: Part | BasketBatch) -> int:
        """Return how many bytes the entries of a part have, headers included."""
        if not isinstance(part, Part):
            return part.n_bytes
        basket, start, stop = part
        return basket.n_bytes if isinstance(basket, PackedBasket) else _byte(basket, stop) - _byte(basket, start)

    def _put(self, part: Part, decompressor: Decompressor, offsets: Int64, numbers: npt.NDArray[Any]) -> None:
        """Put the numbers of entries at the beginning of *numbers*, and list where each begins if they are lists."""
        basket, start, stop = part
        unpacked = self.unpack(basket, decompressor) if isinstance(basket, PackedBasket) else basket
        if self.jagged:
            self._fill(unpacked, start, stop, offsets, numbers)
        else:
            per_entry = self.entry_bytes() // self.dtype.itemsize
            taken = unpacked.data.view(self.dtype)[start * per_entry : stop * per_entry]
            numbers[: len(taken)] = taken

    def _fill(self, basket: Basket, start: int, stop: int, offsets: Int64, numbers: npt.NDArray[Any]) -> None:
        """Put the numbers of lists at the beginning of *numbers*; the first of their offsets is given."""
        data, starts, origin, n_entries = basket
        if (start, stop) != (0, n_entries):
            first, last = _byte(basket, start), _byte(basket, stop)
            if not 0 <= first <= last <= len(data):
                msg = f"its entries {start} to {stop} are said to be the bytes {first} to {last} of {len(data)}"
                raise ValueError(msg)
            data, starts, origin = data[first:last], starts[start * WORD_BYTES : stop * WORD_BYTES], origin + first
        shift = self.dtype.itemsize.bit_length() - 1
        target = numbers[: max(len(data) - self.header_bytes * (stop - start) >> shift, 0)]
        if self.header_bytes:
            right = take_vectors(data, starts, origin, shift, offsets, target.view(np.uint8))
            if sys.byteorder == "little":
                target.byteswap(inplace=True)
        else:
            right = list_entries(data, starts, origin, shift, offsets)
            if right:
                target[...] = data.view(self.dtype)
        if not right:
            msg = f"its entries {start} to {stop} do not begin where they can, or have another length than they say"
            raise ValueError(msg)


def _one_by_one(parts: Sequence[Part | BasketBatch]) -> list[Part]:
    """Take batches apart: one of their baskets is damaged, or of a layout that batches do not know."""
    baskets = [part.baskets() if isinstance(part, BasketBatch) else [part] for part in parts]
    return [part if isinstance(part, Part) else Part(part, 0, part.n_entries) for some in baskets for part in some]


def _byte(basket: Basket, entry: int) -> int:
    """Return where an entry begins, or, of the entry after the last, where all end."""
    if entry == basket.n_entries:
        return len(basket.data)
    at = entry * WORD_BYTES
    return int.from_bytes(basket.starts[at : at + WORD_BYTES].tobytes(), "big") - basket.origin
