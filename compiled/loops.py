"""The decorator of all compiled loops: numba's, with a cache of machine code that no run depends on.

numba's own cache ends the program where it can be written nowhere, and wherever one of its files is damaged; and two
processes that compile a loop for different types at once may take the machine code of each other. Here every loop has
a file per combination of types, with a checksum over what it was made of: one that does not match, for whatever reason,
counts as not there and is made anew. Where no folder can be written, loops are compiled in every process.
"""

import hashlib
import logging
import os
import pickle
import secrets
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

__all__ = ["compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def compiled(**options: Any) -> Callable[[_Loop], _Loop]:
    """Compile a function when it is first called, and keep the machine code for other processes where that is possible.

    Args:
        options: Of ``numba.njit``, but for ``cache``.

    Returns:
        A decorator.
    """

    def decorate(function: _Loop) -> _Loop:
        loop = numba.njit(**options)(function)
        if isinstance(loop, Dispatcher):  # with NUMBA_DISABLE_JIT it is the function itself
            try:
                loop._cache = _Cache(function)  # type: ignore[attr-defined] # where enable_caching() puts its own
            except RuntimeError:  # numba found no folder that can be written
                _say_once()
        return cast("_Loop", loop)

    return decorate


@cache
def _say_once() -> None:
    text = "no folder for compiled loops can be written, each process compiles them anew: name one in NUMBA_CACHE_DIR"
    logging.getLogger(__name__).warning(text)


class _UserFolder(UserWideCacheLocator):  # type: ignore[misc]
    """The cache of the user, if the user has a home: without, numba would make a folder called ``~``."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111 (it never raises)
        return super().from_function(py_func, py_file) if folder.is_absolute() else None


class _TemporaryFolder(UserWideCacheLocator):  # type: ignore[misc]
    """A folder that belongs to the user alone, among the temporary files: who can write there can run code here."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        super().__init__(py_func, py_file)
        self._cache_path = str(_private_folder() / self.get_suitable_cache_subpath(py_file))

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        try:
            return super().from_function(py_func, py_file)
        except OSError:  # there is no private folder
            return None


def _private_folder() -> Path:
    """Make the folder, or look whether the one that is there is safe.

    Raises:
        PermissionError: When others could put something there.
        OSError: When it cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    folder = parent / f".numba-cache-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    above, status = parent.stat().st_mode, folder.lstat()
    replaceable = above & _OTHERS_MAY_WRITE and not above & stat.S_ISVTX
    if replaceable or not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        msg = f"{folder}: others could write there"
        raise PermissionError(msg)
    return folder


class _Folders(CompileResultCacheImpl):  # type: ignore[misc]
    """Where a function's machine code may lie: numba's own places, and a temporary one."""

    _locator_classes = (
        *(_UserFolder if place is UserWideCacheLocator else place for place in CompileResultCacheImpl._locator_classes),
        _TemporaryFolder,
    )


class _Cache(FunctionCache):  # type: ignore[misc]
    """The machine code of a function; what cannot be read is made anew, and what cannot be written is not kept."""

    _impl_class = _Folders

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        path = Path(self._cache_path) / self._impl.filename_base
        self._cache_file = _Files(path, (numba.__version__, self._impl.locator.get_source_stamp()))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Give what was compiled for these types; None when it must be compiled."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever is wrong with a cache, what it would save is a few seconds
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for these types, if it can be."""
        with suppress(OSError):
            super().save_overload(sig, data)


class _Files:
    """The files of a function's machine code, in place of numba's index and the files that it numbers."""

    def __init__(self, path: Path, stamp: tuple[Any, ...]) -> None:
        self._path, self._stamp = path, stamp

    def load(self, key: tuple[Any, ...]) -> Any:
        """Give what was kept for types and processor; None when that is nothing, damaged, or of other sources."""
        try:
            content = self._of(key).read_bytes()
        except OSError:
            return None
        digest, data = content[: hashlib.sha256().digest_size], content[hashlib.sha256().digest_size :]
        return pickle.loads(data) if digest == self._digest(key, data) else None

    def save(self, key: tuple[Any, ...], content: Any) -> None:
        """Keep something for types and processor: whole, or not at all."""
        path, data = self._of(key), dumps(content)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            temporary.write_bytes(self._digest(key, data) + data)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def flush(self) -> None:
        """Forget everything."""
        for path in self._path.parent.glob(f"{self._path.name}.*"):
            path.unlink(missing_ok=True)

    def _of(self, key: tuple[Any, ...]) -> Path:
        """Name the file: one for each combination of types and each kind of processor, whatever the sources."""
        kind = hashlib.sha256(repr(key[:2]).encode()).hexdigest()[:16]
        return self._path.with_name(f"{self._path.name}.{kind}.nbc")

    def _digest(self, key: tuple[Any, ...], data: bytes) -> bytes:
        return hashlib.sha256(repr((self._stamp, key)).encode() + data).digest()
