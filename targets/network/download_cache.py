"""Whole files in a cache folder that runs and processes share.

A file has its name in the cache only when it is complete and its size and checksum are right. Processes that want the
same file at once wait for the first of them; one that stops half-way leaves a part that the next resumes.
"""

import errno
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from targets.errors import ConfigurationError, UnreadableFileError
from targets.network import xrootd
from targets.network.retry import RetryPolicy, Traffic
from targets.network.transfer import RemoteFile, Transfer
from targets.network.uris import choose_address, file_name, web_uri
from targets.storage.atomic import name
from targets.storage.locks import FileLock

__all__ = ["Download", "fetch"]

_FETCHES = 2
"""How often a file is fetched whose bytes turn out to be wrong."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_BLOCK_BYTES = 2**20
_TAIL_LENGTH = 80


class Download(NamedTuple):
    """A file in the cache.

    Attributes:
        path: Where it is.
        traffic: What it cost; nothing, when it was there already.
    """

    path: Path
    traffic: Traffic


@contextmanager
def fetch(file: RemoteFile, folder: Path, policy: RetryPolicy, *, keep: bool = True) -> Iterator[Download]:
    """Hold a file in the cache for the length of a block, fetched if it is missing.

    Where everybody may write, a sub-folder of the user's own is the cache; nothing is written through symbolic links.
    A file that is there is trusted when its size and checksum are right; where neither is known, the server is asked
    whether it has changed. One that nothing but its content vouches for goes when the block finds it unreadable.

    Args:
        file: The file; without a size and a checksum, the server is asked whether it has changed.
        folder: The cache; it is made when it is missing.
        policy: How to read.
        keep: Whether the file stays in the cache; if not, the last process that uses it removes it.

    Yields:
        The file; nobody removes or replaces it before the block ends.

    Raises:
        UnreadableFileError: When the server does not give the file, breaks off again and again (what came stays for
            the next attempt), or gives wrong bytes each time.
        ConfigurationError: When the folder lacks space, cannot be written to, knows no locks, or is not safe.
    """
    source = file._replace(uri=choose_address(file.uri))
    with _usable(folder):
        place = _Place(_private(folder.absolute()), _name(file.uri))
    traffic = Traffic()
    transfer = Transfer(source, place.part, place.origin, policy, traffic)
    with _shared(place) as lock:
        held = damaged = False
        try:
            with _usable(place.folder):
                _hold(file, place, lock, transfer)
            held = True
            yield Download(place.file, traffic)
        except UnreadableFileError:
            damaged = held and file.checksum is None
            raise
        finally:
            if (held and not keep) or damaged or place.is_empty():
                _remove(place, lock)


class _Place(NamedTuple):
    """The files of one download: the file, its part, what both are of, and what is locked."""

    folder: Path
    name: str

    @property
    def file(self) -> Path:
        """Where the complete file is."""
        return self.folder / self.name

    @property
    def part(self) -> Path:
        """Where what came so far is."""
        return self.folder / f"{self.name}.part"

    @property
    def origin(self) -> Path:
        """Where it is written what the part, or the file, is of."""
        return self.folder / f"{self.name}.origin"

    def is_empty(self) -> bool:
        """Tell whether there is nothing worth keeping."""
        return not self.file.exists() and not (self.part.exists() and self.part.stat().st_size)


@contextmanager
def _shared(place: _Place) -> Iterator[FileLock]:
    """Take a share of the download's lock."""
    lock = FileLock(place.folder / f"{place.name}.lock")
    try:
        with _usable(place.folder):
            lock.acquire(alone=False)
        yield lock
    finally:
        lock.release()


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """Say what to do when the folder, and not a server, is in the way."""
    try:
        yield
    except UnreadableFileError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            msg = (
                f"{error.filename}: it is a symbolic link, and nothing is written through one: remove it, after asking "
                "who may write to that folder, or name another folder with --download-dir"
            )
            raise ConfigurationError(msg) from error
        msg = (
            f"{folder}: files cannot be kept there ({error.strerror or error}): name a folder with space, that you may "
            f"write to, on a file system that knows locks, with --download-dir"
        )
        raise ConfigurationError(msg) from error


