"""Files on web servers, read by uproot in ranges of bytes: only what is needed goes over the network.

Near ranges are joined into one request; a request takes a connection and a slot only while it lasts.
"""

import queue
import sys
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from uproot.source.chunk import Chunk, Source, notifier
from uproot.source.futures import TrivialFuture

from edm.records.fetching import FetchDecision
from targets.errors import UnreadableFileError
from targets.network.read_plan import WINDOWS, PlannedRange, Range, ReadPlan, Request
from targets.network.retry import RetryPolicy, Traffic
from targets.network.streaming.http_line import HttpLine
from targets.network.streaming.request_queue import RequestQueue, view
from targets.network.streaming.served_file import ServedFile

__all__ = ["BLOCK_BYTES", "END_BYTES", "MAX_KEPT_BYTES", "HttpSource"]

BLOCK_BYTES = 32 * 1024
"""Single ranges are widened to multiples of it: metadata lies close together."""

END_BYTES = 256 * 1024
"""What is read of a file's end at once: there are its list of contents and descriptions of its classes."""

MAX_KEPT_BYTES = 8 * 2**20
"""What is kept of single ranges for the next ones."""


class HttpSource(Source):  # type: ignore[misc]  # uproot has no type hints
    """A file on a web server, for `uproot.open(…, handler=HttpSource, policy=…)`.

    Every answer is checked: it must be exactly the ranges that were asked for, of the same state of the file as all
    before. All methods raise UnreadableFileError when the file cannot be read, RangesUnsupportedError when the server
    gives whole files only, and RefusedError when it gives nothing.
    """

    def __init__(
        self,
        file_path: str,
        *,
        policy: RetryPolicy,
        size: int | None = None,
        sources: ExitStack | None = None,
        **_: Any,
    ) -> None:
        """Make the source; nothing is asked yet.

        Args:
            file_path: The http(s) address.
            policy: How to read.
            size: Size in bytes that the file must have; None when it is not known.
            sources: Gets this one, to be closed where uproot cannot open the file.
        """
        super().__init__()
        self._file_path = file_path
        self._file = ServedFile(file_path, policy, size)
        self._counts: list[Traffic] = []  # one a connection: no two threads count on the same
        self._queue = RequestQueue(self._make_line, policy.connections_per_host)
        self._kept: OrderedDict[Range, bytes] = OrderedDict()
        self._closed = False
        if sources:
            sources.enter_context(self)

    @property
    def traffic(self) -> Traffic:
        """Bytes received and requests so far."""
        counts = list(self._counts)
        return Traffic(sum(part.received for part in counts), sum(part.requests for part in counts))

    def follow(self, plan: ReadPlan, budget: int) -> None:
        """Read ahead what a plan says, in threads of its own.

        Args:
            plan: What will be asked for.
            budget: Bytes that may be there before they are asked for.
        """
        inside = ReadPlan(planned for planned in plan.ranges if planned.stop <= self.num_bytes)  # others are damaged
        self._queue.follow(self._requests(inside, budget // WINDOWS), budget)

    def decision(self, plan: ReadPlan) -> FetchDecision | None:
        """Compare streaming with a download, by what was measured of the host.

        Args:
            plan: What would be read.

        Returns:
            The numbers; None before enough was read to measure.
        """
        host, requests = self._file.host, self._requests(plan, sys.maxsize)
        if host.round_trip_s is None or host.bytes_per_s is None:
            return None
        n_bytes, connections = sum(request.n_bytes() for request in requests), self._file.policy.connections_per_host
        return FetchDecision(self.num_bytes, n_bytes, len(requests), connections, host.round_trip_s, host.bytes_per_s)

    def chunk(self, start: int, stop: int) -> Any:
        """Read one range of bytes, and its surroundings for later: metadata lies close together.

        Args:
            start: First byte.
            stop: The byte after the last.

        Returns:
            uproot's chunk; shorter than asked for where the file ends before.
        """
        start, stop = int(start), int(stop)
        self._check_range(start, min(stop, start + 1))
        end = stop if self._file.size is None else min(stop, self._file.size)
        block = next((kept for kept in self._kept if kept[0] <= start and end <= kept[1]), None)
        if block is None:
            wide = self._widened(start, stop)
            data = self._read([wide])[wide]
            block = (wide[0], wide[0] + len(data))
            self._keep(block, data)
        self._kept.move_to_end(block)
        return self._filled((start, stop), view(self._kept[block], block, (start, stop)))

    def chunks(self, ranges: Sequence[Range], notifications: queue.Queue[Any]) -> list[Any]:
        """Read many ranges of bytes.

        Args:
            ranges: First byte, and the byte after the last, of each.
            notifications: Gets each chunk.

        Returns:
            uproot's chunks, in the order asked for, all of them filled.
        """
        wanted = [(int(start), int(stop)) for start, stop in ranges]
        for span in wanted:
            self._check_range(*span)
        distinct = sorted(set(wanted))
        planned = [span for span in distinct if self._queue.is_planned(span)]
        unplanned = [span for span in distinct if span[0] < span[1] and not self._queue.is_planned(span)]
        read = self._read_others(unplanned)  # what is planned comes meanwhile
        read |= self._queue.take(planned)
        chunks = [self._filled(span, read.get(span, memoryview(b""))) for span in wanted]
        for chunk in chunks:
            notifier(chunk, notifications)()
        return chunks

    @property
    def num_bytes(self) -> int:
        """The file's size in bytes."""
        if self._file.size is None:
            self.chunk(0, 1)
        return self._file.size or 0

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._kept.clear()
        self._queue.close()

    def _make_line(self) -> HttpLine:
        self._counts.append(Traffic())
        return HttpLine(self._file, self._counts[-1], lambda: self._closed)

    def _requests(self, plan: ReadPlan, window_bytes: int) -> list[Request]:
        several = self._file.host.several is not False
        connections = self._file.policy.connections_per_host
        return plan.requests(window_bytes, gap=self._file.gap_bytes(), several=several, connections=connections)

    def _read_others(self, ranges: Sequence[Range]) -> dict[Range, memoryview]:
        """Read what is not planned, all of it at once."""
        requests = self._requests(ReadPlan(PlannedRange(0, *span) for span in ranges), sys.maxsize)
        spans = self._queue.read(requests) if requests else {}
        return {needed: view(spans[span], span, needed) for request in requests for needed, span in request.places()}

    def _read(self, spans: Sequence[Range]) -> dict[Range, bytes]:
        return self._queue.read([Request(tuple(spans), ())]) if spans[0][0] < spans[0][1] else {spans[0]: b""}

    def _widened(self, start: int, stop: int) -> Range:
        """Return what to read for a single range: whole blocks, or the end of the file as a whole."""
        size = self._file.size
        if size is not None and size - END_BYTES <= start < stop and start >= BLOCK_BYTES:
            return max(size - END_BYTES, BLOCK_BYTES), size
        return start // BLOCK_BYTES * BLOCK_BYTES, -(-stop // BLOCK_BYTES) * BLOCK_BYTES

    def _filled(self, wanted: Range, data: memoryview) -> Any:
        return Chunk(self, *wanted, TrivialFuture(data))

    def _keep(self, where: Range, data: bytes) -> None:
        self._kept[where] = data
        while len(self._kept) > 1 and sum(len(kept) for kept in self._kept.values()) > MAX_KEPT_BYTES:
            self._kept.popitem(last=False)

    def _check_range(self, start: int, stop: int) -> None:
        """Refuse what cannot be in the file: a damaged list of contents points anywhere."""
        size = self._file.size
        if start < 0 or stop < start or (size is not None and stop > size):
            msg = (
                f"{self._file_path}: its list of contents points to the bytes {start} to {stop}, but it has "
                f"{size}: it is truncated or damaged on the server; compare its size with the portal's"
            )
            raise UnreadableFileError(msg)
