"""What is recorded of events that a dataset holds more than once."""

from dataclasses import dataclass

from edm.records.documents import Count

__all__ = ["DuplicateEvents", "DuplicateExample", "FilePair"]


@dataclass(frozen=True)
class FilePair:
    """Events of one file that another has too.

    Attributes:
        first: The file with the copy that comes first in the dataset's list.
        second: The file with another copy; the same one where a file holds an event twice.
        events: How many such copies *second* has.
    """

    first: str
    second: str
    events: Count


@dataclass(frozen=True)
class DuplicateExample:
    """One event that is there twice: its numbers, and the files that have it."""

    run: int
    block: int
    event: int
    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class DuplicateEvents:
    """What the comparison of a dataset's events found.

    Attributes:
        mode: ``check`` or ``remove``.
        events: Events compared: those of parsed data, without simulation.
        copies: Those of them that another event comes before; with ``remove`` they are left out of masses.
        pairs: Copies by pair of files, the largest number first.
        examples: The three with the lowest run, block and event number.
    """

    mode: str
    events: Count
    copies: Count
    pairs: tuple[FilePair, ...] = ()
    examples: tuple[DuplicateExample, ...] = ()
