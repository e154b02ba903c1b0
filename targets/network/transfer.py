"""One file from a server to a partial file beside its final place, resumed where it broke off.

Beside the partial file stands its origin, a small JSON document: address and version, by which the server can be asked
for the rest of exactly this state of the file.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from targets.documents.json import dump_json, load_json
from targets.errors import ConfigurationError, FileFormatError, UnreadableFileError
from targets.network import xrootd
from targets.network.client import Connection
from targets.network.retry import RefusedError, RetryPolicy, Traffic, TransientError, Version, check_size, retry

__all__ = ["RemoteFile", "Transfer"]

_PROGRESS_BYTES = 2**20
"""An attempt that brings at least so much does not count as a failure."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RemoteFile(NamedTuple):
    """A file on a server, and what its catalogue says of it.

    Attributes:
        uri: An http(s) or root:// address.
        size: Size in bytes; None when it is not known.
        checksum: `adler32:` and 8 hex digits, or `sha1:` and 40; None when it is not known.
    """

    uri: str
    size: int | None
    checksum: str | None


class _Body(NamedTuple):
    start: int
    version: Version
    blocks: Iterator[bytes]


class _StaleError(TransientError):
    """The server's file is no longer the one that the partial file is a part of."""


@dataclass(frozen=True)
class Transfer:
    """What is brought where.

    Attributes:
        file: The file, at the address by which this machine reads it.
        part: The partial file.
        origin: The document on what it holds.
        policy: How to read.
        traffic: Counts.
    """

    file: RemoteFile
    part: Path
    origin: Path
    policy: RetryPolicy
    traffic: Traffic

    def run(self) -> None:
        """Bring the file, or the rest of it where a part of the same state is there already.

        Raises:
            UnreadableFileError: When the server does not give the file, or not in the size that it must have, or no
                attempt makes progress any more. What came so far stays, unless the server refuses.
            ConfigurationError: When the folder lacks space.
            OSError: When the folder cannot be written to.
        """
        reached = 0

        def attempt() -> None:
            """Fetch what is still missing, and note how far that went."""
            nonlocal reached
            try:
                self._attempt()
            finally:
                reached = max(reached, _length(self.part))

        try:
            retry(self.file.uri, self.policy, attempt, lambda: reached // _PROGRESS_BYTES)
        except RefusedError:
            self.part.unlink(missing_ok=True)
            raise
        except OSError as error:
            if error.errno in _FULL:
                self.part.unlink(missing_ok=True)
            raise

    def unchanged(self) -> bool:
        """Ask the server whether its file is still what was brought.

        Returns:
            Whether it is; False, too, when that cannot be told.

        Raises:
            UnreadableFileError: When the server cannot be reached, or no longer gives the file.
        """
        previous = _load(self.origin, self.file.uri)
        if previous is None or not (previous.etag or previous.last_modified):
            return False
        asked = {"If-None-Match": previous.etag, "If-Modified-Since": previous.last_modified}

        def attempt() -> bool:
            """Ask once."""
            if self.file.uri.startswith("root://"):
                with xrootd.open_file(self.file.uri, 0, self.policy, self.traffic) as file:
                    return not previous.differs(file.version)
            headers = {name: value for name, value in asked.items() if value}
            with Connection(self.policy, self.traffic) as connection, connection.get(self.file.uri, headers) as answer:
                stated = answer.version.etag or answer.version.last_modified
                return answer.status == 304 or (bool(stated) and not previous.differs(answer.version))

        return retry(self.file.uri, self.policy, attempt, lambda: 0)

    def _attempt(self) -> None:
        previous = _load(self.origin, self.file.uri)
        resumable = previous and (self.file.checksum or previous.etag or previous.last_modified)
        have = _length(self.part) if resumable else 0
        if have and previous and have == previous.size:  # it was stopped between the last byte and its check
            return
        self._check_space(self.file.size, have)
        try:
            with self._body(have, previous if have else None) as body:
                self._check_size(body.version.size)
                self._check_space(body.version.size, body.start)
                self._write(body)
        except _StaleError:
            self.part.unlink(missing_ok=True)
            raise

    @contextmanager
    def _body(self, have: int, previous: Version | None) -> Iterator[_Body]:
        """Ask for what follows the first *have* bytes; a web server may begin at 0 all the same."""
        if self.file.uri.startswith("root://"):
            with xrootd.open_file(self.file.uri, have, self.policy, self.traffic) as file:
                if previous and previous.differs(file.version):
                    raise _StaleError(_CHANGED)
                yield _Body(have, file.version, file.blocks)
            return
        headers = {}
        if previous:
            strong = previous.last_modified if (previous.etag or "W/").startswith("W/") else previous.etag
            headers = {"Range": f"bytes={have}-"} | ({"If-Range": strong} if strong else {})
        with Connection(self.policy, self.traffic) as connection, connection.get(self.file.uri, headers) as answer:
            if answer.status == 200:
                yield _Body(0, answer.version, answer.blocks())
            elif previous and answer.status == 206 and answer.start == have and not previous.differs(answer.version):
                yield _Body(have, answer.version, answer.blocks())
            else:
                raise _StaleError(_CHANGED)

    def _write(self, body: _Body) -> None:
        size = self.file.size if body.version.size is None else body.version.size
        with _opened(self.part) as file:
            file.truncate(body.start)
            file.seek(body.start)
            if body.start == 0:  # only now: whatever happens, the origin must be that of the bytes
                dump_json(self.origin, {"uri": self.file.uri} | body.version._asdict())
            _copy(body.blocks, file, size)
            file.flush()
            os.fsync(file.fileno())

    def _check_size(self, size: int | None) -> None:
        check_size(self.file.uri, self.file.size, size)
        if size is None and self.file.size is None and self.file.checksum is None:
            msg = (
                f"{self.file.uri}: neither the server nor a catalogue says how long it is, so a part cannot be told "
                f"from the whole: read it with --fetch stream, or fetch it by hand"
            )
            raise RefusedError(msg)

    def _check_space(self, size: int | None, have: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if size is not None and size - have > free:
            msg = (
                f"{self.part.parent}: {size - have} bytes are needed for {self.file.uri}, {free} are free: free some, "
                f"name another folder with --download-dir, or read without downloading, with --fetch stream"
            )
            raise ConfigurationError(msg)


_CHANGED = "it was changed on the server while it was fetched, so it is fetched from its start"


def _opened(part: Path) -> BinaryIO:
    """Open a partial file, or make it; others may write to its folder, and know its name."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    file = open(descriptor, "r+b")  # noqa: PTH123, SIM115 (the caller closes it)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        file.close()
        msg = f"{part} is no file of its own but has another name, so it is begun anew"
        raise _StaleError(msg)
    return file


def _copy(blocks: Iterator[bytes], file: BinaryIO, size: int | None) -> None:
    for block in blocks:
        file.write(block)
        file.flush()  # what came stays, also when this process is killed while it waits for more
        if size is not None and file.tell() > size:
            file.truncate(0)
            msg = f"more than the announced {size} bytes came"
            raise TransientError(msg)
    if size is not None and file.tell() < size:
        msg = f"the answer broke off after {file.tell()} of {size} bytes"
        raise TransientError(msg)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _load(origin: Path, uri: str) -> Version | None:
    """Return the version that a partial file is of; None when that is not known."""
    try:
        document = load_json(origin)
        previous = Version(*(document[name] for name in Version._fields))
        return previous if document["uri"] == uri else None
    except (UnreadableFileError, FileFormatError, KeyError, TypeError):
        return None
