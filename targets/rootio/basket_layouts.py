"""Layouts of TTree baskets: from the bytes of baskets to arrays.

A basket is a key (not compressed), the entries one after the other, and, where entries differ in length, the byte at
which each begins, counted from the key's first: a word that counts the words, one word an entry, and one that means
nothing. A `std::vector` repeats its own length in front of its numbers, in ten bytes.

Numbers go from each basket to their place in the array at once: large arrays in between would cost more than decoding.
"""

import sys
from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from uproot.interpretation.jagged import AsJagged
from uproot.interpretation.numerical import AsDtype

from targets.rootio.basket_loops import VECTOR_HEADER_BYTES, WORD_BYTES, Bytes, take_vectors
from targets.rootio.buffers import ArrayMemory, Offsets
from targets.rootio.compression import Decompressor, UnknownLayoutError, check_size
from targets.rootio.flat_arrays import Flat

__all__ = ["Basket", "Layout", "Packed", "Part"]

_KEY = Struct(">ihiIhh")  # bytes in the file, version, uncompressed bytes, date, bytes of the key, cycle
_BASKET = Struct(">Hiiiib")  # at the key's end: version, two sizes of buffers, entries, end of the entries, flag
_TWO_WORDS = Struct(">ii")


class Packed(NamedTuple):
    """A basket as it is in the file, its key compared with the list of contents.

    Attributes:
        content: What follows the key.
        size: Bytes of that when it is decompressed.
        n_bytes: How many of these are entries.
        key: Bytes of the key.
        n_entries: How many entries there are.
    """

    content: memoryview
    size: int
    n_bytes: int
    key: int
    n_entries: int

    @classmethod
    def of(cls, basket: memoryview, n_entries: int) -> Self:
        """Compare a basket's key with the list of contents.

        Args:
            basket: Its bytes in the file, the key included.
            n_entries: How many entries it must have, at least 1.

        Returns:
            The basket.

        Raises:
            ValueError: When it is another one, or damaged.
        """
        shortest = _KEY.size + _BASKET.size
        n_bytes, _, size, _, key, _ = _KEY.unpack_from(basket) if len(basket) >= shortest else (-1,) * 6
        if n_bytes != len(basket) or not shortest <= key <= n_bytes:
            msg = f"no basket of {len(basket)} bytes stands where the list of contents says"
            raise ValueError(msg)
        _, _, _, n_here, last, _ = _BASKET.unpack_from(basket, key - _BASKET.size)
        if n_here != n_entries or not 0 <= last - key <= size:
            msg = f"a basket of {n_entries} entries says that it has {n_here}, which end at byte {last - key} of {size}"
            raise ValueError(msg)
        return cls(basket[key:], size, last - key, key, n_entries)


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

    basket: Basket | Packed
    start: int
    stop: int


