"""Compressed blocks of ROOT files: ZLIB, LZMA, LZ4 and ZSTD, each with the decoder that was fastest on small baskets.

A basket is one block or several, each with a head of nine bytes: two letters for the codec, its version, and the
compressed and the uncompressed size in three bytes each, low byte first. LZ4 adds a checksum, ZLIB and LZMA bring
their own; ZSTD has one as this project writes it, and none as ROOT does.
"""

import lzma
from collections.abc import Callable, Iterator
from struct import Struct

import cramjam
import deflate
import numpy as np
import uproot
import xxhash
import zstandard

__all__ = ["Bytes", "Decompressor", "UnknownLayoutError", "Zstandard", "check_size"]

Bytes = bytes | bytearray | memoryview
"""What decoders give."""

_Codec = Callable[[memoryview, int], Bytes]

_HEAD = Struct("<2sBHBHB")  # codec, its version, and two sizes, the higher byte of each by itself
_CHECKSUM = Struct(">Q")
_FAILURES = (deflate.DeflateError, zstandard.ZstdError, lzma.LZMAError, cramjam.DecompressionError, MemoryError)


class UnknownLayoutError(Exception):
    """Bytes of a layout that is read by uproot, not here."""


class Zstandard(uproot.ZSTD):  # type: ignore[misc]  # uproot has no type hints
    """ZSTD of what uproot writes, with a checksum in each block, which uproot's own leaves out."""

    def __init__(self, level: int) -> None:
        """Make a codec.

        Args:
            level: 1 (fast) to 22 (small).
        """
        super().__init__(level)
        self._writer = zstandard.ZstdCompressor(level=level, write_checksum=True)

    @property
    def code_pair(self) -> tuple[int, int]:
        """ROOT's number of the codec, and the level: uproot knows its own classes only."""
        pair: tuple[int, int] = uproot.ZSTD(self.level).code_pair
        return pair

    def compress(self, data: Bytes) -> bytes:
        """Compress a block.

        Args:
            data: Its bytes.

        Returns:
            A frame that every reader of ZSTD knows; its checksum is compared wherever it is decompressed.
        """
        compressed: bytes = self._writer.compress(data)
        return compressed


class Decompressor:
    """Decompresses baskets; one for each thread, because it keeps its working memory for the next basket."""

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdDecompressor()
        self._codecs: dict[bytes, _Codec] = {
            b"ZL": deflate.zlib_decompress,
            b"XZ": _lzma,
            b"L4": _lz4,
            b"ZS": self._zstandard,
        }

    def decompress(self, data: memoryview, size: int) -> Bytes:
        """Decompress all blocks of a basket.

        Args:
            data: The blocks, in bytes.
            size: Uncompressed size of all of them together, in bytes.

        Returns:
            Exactly *size* bytes.

        Raises:
            UnknownLayoutError: For a codec that is not known here (before ROOT 4 there was another one).
            ValueError: When a block is damaged, or has another size than the file announces.
        """
        blocks = []
        left = size
        for name, block, announced in _blocks(data):
            left -= announced
            if left < 0:
                msg = f"its blocks have {size - left} or more uncompressed bytes where {size} are announced"
                raise ValueError(msg)
            blocks.append(self._block(name, block, announced))
        if left:
            msg = f"its compressed blocks have {size - left} uncompressed bytes where {size} are announced"
            raise ValueError(msg)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)

    def window(self, data: memoryview, size: int, begin: int, end: int) -> Bytes:
        """Decompress the blocks that hold a part of a basket, and no others.

        Args:
            data: The blocks, in bytes, or the basket itself where it is not compressed.
            size: Uncompressed size of all of them together, in bytes.
            begin: First byte of the part.
            end: The byte after its last.

        Returns:
            The bytes of the part.

        Raises:
            UnknownLayoutError: As `decompress`.
            ValueError: As `decompress`, for the blocks that are looked at; and when the part is not in the basket.
        """
        check_size(data, size)
        if not 0 <= begin <= end <= size:
            msg = f"the bytes {begin} to {end} are wanted of {size}"
            raise ValueError(msg)
        if len(data) == size:
            return data[begin:end]
        parts, stop = [], 0
        for name, block, announced in _blocks(data):
            start, stop = stop, stop + announced
            if start < end and begin < stop:
                parts.append(self._block(name, block, announced)[max(begin - start, 0) : end - start])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _block(self, name: bytes, data: memoryview, size: int) -> Bytes:
        codec = self._codecs.get(name)
        if codec is None:
            raise UnknownLayoutError
        try:
            block = codec(data, size)
        except _FAILURES as error:
            msg = f"a compressed block ({name.decode()}) is damaged: {error}"
            raise ValueError(msg) from error
        if len(block) != size:
            msg = f"a compressed block ({name.decode()}) has {len(block)} uncompressed bytes where {size} are announced"
            raise ValueError(msg)
        return block

    def _zstandard(self, data: memoryview, size: int) -> Bytes:
        if zstandard.frame_content_size(data) not in (-1, size):  # -1: it does not say
            msg = "a compressed block (ZS) has another size than it announces"
            raise ValueError(msg)
        block: bytes = self._zstd.decompress(data, max_output_size=size, allow_extra_data=False)
        return block


def check_size(data: memoryview, size: int) -> None:
    """Compare the size that is announced of a basket with those of its blocks, of which none is decompressed.

    Args:
        data: The blocks, in bytes, or the basket itself where it is not compressed.
        size: Uncompressed size of all of them together, in bytes.

    Raises:
        ValueError: When they differ.
    """
    found = size if len(data) == size else sum(announced for _, _, announced in _blocks(data))
    if found != size:
        msg = f"its compressed blocks have {found} uncompressed bytes where {size} are announced"
        raise ValueError(msg)


def _blocks(data: memoryview) -> Iterator[tuple[bytes, memoryview, int]]:
    """Go through blocks: the codec, the bytes and the uncompressed size of each."""
    while data:
        if len(data) < _HEAD.size:
            msg = f"{len(data)} bytes follow its compressed blocks"
            raise ValueError(msg)
        name, _, low, high, size_low, size_high = _HEAD.unpack_from(data)
        stop = _HEAD.size + low + (high << 16)
        if stop > len(data):
            msg = f"a block of {stop} bytes does not fit in {len(data)}"
            raise ValueError(msg)
        yield name, data[_HEAD.size : stop], size_low + (size_high << 16)
        data = data[stop:]


def _lzma(data: memoryview, _: int) -> Bytes:
    return lzma.decompress(data)


def _lz4(data: memoryview, size: int) -> Bytes:
    block = data[_CHECKSUM.size :]
    if len(data) < _CHECKSUM.size or _CHECKSUM.unpack_from(data)[0] != xxhash.xxh64_intdigest(block):
        msg = "a compressed block (L4) has a wrong checksum"
        raise ValueError(msg)
    output = np.empty(size, np.uint8)
    filled = cramjam.lz4.decompress_block_into(
        block, output.data
    )  # which tells the size; decompress_block fills up with 0
    return output[:filled].data
