"""What a file's wanted branches take of it: all ranges of bytes, known from its list of contents before any is read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["GAP_BYTES", "MOST_BYTES", "WINDOWS", "PlannedRange", "Range", "ReadPlan", "Request", "join", "range_header"]

Range = tuple[int, int]
"""First byte, and the byte after the last."""

GAP_BYTES = 4 * 1024
"""Gaps up to this size are read too where a request takes many ranges: a further range costs about as much."""

MOST_BYTES = 4 * 2**20
"""A request asks for no more, unless for one basket: it is what an answer costs that breaks off."""

WINDOWS = 4
"""So many windows of entries, or more, are read ahead: the first is there soon."""

_LEAST_BYTES = 256 * 1024  # below this, one more request costs more than another connection saves
_MOST_RANGES = 100  # nginx takes 500 and Apache 200, which sends the whole file beyond
_MOST_CHARACTERS = 3900  # of the header: some servers take no line of more than 4,096


class PlannedRange(NamedTuple):
    """A basket or page.

    Attributes:
        entry: The first entry that is in it, or that the cluster has which it belongs to.
        start: Its first byte in the file.
        stop: The byte after its last.
    """

    entry: int
    start: int
    stop: int


class Request(NamedTuple):
    """Ranges that are asked for together.

    Attributes:
        spans: The ranges, ascending, those joined that lie near each other.
        needed: The baskets and pages that lie in them.
    """

    spans: tuple[Range, ...]
    needed: tuple[Range, ...]

    def n_bytes(self) -> int:
        """Return how many bytes it asks for."""
        return sum(stop - start for start, stop in self.spans)

    def places(self) -> Iterator[tuple[Range, Range]]:
        """Pair each basket or page with the span that it lies in."""
        place = 0
        for needed in self.needed:
            while place + 1 < len(self.spans) and self.spans[place + 1][0] <= needed[0]:
                place += 1
            yield needed, self.spans[place]


class ReadPlan:
    """The ranges that some branches of a file take.

    Attributes:
        ranges: The ranges, in the order in which entries need them.
        n_bytes: Their bytes, without gaps.
    """

    def __init__(self, ranges: Iterable[PlannedRange]) -> None:
        self.ranges = sorted({planned for planned in ranges if planned.start < planned.stop})
        self.n_bytes = sum(planned.stop - planned.start for planned in self.ranges)

    def requests(self, window_bytes: int, *, gap: int, several: bool, connections: int) -> list[Request]:
        """Divide the plan into requests, in the order in which entries need them.

        Args:
            window_bytes: Bytes of a window of entries: what is needed within it is asked for in the file's order.
            gap: Gaps of so many bytes or fewer are read too.
            several: Whether a request asks for several ranges.
            connections: How many there are to ask on: small plans are divided among them.

        Returns:
            The requests.
        """
        size = min(max(self.n_bytes // (2 * connections), _LEAST_BYTES), MOST_BYTES) if several else MOST_BYTES
        requests = []
        for window in self._windows(window_bytes):
            spans = join(window, gap, size)
            requests += _divide(spans, window, size, _MOST_RANGES if several else 1)
        return requests

    def _windows(self, n_bytes: int) -> list[list[Range]]:
        windows: list[list[Range]] = []
        total, entry = 0, -1
        for planned in self.ranges:
            if not windows or (total >= n_bytes and planned.entry != entry):
                windows.append([])
                total = 0
            windows[-1].append((planned.start, planned.stop))
            total, entry = total + planned.stop - planned.start, planned.entry
        return [sorted(set(window)) for window in windows]


def join(ranges: Sequence[Range], gap: int, most_bytes: int) -> list[Range]:
    """Join ranges that overlap or lie near each other, as long as they stay small.

    Args:
        ranges: The ranges.
        gap: Gaps of so many bytes or fewer are bridged.
        most_bytes: Length of a joined range at most; ranges that contain others may be longer.

    Returns:
        Ranges, ascending; each one given lies in the last of them that begins before it.
    """
    spans: list[Range] = []
    for start, stop in sorted(ranges):
        first, last = spans[-1] if spans else (0, 0)
        if spans and start - last <= gap and (stop <= last or stop - first <= most_bytes):
            spans[-1] = (first, max(last, stop))
        else:
            spans.append((start, stop))
    return spans


def range_header(spans: Sequence[Range]) -> str:
    """Return the value of the header Range; with a blank after a comma Apache gives the whole file."""
    return "bytes=" + ",".join(f"{start}-{stop - 1}" for start, stop in spans)


def _divide(spans: Sequence[Range], needed: Sequence[Range], most_bytes: int, most_ranges: int) -> list[Request]:
    """Put spans into requests that no server finds too long."""
    groups: list[list[Range]] = []
    total, characters = 0, 0
    for start, stop in spans:
        length = len(f"{start}-{stop - 1},")
        is_full = total + stop - start > most_bytes or characters + length > _MOST_CHARACTERS
        if not groups or is_full or len(groups[-1]) == most_ranges:
            groups.append([])
            total, characters = 0, len("bytes=")
        groups[-1].append((start, stop))
        total, characters = total + stop - start, characters + length
    requests, place = [], 0
    for number, group in enumerate(groups):
        end = groups[number + 1][0][0] if number + 1 < len(groups) else None
        first = place
        while place < len(needed) and (end is None or needed[place][0] < end):
            place += 1
        requests.append(Request(tuple(group), tuple(needed[first:place])))
    return requests
