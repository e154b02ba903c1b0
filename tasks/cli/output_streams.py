"""Standard output and standard error that a run does not depend on.

What reads them may have ended (``| head -1``), they may be closed (``>&-``), or the disk under a log may be full. Then
what is printed is lost, and the work goes on.
"""

import errno
import io
import os
import sys
from contextlib import suppress

__all__ = ["install"]

_STANDARD = {"stdin": 0, "stdout": 1, "stderr": 2}


class _Lasting(io.FileIO):
    """A file that drops what cannot be written; what comes later is tried again, as a disk may have space again."""

    def __init__(self, buffer: io.BufferedWriter | io.FileIO) -> None:
        super().__init__(buffer.fileno(), "w", closefd=False)
        self._replaced = buffer  # which would close the descriptor if it went

    def write(self, data: bytes, /) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def install() -> None:
    """Let standard output and standard error drop what they cannot take, in this process and in those it starts.

    The objects stay the same, because law and the handlers of loggers hold them. Characters that their encoding lacks
    are escaped. Streams that somebody has replaced, as notebooks do, are left alone.
    """
    for number in _STANDARD.values():
        _open_if_closed(number)
    for name, number in _STANDARD.items():
        if getattr(sys, name) is None:  # it was closed when Python started; what has its number now may be any file
            setattr(sys, name, open(os.devnull, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        _make_lasting(stream)


def _open_if_closed(number: int) -> None:
    """Open a standard descriptor that is closed, or the next file to be opened would get what is printed."""
    try:
        os.fstat(number)
    except OSError as error:
        if error.errno == errno.EBADF:
            nothing = os.open(os.devnull, os.O_RDWR)  # the lowest that is free: those below are open by now
            os.set_inheritable(nothing, True)


def _make_lasting(stream: object) -> None:
    if type(stream) is not io.TextIOWrapper:
        return
    raw = getattr(stream.buffer, "raw", stream.buffer)  # python -u has no buffer between
    if type(raw) is not io.FileIO:
        return
    with suppress(OSError):
        stream.flush()
    io.TextIOWrapper.__init__(
        stream,
        io.BufferedWriter(_Lasting(stream.buffer)),
        encoding=stream.encoding,
        errors="backslashreplace" if stream.errors == "strict" else stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
