"""Lists of good runs: which luminosity blocks of which runs an experiment declared good."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCKS_OF_A_RUN", "RunList", "block_keys"]

BLOCKS_OF_A_RUN = 2**32
"""Numbers of luminosity blocks are below this (uint32 in every format), so that a run and a block fit into an int64."""


def block_keys(runs: npt.NDArray[Any], blocks: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Make one number of a run and a luminosity block.

    Args:
        runs: Run numbers (dimensionless), shape (n_events,), below 2³¹.
        blocks: Numbers of luminosity blocks (dimensionless), shape (n_events,), below 2³².

    Returns:
        run · 2³² + block, shape (n_events,).
    """
    return runs.astype(np.int64) * BLOCKS_OF_A_RUN + blocks.astype(np.int64)


@dataclass(frozen=True, eq=False)
class RunList:
    """The good luminosity blocks of a period of data taking.

    Attributes:
        name: One word, or the path of a user's file.
        experiment: ATLAS or CMS.
        span: First and last run of the period that the list was made for; runs of it that are not listed are bad.
        ranges: Run, first and last good block (both good), shape (n_ranges, 3); sorted, and without overlap.
        source: The file that the list was published as.
        sha256: The SHA-256 sum of that file, 64 hexadecimal digits.
        luminosity_pb: Integrated luminosity of all its blocks in 1/pb; None when nobody said.
        luminosity_source: Where the luminosity comes from.
    """

    name: str
    experiment: str
    span: tuple[int, int]
    ranges: npt.NDArray[np.int64]
    source: str
    sha256: str
    luminosity_pb: float | None = None
    luminosity_source: str = ""

    @classmethod
    def made_of(cls, ranges: list[tuple[int, int, int]], span: tuple[int, int] | None = None, **columns: Any) -> Self:
        """Make a list of ranges in any order.

        Args:
            ranges: Run, first and last good block; they may overlap. At least one.
            span: First and last run of the period; from the first to the last listed run when it is left out.
            columns: The attributes except ``span`` and ``ranges``.

        Returns:
            The list, its ranges sorted and united.
        """
        united = _united(sorted(ranges))
        return cls(span=span or (united[0][0], united[-1][0]), ranges=np.array(united, dtype=np.int64), **columns)

    @property
    def runs(self) -> npt.NDArray[np.int64]:
        """The listed runs, rising, shape (n_runs,), dimensionless."""
        return np.unique(self.ranges[:, 0])

    @property
    def n_blocks(self) -> int:
        """How many luminosity blocks are good."""
        return int(np.sum(self.ranges[:, 2] - self.ranges[:, 1] + 1))

    def good(self, runs: npt.NDArray[Any], blocks: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which events lie in a good block.

        Args:
            runs: Run numbers (dimensionless), shape (n_events,).
            blocks: Numbers of luminosity blocks (dimensionless), shape (n_events,).

        Returns:
            Shape (n_events,); the first and the last block of a range are good.
        """
        keys = block_keys(runs, blocks)
        first = block_keys(self.ranges[:, 0], self.ranges[:, 1])
        last = block_keys(self.ranges[:, 0], self.ranges[:, 2])
        place = np.searchsorted(first, keys, side="right") - 1
        return np.asarray((place >= 0) & (keys <= last[place]))

    def covers(self, runs: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which runs lie in the period that the list was made for.

        Args:
            runs: Run numbers (dimensionless), shape (n_runs,).

        Returns:
            Shape (n_runs,); the first and the last run of the period lie in it.
        """
        return np.asarray((runs >= self.span[0]) & (runs <= self.span[1]))


def _united(ranges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Unite ranges of one run that overlap; those that only touch stay apart, as the files have them."""
    united: list[tuple[int, int, int]] = []
    for run, first, last in ranges:
        if united and united[-1][0] == run and first <= united[-1][2]:
            united[-1] = (run, united[-1][1], max(last, united[-1][2]))
        else:
            united.append((run, first, last))
    return united
