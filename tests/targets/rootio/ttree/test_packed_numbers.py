"""Double32_t and Float16_t against a slow reading of ROOT's own rules, number by number."""

import math
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from targets.errors import FileFormatError
from targets.rootio.compression import Decompressor
from targets.rootio.flat_arrays import Flat
from targets.rootio.ttree.basket_keys import PackedBasket
from targets.rootio.ttree.basket_layouts import Layout, Part
from targets.rootio.ttree.packed_numbers import PackedNumbers
from tests.support.jagged import awkward
from tests.targets.rootio.ttree.test_basket_layouts import basket


class Member(SimpleNamespace):
    """A leaf or branch with the members that uproot's have."""

    def member(self, name, none_if_missing=False):
        return getattr(self, name, None) if none_if_missing else getattr(self, name)


def branch(title, kind="TLeafD32", counted=True, length=1, code=None, **more):
    leaf = Member(classname=kind, fTitle=title, fLeafCount=object() if counted else None, fLen=length, fType=code)
    return Member(name="x", fLeaves=[leaf], **more)


def packing(title, kind="TLeafD32", **more):
    found = PackedNumbers.of(branch(title, kind, **more))
    return found.low, found.high, found.bits


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("x[n]/d[-1000,1000,16]", (-1000, 1000, 16)),
        ("d[0,1]", (0, 1, 32)),
        ("x/d[ -pi , twopi , 8]", (-math.pi, 2 * math.pi, 8)),
        ("[pi/4,pi/2,20]", (math.pi / 4, math.pi / 2, 20)),
        ("[2*pi,-2pi,9]", (0, 0, 9)),
        ("x[n]/d[0,0,10]", (0, 0, 10)),
        ("x[n]/d[0,0,20]", (0, 0, 0)),
        ("x[n]/d", (0, 0, 0)),
        ("x", (0, 0, 0)),
        ("x[10]/d[1e2,2.5e+3,12]", (100, 2500, 12)),
        ("x[n]/d[0,1,77]", (0, 1, 32)),
        ("x[n][3]/d[0,1,8]", (0, 0, 0)),  # ROOT looks at the first two brackets
    ],
)
def test_ranges_are_those_of_root(title, expected):
    assert packing(title) == pytest.approx(expected)


def test_float16_has_twelve_bits_unless_its_title_says_otherwise():
    assert packing("x[n]", "TLeafF16") == packing("x[n]/f[0,0,16]", "TLeafF16") == (0, 0, 12)
    assert packing("x[n]/f[0,0,9]", "TLeafF16") == (0, 0, 9)


def test_members_of_classes_have_their_range_in_a_comment():
    member = branch("x", "TLeafElement", code=29, streamer=SimpleNamespace(title="[0,8,3] momentum"))
    assert PackedNumbers.of(member) == PackedNumbers("Double32_t", np.dtype("f8"), 0, 8, 3)
    assert PackedNumbers.of(branch("x", "TLeafElement", code=5)) is None
    assert PackedNumbers.of(branch("x", "TLeafF")) is None


@pytest.mark.parametrize("title", ["x[n]/d[-5,-5,20]", "x[n]/d[15.5,2,16]"])
def test_bits_that_no_mantissa_has_are_refused(title):
    with pytest.raises(FileFormatError, match=r"x holds Double32_t with -?\d+ bits"):
        packing(title)


def test_lists_of_leaves_and_arrays_of_arrays_are_refused():
    several = branch("x")
    several.fLeaves *= 2
    with pytest.raises(FileFormatError, match=r"x holds Double32_t in a list of leaves.*name another branch"):
        Layout.of(several)
    for other in (branch("x[n][3]/d[0,1,8]", length=3), branch("x[2][3]", "TLeafF16", counted=False, length=6)):
        with pytest.raises(FileFormatError, match=r"x holds (Double32|Float16)_t in arrays of arrays"):
            Layout.of(other)


def range_word(value, low, high, bits):
    """As TBufferFile::WriteDouble32 does with a factor."""
    top = 2**bits if bits < 32 else 0xFFFFFFFF
    return struct.pack(">I", int(0.5 + top / (high - low) * (value - low)))


