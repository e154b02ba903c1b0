"""The decorator of all compiled loops: numba's, with a cache of machine code that no run depends on.

numba's own cache ends the program where it cannot be written and where one of its files is damaged; two processes that
compile a loop for different types at once may take each other's machine code; and it does not see when a loop in
another file changes. Here every loop has a file per combination of types, with a checksum over that and its sources:
one that does not match, for whatever reason, is made anew. Where no folder can be written, every process compiles.
"""

import hashlib
import logging
import os
import pickle
import secrets
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher
from numba.core.serialize import dumps

__all__ = ["compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

_DIGEST_BYTES = hashlib.sha256().digest_size
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
            folder = _folder(Path(function.__code__.co_filename).resolve().parent)
            if folder:
                loop._cache = _Cache(function, folder)  # type: ignore[attr-defined] # where enable_caching() puts its own
            else:
                _warn_once()
        return cast("_Loop", loop)

    return decorate


class _Cache(NullCache):  # type: ignore[misc]
    """The machine code of a loop; what cannot be read is made anew, and what cannot be written is not kept."""

    def __init__(self, function: Callable[..., Any], folder: Path) -> None:
        code = function.__code__
        self._path = folder / f"{Path(code.co_filename).stem}.{code.co_name}-{code.co_firstlineno}"
        self._sources = [hashlib.sha256(Path(path).read_bytes()).digest() for path in sorted(_sources(function))]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for these types; None when it must be compiled."""
        target_context.refresh()
        path, key = self._place(sig, target_context)
        try:
            content = path.read_bytes()
            digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if digest == hashlib.sha256(key + data).digest():
                return CompileResult._rebuild(target_context, *pickle.loads(data))
        except Exception:  # whatever is wrong with a cache, what it would save is a few seconds
            return None
        return None

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep what was compiled for these types, whole or not at all."""
        path, key = self._place(sig, cres.target_context)
        data = dumps(cres._reduce())
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        with suppress(OSError):
            temporary.write_bytes(hashlib.sha256(key + data).digest() + data)
            temporary.replace(path)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)

    def _place(self, sig: Any, target_context: Any) -> tuple[Path, bytes]:
        """Return the file for types and kind of processor, whatever the sources, and all that its content is for."""
        kind = repr((sig, target_context.codegen().magic_tuple(), sys.implementation.cache_tag))
        path = self._path.with_name(f"{self._path.name}.{hashlib.sha256(kind.encode()).hexdigest()[:16]}.nbc")
        return path, repr((numba.__version__, self._sources, kind)).encode()


def _sources(function: Callable[..., Any]) -> set[str]:
    """List the files that machine code is made of: the function's own, and those of the loops that it imports."""
    loops = [loop.py_func for loop in function.__globals__.values() if isinstance(loop, Dispatcher)]
    files = [_sources(loop) for loop in loops if loop.__globals__ is not function.__globals__]
    return {function.__code__.co_filename}.union(*files)


def _folder(source: Path) -> Path | None:
    """Find a folder for the machine code of a folder of sources; None where none can be written.

    They are those of numba: NUMBA_CACHE_DIR, beside the sources, the user's cache; and one among the temporary files.
    """
    own = f"{source.name}_{hashlib.sha256(os.fsencode(source)).hexdigest()[:40]}"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (it never raises)
    places = [Path(numba.config.CACHE_DIR).absolute() / own] if numba.config.CACHE_DIR else []
    places += [source / "__pycache__", Path(home, "numba", own)]
    for place in places:
        if place.is_absolute():  # without a home, there would be a folder called ~
            with suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=place).close()
                return place
    with suppress(OSError):
        place = _private_folder() / own
        place.mkdir(exist_ok=True)
        return place
    return None


def _private_folder() -> Path:
    """Make a folder that belongs to the user alone: who can write there can run code here.

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


@cache
def _warn_once() -> None:
    text = "no folder for compiled loops can be written, each process compiles them anew: name one in NUMBA_CACHE_DIR"
    logging.getLogger(__name__).warning(text)
