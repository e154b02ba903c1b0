"""Ranges of a file from a web server, every answer checked: its range, its length, and that the file is still the same.

Many ranges are asked for at once where the server can give them, and otherwise one after the other.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from targets.network.client import Connection
from targets.network.read_plan import MOST_BYTES, Range, join, range_header
from targets.network.response import Response
from targets.network.retry import (
    RefusedError,
    Traffic,
    TransientError,
    retry,
)
from targets.network.streaming.multipart import MultipartError, boundary_of, longest_body, read_parts
from targets.network.streaming.served_file import ServedFile

__all__ = ["HttpLine"]

_MAGIC = (0, 4)  # bytes that are asked for again beside the file's end, to learn whether a host gives several ranges
_MOST_FAILURES = 2  # of answers in several parts, after which the same ranges are asked for one by one
_NOT_ALLOWED = (401, 403, 404, 410)  # what a server says of the file, and not of how it was asked for


class HttpLine:
    """A connection of one thread to where a file is."""

    def __init__(self, file: ServedFile, traffic: Traffic, is_closed: Callable[[], bool]) -> None:
        """Make it; nothing is asked yet.

        Args:
            file: The file.
            traffic: Counts.
            is_closed: Tells whether nobody wants the file any more.
        """
        self._file, self._is_closed = file, is_closed
        self._connection = Connection(file.policy, traffic)

    def prepare(self, is_needed: Callable[[], bool]) -> bool:
        """Take a slot of the file's host; see `Connection.prepare`."""
        return self._connection.prepare(self._file.address, is_needed)

    def is_wanted(self) -> bool:
        """Tell whether others wait for the slot."""
        return self._connection.is_wanted()

    def close(self) -> None:
        """Close the connection and give the slot back."""
        self._connection.close()

    def interrupt(self) -> None:
        """Break off the request of another thread."""
        self._connection.interrupt()

    def read(self, spans: Sequence[Range], store: dict[Range, bytes]) -> None:
        """Read ranges, again and again where attempts fail that may succeed.

        Args:
            spans: The ranges, ascending.
            store: Gets each that is whole; a range that goes beyond the file's end ends with it.

        Raises:
            UnreadableFileError: When they cannot be read.
            RangesUnsupportedError: When the server gives whole files only.
            RefusedError: When it gives nothing.
            OSError: When the file was closed meanwhile.
        """
        failures = 0

        def attempt() -> None:
            """Read what is still missing."""
            nonlocal failures
            missing = [span for span in spans if span not in store]
            before = len(store)
            if not missing:
                return
            try:
                if self._asks_for_several(missing) and failures < _MOST_FAILURES:
                    self._read_several(missing, store)
                else:
                    self._read_one_by_one(missing, store)
            except TransientError:
                failures += 1
                if failures >= _MOST_FAILURES and self._file.host.several is None:
                    self._file.host.several = False
                self._connection.close()  # nobody keeps a slot while waiting
                if self._is_closed():
                    msg = "the file was closed while it was read"
                    raise OSError(msg) from None
                raise
            finally:
                self._file.n_read += len(store) - before

        retry(self._file.uri, self._file.policy, attempt, lambda: self._file.n_read)

    def _asks_for_several(self, missing: Sequence[Range]) -> bool:
        """Tell whether to ask for several ranges at once; the file's end is what tells of a host for the first time."""
        several, size = self._file.host.several, self._file.size
        is_probe = several is None and size is not None and missing[-1][1] == size and missing[0][0] >= _MAGIC[1]
        return several is not False and (len(missing) > 1 or is_probe)

    def _read_several(self, missing: Sequence[Range], store: dict[Range, bytes]) -> None:
        """Ask for several ranges; a server that gives anything else is not asked for several again."""
        host, spans = self._file.host, [_MAGIC, *missing] if len(missing) == 1 else missing
        parts: dict[Range, bytes] = {}
        try:
            with self._get(spans) as answer:
                host = self._file.host  # behind redirects
                if answer.status != 206:
                    msg = f"the status {answer.status}, where several parts were asked for"
                    raise MultipartError(msg)
                self._file.compare(answer.version)
                boundary = boundary_of(answer.content_type)
                if (answer.length or 0) > longest_body(spans):
                    msg = f"{answer.length} bytes, more than were asked for"
                    raise MultipartError(msg)
                blocks = self._timed(answer)
                read_parts(blocks, boundary, spans, lambda headers: self._file.check_part(answer, headers), parts)
            host.several = True
        except RefusedError as error:
            if error.status is None or error.status in _NOT_ALLOWED:
                raise
            host.several = False
        except MultipartError:
            host.several = False
        finally:
            store |= {span: parts[span] for span in missing if span in parts}
        if host.several is False:
            self._read_one_by_one([span for span in missing if span not in store], store)

    def _read_one_by_one(self, missing: Sequence[Range], store: dict[Range, bytes]) -> None:
        spans = join(missing, self._file.gap_bytes() if len(missing) > 1 else 0, MOST_BYTES)
        for number, (start, stop) in enumerate(spans):
            data = self._read_one(start, stop)
            end = spans[number + 1][0] if number + 1 < len(spans) else None
            for span in missing:
                if start <= span[0] and (end is None or span[0] < end):
                    store[span] = data[span[0] - start : span[1] - start]

    def _read_one(self, start: int, stop: int) -> bytes:
        with self._get([(start, stop)]) as answer:
            stop = self._file.check(answer, start, stop)
            body = bytearray()
            for block in self._timed(answer):
                body += block
                if len(body) > stop - start:
                    break
        if len(body) != stop - start:
            msg = f"{len(body)} bytes came where {stop - start} were announced"
            raise TransientError(msg)
        return bytes(body)

    @contextmanager
    def _get(self, spans: Sequence[Range]) -> Iterator[Response]:
        """Ask where the file was found before; where that fails, by the redirects once more."""
        file, remembered = self._file, self._file.address
        headers = {"Range": range_header(spans)}
        try:
            with self._connection.get(file.uri, headers, remembered) as answer:
                file.address = answer.address
                if answer.round_trip_s is not None:
                    file.host.note_answer(answer.round_trip_s)
                yield answer
        except TransientError:
            file.address = file.uri
            raise
        except RefusedError as error:
            if remembered == file.uri or error.status not in _NOT_ALLOWED:
                raise
            file.address = file.uri
            msg = f"where it was found before, it is no longer: {error}"
            raise TransientError(msg) from error

    def _timed(self, answer: Response) -> Iterator[bytes]:
        """Read the body, and note how long it took."""
        began, n_bytes = None, 0
        for block in answer.blocks():
            if began is None:  # it came with the head
                began = time.monotonic()
            else:
                n_bytes += len(block)
            yield block
        if began is not None:
            self._file.host.note_body(n_bytes, time.monotonic() - began)