def mantissa_bytes(value, bits):
    """As TBufferFile::WriteFloat16 does without."""
    (word,) = struct.unpack(">I", struct.pack(">f", value))
    mantissa = (((1 << bits + 1) - 1 & word >> 23 - bits - 1) + 1) >> 1
    mantissa = (1 << bits) - 1 if mantissa & 1 << bits else mantissa
    return struct.pack(">BH", word << 1 >> 24 & 0xFF, mantissa | (1 << bits + 1 if value < 0 else 0))


FORMS = {
    "x[n]/d[-1000,1000,16]": ("TLeafD32", lambda value: range_word(value, -1000, 1000, 16), 0.02),
    "x[n]/d[-1000,1000]": ("TLeafD32", lambda value: range_word(value, -1000, 1000, 32), 1e-6),
    "x[n]/f[-1000,1000,20]": ("TLeafF16", lambda value: range_word(value, -1000, 1000, 20), 1e-3),
    "x[n]/d[0,0,12]": ("TLeafD32", lambda value: mantissa_bytes(value, 12), 0.2),
    "x[n]/f[0,0,8]": ("TLeafF16", lambda value: mantissa_bytes(value, 8), 3),
    "x[n]": ("TLeafF16", lambda value: mantissa_bytes(value, 12), 0.2),
    "x[n]/d": ("TLeafD32", lambda value: struct.pack(">f", value), 1e-4),
}
ENTRIES = [[1.5, -2.25], [], [999.0], [0.0, -731.25, 0.03125, 12.0]]


@pytest.mark.parametrize("title", list(FORMS))
def test_every_form_comes_back(title):
    kind, write, tolerance = FORMS[title]
    layout = Layout.of(branch(title, kind))
    data = basket([b"".join(map(write, numbers)) for numbers in ENTRIES])
    packed = PackedBasket.of(memoryview(data), 4)
    flat = layout.array([Part(packed, 0, 4)], Decompressor())
    assert flat.numbers.dtype == (np.float64 if kind == "TLeafD32" else np.float32)
    assert flat.offsets.tolist() == [0, 2, 2, 3, 7]
    assert flat.numbers == pytest.approx([number for numbers in ENTRIES for number in numbers], abs=tolerance)
    part = layout.array([Part(layout.unpack(packed, Decompressor()), 2, 4)], Decompressor())
    assert awkward(part).to_list() == awkward(flat).to_list()[2:]


@pytest.mark.parametrize("title", list(FORMS))
@pytest.mark.parametrize("length", [None, 2])
def test_numbers_and_arrays_of_fixed_length_come_back(title, length):
    kind, write, tolerance = FORMS[title]
    numbers = [1.5, -2.25, 999.0, -731.25, 0.5, 12.0]
    layout = Layout.of(branch(title.replace("[n]", f"[{length}]" if length else ""), kind, False, length or 1))
    entries = len(numbers) // (length or 1)
    per_entry = len(numbers) // entries
    data = basket(
        [b"".join(map(write, numbers[i * per_entry : (i + 1) * per_entry])) for i in range(entries)], jagged=False
    )
    packed = PackedBasket.of(memoryview(data), entries)
    flat = layout.array([Part(packed, 0, entries)], Decompressor())
    assert flat.length == length
    assert flat.n_events() == entries
    assert flat.numbers == pytest.approx(numbers, abs=tolerance)


def test_what_cannot_be_is_damage():
    with pytest.raises(ValueError, match=r"numbers outside of \[0,8,3\], the range of its Double32_t"):
        PackedNumbers("Double32_t", np.dtype("f8"), 0, 8, 3).unpack(Flat(None, np.array([9], np.uint32)))
    short = PackedNumbers("Float16_t", np.dtype("f4"), 0, 0, 8)
    with pytest.raises(ValueError, match="a mantissa of more than the 8 bits of its Float16_t"):
        short.unpack(Flat(None, np.array([0, 4, 0], np.uint8)))
    with pytest.raises(ValueError, match="its entries are not whole numbers of 3 bytes"):
        short.unpack(Flat(np.array([0, 2, 6]), np.zeros(6, np.uint8)))
