"""Layouts of TTree baskets: from the bytes of baskets to arrays.

A basket is a key (not compressed), the entries one after the other, and, where entries differ in length, the byte at
which each begins, counted from the key's first: a word that counts the words, one word an entry, and one that means
nothing. A `std::vector` repeats its own length in front of its numbers, in ten bytes.

Numbers go from each basket to their place in the array at once: large arrays in between would cost more than decoding.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple, Self

import awkward as ak
import numba
import numpy as np
import numpy.typing as npt
from uproot.interpretation.jagged import AsJagged
from uproot.interpretation.numerical import AsDtype

from targets.codecs import Decompressor, UnknownLayoutError

__all__ = ["Basket", "Layout", "Part"]

_KEY = Struct(">ihiIhh")  # bytes in the file, version, uncompressed bytes, date, bytes of the key, cycle
_BASKET = Struct(">Hiiiib")  # at the key's end: version, two sizes of buffers, entries, end of the entries, flag
_TWO_WORDS = Struct(">ii")
_WORD_BYTES = 4
_VECTOR_HEADER_BYTES = 10  # bytes that follow the first word, marked as such; version; number of numbers
_BYTE_COUNT = 0x40000000  # marks the first word of an object as its length

Integers = npt.NDArray[np.int64]


class Basket(NamedTuple):
    """The entries of one basket, decompressed.

    Attributes:
        data: Their bytes as the file has them.
        starts: Byte at which each begins, shape (n_entries,); None where all have the same length.
        origin: What is to be taken off these bytes.
        n_entries: How many they are.
    """

    data: memoryview
    starts: npt.NDArray[np.integer[Any]] | None
    origin: int
    n_entries: int


Part = tuple[Basket, int, int]
"""A basket, and the first of its entries that is wanted, and the one after the last, counted within it."""


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
        if type(numbers) is not AsDtype or header_bytes not in (0, _VECTOR_HEADER_BYTES):
            return None
        dtype = numbers.from_dtype
        plain = dtype.kind in "biuf" and dtype.shape == () and numbers.to_dtype == dtype.newbyteorder("=")
        return cls(dtype, jagged, header_bytes) if plain else None

    def decode(self, basket: memoryview, n_entries: int, decompressor: Decompressor) -> Basket:
        """Decompress a basket, and compare it with what the list of contents says of it.

        Args:
            basket: Its bytes, the key included.
            n_entries: How many entries it must have, at least 1.
            decompressor: Decompresses.

        Returns:
            Its entries.

        Raises:
            UnknownLayoutError: When entries differ in length, but the basket does not list where they begin.
            ValueError: When it is damaged, or has another number of entries.
        """
        content, border, key = _content(basket, n_entries, decompressor)
        tail_bytes = len(content) - border
        if tail_bytes != ((n_entries + 2) * _WORD_BYTES if self.jagged else 0):
            raise UnknownLayoutError
        if not self.jagged:
            return self._fixed(content, n_entries)
        if _TWO_WORDS.unpack_from(content, border) != (n_entries + 1, key):
            msg = "its list of where entries begin makes no sense"
            raise ValueError(msg)
        starts = np.frombuffer(content, ">i4", n_entries, border + _WORD_BYTES)
        return Basket(content[:border], starts, key, n_entries)

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
        data = memoryview(np.ascontiguousarray(basket.data))
        if not self.jagged:
            return self._fixed(data, basket.num_entries)
        if basket.byte_offsets is None or len(basket.byte_offsets) != basket.num_entries + 1:
            raise UnknownLayoutError
        return Basket(data, basket.byte_offsets[:-1], 0, basket.num_entries)

    def _fixed(self, data: memoryview, n_entries: int) -> Basket:
        if len(data) != n_entries * self.dtype.itemsize:
            msg = f"{n_entries} numbers of {self.dtype.itemsize} bytes are {len(data)} bytes long"
            raise ValueError(msg)
        return Basket(data, None, 0, n_entries)

    def array(self, parts: Sequence[Part]) -> ak.Array:
        """Join parts of baskets to one array.

        Args:
            parts: They follow each other; none gives an empty array.

        Returns:
            Shape (n_entries,) or (n_entries, var), in the byte order of this machine, with memory of its own.

        Raises:
            ValueError: When entries do not begin where they can, or a vector's own length is not its entry's.
        """
        size = self.dtype.itemsize
        if not self.jagged:
            return ak.Array(self._numbers([basket.data[start * size : stop * size] for basket, start, stop in parts]))
        data, bounds = _joined(parts)
        offsets = bounds.copy()
        if self.header_bytes:
            offsets -= np.arange(0, len(bounds) * self.header_bytes, self.header_bytes)
        if (offsets[1:] < offsets[:-1]).any() or np.bitwise_or.reduce(offsets) & (size - 1):
            msg = f"its list of where entries begin is wrong: they are no whole numbers of {size} bytes"
            raise ValueError(msg)
        offsets >>= size.bit_length() - 1  # sizes are powers of two
        content = self._numbers([_without_headers(data, bounds, size)] if self.header_bytes else data)
        return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), ak.contents.NumpyArray(content)))

    def _numbers(self, data: Sequence[memoryview]) -> npt.NDArray[Any]:
        """Copy numbers that lie in pieces into one array, in the byte order of this machine."""
        numbers = np.empty(sum(map(len, data)) // self.dtype.itemsize, self.dtype.newbyteorder("="))
        at = 0
        for piece in data:
            here = np.frombuffer(piece, self.dtype) if piece else numbers[:0]
            numbers[at : at + len(here)] = here
            at += len(here)
        return numbers


def _content(basket: memoryview, n_entries: int, decompressor: Decompressor) -> tuple[memoryview, int, int]:
    """Compare a basket with the list of contents; return what is in it, where its entries end, and its key's length."""
    shortest = _KEY.size + _BASKET.size
    n_bytes, _, size, _, key, _ = _KEY.unpack_from(basket) if len(basket) >= shortest else (-1,) * 6
    if n_bytes != len(basket) or not shortest <= key <= n_bytes:
        msg = f"no basket of {len(basket)} bytes stands where the list of contents says"
        raise ValueError(msg)
    _, _, _, n_here, last, _ = _BASKET.unpack_from(basket, key - _BASKET.size)
    border = last - key
    if n_here != n_entries or not 0 <= border <= size:
        msg = f"a basket of {n_entries} entries says that it has {n_here}, which end at byte {border} of {size}"
        raise ValueError(msg)
    content = basket[key:]
    if len(content) != size:
        content = memoryview(decompressor.decompress(content, size))
    return content, border, key


