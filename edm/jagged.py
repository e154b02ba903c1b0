"""Columns with any number of values an event, as flat arrays: where each event's values start, and the values."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["Jagged"]


@dataclass(frozen=True)
class Jagged:
    """Any number of values an event.

    Attributes:
        offsets: Where each event's values start, and their number at the end, shape (n_events + 1,).
        values: The values of all events, end to end, shape (n_values,).
    """

    offsets: npt.NDArray[np.int64]
    values: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def from_awkward(cls, array: Any) -> Self:
        """Take an awkward array apart.

        Args:
            array: Numbers, shape (n_events, var), of any unit; or anything deeper, of which only the lengths matter,
                so that the values are then the number of parts of each (dimensionless).

        Returns:
            The same as flat arrays.
        """
        # by methods of the layout alone: awkward itself takes a second to import, which the command line does not have
        lists = array.layout.to_packed().to_ListOffsetArray64(True)
        deeper = lists.content.purelist_depth > 1
        values = np.diff(lists.content.to_ListOffsetArray64(True).offsets.data) if deeper else lists.content.data
        return cls(np.asarray(lists.offsets.data), np.asarray(values))

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many values each event has (dimensionless), shape (n_events,)."""
        return np.diff(self.offsets)

    def any(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Tell which events have a chosen value.

        Args:
            chosen: Which values are chosen, shape (n_values,), no unit.

        Returns:
            Shape (n_events,); False for events without values.
        """
        before = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(chosen, dtype=np.int64)])
        return np.asarray(before[self.offsets[1:]] > before[self.offsets[:-1]])

    def at(self, index: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Take the value at one place of every event.

        Args:
            index: The place, from 0.

        Returns:
            The values, shape (n_events,), in the column's unit, 0 where an event has too few; and which have it.
        """
        enough = self.counts > index
        values = np.zeros(len(self), dtype=self.values.dtype)
        values[enough] = self.values[self.offsets[:-1][enough] + index]
        return values, enough

    def keep(self, chosen: npt.NDArray[np.bool_]) -> "Jagged":
        """Keep some of the events.

        Args:
            chosen: Which events stay, shape (n_events,), no unit.

        Returns:
            Their values, order kept.
        """
        counts = self.counts
        kept = self.values[np.repeat(chosen, counts)]
        return Jagged(np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts[chosen])]), kept)
