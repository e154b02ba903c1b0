"""Awkward arrays as flat numpy arrays and back: operations on awkward arrays cost more than what they do."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import awkward as ak
import numpy as np
import numpy.typing as npt

__all__ = ["Flat", "Integers", "ShapeError", "check_offsets", "records"]

Integers = npt.NDArray[np.int64]
"""Offsets (dimensionless)."""


class ShapeError(ValueError):
    """An array is neither one number nor one list of numbers an event."""


class Flat(NamedTuple):
    """The numbers of a branch, end to end.

    Attributes:
        offsets: Where each event's numbers start, and how many there are at the end, shape (n_events + 1,); None where
            every event has one number.
        numbers: Shape (n_numbers,), or (n_events,).
    """

    offsets: Integers | None
    numbers: npt.NDArray[Any]

    @classmethod
    def of(cls, array: ak.Array) -> Self:
        """Take an array apart.

        Args:
            array: Shape (n_events,) or (n_events, var).

        Returns:
            Its numbers; they may be its own memory, not to be written to.

        Raises:
            ShapeError: For arrays of any other shape, and of anything but numbers.
        """
        layout = array.layout
        if array.ndim > 1 and not _is_packed(layout):  # as uproot makes arrays of an RNTuple
            layout = ak.to_packed(array).layout.to_ListOffsetArray64(True)
        numbers = layout.content if array.ndim > 1 else layout
        if not isinstance(numbers, ak.contents.NumpyArray) or numbers.data.ndim > 1:
            msg = f"neither a number nor a list of numbers an event, but {array.type}"
            raise ShapeError(msg)
        return cls(np.asarray(layout.offsets.data) if array.ndim > 1 else None, np.asarray(numbers.data))

    def list_offsets(self) -> Integers:
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

    def n_events(self) -> int:
        """Return how many events there are."""
        return len(self.numbers) if self.offsets is None else len(self.offsets) - 1

    def n_bytes(self) -> int:
        """Return how many bytes of memory there are."""
        return self.numbers.nbytes + (0 if self.offsets is None else self.offsets.nbytes)


def check_offsets(offsets: Integers | None) -> None:
    """Look at offsets from a file before a loop follows them; uproot does not.

    Args:
        offsets: Where each event's numbers start, and how many there are at the end, shape (n_events + 1,); None where
            every event has one number.

    Raises:
        ValueError: When they fall.
    """
    if offsets is not None and (offsets[1:] < offsets[:-1]).any():
        msg = "an event has fewer than no numbers"
        raise ValueError(msg)


def records(offsets: Integers, columns: Mapping[str, npt.NDArray[Any]]) -> ak.Array:
    """Put objects together.

    Args:
        offsets: Where each event's objects start, and how many there are at the end, shape (n_events + 1,).
        columns: The fields, shape (n_objects,) each; not copied.

    Returns:
        A jagged record array, shape (n_events, var).
    """
    contents = [ak.contents.NumpyArray(np.ascontiguousarray(column)) for column in columns.values()]
    content = ak.contents.RecordArray(contents, list(columns), length=int(offsets[-1]))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), content))


def _is_packed(layout: Any) -> bool:
    """Tell whether lists follow each other from the first number to the last."""
    return (
        isinstance(layout, ak.contents.ListOffsetArray)
        and isinstance(layout.content, ak.contents.NumpyArray)
        and layout.offsets.dtype == np.int64
        and (int(layout.offsets[0]), int(layout.offsets[-1])) == (0, layout.content.length)
    )
