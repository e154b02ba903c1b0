"""Files of this machine, read by uproot in plain reads of exactly the bytes that are needed."""

import os
import queue
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import accumulate, islice, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from uproot.source.chunk import Chunk, Source, notifier
from uproot.source.futures import TrivialFuture

from targets.network.retry import Traffic

__all__ = ["FetchedRanges", "FileSource", "check_start", "read_groups"]

_MAGIC = b"root"
"""What every ROOT file starts with (source: ROOT's TFile, https://root.cern/doc/master/classTFile.html)."""

_LEAST_BYTES = 403
"""The smallest ROOT file (source: uproot's option begin_chunk_size)."""


class FetchedRanges(NamedTuple):
    """Ranges of bytes that were read.

    Attributes:
        memory: Their bytes end to end, which the source may use again for the next ranges.
        begins: Where each begins there, and the last one ends.
    """

    memory: memoryview
    begins: Sequence[int]

    @classmethod
    def join(cls, ranges: Sequence[Any]) -> Self:
        """Put bytes end to end.

        Args:
            ranges: The bytes of each range.
        """
        return cls(memoryview(b"".join(ranges)), [0, *accumulate(map(len, ranges))])

    def views(self) -> list[memoryview]:
        """Return the bytes of each range."""
        return [self.memory[start:stop] for start, stop in pairwise(self.begins)]


class FileSource(Source):  # type: ignore[misc]  # uproot has no type hints
    """A file of this machine, for `uproot.open(…, handler=FileSource)`.

    uproot's own source opens the file anew for each basket; a memory map would end the process where a file is cut
    short while it is read.

    Attributes:
        traffic: Bytes read and requests so far; many ranges at once count as one request.
    """

    def __init__(self, file_path: str, *, sources: ExitStack | None = None, **_: Any) -> None:
        """Open the file.

        Args:
            file_path: Its path.
            sources: Gets this one, to be closed where uproot cannot open the file.
            _: uproot's options.

        Raises:
            OSError: When it is absent, or may not be read.
        """
        super().__init__()
        self.traffic = Traffic()
        self._file_path = file_path
        self._descriptor: int | None = os.open(file_path, os.O_RDONLY | os.O_CLOEXEC)
        self._memory = memoryview(b"")
        self._num_bytes = os.fstat(self._descriptor).st_size
        if sources:
            sources.enter_context(self)

    def chunk(self, start: int, stop: int) -> Any:
        """Read one range of bytes.

        Args:
            start: First byte.
            stop: The byte after the last.

        Returns:
            uproot's chunk; shorter than asked for where the file ends before.

        Raises:
            OSError: When the file was closed, or cannot be read.
        """
        (data,) = self.read([(int(start), min(int(stop), self._num_bytes))]).views()
        return Chunk(self, start, stop, TrivialFuture(bytes(data)))

    def chunks(self, ranges: Sequence[tuple[int, int]], notifications: queue.Queue[Any]) -> list[Any]:
        """Read many ranges of bytes.

        Args:
            ranges: First byte, and the byte after the last, of each.
            notifications: Gets each chunk.

        Returns:
            uproot's chunks, in the order asked for, all of them filled.

        Raises:
            OSError: When the file was closed, cannot be read, or ends too early.
        """
        wanted = [(int(start), int(stop)) for start, stop in ranges]
        read = zip(wanted, self.read(wanted).views(), strict=True)
        filled = [Chunk(self, start, stop, TrivialFuture(bytes(data))) for (start, stop), data in read]
        for chunk in filled:
            notifier(chunk, notifications)()
        return filled

    def read(self, ranges: Sequence[tuple[int, int]]) -> FetchedRanges:
        """Read many ranges of bytes into memory that the next call uses again: new memory costs more than reading.

        Args:
            ranges: First byte, and the byte after the last, of each.

        Returns:
            Their bytes, until the next call.

        Raises:
            OSError: When the file was closed, cannot be read, or ends too early.
        """
        if self._descriptor is None:
            msg = "the file was closed"
            raise OSError(msg)
        for start, stop in ranges:
            if not 0 <= start <= stop <= self._num_bytes:
                msg = f"the file has {self._num_bytes} bytes, but its list of contents points to {start} to {stop}"
                raise OSError(msg)
        n_bytes = sum(stop - start for start, stop in ranges)
        if n_bytes > len(self._memory):
            self._memory = memoryview(bytearray(n_bytes))
        read = FetchedRanges(self._memory, [0, *accumulate(stop - start for start, stop in ranges)])
        for (start, stop), buffer in zip(ranges, read.views(), strict=True):
            if os.preadv(self._descriptor, [buffer], start) != stop - start:
                msg = f"the file had {self._num_bytes} bytes, and was cut short while it was read"
                raise OSError(msg)
        self.traffic.requests += 1
        self.traffic.received += n_bytes
        return read

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._descriptor is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def check_start(path: str) -> None:
    """Refuse a file that is no ROOT file: where it is shorter than any, uproot speaks of its own chunks.

    Args:
        path: Of the file.

    Raises:
        OSError: When it is absent, or may not be read.
        ValueError: When it does not start as ROOT files do, or is too short.
    """
    with Path(path).open("rb") as file:
        start, size = file.read(len(_MAGIC)), os.fstat(file.fileno()).st_size
    msg = ""
    if not size:
        msg = "it is empty (0 bytes)"
    elif start != _MAGIC:
        msg = f"it starts with {start!r}, not {_MAGIC!r}"
    elif size < _LEAST_BYTES:
        msg = f"it has {size} bytes, and the smallest ROOT file {_LEAST_BYTES}"
    if msg:
        raise ValueError(msg)


def read_groups(source: Source, groups: Sequence[Sequence[tuple[int, int]]]) -> Iterator[FetchedRanges]:
    """Read ranges of bytes group after group; over a network all at once, because each request costs.

    Args:
        source: Of the open file.
        groups: First byte, and the byte after the last, of each range.

    Yields:
        The bytes of a group, until the next group is asked for.

    Raises:
        OSError: When they cannot be read.
    """
    if isinstance(source, FileSource):
        yield from map(source.read, groups)
        return
    ranges = [bounds for group in groups for bounds in group]
    chunks = iter(source.chunks(ranges, queue.Queue()) if ranges else [])
    for group in groups:
        yield FetchedRanges.join([chunk.raw_data for chunk in islice(chunks, len(group))])