def _private(folder: Path) -> Path:
    """Make the cache; in a folder to which everybody may write, give a sub-folder that only this user may write to."""
    folder.mkdir(parents=True, exist_ok=True)
    if not folder.stat().st_mode & stat.S_IWOTH:
        return folder
    own = folder / f"user-{os.getuid()}"
    with suppress(FileExistsError):
        own.mkdir(mode=0o700)
    status = own.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & _OTHERS_WRITE:
        msg = (
            f"{own}: everybody may write to {folder}, and this sub-folder for your downloads is not yours alone: "
            "remove it, or name a folder of your own with --download-dir"
        )
        raise ConfigurationError(msg)
    return own


def _hold(file: RemoteFile, place: _Place, lock: FileLock, transfer: Transfer) -> None:
    """Return with the right file in its place, and a share of its lock."""
    for path in (place.part, place.origin):
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    checked = None
    while not _is_there(file, place, transfer, checked):
        lock.acquire(alone=True)
        if not _is_there(file, place, transfer, None):  # meanwhile somebody else may have fetched it
            _make(file, place, transfer)
        checked = _state(place.file)
        lock.acquire(alone=False)  # in between, somebody else may have used and removed it


def _is_there(file: RemoteFile, place: _Place, transfer: Transfer, checked: tuple[int, ...] | None) -> bool:
    if not place.file.exists():
        return False
    if checked == _state(place.file):
        return True
    verifiable = file.size is not None or file.checksum is not None
    return _problem(place.file, file) is None and (verifiable or transfer.unchanged())


def _make(file: RemoteFile, place: _Place, transfer: Transfer) -> None:
    """Fetch a file and give it its name once it is right; nobody else has it."""
    place.file.unlink(missing_ok=True)  # the origin must never be of another state than the file
    if file.checksum is None and transfer.file.uri.startswith("root://"):
        file = file._replace(checksum=xrootd.checksum(transfer.file.uri, transfer.policy))
    problem: str | None = ""
    for _ in range(_FETCHES):
        transfer.run()
        problem = _problem(place.part, file)
        if problem is None:
            name(place.part, place.file)
            return
        place.part.unlink()
    msg = (
        f"{file.uri}: {problem}, each of the {_FETCHES} times that it was fetched: it is damaged on the server, or its "
        f"catalogue is out of date; make the list of files anew with --refresh-metadata"
    )
    raise UnreadableFileError(msg)


def _remove(place: _Place, lock: FileLock) -> None:
    """Remove what belongs to a download, unless somebody else uses it."""
    if lock.acquire(alone=True, wait=False):
        for path in (place.file, place.part, place.origin):
            path.unlink(missing_ok=True)
        lock.remove()


def _problem(path: Path, file: RemoteFile) -> str | None:
    """Say what is wrong with a file by its size (bytes) and checksum; None when nothing is."""
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"it should have {file.size} bytes and has {size}"
    algorithm, _, expected = (file.checksum or "").partition(":")
    if not algorithm:
        return None
    actual = _adler32(path) if algorithm == "adler32" else _sha1(path)
    if int(actual, 16) == int(expected, 16):
        return None
    return f"its {algorithm} should be {expected} and is {actual}"


def _adler32(path: Path) -> str:
    value = 1
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            value = zlib.adler32(block, value)
    return f"{value:08x}"


def _sha1(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()


def _state(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _name(uri: str) -> str:
    """Return a file name that no two addresses share and that no address can choose: it has no folder in it."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", file_name(uri))[-_TAIL_LENGTH:].lstrip(".")
    return f"{hashlib.sha256(web_uri(uri).encode()).hexdigest()[:16]}-{safe}"
