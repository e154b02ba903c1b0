"""Double32_t and Float16_t: numbers that a file keeps in fewer bits than memory does, by a range in a title.

ROOT takes the range from the first or second pair of brackets in the title of the leaf, or, of a member of a class,
from its comment: ``[low,high,bits]`` (source: TStreamerElement.cxx, GetRange, and TBufferFile.cxx,
ReadFastArrayDouble32 and ReadFastArrayFloat16). There are three forms: an integer of four bytes between low and high;
exponent and rounded mantissa in three bytes; and, of Double32_t alone, a float of four bytes.
"""

import math
import re
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from targets.errors import FileFormatError
from targets.rootio.flat_arrays import Flat

__all__ = ["PackedNumbers"]

_NAMES = {"TLeafD32": "Double32_t", "TLeafF16": "Float16_t", 9: "Double32_t", 19: "Float16_t"}
"""Type by class of the leaf, or by the number that the leaf of a member has (source: TDataType.h, EDataType)."""

_FIXED_LENGTH = range(20, 40)  # what is added to that number for an array of fixed length (TVirtualStreamerInfo.h)
_MANTISSA_BYTES = 3  # one for the exponent, two for mantissa and sign
_EXPONENT_SHIFT = 23  # of a float of four bytes
_FLOAT16_BITS = 12  # of the mantissa, where no title says
_ALL_BITS = 32
_LEAST_BITS, _LARGEST_MANTISSA = 2, 14
_ANGLES = {"2pi": 2 * math.pi, "2*pi": 2 * math.pi, "twopi": 2 * math.pi, "pi/2": math.pi / 2, "pi/4": math.pi / 4}


class PackedNumbers(NamedTuple):
    """How the numbers of a branch are packed.

    Attributes:
        name: Its type in C++.
        dtype: Type of the numbers in memory.
        low: Where the range begins, in the unit of the numbers.
        high: Where it ends; the same where there is no range.
        bits: Of the integer, or of the mantissa; 0 for a float of four bytes.
    """

    name: str
    dtype: np.dtype[Any]
    low: float
    high: float
    bits: int

    @classmethod
    def of(cls, branch: Any) -> Self | None:
        """Tell how the numbers of a branch are packed.

        Args:
            branch: uproot's TBranch.

        Returns:
            Their packing; None where they are not packed.

        Raises:
            FileFormatError: When they are packed in a way that is not read.
        """
        leaves = branch.member("fLeaves")
        kinds = [leaf.member("fType", none_if_missing=True) or leaf.classname for leaf in leaves]
        plain = [kind - 20 if kind in _FIXED_LENGTH else kind for kind in kinds]
        names = [_NAMES[kind] for kind in plain if kind in _NAMES]
        if not names:
            return None
        if len(leaves) != 1:
            msg = f"{branch.name} holds {names[0]} in a list of leaves, which is not read; name another branch"
            raise FileFormatError(msg)
        title = leaves[0].member("fTitle") if isinstance(plain[0], str) else str(branch.streamer.title)
        dtype = np.dtype(np.float64 if names[0] == "Double32_t" else np.float32)
        low, high, bits = _range(title)
        if low >= high:  # what ROOT does then
            bits = int(low) or (_FLOAT16_BITS if names[0] == "Float16_t" else 0)
            low = high = 0.0
            if bits and not _LEAST_BITS <= bits <= _LARGEST_MANTISSA:
                msg = f"{branch.name} holds {names[0]} with {bits} bits ({title}), which is not read"
                raise FileFormatError(msg)
        return cls(names[0], dtype, low, high, bits)

    @property
    def stored(self) -> np.dtype[Any]:
        """Type in the file: of the bytes, where a number has three."""
        if self.low < self.high:
            return np.dtype(">u4")
        return np.dtype(np.uint8) if self.bits else np.dtype(">f4")

    @property
    def n_stored(self) -> int:
        """How many of these one number takes."""
        return _MANTISSA_BYTES if self.bits and self.low >= self.high else 1

    def unpack(self, flat: Flat) -> Flat:
        """Unpack numbers.

        Args:
            flat: What the file has, in the byte order of this machine.

        Returns:
            The numbers.

        Raises:
            ValueError: When there are others than can be.
        """
        if self.low < self.high:
            return flat._replace(numbers=self._in_range(flat.numbers))
        if not self.bits:
            return flat._replace(numbers=flat.numbers.astype(self.dtype))
        offsets = flat.offsets
        if offsets is not None:
            if (offsets % _MANTISSA_BYTES).any():
                msg = f"its entries are not whole numbers of {_MANTISSA_BYTES} bytes ({self.name})"
                raise ValueError(msg)
            offsets = offsets // _MANTISSA_BYTES
        length = None if flat.length is None else flat.length // _MANTISSA_BYTES
        return Flat(offsets, self._from_mantissa(flat.numbers.reshape(-1, _MANTISSA_BYTES)), length)

    def _in_range(self, integers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        steps = 2.0**self.bits if self.bits < _ALL_BITS else 2.0**_ALL_BITS - 1
        if len(integers) and integers.max() > steps:
            msg = f"it has numbers outside of [{self.low:g},{self.high:g},{self.bits}], the range of its {self.name}"
            raise ValueError(msg)
        return (integers / (steps / (self.high - self.low)) + self.low).astype(self.dtype, copy=False)

    def _from_mantissa(self, stored: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        exponent, mantissa = stored[:, 0].astype(np.uint32), stored[:, 1].astype(np.uint32) << 8 | stored[:, 2]
        if (mantissa >> self.bits + 2).any():
            msg = f"it has a mantissa of more than the {self.bits} bits of its {self.name}"
            raise ValueError(msg)
        sign = mantissa >> self.bits + 1
        bits = (exponent << _EXPONENT_SHIFT) | (mantissa & (1 << self.bits + 1) - 1) << _EXPONENT_SHIFT - self.bits
        return np.where(sign, -bits.view(np.float32), bits.view(np.float32)).astype(self.dtype)


def _range(title: str) -> tuple[float, float, int]:
    """Read low, high and bits off a title, as ROOT does; without a range low is the number of bits, or 0."""
    brackets = re.findall(r"\[([^\]]*)\]", title)[:2]  # the first may be the length of an array
    inside = next((text for text in brackets if "," in text), None)
    if inside is None:
        return 0.0, 0.0, _ALL_BITS
    low, high, *more = inside.split(",")[:3]
    digits = re.match(r"\s*([+-]?\d+)", more[0]) if more else None
    bits = int(digits[1]) if digits else _ALL_BITS
    bits = bits if _LEAST_BITS <= bits <= _ALL_BITS else _ALL_BITS
    edges = _edge(low), _edge(high)
    if edges[0] >= edges[1] and bits <= _LARGEST_MANTISSA:
        return float(bits), float(bits), bits
    return *edges, bits


def _edge(text: str) -> float:
    text = text.lower().replace(" ", "")
    if "pi" in text:
        angle = next((value for name, value in _ANGLES.items() if name in text), math.pi)
        return -angle if "-" in text else angle
    number = re.match(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text)
    return float(number[0]) if number else 0.0
