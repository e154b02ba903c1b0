"""Locks between processes of one machine that no crash can leave behind: the kernel drops them with the process."""

import fcntl
import os
from pathlib import Path

__all__ = ["FileLock"]


class FileLock:
    """A lock on a file that exists only to be locked; many may share it, or one may have it alone.

    Each object is a holder of its own: two of them shut each other out within one process, too. The file may be
    removed by who has it alone; who waited for the removed one then waits for its successor.

    Attributes:
        path: The file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, *, alone: bool, wait: bool = True) -> bool:
        """Take the lock, or change the way it is held; for a moment in between it may not be held at all.

        Args:
            alone: Whether nobody else may hold it.
            wait: Whether to wait as long as others are in the way.

        Returns:
            True when it is held now; False, only when *wait* is False, when others are in the way. It is not held
            then, even if it was before.

        Raises:
            OSError: When the file cannot be made, or its file system knows no locks.
        """
        kind = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
        while True:
            handle = self._open()
            try:
                fcntl.flock(handle, kind)
            except BaseException as error:
                self.release()
                if isinstance(error, BlockingIOError):
                    return False
                raise
            if self._is_current(handle):
                return True
            self.release()

    def release(self) -> None:
        """Release the lock; nothing happens when it is not held."""
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        try:
            fcntl.flock(handle, fcntl.LOCK_UN)  # a child forked meanwhile holds a copy, which closing would not unlock
        finally:
            os.close(handle)

    def remove(self) -> None:
        """Remove the file and release the lock; only for who has it alone."""
        self.path.unlink(missing_ok=True)
        self.release()

    def _open(self) -> int:
        if self._handle is None:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        return self._handle

    def _is_current(self, handle: int) -> bool:
        """Tell whether the locked file is the one at the path: it may have been removed while we waited."""
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            return False
