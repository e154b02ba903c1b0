"""Politeness: how many connections all processes of a machine have to one host at a time.

Every host has a folder with numbered slot files. Who locks one may have one connection; a process that is killed frees
its slot, because the kernel drops its locks. Who waits for a slot locks a file, too, so that others give theirs back.
"""

import os
import random
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from targets.errors import ConfigurationError
from targets.storage.locks import FileLock

__all__ = ["host_slot", "is_wanted", "take_slot"]

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.005, 0.05  # between two looks at the slots
_MAX_HOST_LENGTH = 100
_TRIES = 20  # to make a folder that something else removes
_WAITING = "waiting"  # the file that is locked by who waits


@contextmanager
def host_slot(host: str, limit: int) -> Iterator[None]:
    """Wait until fewer than *limit* connections to *host* are open on this machine, and count as one of them.

    Processes of one user count together, whatever runs they belong to. When they disagree about the limit, each keeps
    to its own: it uses only the first *limit* slots.

    Args:
        host: Name or number of the host; letters of either case are the same.
        limit: Connections at once, at least 1.

    Yields:
        Nothing; the connection must be closed inside the block.

    Raises:
        ConfigurationError: When *limit* is below 1, or the folder for the slots belongs to somebody else or is a file.
    """
    slot = take_slot(host, limit)
    assert slot is not None
    try:
        yield
    finally:
        slot.release()


def take_slot(host: str, limit: int, is_needed: Callable[[], bool] = lambda: True) -> FileLock | None:
    """Wait for a slot, as `host_slot` does, as long as it is needed.

    Args:
        host: Name or number of the host.
        limit: Connections at once, at least 1.
        is_needed: Tells whether to go on waiting.

    Returns:
        The slot, to be released when the connection is closed; None when it was no longer needed.

    Raises:
        ConfigurationError: As `host_slot`.
    """
    if limit < 1:
        msg = f"connections_per_host is {limit}: with less than 1, nothing can be read over the network"
        raise ConfigurationError(msg)
    longest, signal = _SHORTEST_WAIT_S, None
    try:
        while is_needed():
            folder = _folder(host)  # looked at anew: what clears old temporary files may have removed it
            if slot := _free_slot(folder, limit):
                return slot
            if signal is None:
                signal = _locked(folder / _WAITING)  # None, too, where another one holds it, who waits as well
            time.sleep(random.uniform(0, longest))
            longest = min(2 * longest, _LONGEST_WAIT_S)
        return None
    finally:
        if signal:
            signal.release()


def is_wanted(host: str) -> bool:
    """Tell whether somebody waits for a slot of a host."""
    try:
        signal = FileLock(_folder(host) / _WAITING)
        is_free = signal.acquire(alone=False, wait=False)
    except OSError:  # what clears old temporary files removed it, or has just begun to
        return False
    signal.release()
    return not is_free


def _free_slot(folder: Path, limit: int) -> FileLock | None:
    slots = (_locked(folder / str(number)) for number in random.sample(range(limit), limit))  # so that nobody is last
    return next((slot for slot in slots if slot), None)


def _locked(path: Path) -> FileLock | None:
    lock = FileLock(path)
    try:
        return lock if lock.acquire(alone=True, wait=False) else None
    except FileNotFoundError:
        return None


def _folder(host: str) -> Path:
    """Return the folder of a host's slots, closed to other users; jobs of a cluster share that of their node."""
    private = (
        Path(os.environ.get("PIPELINE_NODE_TMP") or tempfile.gettempdir()) / f"atlas-open-data-pipeline-{os.getuid()}"
    )
    with suppress(FileExistsError):
        private.mkdir(mode=0o700)
    status = private.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        msg = (
            f"{private} is not a folder that only you may use: somebody else may have made it; remove it, or name "
            f"another folder for temporary files in the environment variable TMPDIR"
        )
        raise ConfigurationError(msg)
    plain = re.sub(r"[^a-z0-9.-]", "_", host.lower())[:_MAX_HOST_LENGTH].strip(".")  # a file name, whatever it holds
    folder = private / "connections" / (plain or "_")
    for _ in range(_TRIES):
        with suppress(FileExistsError):  # it was there, and when pathlib looked again, no more
            folder.mkdir(parents=True, exist_ok=True)
            return folder
    msg = f"{folder} is not a folder, or is removed again and again: clear {private}"
    raise ConfigurationError(msg)
