"""Baskets as they are in a file: their keys, compared with the list of contents, and what is packed behind them."""

from struct import Struct
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from targets.network.read_plan import PlannedRange
from targets.rootio.ttree.basket_loops import LAST_VERSION, MOST_LISTS, WORD_BYTES, Bytes

__all__ = ["PackedBasket", "as_bytes", "planned_baskets", "starts_of"]

_KEY = Struct(">ihiIhh")  # bytes in the file, version, uncompressed bytes, date, bytes of the key, cycle
_BASKET = Struct(">Hiiiib")  # at the key's end: version, two sizes of buffers, entries, end of the entries, flag
_FEATURES = Struct(">HiibiiB")  # the same with features: the second size is below 0, and they follow it
_OFFSET_MAP = 1  # a feature (source: TBasket.h, EIOBits)


class PackedBasket(NamedTuple):
    """A basket as it is in the file, its key compared with the list of contents.

    Attributes:
        content: What follows the key.
        size: Bytes of that when it is decompressed.
        n_bytes: How many of these are entries.
        key: Bytes of the key.
        n_entries: How many entries there are.
        has_map: Whether it has an offset map.
        lengths: Bytes of each entry, from the counter, shape (n_entries,), where the map is empty.
    """

    content: memoryview
    size: int
    n_bytes: int
    key: int
    n_entries: int
    has_map: bool = False
    lengths: npt.NDArray[np.int64] | None = None

    @classmethod
    def of(cls, basket: memoryview, n_entries: int) -> Self:
        """Compare a basket's key with the list of contents.

        Args:
            basket: Its bytes in the file, the key included.
            n_entries: How many entries it must have, at least 1.

        Returns:
            The basket.

        Raises:
            ValueError: When it is another one, or damaged.
        """
        shortest = _KEY.size + _BASKET.size
        n_bytes, _, size, _, key, _ = _KEY.unpack_from(basket) if len(basket) >= shortest else (-1,) * 6
        if n_bytes != len(basket) or not shortest <= key <= n_bytes:
            msg = f"no basket of {len(basket)} bytes stands where the list of contents says"
            raise ValueError(msg)
        version, _, _, n_stored, last, _ = _BASKET.unpack_from(basket, key - _BASKET.size)
        has_map = version > LAST_VERSION
        if has_map:
            version, _, negative, features, n_stored, last, _ = _FEATURES.unpack_from(basket, key - _FEATURES.size)
            if version > LAST_VERSION or negative >= 0 or features != _OFFSET_MAP:
                msg = f"a basket of {n_entries} entries has features that are not known ({features})"
                raise ValueError(msg)
        if n_stored != n_entries or not 0 <= last - key <= size:
            msg = (
                f"a basket of {n_entries} entries says that it has {n_stored}, which end at byte {last - key} of {size}"
            )
            raise ValueError(msg)
        return cls(basket[key:], size, last - key, key, n_entries, has_map)

    def n_lists(self) -> int | None:
        """Return how many lists of words follow the entries; None where what follows is not known.

        The first says where entries begin; a second one, in a circular tree, where they were before.
        """
        lists, rest = divmod(self.size - self.n_bytes, (self.n_entries + 2) * WORD_BYTES)
        return None if rest or lists > MOST_LISTS else lists

    def counted(self) -> bool:
        """Tell whether it takes a counter to know where entries begin."""
        return self.has_map and self.size == self.n_bytes


def planned_baskets(branch: Any) -> list[PlannedRange]:
    """List the baskets of a branch and of those below it; the last ones may stand in the list of contents itself.

    Args:
        branch: uproot's branch.
    """
    seeks, sizes = branch.member("fBasketSeek").tolist(), branch.member("fBasketBytes").tolist()
    starts = zip(branch.entry_offsets, seeks, sizes, strict=False)  # the lists have room for more baskets
    own = [PlannedRange(int(entry), seek, seek + size) for entry, seek, size in starts if seek]
    return own + [planned for below in branch.branches for planned in planned_baskets(below)]


def as_bytes(data: Any) -> Bytes:
    """Show bytes as an array that may not be written to: one type for the compiled loops.

    Args:
        data: Bytes, or an array of them; not copied.

    Returns:
        Shape (n_bytes,).
    """
    array: Bytes = np.frombuffer(data, np.uint8)
    if array.flags.writeable:  # not to be asked of bytes: setting the flag takes as long as making the array
        array.flags.writeable = False
    return array


def starts_of(lengths: npt.NDArray[np.integer[Any]], key: int) -> Bytes:
    """Make the words that tell where entries begin, as other baskets have them.

    Args:
        lengths: Bytes of each entry but the last, shape (n_entries - 1,).
        key: Bytes of the key, where the first begins.

    Returns:
        Words with the highest byte first, shape (4 * n_entries,).
    """
    return as_bytes(np.concatenate([[key], key + np.cumsum(lengths, dtype=np.int64)]).astype(">i4"))
