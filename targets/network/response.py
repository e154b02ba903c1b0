"""Responses of web servers: what their heads say, and their bodies in bounded time."""

import re
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3

from targets.network.retry import RetryPolicy, Traffic, TransientError, Version

__all__ = ["LIBRARY_ERRORS", "ByteRange", "Response", "reason_of"]

LIBRARY_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)
"""What the libraries raise when a connection breaks."""

_BLOCK_BYTES = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")


class ByteRange(NamedTuple):
    """What a header Content-Range says; None for what it does not.

    Attributes:
        start: First byte of a part.
        stop: The byte after its last.
        size: Size of the whole file in bytes.
    """

    start: int | None
    stop: int | None
    size: int | None

    @classmethod
    def of(cls, header: str) -> "ByteRange":
        """Take it from the header; one that is damaged says nothing."""
        match = _CONTENT_RANGE.fullmatch(header.strip())
        first, last, size = match.groups() if match else (None, None, None)
        return cls(_number(first), None if last is None else int(last) + 1, _number(size))


class Response:
    """The response to one request, its body still to be read.

    Attributes:
        uri: What was asked for.
        status: 200 (the whole file), 206 (a part), 304 (not changed) or 416 (no such part).
        length: Bytes of the body as sent; None when the server does not say.
        start: First byte of the part, and `stop` the byte after its last; None when the server does not say.
        version: The state of the file; its size is that of the whole file, also in the response 206.
        content_type: Type of the body, empty when the server does not say.
        address: Where it was found, behind all redirects.
        round_trip_s: Seconds from the request to its head; None when a connection had to be made first.
    """

    address = ""
    round_trip_s: float | None = None

    def __init__(self, uri: str, response: requests.Response, policy: RetryPolicy, traffic: Traffic) -> None:
        self.uri = uri
        self.status = response.status_code
        self._response, self._policy, self._traffic = response, policy, traffic
        headers = response.headers
        self.length = _number(headers.get("Content-Length"))
        self.start, self.stop, size = ByteRange.of(headers.get("Content-Range", ""))
        self.version = Version(
            headers.get("ETag"), headers.get("Last-Modified"), self.length if self.status == 200 else size
        )
        self.content_type = headers.get("Content-Type", "")
        self._first = self._read_first() if self.status in (200, 206) else b""

    def blocks(self) -> Iterator[bytes]:
        """Read the body.

        Yields:
            Its bytes as they come; fewer than announced when the server hangs up.

        Raises:
            TransientError: When the connection breaks, or bytes come more slowly than the policy's minimum.
        """
        began, received, block = time.monotonic(), 0, self._first
        while block:
            received += len(block)
            yield block
            block = self._read()
            elapsed = time.monotonic() - began
            if elapsed > self._policy.read_timeout_s:
                if received + len(block) < self._policy.min_bytes_per_s * elapsed:
                    msg = f"{received} bytes came in {elapsed:.1f} s: too slow"
                    raise TransientError(msg)
                began, received = time.monotonic(), 0

    def _read_first(self) -> bytes:
        """Read the first block: Python takes a head that breaks off after any line for one that is complete."""
        try:
            block = self._read()
            if not block and self.length != 0:
                msg = "the answer broke off before its first byte"
                raise TransientError(msg)
        except TransientError as error:
            msg = f"{urlsplit(self.uri).hostname} cannot be reached or gave no answer: {error}"
            raise TransientError(msg) from error
        return block

    def _read(self) -> bytes:
        try:
            block: bytes = self._response.raw.read1(_BLOCK_BYTES, decode_content=True)
        except LIBRARY_ERRORS as error:
            msg = f"the answer broke off ({reason_of(error)})"
            raise TransientError(msg) from error
        self._traffic.received += len(block)
        return block


def reason_of(error: BaseException) -> str:
    """Return the innermost reason of a library's error: they wrap it twice, with the whole address in between.

    Args:
        error: The error.
    """
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", None) or inner)
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:300]


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None
