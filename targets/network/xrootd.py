"""Files on XRootD servers (root://), by the package `xrootd` where it is installed.

Without it, what CERN's public storage also serves over https is read from there.
"""

import importlib
import queue
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from uproot.source.chunk import Chunk, notifier
from uproot.source.futures import TrivialFuture
from uproot.source.xrootd import XRootDSource

from targets.errors import UnreadableFileError
from targets.network.checksums import normalised_checksum
from targets.network.host_slots import host_slot, is_wanted, take_slot
from targets.network.read_plan import GAP_BYTES, WINDOWS, Range, ReadPlan
from targets.network.retry import RefusedError, RetryPolicy, Traffic, TransientError, Version, check_size
from targets.network.streaming.request_queue import RequestQueue

if TYPE_CHECKING:
    from targets.storage.locks import FileLock

__all__ = ["OpenFile", "RootSource", "checksum", "open_file"]

_BLOCK_BYTES = 1024 * 1024
_ERROR = re.compile(r"\[(3\d{3})\] [^\n)]*")
_ERROR_RESPONSE = 400  # XrdCl's errErrorResponse
_REFUSALS = ("3010", "3011")  # kXR_NotAuthorized and kXR_NotFound of the XRootD protocol, section "Error Codes"


class RootSource(XRootDSource):  # type: ignore[misc]  # uproot has no type hints
    """uproot's own source for root://, which takes a slot of the host's while a request lasts, and reads ahead."""

    def __init__(
        self,
        file_path: str,
        *,
        policy: RetryPolicy,
        size: int | None = None,
        sources: ExitStack | None = None,
        **options: Any,
    ) -> None:
        """Open the file.

        Args:
            file_path: The root:// address.
            policy: How to read.
            size: Size in bytes that the file must have; None when it is not known.
            sources: Gets this one, to be closed where uproot cannot open the file.
            options: uproot's.
        """
        self._policy = policy
        self._slot = (_host(file_path), policy.connections_per_host)
        self._queue = RequestQueue(lambda: _Line(self, *self._slot), policy.connections_per_host)
        with host_slot(*self._slot):
            try:
                super().__init__(file_path, **options, timeout=_seconds(policy))
            except FileNotFoundError as error:  # so uproot names every answer that is an error
                raise _refused(file_path, str(error)) from error
            try:
                check_size(file_path, size, self.num_bytes)
            except OSError:
                self.close()
                raise
        if sources:
            sources.enter_context(self)

    def chunk(self, start: int, stop: int) -> Any:
        """Read one range of bytes."""
        with host_slot(*self._slot):
            return super().chunk(start, stop)

    def chunks(self, ranges: Sequence[Range], notifications: queue.Queue[Any]) -> list[Any]:
        """Read many ranges of bytes; all are there when this returns."""
        wanted = [(int(start), int(stop)) for start, stop in ranges]
        planned = [span for span in dict.fromkeys(wanted) if self._queue.is_planned(span)]
        unplanned = [span for span in dict.fromkeys(wanted) if not self._queue.is_planned(span)]
        with host_slot(*self._slot) if unplanned else nullcontext():
            chunks = dict(zip(unplanned, self.read_vector(unplanned, notifications), strict=True))
        for span, data in self._queue.take(planned).items():
            chunks[span] = Chunk(self, *span, TrivialFuture(data))
            notifier(chunks[span], notifications)()
        return [chunks[span] for span in wanted]

    def read_vector(self, ranges: Sequence[Range], notifications: queue.Queue[Any]) -> list[Any]:
        """Read many ranges of bytes at once, without a slot; the chunks are filled."""
        chunks: list[Any] = super().chunks(list(ranges), notifications) if ranges else []
        for chunk in chunks:
            chunk.wait()
        return chunks

    def follow(self, plan: ReadPlan, budget: int) -> None:
        """Read ahead what a plan says, several vector reads in flight.

        Args:
            plan: What will be asked for.
            budget: Bytes that may be there before they are asked for.
        """
        inside = ReadPlan(planned for planned in plan.ranges if planned.stop <= self.num_bytes)  # others are damaged
        requests = inside.requests(budget // WINDOWS, gap=GAP_BYTES, several=True, connections=self._slot[1])
        self._queue.follow(requests, budget)

    def __exit__(self, *error: Any) -> None:
        self._queue.close()
        super().__exit__(*error)

    @property
    def traffic(self) -> Traffic:
        """Bytes and requests so far."""
        return Traffic(self.num_requested_bytes, self.num_requests)


class _Line:
    """A thread that makes vector reads, one at a time, with a slot of the host's; the connection is XRootD's."""

    def __init__(self, source: RootSource, host: str, limit: int) -> None:
        self._source, self._host, self._limit = source, host, limit
        self._slot: FileLock | None = None

    def prepare(self, is_needed: Callable[[], bool]) -> bool:
        """Take a slot, as long as it is needed."""
        self._slot = self._slot or take_slot(self._host, self._limit, is_needed)
        return self._slot is not None

    def read(self, spans: Sequence[Range], store: dict[Range, bytes]) -> None:
        """Read ranges by one vector read, or as many as the server needs."""
        for span, chunk in zip(spans, self._source.read_vector(spans, queue.Queue()), strict=True):
            store[span] = chunk.raw_data

    def is_wanted(self) -> bool:
        """Tell whether others wait for the slot."""
        return self._slot is not None and is_wanted(self._host)

    def close(self) -> None:
        """Give the slot back."""
        if self._slot:
            self._slot.release()
        self._slot = None

    def interrupt(self) -> None:
        """Do nothing: XRootD ends what takes too long."""


class OpenFile(NamedTuple):
    """A file on an XRootD server, open for reading.

    Attributes:
        version: Its size and time of change.
        blocks: Its bytes from the first asked for to the end.
    """

    version: Version
    blocks: Iterator[bytes]


@contextmanager
def open_file(uri: str, start: int, policy: RetryPolicy, traffic: Traffic) -> Iterator[OpenFile]:
    """Open a file to copy it.

    Args:
        uri: The root:// address.
        start: First byte to read.
        policy: How to read.
        traffic: Counts.

    Yields:
        The open file.

    Raises:
        RefusedError: When the server has no such file, or does not give it.
        UnreadableFileError: When the server answers with another error.
        TransientError: When it cannot be reached, or breaks off.
    """
    client = importlib.import_module("XRootD.client")
    timeout = _seconds(policy)
    with host_slot(_host(uri), policy.connections_per_host):
        file = client.File()
        traffic.requests += 1
        try:
            _check(uri, file.open(uri, timeout=timeout)[0])
            status, info = file.stat(timeout=timeout)
            _check(uri, status)
            yield OpenFile(
                Version(None, str(info.modtime), int(info.size)), _blocks(uri, file, start, timeout, traffic)
            )
        finally:
            file.close(timeout=timeout)


def checksum(uri: str, policy: RetryPolicy) -> str | None:
    """Ask an XRootD server for a file's checksum.

    Args:
        uri: The root:// address.
        policy: How to ask.

    Returns:
        The checksum as `InputFile` has it, or None when the server has none to give.
    """
    client = importlib.import_module("XRootD.client")
    flags = importlib.import_module("XRootD.client.flags")
    parts = client.URL(uri)
    with host_slot(_host(uri), policy.connections_per_host):
        status, answer = client.FileSystem(uri).query(flags.QueryCode.CHECKSUM, parts.path, timeout=_seconds(policy))
    if not status.ok or not answer:
        return None
    with suppress(ValueError):
        algorithm, value = answer.decode().split()[:2]
        return normalised_checksum(f"{algorithm}:{value}")
    return None


def _blocks(uri: str, file: Any, start: int, timeout: int, traffic: Traffic) -> Iterator[bytes]:
    while True:
        status, block = file.read(start, _BLOCK_BYTES, timeout=timeout)
        _check(uri, status)
        if not block:
            return
        traffic.received += len(block)
        start += len(block)
        yield block


def _check(uri: str, status: Any) -> None:
    if status.ok:
        return
    if status.code == _ERROR_RESPONSE:
        raise _refused(uri, status.message)
    reason = " ".join(str(status.message).split())[:300]
    msg = f"{_host(uri)} cannot be reached or gave no answer ({reason})"
    raise TransientError(msg)


def _refused(uri: str, message: str) -> UnreadableFileError:
    """Return the error for what a server answers in place of a file; some of it may pass."""
    match = _ERROR.search(message)
    if match and match[1] in _REFUSALS:
        msg = f"{uri}: the server has no such file or does not give it ({match[0]}): check the address"
        return RefusedError(msg)
    reason = match[0] if match else message.partition("\n")[0][:300]  # uproot's goes on about paths
    msg = f"{uri}: cannot be read ({reason}): check the address, or try again later"
    return UnreadableFileError(msg)


def _host(uri: str) -> str:
    return urlsplit(uri).hostname or ""


def _seconds(policy: RetryPolicy) -> int:
    return max(1, round(policy.read_timeout_s))
