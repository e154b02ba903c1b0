"""Numbers of pages against how the specification describes them, number by number."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest

from targets.rootio.flat_arrays import ShapeError
from targets.rootio.rntuple.encodings import Encoding


def encoding(kind, bits, limits=(None, None)):
    return Encoding.of(SimpleNamespace(type=kind, nbits=bits, min_value=limits[0], max_value=limits[1]))


def split(numbers, form):
    """Put the first bytes of all numbers in front, then the second ones."""
    packed = [struct.pack(f"<{form}", number) for number in numbers]
    return b"".join(bytes(number[i] for number in packed) for i in range(len(packed[0])))


def zigzag(number, bits):
    return (number << 1 ^ number >> bits - 1) & (1 << bits) - 1


def bits_of(words, bits):
    """Pack words, the lowest bit first."""
    text = "".join(format(word, f"0{bits}b")[::-1] for word in words)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i : i + 8][::-1], 2) for i in range(0, len(text), 8))


INTEGERS = [0, 1, -1, 100, -128, 127]


@pytest.mark.parametrize(
    ("kind", "bits", "data", "right"),
    [
        (0x00, 1, b"\x05\x02", [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]),
        (0x02, 8, struct.pack("<6b", *INTEGERS), INTEGERS),
        (0x03, 8, struct.pack("<6b", *INTEGERS), INTEGERS),
        (0x04, 8, b"\xff\x01", [255, 1]),
        (0x05, 16, struct.pack("<2h", -3, 300), [-3, 300]),
        (0x07, 32, struct.pack("<6i", *INTEGERS), INTEGERS),
        (0x0A, 64, struct.pack("<Q", 2**64 - 1), [2**64 - 1]),
        (0x0B, 16, struct.pack("<2e", 1.5, -0.25), [1.5, -0.25]),
        (0x0C, 32, struct.pack("<2f", 1.5, -0.25), [1.5, -0.25]),
        (0x0D, 64, struct.pack("<2d", 0.1, -7), [0.1, -7]),
        (0x0F, 64, struct.pack("<3Q", 2, 2, 5), [2, 2, 5]),
        (0x11, 16, split([zigzag(number, 16) for number in (-300, 2)], "H"), [-300, 2]),
        (0x13, 32, split([zigzag(number, 32) for number in INTEGERS], "I"), INTEGERS),
        (0x15, 64, split([zigzag(number, 64) for number in (-(2**63), 5)], "Q"), [-(2**63), 5]),
        (0x16, 64, split([2**63, 5], "Q"), [2**63, 5]),
        (0x17, 16, split([1.5, -0.25], "e"), [1.5, -0.25]),
        (0x18, 32, split([1.5, -0.25, 3], "f"), [1.5, -0.25, 3]),
        (0x19, 64, split([0.1, -7], "d"), [0.1, -7]),
        (0x1A, 32, split([2, 0, 3], "I"), [2, 2, 5]),
        (0x1B, 64, split([2, 0, 3], "Q"), [2, 2, 5]),
        (0x1C, 12, bits_of([number >> 20 for number in struct.unpack("<2I", struct.pack("<2f", -2, 3))], 12), [-2, 3]),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_specification_says(kind, bits, data, right):
    how = encoding(kind, bits)
    assert how.n_bytes(len(right)) == len(data)
    numbers = how.decode(data, len(right))
    assert numbers.dtype == how.dtype
    assert numbers.tolist() == right


@pytest.mark.parametrize("bits", [1, 3, 8, 15, 31, 32])
def test_quantized_numbers_lie_evenly_in_their_range(bits):
    low, high, most = -100.0, 300.0, (1 << bits) - 1
    words = sorted({0, most, most // 3, most // 2})
    numbers = encoding(0x1D, bits, (low, high)).decode(bits_of(words, bits), len(words))
    right = [low + (high - low) * word / most for word in words]
    assert numbers.tolist() == pytest.approx(right, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "bits", "limits", "complaint"),
    [
        (0x10, 96, (None, None), "column type 0x10, which is not read"),
        (0x77, 32, (None, None), "column type 0x77, which is not read"),
        (0x07, 31, (None, None), "column type 0x07 of 31 bits, which it cannot have"),
        (0x1C, 9, (None, None), "column type 0x1c of 9 bits, which it cannot have"),
        (0x1D, 33, (0, 1), "column type 0x1d of 33 bits, which it cannot have"),
        (0x1D, 8, (None, None), "numbers of 8 bits in the range None, which is none"),
        (0x1D, 8, (5, 5), r"numbers of 8 bits in the range \(5.0, 5.0\), which is none"),
    ],
)
def test_what_cannot_be_is_refused_by_name(kind, bits, limits, complaint):
    with pytest.raises(ShapeError, match=complaint):
        encoding(kind, bits, limits)


def test_numbers_outside_of_the_range_that_the_file_announces_are_an_error():
    how = encoding(0x0C, 32, (0, 10))
    assert how.decode(np.array([0, 10], "<f4").tobytes(), 2).tolist() == [0, 10]
    with pytest.raises(ValueError, match=r"outside of the range \(0.0, 10.0\) that the file announces"):
        how.decode(np.array([0, 11], "<f4").tobytes(), 2)
