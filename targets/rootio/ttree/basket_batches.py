"""Many small baskets of a branch at once: one after the other in Python, they would take as long as decompressing.

Only plain baskets are taken: one compressed block behind a key without features and, where entries differ in length, a
list of where they begin. Where one of them is anything else, or damaged, they are read one by one instead, which knows
every layout and says what is wrong.
"""

import sys
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from edm.arrays import Int64
from targets.rootio.compression import Decompressor
from targets.rootio.local_source import FetchedRanges
from targets.rootio.ttree.basket_keys import PackedBasket, as_bytes
from targets.rootio.ttree.batch_loops import BEGIN, END, ENTRY_BYTES, HEAD_BYTES, SIZE, fill_baskets, read_heads

__all__ = ["BasketBatch"]

_LEAST_BASKETS = 4  # fewer are not worth it
_MOST_BYTES = 2**13  # of a basket in the file, on average: with larger ones there is nothing to gain


class BasketBatch(NamedTuple):
    """Whole baskets of a branch that follow each other.

    Attributes:
        fetched: Their bytes in the file.
        heads: What their keys say, shape (n_baskets, 5), in the columns of :mod:`targets.rootio.ttree.batch_loops`.
        lengths: How many entries each has, shape (n_baskets,).
    """

    fetched: FetchedRanges
    heads: Int64
    lengths: Int64

    @staticmethod
    def is_faster(fetched: FetchedRanges) -> bool:
        """Tell whether baskets are so many, and so small, that reading them at once is faster.

        Args:
            fetched: Their bytes in the file.
        """
        n_baskets = len(fetched.begins) - 1
        return n_baskets >= _LEAST_BASKETS and fetched.begins[-1] - fetched.begins[0] <= _MOST_BYTES * n_baskets

    @classmethod
    def of(cls, fetched: FetchedRanges, lengths: Int64, jagged: bool) -> Self | None:
        """Compare the keys of baskets with the list of contents.

        Args:
            fetched: Their bytes in the file, keys included.
            lengths: How many entries each must have, at least 1, shape (n_baskets,).
            jagged: Whether they list where entries begin.

        Returns:
            The batch; None where one of the baskets is not plain.
        """
        heads = np.empty((len(lengths), 5), np.int64)
        is_plain = read_heads(as_bytes(fetched.memory), np.array(fetched.begins), lengths, jagged, heads)
        return cls(fetched, heads, lengths) if is_plain else None

    @property
    def n_entries(self) -> int:
        """How many entries they have together."""
        return int(self.lengths.sum())

    @property
    def n_bytes(self) -> int:
        """How many bytes these entries are, what precedes their numbers included."""
        return int(self.heads[:, ENTRY_BYTES].sum())

    def baskets(self) -> list[PackedBasket]:
        """Return the baskets one by one.

        Raises:
            ValueError: As :meth:`PackedBasket.of`.
        """
        return list(map(PackedBasket.of, self.fetched.views(), self.lengths.tolist()))

    def fill(
        self, decompressor: Decompressor, jagged: bool, header_bytes: int, offsets: Int64, numbers: npt.NDArray[Any]
    ) -> bool:
        """Put the numbers of all entries at the beginning of *numbers*, and list where each begins if they are lists.

        Args:
            decompressor: Decompresses.
            jagged: Whether entries differ in length.
            header_bytes: Length of what precedes the numbers of an entry.
            offsets: Gets the number at which each begins and the last ends, counted from what its first element is,
                shape (n_entries + 1,); left alone where all have the same length.
            numbers: Gets the numbers in the byte order of this machine, shape (n_numbers or more,).

        Returns:
            Whether they are what their keys say; else what was put in place means nothing.
        """
        memory, name = self.fetched.memory, int(self.heads[0, BEGIN]) - HEAD_BYTES
        bounds = zip(*(self.heads[:, column].tolist() for column in (BEGIN, END, SIZE)), strict=True)
        blocks = decompressor.blocks(bytes(memory[name : name + 2]), memory, bounds)
        if blocks is None:
            return False
        shift = numbers.itemsize.bit_length() - 1
        target = numbers[: max(self.n_bytes - header_bytes * self.n_entries >> shift, 0)]
        columns, place = (self.heads, self.lengths), target.view(np.uint8)
        if not fill_baskets(as_bytes(b"".join(blocks)), *columns, jagged, header_bytes, shift, offsets, place):
            return False
        if sys.byteorder == "little":
            target.byteswap(inplace=True)
        return True