class Layout(NamedTuple):
    """How the baskets of a branch are laid out.

    Attributes:
        dtype: Type of the numbers, in the byte order of the file.
        jagged: Whether an entry has a varying number of them.
        header_bytes: Length of what precedes the numbers of an entry: 10 for `std::vector`, else 0.
    """

    dtype: np.dtype[Any]
    jagged: bool
    header_bytes: int

    @classmethod
    def of(cls, branch: Any) -> Self | None:
        """Tell the layout of a branch.

        Args:
            branch: uproot's TBranch.

        Returns:
            The layout; None when it is not known here.
        """
        interpretation = branch.interpretation
        jagged = type(interpretation) is AsJagged
        header_bytes = interpretation.header_bytes if jagged else 0
        numbers = interpretation.content if jagged else interpretation
        if type(numbers) is not AsDtype or header_bytes not in (0, VECTOR_HEADER_BYTES):
            return None
        dtype = numbers.from_dtype
        plain = dtype.kind in "biuf" and dtype.shape == () and numbers.to_dtype == dtype.newbyteorder("=")
        return cls(dtype, jagged, header_bytes) if plain else None

    def unpack(self, basket: Packed, decompressor: Decompressor) -> Basket:
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
        content, size, n_bytes, key, n_entries = basket
        if size - n_bytes != ((n_entries + 2) * WORD_BYTES if self.jagged else 0):
            check_size(content, size)  # uproot takes memory for it before it looks
            raise UnknownLayoutError
        data = bytes(content) if len(content) == size else decompressor.decompress(content, size)
        if not self.jagged:
            return self._fixed(np.frombuffer(data, np.uint8), n_entries)
        if _TWO_WORDS.unpack_from(data, n_bytes) != (n_entries + 1, key):
            msg = "its list of where entries begin makes no sense"
            raise ValueError(msg)
        whole = np.frombuffer(data, np.uint8)
        whole.flags.writeable = False  # one type for the compiled loop
        return Basket(whole[:n_bytes], whole[n_bytes + WORD_BYTES : -WORD_BYTES], key, n_entries)

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
        data = np.array(basket.data, np.uint8)
        data.flags.writeable = False
        if not self.jagged:
            return self._fixed(data, basket.num_entries)
        if basket.byte_offsets is None or len(basket.byte_offsets) != basket.num_entries + 1:
            raise UnknownLayoutError
        starts = basket.byte_offsets[:-1].astype(">i4").view(np.uint8)
        starts.flags.writeable = False
        return Basket(data, starts, 0, basket.num_entries)

    def _fixed(self, data: Bytes, n_entries: int) -> Basket:
        if len(data) != n_entries * self.dtype.itemsize:
            msg = f"{n_entries} numbers of {self.dtype.itemsize} bytes are {len(data)} bytes long"
            raise ValueError(msg)
        return Basket(data, data[:0], 0, n_entries)

    def array(self, parts: Sequence[Part], decompressor: Decompressor, memory: ArrayMemory) -> Flat:
        """Join parts of baskets to one array.

        Args:
            parts: They follow each other; none gives an empty array.
            decompressor: Decompresses those that are packed, one after the other: memory that is used again is faster.
            memory: Where the array is made.

        Returns:
            Their numbers, in the byte order of this machine.

        Raises:
            UnknownLayoutError: As `unpack`.
            ValueError: When a basket is damaged, entries do not begin where they can, or a vector's own length is not
                its entry's.
        """
        n_entries = sum(part.stop - part.start for part in parts)
        size = self.dtype.itemsize
        n_bytes = sum(map(self._n_bytes, parts)) if self.jagged else n_entries * size
        n_numbers = max(n_bytes - n_entries * self.header_bytes, 0) // size
        numbers = memory.new(n_numbers, self.dtype.newbyteorder("="))
        offsets, entry = memory.offsets(n_entries, n_numbers), 0
        for basket, start, stop in parts:
            here = self.unpack(basket, decompressor) if isinstance(basket, Packed) else basket
            if self.jagged:
                self._fill(here, start, stop, offsets, numbers)
            else:
                numbers[entry : entry + stop - start] = here.data.view(self.dtype)[start:stop]
            entry += stop - start
            del here  # its memory goes to the next basket
        return Flat(memory.keep(offsets) if self.jagged else None, numbers)

    def _n_bytes(self, part: Part) -> int:
        """Return how many bytes the entries of a part have, headers included."""
        basket, start, stop = part
        return basket.n_bytes if isinstance(basket, Packed) else _byte(basket, stop) - _byte(basket, start)

    def _fill(self, basket: Basket, start: int, stop: int, offsets: Offsets, numbers: npt.NDArray[Any]) -> None:
        """Put the numbers of some entries to their place, and where each entry begins."""
        data, starts, origin, n_entries = basket
        if (start, stop) != (0, n_entries):
            first, last = _byte(basket, start), _byte(basket, stop)
            if not 0 <= first <= last <= len(data):
                msg = f"its entries {start} to {stop} are said to be the bytes {first} to {last} of {len(data)}"
                raise ValueError(msg)
            data, starts, origin = data[first:last], starts[start * WORD_BYTES : stop * WORD_BYTES], origin + first
        shift, filled = self.dtype.itemsize.bit_length() - 1, offsets.n_numbers()
        there = numbers[filled : filled + (len(data) - self.header_bytes * (stop - start) >> shift)]
        if self.header_bytes:
            right = take_vectors(data, starts, origin, shift, offsets.place(stop - start), there.view(np.uint8))
            if sys.byteorder == "little":
                there.byteswap(inplace=True)
        else:
            right = offsets.add(data, starts, origin, shift)
            if right:
                there[...] = data.view(self.dtype)
        if not right:
            msg = f"its entries {start} to {stop} do not begin where they can, or have another length than they say"
            raise ValueError(msg)


def _byte(basket: Basket, entry: int) -> int:
    """Return where an entry begins, or, of the entry after the last, where all end."""
    if entry == basket.n_entries:
        return len(basket.data)
    at = entry * WORD_BYTES
    return int.from_bytes(basket.starts[at : at + WORD_BYTES].tobytes(), "big") - basket.origin