def _joined(parts: Sequence[Part]) -> tuple[list[memoryview], Integers]:
    """Return the bytes of entries that differ in length, and where each begins when these are put together."""
    bounds = np.empty(sum(stop - start for _, start, stop in parts) + 1, np.int64)
    pieces, at, end = [], 0, 0
    for (data, starts, origin, n_entries), start, stop in parts:
        first = int(starts[start]) - origin if start else 0
        last = int(starts[stop]) - origin if stop < n_entries else len(data)
        if not 0 <= first <= last <= len(data):
            msg = f"its list of where entries begin is wrong: {first} to {last} of {len(data)} bytes"
            raise ValueError(msg)
        here = bounds[at : at + stop - start]
        here[...] = starts[start:stop]
        here += end - first - origin
        pieces.append(data[first:last])
        at += stop - start
        end += last - first
    bounds[at] = end
    return pieces, bounds


def _without_headers(pieces: Sequence[memoryview], bounds: Integers, size: int) -> memoryview:
    """Take out the headers of vectors; each must give the length that its entry has."""
    data = np.frombuffer(pieces[0] if len(pieces) == 1 else b"".join(pieces), np.uint8)
    numbers = np.empty(len(data) - _VECTOR_HEADER_BYTES * (len(bounds) - 1), np.uint8)
    wrong = _take_numbers(data, bounds, size, numbers)
    if wrong >= 0:
        length = bounds[wrong + 1] - bounds[wrong]
        msg = f"an entry of {length} bytes is a vector that gives itself another length"
        raise ValueError(msg)
    return numbers.data


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _take_numbers(
    data: npt.NDArray[np.uint8], bounds: Integers, size: int, numbers: npt.NDArray[np.uint8]
) -> int:
    """Copy what follows the headers; return the first entry whose header is wrong, or -1."""
    at = np.uint64(0)  # with indices that cannot be negative, this is compiled to copies of whole blocks
    for i in range(len(bounds) - 1):
        start, inside = np.uint64(bounds[i]), bounds[i + 1] - bounds[i] - _VECTOR_HEADER_BYTES
        n_bytes, n_numbers = _word(data, start), _word(data, start + np.uint64(_VECTOR_HEADER_BYTES - _WORD_BYTES))
        if n_bytes != _BYTE_COUNT + inside + _VECTOR_HEADER_BYTES - _WORD_BYTES or n_numbers * size != inside:
            return i
        start += np.uint64(_VECTOR_HEADER_BYTES)
        for j in range(np.uint64(inside)):
            numbers[at + j] = data[start + j]
        at += np.uint64(inside)
    return -1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _word(data: npt.NDArray[np.uint8], at: np.uint64) -> np.int64:
    word = np.int64(0)
    for j in range(np.uint64(_WORD_BYTES)):
        word = word << 8 | np.int64(data[at + j])
    return word
