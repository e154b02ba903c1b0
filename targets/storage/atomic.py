"""Files that exist whole or not at all.

A result is written under a temporary name in its own folder and takes its real name only when it is complete and on
disk. The temporary name keeps the suffix, because writers choose the format by it, and starts with a dot, the writer's
host and process, and where that process number counts (this boot of the machine, this container), so that what a killed
writer leaves behind can be told from what a living one is writing.

A folder that is in the way is renamed before the new one gets its name, and removed after; never the other way round.
What is interrupted between both renames has no folder of that name: :func:`sweep` gives the old one its name back.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

__all__ = ["name", "remove_folder", "replacing", "replacing_folder", "sweep", "unnamed", "write_text"]

_TEMPORARY = re.compile(
    r"^\.(?P<host>[^@]+)@(?P<pid>\d+)@(?P<place>[0-9a-f]{8})?[0-9a-f]{8}@(?P<retired>was@)?(?P<name>.*)", re.DOTALL
)
_ABANDONED_AFTER_S = 7 * 24 * 3600.0  # a batch job seldom lives longer; older leftovers of other hosts are dead
_BETWEEN_RENAMES_S = 60.0  # a living writer needs microseconds; only a stopped one is slower, and it renames anew
_ATTEMPTS = 10  # at a name that others give away at the same time
_NAMELESS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # only writing fails so, and then no error names a file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on success it becomes *path* in one step, on failure it vanishes.

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


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text, whole or not at all.

    Args:
        path: The file; an older one is replaced, and missing parent folders are created.
        text: Its content; half a surrogate pair, which UTF-8 does not know, is written as an escape.
        private: Whether nobody else may read it.

    Raises:
        OSError: From the file system; *path* is then as it was before.
    """
    with replacing(path) as temporary:
        temporary.touch(mode=0o600 if private else 0o666)
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder; on success it becomes *path*, on failure it vanishes with what it holds.

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
        for file in (*temporary.rglob("*"), temporary):
            _flush(file)
        name(temporary, path)


@contextmanager
def unnamed(path: Path) -> Iterator[Path]:
    """Yield a temporary path, and remove what is still there at the end of the block.

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
    except OSError as error:
        if error.errno in _NAMELESS and error.filename is None:
            error.filename = str(path)
        raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def name(temporary: Path, path: Path) -> None:
    """Rename something complete to its real name, in one step.

    Args:
        temporary: A file or folder that :func:`replacing` or :func:`replacing_folder` made, or one flushed to disk.
        path: Its name in the same folder; what has that name is replaced.

    Raises:
        OSError: From the file system; *path* is then as it was before.
    """
    if temporary.is_dir():
        _name_folder(temporary, path)
    else:
        temporary.replace(path)
    _flush(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder: its name goes first, so that one that is half removed is not taken for a whole one.

    Args:
        path: The folder; nothing happens when it is not there.

    Raises:
        OSError: From the file system.
    """
    for old in _renamed(path):
        _flush(path.parent)
        shutil.rmtree(old)


def sweep(folder: Path) -> list[str]:
    """Remove what killed writers left in *folder*.

    A leftover goes when its writer ran here (same host, boot and container) and is gone, or ran elsewhere and it is a
    week old. Others stay: their writers may still be at work. A folder that a killed writer had renamed, and whose
    name nobody has since, gets its name back.

    Args:
        folder: The folder to look in (not below it); it need not exist.

    Returns:
        The temporary names that are gone, sorted.
    """
    removed = []
    for path in sorted(folder.glob(".*@*")) if folder.is_dir() else []:
        match = _TEMPORARY.match(path.name)
        if match is None:
            continue
        if match["retired"] and _is_interrupted(path, match):
            with suppress(OSError):  # somebody else may do the same, or give the name to something new
                path.rename(path.with_name(match["name"]))
                removed.append(path.name)
        elif _is_abandoned(path, match):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def _name_folder(temporary: Path, path: Path) -> None:
    """Rename what is in the way, then the new folder; rename the old one back when that fails."""
    retired = list[Path]()
    for attempt in range(1, _ATTEMPTS + 1):
        retired += _renamed(path, "was@")
        try:
            temporary.rename(path)
        except BaseException as error:
            occupied = isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
            if occupied and attempt < _ATTEMPTS:
                continue
            if retired and not os.path.lexists(path):
                retired.pop().rename(path)
            raise
        break
    for old in retired:  # what cannot be removed now is swept later: the new folder is whole, and has its name
        _remove(old)


def _remove(retired: Path) -> None:
    """Remove what has lost its name, as far as that is possible; what is left is no whole folder any more."""
    for old in _renamed(retired):
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)


def _renamed(path: Path, mark: str = "") -> list[Path]:
    """Rename what is in the way to a temporary name; return that name, none when nothing was."""
    temporary = _temporary_name(path, mark)
    try:
        path.rename(temporary)
    except FileNotFoundError:
        return []
    return [temporary]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:  # its parents are there by now: in /proc, and the like, nobody makes folders
        raise OSError(errno.EOPNOTSUPP, "no folder can be made there", error.filename) from error


def _temporary_name(path: Path, mark: str = "") -> Path:
    match = _TEMPORARY.match(path.name)
    plain = match["name"] if match else path.name  # a temporary file of a temporary file has no longer name
    token = _place() + secrets.token_hex(4)
    return path.with_name(f".{socket.gethostname()}@{os.getpid()}@{token}@{mark}{plain}")


@cache
def _place() -> str:
    """Tell where process numbers are those of this process: containers may share a host's name, not its processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        return hashlib.sha256(f"{boot}{Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:8]
    except OSError:  # then nobody's processes can be told from others'
        return secrets.token_hex(4)


def _is_interrupted(path: Path, match: re.Match[str]) -> bool:
    """Tell whether a renamed folder has no successor, and its writer is not just about to name one."""
    try:
        waiting_s = time.time() - path.stat().st_ctime
    except FileNotFoundError:
        return False
    return not os.path.lexists(path.with_name(match["name"])) and (_has_died(match) or waiting_s > _BETWEEN_RENAMES_S)


def _is_abandoned(path: Path, match: re.Match[str]) -> bool:
    if _is_of_here(match):
        return _has_died(match)
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED_AFTER_S
    except FileNotFoundError:  # its writer finished in this moment
        return False


def _is_of_here(match: re.Match[str]) -> bool:
    return (match["host"], match["place"]) == (socket.gethostname(), _place())


def _has_died(match: re.Match[str]) -> bool:
    """Tell whether the writer is certainly gone."""
    if not _is_of_here(match):
        return False
    pid = int(match["pid"])
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's, and it lives
        return False
    except (ProcessLookupError, OverflowError):
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:  # /proc may hide it
        return False
    return state in "ZX"  # dead, but its parent has not looked yet: in containers nobody may ever look


def _flush(path: Path) -> None:
    """Force *path* to disk: a rename that survives a power cut must not point at lost blocks."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
