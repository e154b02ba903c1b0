"""Events that stand in a dataset more than once: as collisions do that several streams or records recorded.

Two events are the same if run, luminosity block and event number are. Of several copies the first in the dataset's list
of files stays, within a file the one with the lowest entry.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.event_keys import EventKeys
from physics.events.halves import splitmix64

__all__ = ["Copies", "Duplicates", "Example", "find_copies", "key_hashes"]

_EXAMPLES = 3


class Example(NamedTuple):
    """One event that is there twice.

    Attributes:
        run: Its run.
        block: Its luminosity block.
        event: Its event number.
        first: Place in the dataset's list of the file with the copy that stays.
        second: Place of the file with another copy.
    """

    run: int
    block: int
    event: int
    first: int
    second: int


@dataclass(frozen=True)
class Duplicates:
    """What is said of a dataset.

    Attributes:
        events: Events compared.
        pairs: Places of two files in the dataset's list (of the copy that stays, of another) -> events.
        examples: The three with the lowest run, block and event number.
    """

    events: int = 0
    pairs: Mapping[tuple[int, int], int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def copies(self) -> int:
        """How many events are there already."""
        return sum(self.pairs.values())

    def add(self, other: "Duplicates") -> "Duplicates":
        """Add those of other events, none of which is the same as one of these."""
        pairs = Counter(self.pairs) + Counter(other.pairs)
        examples = tuple(sorted({*self.examples, *other.examples})[:_EXAMPLES])
        return Duplicates(self.events + other.events, dict(sorted(pairs.items())), examples)


class Copies(NamedTuple):
    """The copies among some events.

    Attributes:
        duplicates: How many, where.
        rows: The copies that do not stay, of type ``EVENT_KEY``, ordered by file and entry, shape (n_copies,).
    """

    duplicates: Duplicates
    rows: npt.NDArray[np.void]


def key_hashes(keys: EventKeys) -> npt.NDArray[np.uint64]:
    """Give events a number that is the same for the same event, and spread evenly.

    Args:
        keys: The events, shape (n_events,), no unit.

    Returns:
        Shape (n_events,), no unit.
    """
    run, block = keys.rows["run"].astype(np.uint64), keys.rows["block"].astype(np.uint64)
    return splitmix64(splitmix64(run << np.uint64(32) | block) ^ keys.rows["event"].astype(np.uint64))


def find_copies(keys: EventKeys) -> Copies:
    """Find the events that are there more than once.

    Args:
        keys: The events, shape (n_events,), no unit; all copies of an event must be among them.

    Returns:
        The copies that do not stay, whatever the order of the events.
    """
    hashes = key_hashes(keys)
    order = np.argsort(hashes)
    same = np.diff(hashes[order]) == 0  # few: what is left is compared number by number, as hashes may agree by chance
    suspects = np.zeros(len(keys), dtype=np.bool_)
    suspects[1:] |= same
    suspects[:-1] |= same
    rows = keys.rows[order[suspects]]
    rows = rows[np.lexsort((rows["entry"], rows["file"], rows["event"], rows["block"], rows["run"]))]
    copy = _same_as_before(rows)
    places = np.flatnonzero(~copy)
    first = rows[places[np.cumsum(~copy) - 1]] if len(rows) else rows
    counted = _counted(len(keys), first["file"][copy], rows[copy])
    return Copies(counted, np.sort(rows[copy], order=["file", "entry"]))


def _same_as_before(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Tell which rows are of the same event as the row before them."""
    same = np.zeros(len(rows), dtype=np.bool_)
    same[1:] = np.all([rows[name][1:] == rows[name][:-1] for name in ("run", "block", "event")], axis=0)
    return same


def _counted(n_events: int, first: npt.NDArray[np.uint32], copies: npt.NDArray[np.void]) -> Duplicates:
    """Count copies, ordered by their event, by the file of the copy that stays and their own."""
    numbered = first.astype(np.uint64) << np.uint64(32) | copies["file"].astype(np.uint64)
    pairs, numbers = np.unique(numbered, return_counts=True)
    by_pair = {
        (pair >> 32, pair & 0xFFFFFFFF): number for pair, number in zip(pairs.tolist(), numbers.tolist(), strict=True)
    }
    new = np.flatnonzero(~_same_as_before(copies))[:_EXAMPLES]
    shown = zip(first[new].tolist(), copies[new].tolist(), strict=True)
    examples = tuple(Example(run, block, event, place, file) for place, (run, block, event, file, _) in shown)
    return Duplicates(n_events, by_pair, examples)
