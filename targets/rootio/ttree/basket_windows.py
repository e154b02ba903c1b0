"""Parts of large baskets: only those blocks are decompressed that hold the wanted entries."""

from functools import partial
from struct import Struct

from targets.rootio.compression import Decompressor
from targets.rootio.ttree.basket_keys import PackedBasket, as_bytes
from targets.rootio.ttree.basket_layouts import Basket, Layout
from targets.rootio.ttree.basket_loops import WORD_BYTES

__all__ = ["LARGE_BYTES", "read_window"]

LARGE_BYTES = 2**24
"""Baskets of more bytes are read in parts: a compressed block has at most as many."""

_TWO_WORDS = Struct(">ii")


def read_window(
    layout: Layout, basket: PackedBasket, start: int, stop: int, decompressor: Decompressor
) -> Basket | None:
    """Decompress some entries of a large basket, and little more.

    Args:
        layout: Its layout.
        basket: Its bytes.
        start: First entry.
        stop: The entry after the last.
        decompressor: Decompresses.

    Returns:
        These entries; None where the basket must be decompressed whole: it is small, or lists no offsets.

    Raises:
        ValueError: When it is damaged.
    """
    content, size, n_bytes, key, n_entries, has_map, _ = basket
    if size <= LARGE_BYTES or start == stop:
        return None
    read = partial(decompressor.decompress, content, size)
    per_entry = layout.entry_bytes()
    if not layout.jagged and size == n_bytes == n_entries * per_entry:
        return Basket(as_bytes(read(start * per_entry, stop * per_entry)), as_bytes(b""), 0, stop - start)
    if not layout.jagged or has_map or not basket.n_lists():
        return None
    if start == 0 and _TWO_WORDS.unpack(read(n_bytes, n_bytes + _TWO_WORDS.size)) != (n_entries + 1, key):
        msg = "its list of where entries begin makes no sense"  # looked at once in every file
        raise ValueError(msg)
    first = n_bytes + (start + 1) * WORD_BYTES
    starts = as_bytes(read(first, first + (stop - start + 1) * WORD_BYTES))
    begin = int(starts[:WORD_BYTES].view(">i4")[0]) - key
    end = n_bytes if stop == n_entries else int(starts[-WORD_BYTES:].view(">i4")[0]) - key
    if not 0 <= begin <= end <= n_bytes:
        msg = f"its entries {start} to {stop} are said to be the bytes {begin} to {end} of {n_bytes}"
        raise ValueError(msg)
    return Basket(as_bytes(read(begin, end)), starts[:-WORD_BYTES], key + begin, stop - start)
