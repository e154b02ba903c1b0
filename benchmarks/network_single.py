"""How files on web servers were read until November 2026, one range after the other: a peer for network.py."""

import queue
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from uproot.source.chunk import Chunk, Source, notifier
from uproot.source.futures import TrivialFuture

from targets.errors import UnreadableFileError
from targets.network.client import Connection
from targets.network.response import Response
from targets.network.retry import (
    RangesUnsupportedError,
    RetryPolicy,
    Traffic,
    TransientError,
    Version,
    check_size,
    retry,
)

__all__ = ["SingleSource"]

BLOCK_BYTES = 32 * 1024
"""Gaps up to this size are read too, and single ranges are widened to multiples of it: a request costs more."""

MAX_REQUEST_BYTES = 16 * 2**20
"""Joined ranges are no longer than this: it is what an answer costs that breaks off."""

MAX_KEPT_BYTES = 8 * 2**20
"""What is kept of single ranges for the next ones."""

Range = tuple[int, int]
"""First byte, and the byte after the last."""


class SingleSource(Source):  # type: ignore[misc]  # uproot has no type hints
    """A file on a web server, for `uproot.open(…, handler=HttpSource, policy=…)`.

    Every answer is checked: it must be exactly the range that was asked for, of the same state of the file as all
    before. All methods raise UnreadableFileError when the file cannot be read, RangesUnsupportedError when the server
    gives whole files only, and RefusedError when it gives nothing.

    Attributes:
        traffic: Bytes received and requests so far.
    """

    def __init__(self, file_path: str, *, policy: RetryPolicy, size: int | None = None, **_: Any) -> None:
        """Make the source; nothing is asked yet.

        Args:
            file_path: The http(s) address.
            policy: How to read.
            size: Size in bytes that the file must have; None when it is not known.
        """
        super().__init__()
        self.traffic = Traffic()
        self._file_path = file_path
        self._policy = policy
        self._expected = size
        self._version: Version | None = None
        self._connection = Connection(policy, self.traffic)
        self._kept: OrderedDict[Range, bytes] = OrderedDict()
        self._closed = False

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
        end = stop if self._size is None else min(stop, self._size)
        block = next((kept for kept in self._kept if kept[0] <= start and end <= kept[1]), None)
        if block is None:
            wide = (start // BLOCK_BYTES * BLOCK_BYTES, -(-stop // BLOCK_BYTES) * BLOCK_BYTES)
            data = self._fetch([wide])[wide]
            block = (wide[0], wide[0] + len(data))
            self._keep(block, data)
        self._kept.move_to_end(block)
        return self._filled((start, stop), self._kept[block], block[0])

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
        spans = _join(wanted)
        read = self._fetch(spans)
        starts = [start for start, _ in spans]
        chunks = []
        for start, stop in wanted:
            span = spans[bisect_right(starts, start) - 1]
            chunks.append(self._filled((start, stop), read[span], span[0]))
        for chunk in chunks:
            notifier(chunk, notifications)()
        return chunks

    def follow(self, plan: object, budget: int) -> None:
        """Read nothing ahead."""

    @property
    def num_bytes(self) -> int:
        """The file's size in bytes."""
        if self._size is None:
            self.chunk(0, 1)
        return self._size or 0

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

    @property
    def _size(self) -> int | None:
        return self._version.size if self._version else None

    def _filled(self, wanted: Range, data: bytes, offset: int) -> Any:
        start, stop = wanted
        return Chunk(self, start, stop, TrivialFuture(memoryview(data)[start - offset : stop - offset]))

    def _keep(self, where: Range, data: bytes) -> None:
        self._kept[where] = data
        while len(self._kept) > 1 and sum(len(kept) for kept in self._kept.values()) > MAX_KEPT_BYTES:
            self._kept.popitem(last=False)

    def _check_range(self, start: int, stop: int) -> None:
        """Refuse what cannot be in the file: a damaged list of contents points anywhere."""
        if start < 0 or stop < start or (self._size is not None and stop > self._size):
            msg = (
                f"{self._file_path}: its list of contents points to the bytes {start} to {stop}, but it has "
                f"{self._size}: it is truncated or damaged on the server; compare its size with the portal's"
            )
            raise UnreadableFileError(msg)

    def _fetch(self, spans: Sequence[Range]) -> dict[Range, bytes]:
        read: dict[Range, bytes] = {}

        def attempt() -> None:
            """Read what is still missing."""
            with self._connection:
                for span in spans:
                    if span not in read:
                        read[span] = self._request(*span)

        retry(self._file_path, self._policy, attempt, lambda: len(read))
        return read

    def _request(self, start: int, stop: int) -> bytes:
        if start == stop:
            return b""
        with self._connection.get(self._file_path, {"Range": f"bytes={start}-{stop - 1}"}) as answer:
            stop = self._check(answer, start, stop)
            body = bytearray()
            for block in answer.blocks():
                body += block
                if len(body) > stop - start:
                    break
        if len(body) != stop - start:
            msg = f"{len(body)} bytes came where {stop - start} were announced"
            raise TransientError(msg)
        return bytes(body)

    def _check(self, answer: Response, start: int, stop: int) -> int:
        """Check the head of an answer; return where its range must end."""
        version = answer.version
        self._check_version(answer)
        size = version.size
        if answer.status == 416:
            msg = f"{self._file_path}: the server has no byte {start} of it (it has {size}): it is truncated or empty"
            raise UnreadableFileError(msg)
        if size is not None:
            stop = min(stop, size)
        if answer.status != 206 or size is None or (answer.start, answer.stop) != (start, stop):
            msg = (
                f"{self._file_path}: asked for the bytes {start} to {stop}, the server gives {_given(answer)}: it "
                f"cannot be read in parts; read it with --fetch download"
            )
            raise RangesUnsupportedError(msg)
        if answer.length not in (None, stop - start):
            msg = f"the server announces {answer.length} bytes for the {stop - start} bytes from {start} on"
            raise TransientError(msg)
        self._version = version
        return stop

    def _check_version(self, answer: Response) -> None:
        check_size(self._file_path, self._expected, answer.version.size)
        if self._version is not None and self._version.differs(answer.version):
            msg = f"{self._file_path}: it was changed on the server while it was read: read it again"
            raise UnreadableFileError(msg)


def _join(ranges: Sequence[Range]) -> list[Range]:
    """Join ranges that overlap or lie near each other, as long as the request stays small."""
    spans: list[Range] = []
    for start, stop in sorted(ranges):
        first, last = spans[-1] if spans else (0, 0)
        near = bool(spans) and start - last <= BLOCK_BYTES
        if near and (stop <= last or stop - first <= MAX_REQUEST_BYTES):
            spans[-1] = (first, max(last, stop))
        else:
            spans.append((start, stop))
    return spans


def _given(answer: Response) -> str:
    if answer.status != 206:
        return f"the whole file (status {answer.status})"
    if answer.start is None:
        return "an answer that does not say which bytes it holds"
    size = "unknown size" if answer.version.size is None else f"{answer.version.size}"
    return f"the bytes {answer.start} to {answer.stop} of {size}"
