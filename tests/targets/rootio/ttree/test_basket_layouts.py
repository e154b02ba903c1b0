"""Baskets made by hand, byte for byte as ROOT writes them: what is right is read, what is wrong is refused."""

import struct
import zlib
from itertools import accumulate
from types import SimpleNamespace

import awkward as ak
import numpy as np
import pytest

from targets.rootio.compression import Decompressor, UnknownLayoutError
from targets.rootio.ttree.basket_keys import PackedBasket
from targets.rootio.ttree.basket_layouts import Layout, Part
from tests.support.jagged import awkward

KEY = b"\x07TBasket\x01b\x01t"
ENTRIES = [[1.5, -2.0], [], [3.25], [0.0, 1e30, -7.5, 2.0]]
FLOATS, DOUBLES, SHORTS, BYTES = (np.dtype(name) for name in (">f4", ">f8", ">i2", "i1"))
HEADS = {"vector": 10, "counted": 0}
every_layout = pytest.mark.parametrize("kind", list(HEADS))


def entry(numbers, dtype, kind, n_bytes=0, n_numbers=0):
    data = np.array(numbers).astype(dtype).tobytes()
    head = struct.pack(">IHI", 0x40000000 + 6 + len(data) + n_bytes, 9, len(numbers) + n_numbers)
    return (head if kind == "vector" else b"") + data


def basket(entries, starts=None, compress=True, **changed):
    """Return a basket of these entries, in bytes; *changed* are fields of its key, or more bytes of its `tail`."""
    key = 18 + len(KEY) + 19
    data = b"".join(entries)
    starts = list(accumulate(map(len, entries[:-1]), initial=0)) if starts is None else starts
    words = [len(entries) + 1, *(start + key for start in starts), 0]
    tail = struct.pack(f">{len(words)}i", *words) if changed.get("jagged", True) else b""
    content = data + tail + changed.get("tail", b"")
    packed = block(b"ZL\x08", zlib.compress(content), len(content)) if compress else content
    fields = {"n_bytes": key + len(packed), "size": len(content), "n": len(entries), "last": key + len(data)} | changed
    head = struct.pack(">ihiIhh", fields["n_bytes"], 4, fields["size"], 0, fields.get("key", key), 0) + KEY
    return head + struct.pack(">Hiiiib", 3, 32000, 1000, fields["n"], fields["last"], 0) + packed


def block(name, data, size):
    return name + len(data).to_bytes(3, "little") + size.to_bytes(3, "little") + data


def read(data, kind="vector", dtype=FLOATS, n_entries=4, start=0, stop=None):
    layout = Layout(dtype, True, HEADS[kind])
    packed = PackedBasket.of(memoryview(data), n_entries)
    if start == 0 and stop is None:
        return joined(layout, Part(packed, 0, n_entries))
    return joined(layout, Part(layout.unpack(packed, Decompressor()), start, stop))


def joined(layout, *parts):
    return awkward(layout.array(parts, Decompressor()))


@every_layout
@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("dtype", [FLOATS, DOUBLES, SHORTS, BYTES], ids=str)
def test_entries_come_back(kind, compress, dtype):
    numbers = [np.arange(n).astype(dtype).tolist() for n in (2, 0, 1, 5)]
    array = read(basket([entry(one, dtype, kind) for one in numbers], compress=compress), kind, dtype)
    assert array.to_list() == numbers
    assert array.layout.content.data.dtype == dtype.newbyteorder("=")
    assert array.layout.offsets.data.dtype == np.int64


@every_layout
def test_any_range_of_a_basket_can_be_taken(kind):
    data = basket([entry(one, FLOATS, kind) for one in ENTRIES])
    whole = read(data, kind).to_list()
    for start in range(5):
        for stop in range(start, 5):
            assert read(data, kind, start=start, stop=stop).to_list() == whole[start:stop]


@every_layout
def test_parts_of_several_baskets_are_joined(kind):
    layout = Layout(FLOATS, True, HEADS[kind])
    one = PackedBasket.of(memoryview(basket([entry(numbers, FLOATS, kind) for numbers in ENTRIES])), 4)
    parts = [
        Part(layout.unpack(one, Decompressor()), 2, 4),
        Part(one, 0, 4),
        Part(layout.unpack(one, Decompressor()), 0, 1),
    ]
    expected = np.array(0), ENTRIES[2:] + ENTRIES + ENTRIES[:1]
    assert ak.almost_equal(joined(layout, *parts), ak.values_astype(expected[1], np.float32))


