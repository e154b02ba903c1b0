"""Good runs: which events lie in luminosity blocks that the experiment declared good, and their luminosity."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edm.records.event_level import Blocks as BlockRanges
from edm.run_lists import BLOCKS_OF_A_RUN, RunList, block_keys
from physics.errors import EventLevelError

__all__ = ["Blocks", "Luminosity", "LuminosityTable", "good_events", "luminosity"]

_SHOWN = 5
_MAX_RUN = 2**31


def good_events(runs: npt.NDArray[Any], blocks: npt.NDArray[Any], lists: Sequence[RunList]) -> npt.NDArray[np.bool_]:
    """Tell which events lie in a good luminosity block.

    Args:
        runs: Run numbers (dimensionless), shape (n_events,), integers.
        blocks: Numbers of luminosity blocks (dimensionless), shape (n_events,), integers.
        lists: The lists, which count together: a block is good if one of them has it.

    Returns:
        Shape (n_events,). A run that lies in a list's period but is not listed is bad.

    Raises:
        EventLevelError: When a run lies in the period of no list, or a number is none of a run or block.
    """
    for what, numbers, limit in (("run", runs, _MAX_RUN), ("luminosity block", blocks, BLOCKS_OF_A_RUN)):
        if len(numbers) and (int(numbers.min()) < 0 or int(numbers.max()) >= limit):
            worst = int(numbers.min()) if int(numbers.min()) < 0 else int(numbers.max())
            msg = f"{worst} is not the number of a {what} (0 to {limit - 1}): is the branch right? Or --good-runs none"
            raise EventLevelError(msg)
    covered, good = np.zeros(len(runs), dtype=np.bool_), np.zeros(len(runs), dtype=np.bool_)
    for run_list in lists:
        inside = run_list.covers(runs)
        covered |= inside
        if inside.any():
            good |= run_list.good(runs, blocks)
    if not covered.all():
        raise EventLevelError(_not_covered(np.unique(runs[~covered]), lists))
    return good


def _not_covered(runs: npt.NDArray[Any], lists: Sequence[RunList]) -> str:
    rest = ", ".join(map(str, runs[1:_SHOWN].tolist())) + (", ..." if len(runs) > _SHOWN else "")
    more = f" (nor {rest}; {len(runs)} runs in all)" if rest else ""
    spans = ", ".join(f"{run_list.name} {run_list.span[0]}-{run_list.span[1]}" for run_list in lists)
    return (
        f"no list covers run {int(runs[0])}{more}: --good-runs FILE or none (a list that covers it, or no list at all; "
        f"in use: {spans})"
    )


@dataclass(frozen=True, eq=False)
class Blocks:
    """Sets of luminosity blocks, which unite over files and branches.

    Attributes:
        seen: Blocks of all events read, as :func:`edm.run_lists.block_keys` numbers them; rising, shape (n_seen,).
        good: Those of them that are good; rising, shape (n_good,).
    """

    seen: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    good: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of_events(cls, runs: npt.NDArray[Any], blocks: npt.NDArray[Any], good: npt.NDArray[np.bool_]) -> "Blocks":
        """Collect the blocks of events.

        Args:
            runs: Run numbers (dimensionless), shape (n_events,).
            blocks: Numbers of luminosity blocks (dimensionless), shape (n_events,).
            good: What :func:`good_events` said of them, shape (n_events,).

        Returns:
            The sets.
        """
        keys = block_keys(runs, blocks)
        changes = np.flatnonzero(np.diff(keys)) + 1  # events of a block stand together: few are left to sort
        starts = np.concatenate([np.zeros(min(len(keys), 1), dtype=np.int64), changes])
        return cls(np.unique(keys[starts]), np.unique(keys[starts][good[starts]]))

    def add(self, other: "Blocks") -> "Blocks":
        """Unite with the blocks of other events."""
        return Blocks(np.union1d(self.seen, other.seen), np.union1d(self.good, other.good))

    def as_dict(self) -> dict[str, dict[str, list[list[int]]]]:
        """Write the sets in a form that JSON can hold: per run, its blocks as ranges of first and last."""
        return {"seen": _ranges(self.seen), "good": _ranges(self.good)}

    @classmethod
    def from_dict(cls, document: BlockRanges) -> "Blocks":
        """Read what ``as_dict`` has written."""
        return cls(_keys(document["seen"]), _keys(document["good"]))


@dataclass(frozen=True)
class LuminosityTable:
    """Recorded luminosity, block by block.

    Attributes:
        keys: The blocks, as :func:`edm.run_lists.block_keys` numbers them; rising, shape (n_blocks,).
        recorded_pb: Their luminosity in 1/pb, shape (n_blocks,).
    """

    keys: npt.NDArray[np.int64]
    recorded_pb: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Luminosity:
    """How many luminosity blocks there are, and how much luminosity they have.

    Attributes:
        blocks_seen: Blocks of all events read.
        blocks_good: Those of them that are good.
        blocks_in_list: Blocks of the lists whose period has a run that was seen.
        estimate_pb: Of each of these lists the luminosity times good / in list, 1/pb; None where a list has none.
        exact_pb: With a table by block, the sum of the good blocks, 1/pb.
        blocks_without_luminosity: Good blocks that the table lacks; they count as 0.
    """

    blocks_seen: int
    blocks_good: int
    blocks_in_list: int
    estimate_pb: float | None
    exact_pb: float | None = None
    blocks_without_luminosity: int = 0


def luminosity(blocks: Blocks, lists: Sequence[RunList], table: LuminosityTable | None = None) -> Luminosity:
    """Count luminosity blocks and estimate the luminosity that was read.

    Args:
        blocks: The blocks of all files that count together.
        lists: The lists that were applied.
        table: Luminosity by block, for the exact sum.

    Returns:
        The numbers.
    """
    seen_runs = np.unique(blocks.seen // BLOCKS_OF_A_RUN)
    used = [run_list for run_list in lists if run_list.covers(seen_runs).any()]
    parts = [_part(run_list, blocks.good) for run_list in used]
    estimate = float(sum(part for part in parts if part is not None)) if used and None not in parts else None
    in_list = sum(run_list.n_blocks for run_list in used)
    numbers = Luminosity(len(blocks.seen), len(blocks.good), in_list, estimate)
    if table is None:
        return numbers
    present = np.isin(table.keys, blocks.good, assume_unique=True)
    exact = math.fsum(table.recorded_pb[present].tolist())
    missing = len(blocks.good) - int(np.count_nonzero(present))
    return Luminosity(numbers.blocks_seen, numbers.blocks_good, in_list, estimate, exact, missing)


def _part(run_list: RunList, good: npt.NDArray[np.int64]) -> float | None:
    if run_list.luminosity_pb is None:
        return None
    inside = np.count_nonzero(run_list.good(good // BLOCKS_OF_A_RUN, good % BLOCKS_OF_A_RUN))
    return run_list.luminosity_pb * int(inside) / run_list.n_blocks


def _ranges(keys: npt.NDArray[np.int64]) -> dict[str, list[list[int]]]:
    ends = np.flatnonzero(np.diff(keys) != 1)
    first = np.concatenate([keys[:1], keys[ends + 1]])
    last = np.concatenate([keys[ends], keys[-1:]])
    by_run: dict[str, list[list[int]]] = {}
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        by_run.setdefault(str(start // BLOCKS_OF_A_RUN), []).append([start % BLOCKS_OF_A_RUN, end % BLOCKS_OF_A_RUN])
    return by_run


def _keys(by_run: Mapping[str, Sequence[Sequence[int]]]) -> npt.NDArray[np.int64]:
    parts = [
        int(run) * BLOCKS_OF_A_RUN + np.arange(first, last + 1, dtype=np.int64)
        for run, ranges in by_run.items()
        for first, last in ranges
    ]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
