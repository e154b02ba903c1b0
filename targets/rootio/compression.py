"""Compressed blocks of ROOT files: ZLIB, LZMA, LZ4 and ZSTD, each with the decoder that was fastest on small baskets.

A basket or page is one block or several, each with a head of nine bytes: two letters for the codec, its version, and
the compressed and the uncompressed size in three bytes each, low byte first. LZ4 adds a checksum, ZLIB and LZMA bring
their own; ZSTD has one where this project writes it, and none where ROOT does.
"""

import lzma
from collections.abc import Callable, Iterable
from struct import Struct

import cramjam
import deflate
import numpy as np
import uproot
import xxhash
import zstandard

from targets.rootio.flat_arrays import ShapeError

__all__ = ["Bytes", "Decompressor", "UnknownLayoutError", "Zstandard", "list_blocks"]

Bytes = bytes | bytearray | memoryview
"""What decoders return."""

_Codec = Callable[[memoryview, int], Bytes]

_HEAD = Struct("<2sBHBHB")  # codec, its version, and two sizes, the higher byte of each by itself
_CHECKSUM = Struct(">Q")
_FAILURES = (deflate.DeflateError, zstandard.ZstdError, lzma.LZMAError, cramjam.DecompressionError, MemoryError)


class UnknownLayoutError(ShapeError):
    """Bytes of a layout that is not read here; those of a TTree are left to uproot."""


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
            b"XZ": lambda data, _: lzma.decompress(data),
            b"L4": _lz4,
            b"ZS": self._zstandard,
        }

    def decompress(self, data: memoryview, size: int, begin: int = 0, end: int | None = None) -> Bytes:
        """Decompress the blocks of a basket, or only those that hold a part of it.

        Args:
            data: The blocks, in bytes, or the basket itself where it is not compressed.
            size: Uncompressed size of all of them together, in bytes.
            begin: First byte of the part, counted in the decompressed basket.
            end: The byte after its last; None for the end of the basket.

        Returns:
            The bytes of the part; of a basket that is not compressed, a view of *data*.

        Raises:
            UnknownLayoutError: For a codec that is not known here (before ROOT 4 there was another one).
            ValueError: When a block is damaged, or has another size than the file announces; and when the part is not
                in the basket.
        """
        end = size if end is None else end
        if not 0 <= begin <= end <= size:
            msg = f"the bytes {begin} to {end} are wanted of {size}"
            raise ValueError(msg)
        if len(data) == size:
            return data[begin:end]
        parts, stop = [], 0
        for name, block, block_size in list_blocks(data, size):
            start, stop = stop, stop + block_size
            if start < end and begin < stop:
                whole = self._block(name, block, block_size)
                is_part = begin > start or end < stop
                parts.append(memoryview(whole)[max(begin - start, 0) : end - start] if is_part else whole)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def blocks(self, name: bytes, data: memoryview, bounds: Iterable[tuple[int, int, int]]) -> list[Bytes] | None:
        """Decompress many blocks of one codec.

        Args:
            name: Two letters that name it.
            data: The blocks, in bytes.
            bounds: Where each begins and ends there, and its uncompressed size in bytes.

        Returns:
            Their bytes; None where the codec is not known, or one is damaged.
        """
        codec = self._codecs.get(name)
        if codec is None:
            return None
        try:
            blocks = [(codec(data[start:stop], size), size) for start, stop, size in bounds]
        except (*_FAILURES, ValueError):
            return None
        return [block for block, _ in blocks] if all(len(block) == size for block, size in blocks) else None

    def _block(self, name: bytes, data: memoryview, size: int) -> Bytes:
        codec = self._codecs.get(name)
        if codec is None:
            msg = f"compressed with {name!r}, which is not read"
            raise UnknownLayoutError(msg)
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


def list_blocks(data: memoryview, size: int) -> list[tuple[bytes, memoryview, int]]:
    """List the compressed blocks of a basket, and compare their sizes with the one announced; none is decompressed.

    Args:
        data: The blocks, in bytes.
        size: Uncompressed size of all of them together, in bytes.

    Returns:
        The codec, the bytes and the uncompressed size of each block.

    Raises:
        ValueError: When they do not fit in *data*, or have another size together.
    """
    blocks, announced = [], 0
    while data:
        if len(data) < _HEAD.size:
            msg = f"{len(data)} bytes follow its compressed blocks"
            raise ValueError(msg)
        name, _, low, high, size_low, size_high = _HEAD.unpack_from(data)
        stop, block_size = _HEAD.size + low + (high << 16), size_low + (size_high << 16)
        if stop > len(data):
            msg = f"a block of {stop} bytes does not fit in {len(data)}"
            raise ValueError(msg)
        blocks.append((name, data[_HEAD.size : stop], block_size))
        announced += block_size
        data = data[stop:]
    if announced != size:
        msg = f"its compressed blocks have {announced} uncompressed bytes where {size} are announced"
        raise ValueError(msg)
    return blocks


def _lz4(data: memoryview, size: int) -> Bytes:
    block = data[_CHECKSUM.size :]
    if len(data) < _CHECKSUM.size or _CHECKSUM.unpack_from(data)[0] != xxhash.xxh64_intdigest(block):
        msg = "a compressed block (L4) has a wrong checksum"
        raise ValueError(msg)
    output = np.empty(size, np.uint8)
    # this one returns the size; cramjam's decompress_block fills up with zeros
    filled = cramjam.lz4.decompress_block_into(block, output.data)
    return output[:filled].data