@pytest.mark.parametrize("jagged", [True, False])
def test_no_parts_give_an_empty_array(jagged):
    array = joined(Layout(FLOATS, jagged, 0))
    assert str(array.type) == ("0 * var * float32" if jagged else "0 * float32")


def test_one_number_an_entry():
    layout = Layout(SHORTS, False, 0)
    data = basket([struct.pack(">h", number) for number in (5, -3, 300)], jagged=False)
    packed = PackedBasket.of(memoryview(data), 3)
    assert joined(layout, Part(packed, 0, 3)).to_list() == [5, -3, 300]
    unpacked = layout.unpack(packed, Decompressor())
    assert joined(layout, Part(unpacked, 1, 2), Part(unpacked, 0, 2)).to_list() == [-3, 5, -3]
    with pytest.raises(ValueError, match="3 numbers of 4 bytes are 6 bytes long"):
        Layout(FLOATS, False, 0).unpack(packed, Decompressor())


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"n_bytes": 99}, r"no basket of \d+ bytes stands where the list of contents says"),
        ({"key": 36}, "no basket of"),
        ({"key": -1}, "no basket of"),
        ({"key": 30000}, "no basket of"),
        ({"n": 5}, r"a basket of 4 entries says that it has 5"),
        ({"n": -4}, r"a basket of 4 entries says that it has -4"),
        ({"last": 20}, "which end at byte -"),
        ({"last": 2**31 - 1}, "which end at byte"),
    ],
)
@every_layout
def test_a_key_that_contradicts_the_list_of_contents_is_refused(kind, changed, complaint):
    data = basket([entry(one, FLOATS, kind) for one in ENTRIES], **changed)
    with pytest.raises(ValueError, match=complaint):
        read(data, kind)
    with pytest.raises(ValueError, match="no basket of 0 bytes"):
        read(b"", kind)
    with pytest.raises(ValueError, match="no basket of"):
        read(basket([entry(one, FLOATS, kind) for one in ENTRIES])[:-1], kind)


@every_layout
@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_another_size_than_announced_is_refused(kind, size):
    data = bytearray(basket([entry(one, FLOATS, kind) for one in ENTRIES]))
    data[6:10] = size.to_bytes(4, "big")
    with pytest.raises((ValueError, UnknownLayoutError)):
        read(bytes(data), kind)


@every_layout
@pytest.mark.parametrize(
    "starts",
    [(4, 18, 28, 42), (0, 18, 10, 42), (0, 17, 28, 42), (0, 18, 28, 9999), (0, -4, 28, 42), (0, 18, 28, -(2**31))],
    ids=str,
)
def test_starts_that_cannot_be_are_refused(kind, starts):
    data = basket([entry(one, FLOATS, kind) for one in ENTRIES], starts)
    with pytest.raises(ValueError, match=r"where entries begin makes no sense|do not begin where they can"):
        read(data, kind)


@pytest.mark.parametrize("wrong", [{"n_bytes": 4}, {"n_bytes": -4}, {"n_numbers": 1}, {"n_numbers": -1}], ids=str)
@pytest.mark.parametrize("where", range(4))
def test_a_vector_of_another_length_than_it_says_is_refused(wrong, where):
    if wrong == {"n_numbers": -1} and not ENTRIES[where]:
        wrong = {"n_numbers": 7}
    entries = [entry(one, FLOATS, "vector", **(wrong if i == where else {})) for i, one in enumerate(ENTRIES)]
    with pytest.raises(ValueError, match="have another length than they say"):
        read(basket(entries))
    assert read(basket(entries), start=where, stop=where).to_list() == []


def test_vectors_without_room_for_their_headers_are_refused():
    numbers = bytes(4 * 30)
    with pytest.raises(ValueError, match="do not begin where they can"):
        read(basket([entry([0.0] * 30, FLOATS, "vector"), b"", b"", numbers[:0]]))
    with pytest.raises(ValueError, match="do not begin where they can"):
        read(basket([b"abc", b"", b"", b""]))


@pytest.mark.parametrize("changed", [{"tail": bytes(4)}, {"tail": bytes(28)}, {"jagged": False}], ids=str)
def test_a_tail_that_is_not_known_is_left_to_uproot(changed):
    with pytest.raises(UnknownLayoutError):
        read(basket([entry(one, FLOATS, "vector") for one in ENTRIES], **changed))


