"""How the numbers of a page of an RNTuple are stored: split into bytes, as differences, packed into bits.

Written after ROOT's specification of the format; what is not in it, or cannot be a number, is refused by name.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from targets.rootio.compression import Bytes
from targets.rootio.flat_arrays import ShapeError

__all__ = ["INDEX_TYPES", "Encoding"]

INDEX_TYPES = frozenset((0x0E, 0x0F, 0x1A, 0x1B))
"""Numbers of the column types that tell where lists end."""

_BIT, _TRUNCATED, _QUANTIZED = 0x00, 0x1C, 0x1D
_BYTE_BITS = 8
_WIDTHS = {_TRUNCATED: range(10, 32), _QUANTIZED: range(1, 33)}  # bits that these may have; of all others it is fixed

_PLAIN: Mapping[int, str] = {
    0x00: "bool", 0x01: "u1", 0x02: "i1", 0x03: "i1", 0x04: "u1", 0x05: "i2", 0x06: "u2", 0x07: "i4", 0x08: "u4",
    0x09: "i8", 0x0A: "u8", 0x0B: "f2", 0x0C: "f4", 0x0D: "f8", 0x0E: "u4", 0x0F: "u8", _TRUNCATED: "f4",
    _QUANTIZED: "f4",
}  # fmt: skip
_SPLIT: Mapping[int, str] = {
    0x11: "i2", 0x12: "u2", 0x13: "i4", 0x14: "u4", 0x15: "i8", 0x16: "u8", 0x17: "f2", 0x18: "f4", 0x19: "f8",
    0x1A: "u4", 0x1B: "u8",
}  # fmt: skip
# source: https://github.com/root-project/root/blob/master/tree/ntuple/doc/BinaryFormatSpecification.md#column-types


class Encoding(NamedTuple):
    """How a column stores its numbers.

    Attributes:
        type: Number of the column type.
        bits: Bits of a number in the file.
        dtype: Type of the numbers in memory.
        limits: Least and greatest value that the file announces; None where it does not.
    """

    type: int
    bits: int
    dtype: np.dtype[Any]
    limits: tuple[float, float] | None

    @classmethod
    def of(cls, record: Any) -> "Encoding":
        """Take what the file says of a column.

        Args:
            record: uproot's column record.

        Returns:
            The encoding.

        Raises:
            ShapeError: For a type that is not known here, or one with a number of bits that it cannot have.
        """
        name = _PLAIN.get(record.type) or _SPLIT.get(record.type)
        if name is None:
            msg = f"stored as column type {record.type:#04x}, which is not read"
            raise ShapeError(msg)
        dtype = np.dtype(name)
        fixed = 1 if record.type == _BIT else dtype.itemsize * _BYTE_BITS
        limits = None if record.min_value is None else (float(record.min_value), float(record.max_value))
        if record.nbits not in _WIDTHS.get(record.type, (fixed,)):
            msg = f"stored as column type {record.type:#04x} of {record.nbits} bits, which it cannot have"
            raise ShapeError(msg)
        if (limits and not limits[0] < limits[1]) or (limits is None and record.type == _QUANTIZED):
            msg = f"stored as numbers of {record.nbits} bits in the range {limits}, which is none"
            raise ShapeError(msg)
        return cls(record.type, record.nbits, np.dtype("f4") if name == "f2" else dtype, limits)

    def n_bytes(self, n_numbers: int) -> int:
        """Return how many bytes a page has when it is not compressed.

        Args:
            n_numbers: Numbers in it.
        """
        return -(-n_numbers * self.bits // _BYTE_BITS)

    def decode(self, data: Bytes, n_numbers: int) -> npt.NDArray[Any]:
        """Return the numbers of a page.

        Args:
            data: Its bytes, :meth:`n_bytes` of them.
            n_numbers: Numbers in it.

        Returns:
            Shape (n_numbers,), of :attr:`dtype`; may be *data* itself.

        Raises:
            ValueError: When a number lies outside of the announced range.
        """
        numbers = self._decode(np.frombuffer(data, np.uint8), n_numbers)
        if self.type == _QUANTIZED or not self.limits or not n_numbers:  # quantized, no number can be outside
            return numbers
        if not (self.limits[0] <= numbers.min() and numbers.max() <= self.limits[1]):
            msg = f"it holds numbers outside of the range {self.limits} that the file announces"
            raise ValueError(msg)
        return numbers

    def _decode(self, data: npt.NDArray[np.uint8], n_numbers: int) -> npt.NDArray[Any]:
        if self.type == _BIT:
            return np.unpackbits(data, count=n_numbers, bitorder="little").view(bool)
        if self.type in _WIDTHS:
            return self._from_bits(_unpacked(data, self.bits, n_numbers))
        if self.type in _PLAIN:
            return data.view(_PLAIN[self.type]).astype(self.dtype, copy=False)
        stored = np.dtype(_SPLIT[self.type])
        together = np.ascontiguousarray(data.reshape(stored.itemsize, n_numbers).T).reshape(-1)
        if self.type in INDEX_TYPES:  # differences, anew in each page
            return np.cumsum(together.view(stored), dtype=stored)
        if stored.kind == "i":  # the sign is the lowest bit
            words = together.view(f"u{stored.itemsize}")
            return ((words >> 1) ^ (~(words & 1) + 1)).view(stored)
        return together.view(stored).astype(self.dtype, copy=False)

    def _from_bits(self, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
        if self.type == _TRUNCATED:  # the lowest bits of the mantissa are left out
            return (words << np.uint32(32 - self.bits)).view(np.float32)
        assert self.limits is not None
        low, high = self.limits
        return (low + words.astype(np.float64) * ((high - low) / ((1 << self.bits) - 1))).astype(np.float32)


def _unpacked(data: npt.NDArray[np.uint8], bits: int, n_numbers: int) -> npt.NDArray[np.uint32]:
    """Return numbers of so many bits, one behind the other from the lowest bit of the first byte on."""
    single = np.unpackbits(data, count=bits * n_numbers, bitorder="little").reshape(n_numbers, bits)
    words = np.zeros((n_numbers, 32), np.uint8)
    words[:, :bits] = single
    return np.packbits(words, axis=1, bitorder="little").view("<u4").reshape(-1)
