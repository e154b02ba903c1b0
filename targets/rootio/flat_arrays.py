"""Awkward arrays as flat numpy arrays and back: operations on awkward arrays cost more than what they do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import awkward as ak
import numpy as np
import numpy.typing as npt

from edm.arrays import Int64
from edm.objects import is_packed
from targets.errors import FileFormatError

__all__ = ["Flat", "ShapeError", "naming", "object_lists"]


class ShapeError(ValueError):
    """What a branch holds is of a shape, type or layout that is not read; lists of numbers an event are."""


class Flat(NamedTuple):
    """The numbers of a branch, end to end.

    Attributes:
        offsets: Where each event's numbers start, and how many there are at the end, shape (n_events + 1,); None where
            every event has one number.
        numbers: Shape (n_numbers,), or (n_events,).
        length: How many numbers every event has, where the file's type fixes that; some of them may be padding. None
            where lists vary, and where there are none.
    """

    offsets: Int64 | None
    numbers: npt.NDArray[Any]
    length: int | None = None

    @classmethod
    def of(cls, array: ak.Array) -> Self:
        """Take an array apart.

        Args:
            array: Shape (n_events,) or (n_events, var).

        Returns:
            Its numbers; they may be its own memory, not to be written to.

        Raises:
            ShapeError: For arrays of any other shape, and of anything but numbers.
            ValueError: When offsets decrease.
        """
        layout = array.layout
        length = int(layout.size) if isinstance(layout, ak.contents.RegularArray) else None
        if array.ndim > 1 and not is_packed(layout):  # as uproot makes arrays of an RNTuple
            layout = ak.to_packed(array).layout.to_ListOffsetArray64(True)
        numbers = layout.content if array.ndim > 1 else layout
        if not isinstance(numbers, ak.contents.NumpyArray) or numbers.data.ndim > 1:
            msg = f"is neither a number nor a list of numbers an event, but {array.type}"
            raise ShapeError(msg)
        offsets = np.asarray(layout.offsets.data) if array.ndim > 1 else None
        if offsets is not None and (offsets[1:] < offsets[:-1]).any():  # uproot does not look, and loops follow them
            msg = "offsets decrease: an entry would have a negative length"
            raise ValueError(msg)
        return cls(offsets, np.asarray(numbers.data), length)

    def first(self, count: "Flat") -> "Flat":
        """Take the first numbers of each event.

        Args:
            count: How many, one number an event.

        Returns:
            Lists of that many numbers.

        Raises:
            ShapeError: When the counts are not one whole number an event, or an event has fewer numbers than that.
        """
        offsets, counts = self.list_offsets(), count.numbers
        if count.offsets is not None or counts.dtype.kind not in "iu":
            msg = "a count must be one whole number an event"
            raise ShapeError(msg)
        lengths = np.diff(offsets)
        wrong = np.flatnonzero((counts > lengths) | (counts < 0))
        if len(wrong):
            msg = f"an event says that it has {counts[wrong[0]]} objects, and has {lengths[wrong[0]]} numbers"
            raise ShapeError(msg)
        taken = np.arange(len(self.numbers)) - np.repeat(offsets[:-1], lengths) < np.repeat(counts, lengths)
        return Flat(np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]), self.numbers[taken])

    def list_offsets(self) -> Int64:
        """Return the offsets of a list.

        Returns:
            Shape (n_events + 1,).

        Raises:
            ShapeError: Where every event has one number.
        """
        if self.offsets is None:
            msg = "one number an event where a list is expected"
            raise ShapeError(msg)
        return self.offsets

    def is_aligned(self, flat: "Flat") -> bool:
        """Tell whether two arrays have lists of the same lengths."""
        if self.offsets is None or flat.offsets is None:
            return False
        return self.offsets is flat.offsets or np.array_equal(self.offsets, flat.offsets)

    def n_events(self) -> int:
        """Return how many events there are."""
        return len(self.numbers) if self.offsets is None else len(self.offsets) - 1

    def n_bytes(self) -> int:
        """Return how many bytes of memory there are."""
        return self.numbers.nbytes + (0 if self.offsets is None else self.offsets.nbytes)


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the path of a branch in front of what is wrong with it; a `FileFormatError` names it already.

    Args:
        path: The branch or field that is read in the block.

    Raises:
        ShapeError: The one that is raised in the block, with the path.
        ValueError: Likewise.
    """
    try:
        yield
    except FileFormatError:
        raise
    except ShapeError as error:
        msg = f"{path} {error}"
        raise ShapeError(msg) from error
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ValueError(msg) from error


def object_lists(columns: Mapping[str, Flat], branches: Mapping[str, str]) -> dict[str, Flat]:
    """Check that the columns of a kind of objects are lists, and take padding off arrays of fixed length.

    Args:
        columns: What was read; ``count``, where there is one, says how many objects an event has. Those that are called
            ``column ...`` may have one number an event.
        branches: The branch of each, for the message.

    Returns:
        The columns without ``count``.

    Raises:
        ShapeError: When there is no list, or how many numbers of a fixed length are objects cannot be told.
    """
    count, lists = columns.get("count"), dict[str, Flat]()
    for name, column in columns.items():
        flat = column
        if name == "count":
            continue
        if flat.offsets is None:
            if not name.startswith("column "):
                msg = f"{branches[name]} has one number an event; lists are needed: another branch must be named"
                raise ShapeError(msg)
        elif count is not None:
            try:
                flat = flat.first(count)
            except ShapeError as error:
                msg = f"{branches[name]}, counted by {branches['count']}: {error}; the right branch must be named"
                raise ShapeError(msg) from error
        elif flat.length is not None:
            msg = (
                f"{branches[name]} has {flat.length} numbers in every event, which may be padding: the branch that "
                "says how many are objects must be named as count"
            )
            raise ShapeError(msg)
        lists[name] = flat
    return lists