def mapped(entries, tail=(), **changed):
    """Return a basket with an offset map: one byte more in its key, and lengths or nothing in place of offsets."""
    plain = basket(entries, compress=False, jagged=False, tail=struct.pack(f">{len(tail)}i", *tail))
    key = 18 + len(KEY) + 20
    content = plain[key - 1 :]
    fields = {"version": 3, "second": -1000, "features": 1} | changed
    head = struct.pack(">ihiIhh", key + len(content), 4, len(content), 0, key, 0) + KEY
    last = key + sum(map(len, entries))
    numbers = fields["version"], 32000, fields["second"], fields["features"], len(entries), last, 80
    return head + struct.pack(">HiibiiB", *numbers) + content


def test_offset_maps_have_lengths_of_vectors():
    entries = [entry(one, FLOATS, "vector") for one in ENTRIES]
    data = mapped(entries, [5, 0, *map(len, entries[:3]), 99])
    assert read(data).to_list() == ak.values_astype(ENTRIES, np.float32).to_list()
    assert read(data, start=1, stop=3).to_list() == ENTRIES[1:3]
    with pytest.raises(ValueError, match="its list of where entries begin makes no sense"):
        read(mapped(entries, [5, 59, *map(len, entries[:3]), 99]))
    with pytest.raises(ValueError, match="do not begin where they can"):
        read(mapped(entries, [5, 0, 18, 11, 14, 99]))


def test_offset_maps_of_arrays_are_empty_and_a_counter_tells():
    entries = [entry(one, FLOATS, "counted") for one in ENTRIES]
    packed, layout = PackedBasket.of(memoryview(mapped(entries)), 4), Layout(FLOATS, True, 0)
    assert packed.counted()
    whole = packed._replace(lengths=np.array(list(map(len, entries))))
    assert joined(layout, Part(whole, 0, 4)).to_list() == ak.values_astype(ENTRIES, np.float32).to_list()
    for wrong in (None, whole.lengths + 4, whole.lengths[::-1] - 1, np.array([12, -4, 4, 20])):
        with pytest.raises(ValueError, match="its counter and its 28 bytes disagree"):
            joined(layout, Part(packed._replace(lengths=wrong), 0, 4))
    with pytest.raises(ValueError, match="do not begin where they can"):
        joined(layout, Part(packed._replace(lengths=np.array([12, -4, 4, 16])), 0, 4))


@pytest.mark.parametrize("changed", [{"version": 77}, {"second": 5}, {"features": 2}, {"features": 3}], ids=str)
def test_features_that_are_not_known_are_refused(changed):
    with pytest.raises(ValueError, match=r"has features that are not known|says that it has"):
        PackedBasket.of(memoryview(mapped([b"abcd"] * 4, **changed)), 4)


@every_layout
def test_entries_of_circular_trees_were_elsewhere_before(kind):
    entries = [entry(one, FLOATS, kind) for one in ENTRIES]
    before = struct.pack(">6i", 5, 1000, 1012, 1024, 1050, 0)
    assert read(basket(entries, tail=before), kind).to_list() == read(basket(entries), kind).to_list()
    with pytest.raises(ValueError, match="its list of where entries begin makes no sense"):
        read(basket(entries, tail=bytes(24)), kind)


@every_layout
def test_embedded_baskets_are_taken_as_uproot_has_them(kind):
    entries = [entry(one, FLOATS, kind) for one in ENTRIES]
    bounds = np.array(list(accumulate(map(len, entries), initial=0)), np.int32)
    data = np.frombuffer(b"".join(entries), np.uint8)
    layout = Layout(FLOATS, True, HEADS[kind])
    embedded = layout.embedded(SimpleNamespace(data=data, byte_offsets=bounds, num_entries=4))
    expected = read(basket(entries), kind).to_list()
    assert joined(layout, Part(embedded, 0, 4)).to_list() == expected
    assert joined(layout, Part(embedded, 1, 3)).to_list() == expected[1:3]
    for unknown in (None, bounds[:-1]):
        with pytest.raises(UnknownLayoutError):
            layout.embedded(SimpleNamespace(data=data, byte_offsets=unknown, num_entries=4))
    with pytest.raises(ValueError, match="2 numbers of 4 bytes are"):
        Layout(FLOATS, False, 0).embedded(SimpleNamespace(data=data, byte_offsets=None, num_entries=2))


@every_layout
def test_flipped_bits_never_give_wrong_numbers(kind):
    """ZLIB's checksum covers what is compressed; in the key, what matters is compared."""
    data = basket([entry(one, FLOATS, kind) for one in ENTRIES])
    right = read(data, kind).to_list()
    refused = 0
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert read(bytes(flipped), kind).to_list() == right
        except (ValueError, UnknownLayoutError):
            refused += 1
    assert refused > 4 * len(data)
