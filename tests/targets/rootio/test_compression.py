"""Compressed blocks as uproot writes them, and blocks that are damaged."""

import numpy as np
import pytest
import uproot
from uproot.compression import compress

from targets.rootio.compression import Decompressor, UnknownLayoutError, Zstandard

CODECS = {
    "zlib": uproot.ZLIB(4),
    "lzma": uproot.LZMA(4),
    "lz4": uproot.LZ4(4),
    "zstd": uproot.ZSTD(4),
    "own zstd": Zstandard(1),
}
TEXT = b"to be or not to be, " * 50
every_codec = pytest.mark.parametrize("name", list(CODECS))


def packed(name, data=TEXT):
    return bytes(compress(data, CODECS[name]))


def unpack(data, size=None):
    return bytes(Decompressor().decompress(memoryview(data), len(TEXT) if size is None else size))


@every_codec
def test_a_block_comes_back(name):
    assert unpack(packed(name)) == TEXT


def test_blocks_of_several_codecs_are_joined():
    data = b"".join(packed(name, TEXT[: 100 * i]) for i, name in enumerate(CODECS, 3))
    assert unpack(data, 100 * (3 + 4 + 5 + 6 + 7)) == b"".join(TEXT[: 100 * i] for i in range(3, 8))


def test_more_than_a_block_can_hold():
    data = bytes(2**24 + 5000)  # sizes have three bytes
    assert unpack(packed("zlib", data), len(data)) == data


@every_codec
@pytest.mark.parametrize("size", [len(TEXT) - 1, len(TEXT) + 1, 1])
def test_another_size_than_announced_is_refused(name, size):
    with pytest.raises(ValueError, match=r"does not fit in \d+ and \d+|uncompressed bytes where \d+ are announced"):
        unpack(packed(name), size)
    changed = bytearray(packed(name))
    changed[6:9] = size.to_bytes(3, "little")
    with pytest.raises(ValueError, match=r"is damaged|uncompressed bytes where|has another size than it announces"):
        unpack(bytes(changed), size)


@every_codec
def test_truncated_blocks_are_refused(name):
    data = packed(name)
    for length in range(1, len(data)):
        with pytest.raises(ValueError, match=r"does not fit in|bytes follow its compressed blocks"):
            unpack(data[:length])
    for length in range(10, len(data) - 9):  # the block's own head says so
        with pytest.raises(ValueError, match=r"is damaged|wrong checksum|uncompressed bytes where|another size"):
            unpack(data[:3] + length.to_bytes(3, "little") + data[6 : 9 + length])


def test_nothing_is_refused_unless_nothing_is_announced():
    assert unpack(b"", 0) == b""
    with pytest.raises(ValueError, match="have 0 uncompressed bytes where 7 are announced"):
        unpack(b"", 7)


def test_an_unknown_codec_is_left_to_uproot():
    with pytest.raises(UnknownLayoutError):
        unpack(b"CS" + packed("zlib")[2:])


@pytest.mark.parametrize("name", ["zlib", "lzma", "lz4"])
def test_flipped_bits_are_found_by_the_checksum(name):
    data = packed(name)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert unpack(bytes(flipped)) == TEXT
        except (ValueError, UnknownLayoutError):
            continue


def test_lz4_has_a_checksum_of_its_own():
    data = bytearray(packed("lz4"))
    data[20] ^= 1
    with pytest.raises(ValueError, match=r"a compressed block \(L4\) has a wrong checksum"):
        unpack(bytes(data))


def test_a_decompressor_forgets_a_block_that_failed():
    decompressor = Decompressor()
    data = packed("zstd")
    with pytest.raises(ValueError, match=r"\(ZS\) is damaged"):
        decompressor.decompress(memoryview(data[:-4] + bytes(4)), len(TEXT))
    assert bytes(decompressor.decompress(memoryview(data), len(TEXT))) == TEXT


def test_our_own_zstd_is_read_by_uproot(tmp_path):
    numbers = np.arange(50_000, dtype=np.float32)
    with uproot.recreate(tmp_path / "own.root", compression=Zstandard(1)) as file:
        file.mktree("t", {"x": np.float32}).extend({"x": numbers})
    with uproot.open(tmp_path / "own.root") as file:
        assert file.file.compression == uproot.ZSTD(1)
        assert file["t/x"].compressed_bytes < file["t/x"].uncompressed_bytes
        np.testing.assert_array_equal(file["t/x"].array(library="np"), numbers)


def test_any_wrong_bit_of_our_own_zstd_is_found():
    data = packed("own zstd")
    for position in range(9, len(data)):
        for bit in range(8):
            wrong = bytearray(data)
            wrong[position] ^= 1 << bit
            try:
                read = unpack(bytes(wrong))
            except ValueError:
                continue
            assert read == TEXT, (position, bit)  # a bit that means nothing
