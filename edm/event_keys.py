"""What identifies an event: run, luminosity block and event number, and where it was read from."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["EVENT_KEY", "EventKeys"]

EVENT_KEY = np.dtype([("run", "<u4"), ("block", "<u4"), ("event", "<i8"), ("file", "<u4"), ("entry", "<i8")])
"""One event: its numbers as the file has them, the place of its file in the dataset's list, and its entry there."""


@dataclass(frozen=True, eq=False)
class EventKeys:
    """Some events of a dataset.

    Attributes:
        rows: Of type :data:`EVENT_KEY`, shape (n_events,).
    """

    rows: npt.NDArray[np.void]

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of_file(
        cls,
        file: int,
        runs: npt.NDArray[Any],
        blocks: npt.NDArray[Any] | None,
        events: npt.NDArray[Any],
        entries: npt.NDArray[Any],
    ) -> Self:
        """Collect events of one file.

        Args:
            file: Its place in the dataset's list.
            runs: Run numbers (dimensionless), shape (n_events,).
            blocks: Numbers of luminosity blocks, shape (n_events,); 0 for a format without them (None).
            events: Event numbers, shape (n_events,); extended by their sign.
            entries: Entries in the file, shape (n_events,).

        Returns:
            The events.
        """
        rows = np.zeros(len(runs), dtype=EVENT_KEY)
        rows["run"], rows["event"], rows["entry"], rows["file"] = runs, events.astype(np.int64), entries, file
        if blocks is not None:
            rows["block"] = blocks
        return cls(rows)
