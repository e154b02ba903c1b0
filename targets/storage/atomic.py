"""Files that exist whole or not at all.

A result is written under a temporary name in its own folder and takes its real name only when it is complete and on
disk. The temporary name keeps the suffix, because writers choose the format by it, and starts with a dot and the
writer's host and process, so that what a killed writer leaves behind can be told from what a living one is writing.
"""

import errno
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["name", "replacing", "replacing_folder", "sweep", "unnamed", "write_text"]

_TEMPORARY = re.compile(r"^\.(?P<host>[^@]+)@(?P<pid>\d+)@[0-9a-f]+@")
_ABANDONED_AFTER_S = 7 * 24 * 3600.0  # a batch job seldom lives longer; older leftovers of other hosts are dead


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path; on success it becomes *path* in one step, on failure it vanishes.

    Args:
        path: The file to make; missing parent folders are created.

    Yields:
        A path in the same folder with the same suffix, to be written and closed inside the block.

    Raises:
        FileNotFoundError: When the block ends without having written the file.
        OSError: From the file system (no space, no permission); *path* is then as it was before.
    """
    with unnamed(path) as temporary:
        yield temporary
        _flush(temporary)
        name(temporary, path)


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all.

    Args:
        path: The file; an older one is replaced, and missing parent folders are created.
        text: Its content; half a surrogate pair, which UTF-8 does not know, is written as an escape.

    Raises:
        OSError: From the file system; *path* is then as it was before.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder; on success it becomes *path*, on failure it vanishes with what it holds.

    Args:
        path: The folder to make; one that exists already is replaced.

    Yields:
        An existing, empty folder beside *path*.

    Raises:
        OSError: From the file system; *path* is then as it was before.
    """
    with unnamed(path) as temporary:
        temporary.mkdir()
        yield temporary
        for file in temporary.rglob("*"):
            _flush(file)
        name(temporary, path)


@contextmanager
def unnamed(path: Path) -> Iterator[Path]:
    """Give a temporary path, and remove what is still there at the end of the block.

    Args:
        path: What the file or folder may be called once it is complete; missing parent folders are created.

    Yields:
        A path in the same folder with the same suffix; nothing is there yet.

    Raises:
        OSError: From the file system.
    """
    _make_folder(path.parent)
    temporary = _temporary_name(path)
    try:
        yield temporary
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def name(temporary: Path, path: Path) -> None:
    """Give something complete its name, in one step.

    Args:
        temporary: A file or folder that :func:`replacing` or :func:`replacing_folder` made, or one flushed to disk.
        path: Its name in the same folder; what has that name is replaced.

    Raises:
        OSError: From the file system.
    """
    if temporary.is_dir() and path.exists():
        shutil.rmtree(path)
    temporary.replace(path)
    _flush(path.parent)


def sweep(folder: Path) -> list[str]:
    """Remove what killed writers left in *folder*.

    A leftover goes when its writer ran on this host and is gone, or ran on another one and it is a week old. Others
    stay: their writers may still be at work.

    Args:
        folder: The folder to look in (not below it); it need not exist.

    Returns:
        The names removed, sorted.
    """
    removed = []
    for path in sorted(folder.glob(".*@*")) if folder.is_dir() else []:
        match = _TEMPORARY.match(path.name)
        if match and _abandoned(path, match["host"], int(match["pid"])):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:  # its parents are there by now: in /proc, and the like, nobody makes folders
        raise OSError(errno.EOPNOTSUPP, "no folder can be made there", error.filename) from error


def _temporary_name(path: Path) -> Path:
    plain = _TEMPORARY.sub("", path.name)  # a temporary file of a temporary file has no longer name
    return path.with_name(f".{socket.gethostname()}@{os.getpid()}@{secrets.token_hex(4)}@{plain}")


def _abandoned(path: Path, host: str, pid: int) -> bool:
    if host == socket.gethostname():
        return _has_ended(pid)
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S
    except FileNotFoundError:  # its writer finished in this moment
        return False


def _has_ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"  # dead, but its parent has not looked yet: in containers nobody may ever look


def _flush(path: Path) -> None:
    """Force *path* to disk: a rename that survives a power cut must not point at lost blocks."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
