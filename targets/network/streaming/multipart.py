"""Answers in several parts (multipart/byteranges, RFC 9110, section 14.6), read as they come.

No library does this safely: those that know several parts split whole bodies at what looks like a boundary, and compare
neither ranges nor the end. Here each part says by its range how long it is, and must be followed by the boundary.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from email.message import Message

from targets.network.read_plan import Range
from targets.network.retry import TransientError

__all__ = ["MultipartError", "boundary_of", "longest_body", "read_parts"]

_LONGEST_LINE = 1000  # bytes
_MOST_HEADERS = 20
_LONGEST_BOUNDARY = 70  # source: RFC 2046, section 5.1.1
_AROUND_PART = 2000  # bytes of boundary and headers of a part, at most

_Check = Callable[[Mapping[str, str]], Range]


class MultipartError(Exception):
    """An answer that is not the parts that were asked for: this server is asked for single ranges."""


def boundary_of(content_type: str) -> str:
    """Return the boundary between the parts of an answer.

    Args:
        content_type: Its header Content-Type.

    Returns:
        The boundary.

    Raises:
        MultipartError: When it has no parts.
    """
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/byteranges" or not boundary or len(boundary) > _LONGEST_BOUNDARY:
        msg = f"an answer of the type {content_type[:100]!r}, where several parts were asked for"
        raise MultipartError(msg)
    return boundary


def longest_body(wanted: Collection[Range]) -> int:
    """Return how many bytes an answer with these parts may have."""
    return sum(stop - start + _AROUND_PART for start, stop in wanted) + _AROUND_PART


def read_parts(
    blocks: Iterator[bytes], boundary: str, wanted: Collection[Range], check: _Check, store: dict[Range, bytes]
) -> None:
    """Read the parts of an answer.

    Args:
        blocks: Its body.
        boundary: What stands between parts.
        wanted: The ranges that were asked for; a server may give them in any order, each once.
        check: Checks the headers of a part (names in lower case), and returns its range.
        store: Gets the bytes of each part as soon as it is whole and followed by a boundary.

    Raises:
        MultipartError: When the parts are others, or damaged.
        TransientError: When the answer ends too early.
    """
    body, delimiter = _Body(blocks, longest_body(wanted)), b"--" + boundary.encode("latin-1")
    line = body.line() or body.line()  # most servers begin with an empty line
    missing = set(wanted)
    while line == delimiter:
        part = check(_headers(body))
        if part not in missing:
            msg = f"an answer with a part of the bytes {part[0]} to {part[1]}, which was not asked for, or came before"
            raise MultipartError(msg)
        data = body.take(part[1] - part[0])
        if body.line():
            msg = f"more than {len(data)} bytes in the part of the bytes {part[0]} to {part[1]}"
            raise MultipartError(msg)
        line = body.line()
        if line not in (delimiter, delimiter + b"--"):
            break
        missing.remove(part)
        store[part] = data
    if line != delimiter + b"--":
        msg = f"{line[:_LONGEST_BOUNDARY]!r} in place of a boundary between parts"
        raise MultipartError(msg)
    if missing:
        msg = f"an answer that lacks {len(missing)} of {len(wanted)} parts"
        raise MultipartError(msg)
    body.finish()


def _headers(body: "_Body") -> Mapping[str, str]:
    headers: dict[str, str] = {}
    while line := body.line():
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not re.fullmatch(r"[!-9;-~]+", name) or name.lower() in headers or len(headers) > _MOST_HEADERS:
            msg = f"{line[:100]!r} in place of a header of a part"
            raise MultipartError(msg)
        headers[name.lower()] = value.strip()
    return headers


class _Body:
    """The bytes of an answer, one after the other, and no more of them than it may have."""

    def __init__(self, blocks: Iterator[bytes], most_bytes: int) -> None:
        self._blocks, self._left = blocks, most_bytes
        self._block, self._at = b"", 0

    def line(self) -> bytes:
        """Read a line and return it without its end.

        Raises:
            MultipartError: When it is too long.
            TransientError: When the answer ends before it does.
        """
        line = bytearray()
        while not line.endswith(b"\r\n"):
            if len(line) > _LONGEST_LINE:
                msg = f"a line of more than {_LONGEST_LINE} bytes where a part should begin"
                raise MultipartError(msg)
            self._fill()
            end = self._block.find(b"\n", self._at, self._at + _LONGEST_LINE) + 1
            stop = end or min(len(self._block), self._at + _LONGEST_LINE)
            line += self._block[self._at : stop]
            self._at = stop
        return bytes(line[:-2])

    def take(self, n_bytes: int) -> bytes:
        """Read so many bytes.

        Raises:
            TransientError: When there are fewer.
        """
        parts = []
        while n_bytes:
            self._fill()
            part = self._block[self._at : self._at + n_bytes]
            self._at += len(part)
            n_bytes -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def finish(self) -> None:
        """Read what follows the last boundary, which means nothing, so that the connection can be used again."""
        self._at = len(self._block)
        for block in self._blocks:
            self._count(block)

    def _fill(self) -> None:
        while self._at == len(self._block):
            block = next(self._blocks, b"")
            if not block:
                msg = "the answer broke off before its last part was whole"
                raise TransientError(msg)
            self._count(block)
            self._block, self._at = block, 0

    def _count(self, block: bytes) -> None:
        self._left -= len(block)
        if self._left < 0:
            msg = "an answer that is longer than its parts"
            raise MultipartError(msg)
