"""A file on a web server: its address, its version, and whether an answer is what was asked of it."""

import threading
from collections.abc import Mapping

from targets.errors import UnreadableFileError
from targets.network.read_plan import GAP_BYTES, Range
from targets.network.response import ByteRange, Response
from targets.network.retry import RangesUnsupportedError, RetryPolicy, TransientError, Version, check_size
from targets.network.streaming.hosts import Host, host_of
from targets.network.streaming.multipart import MultipartError

__all__ = ["ServedFile"]


class ServedFile:
    """A file on a web server, and what is known of it.

    Attributes:
        uri: Its address.
        policy: How to read.
        version: Its state, from the first answer on.
        address: Where it was found, behind redirects.
        n_read: Ranges that were read whole so far, on all connections: none of them loses patience while it grows.
    """

    def __init__(self, uri: str, policy: RetryPolicy, size: int | None) -> None:
        self.uri, self.policy, self._expected = uri, policy, size
        self.version: Version | None = None
        self.address = uri
        self.n_read = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int | None:
        """Its size in bytes; None before it is known."""
        return self.version.size if self.version else None

    @property
    def host(self) -> Host:
        """What is known of the host that gives it."""
        return host_of(self.address)

    def gap_bytes(self) -> int:
        """Return the gap between ranges up to which it is better to read it than to leave it out."""
        return self.host.gap_bytes() if self.host.several is False else GAP_BYTES

    def compare(self, version: Version) -> None:
        """Compare a version with that of the first answer; of this one itself, note it.

        Raises:
            UnreadableFileError: When it is another one, or has not the size that the catalogue says.
        """
        check_size(self.uri, self._expected, version.size)
        with self._lock:  # the first answers may come on several connections
            if self.version is None and version.size is not None:
                self.version = version
            is_another = self.version is not None and self.version.differs(version)
        if is_another:
            msg = f"{self.uri}: it was changed on the server while it was read: read it again"
            raise UnreadableFileError(msg)

    def check(self, answer: Response, start: int, stop: int) -> int:
        """Check the head of an answer with one range.

        Args:
            answer: The answer.
            start: First byte that was asked for.
            stop: The byte after the last.

        Returns:
            Where its range must end: at the file's end, where that comes before.

        Raises:
            UnreadableFileError: When the file is another one, or has no such bytes.
            RangesUnsupportedError: When the server gives something else.
            TransientError: When it announces another number of bytes.
        """
        self.compare(answer.version)
        size = answer.version.size
        if answer.status == 416:
            msg = f"{self.uri}: the server has no byte {start} of it (it has {size}): it is truncated or empty"
            raise UnreadableFileError(msg)
        if size is not None:
            stop = min(stop, size)
        if answer.status != 206 or size is None or (answer.start, answer.stop) != (start, stop):
            msg = (
                f"{self.uri}: asked for the bytes {start} to {stop}, the server gives {_given(answer)}: it "
                f"cannot be read in parts; read it with --fetch download"
            )
            raise RangesUnsupportedError(msg)
        if answer.length not in (None, stop - start):
            msg = f"the server announces {answer.length} bytes for the {stop - start} bytes from {start} on"
            raise TransientError(msg)
        return stop

    def check_part(self, answer: Response, headers: Mapping[str, str]) -> Range:
        """Check the headers of a part.

        Args:
            answer: The answer that it is a part of.
            headers: Those of the part, names in lower case.

        Returns:
            Its range.

        Raises:
            MultipartError: When it does not say which bytes it holds.
            UnreadableFileError: When it is a part of another version.
        """
        start, stop, size = ByteRange.of(headers.get("content-range", ""))
        if start is None or stop is None or size is None:
            msg = "a part that does not say which bytes it holds"
            raise MultipartError(msg)
        of_answer = answer.version
        version = Version(
            headers.get("etag", of_answer.etag), headers.get("last-modified", of_answer.last_modified), size
        )
        self.compare(version)
        return start, stop


def _given(answer: Response) -> str:
    if answer.status != 206:
        return f"the whole file (status {answer.status})"
    if answer.start is None:
        return "an answer that does not say which bytes it holds"
    size = "unknown size" if answer.version.size is None else f"{answer.version.size}"
    return f"the bytes {answer.start} to {answer.stop} of {size}"
