"""What a user reads when something goes wrong: a sentence, not a traceback."""

import errno
import logging
import os
import re
import sys
import traceback
from multiprocessing import synchronize
from pathlib import Path
from types import TracebackType
from typing import Any

from luigi.rpc import RPCError
from luigi.task_register import TaskClassNotFoundException

from edm.errors import RecordError
from physics.errors import PhysicsError
from steps.errors import BinningError, DuplicateEventsError, EmptyResultError, PlanError, StageError
from submit.errors import BatchError
from targets.errors import ConfigurationError, FileFormatError, PortalError, UnreadableFileError

__all__ = ["install", "printable", "sentence"]

_OURS = (
    RecordError,
    PhysicsError,
    ConfigurationError,
    FileFormatError,
    PortalError,
    UnreadableFileError,
    BinningError,
    DuplicateEventsError,
    EmptyResultError,
    PlanError,
    StageError,
    BatchError,
    TaskClassNotFoundException,
)

_REMEDIES = {
    errno.ENOSPC: "no space left on this disk: free some, or choose another base_output_dir",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another base_output_dir",
    errno.EACCES: "choose a base_output_dir that you may write to, and files that you may read",
    errno.EPERM: "choose a base_output_dir that you may write to, and files that you may read",
    errno.EROFS: "the file system is read-only: choose another base_output_dir",
    errno.ENOTDIR: "a file has the name of a directory that is needed: choose another base_output_dir",
    errno.EEXIST: "a file has the name of a directory that is needed: choose another base_output_dir",
    errno.EOPNOTSUPP: "the file system does not support this: choose another base_output_dir",
    errno.EMFILE: "too many files are open at once: raise the limit (ulimit -n 1024), or lower threads",
    errno.ENFILE: "too many files are open on this machine: lower threads, or try again later",
    errno.ENAMETOOLONG: "the path is too long: shorten base_output_dir, run_name, output_filename or the file's name",
    errno.ELOOP: "the symbolic links form a loop: fix them, or choose another path",
    errno.EFBIG: "the file exceeds the size limit: raise it (ulimit -f), lower files_per_branch, or choose another "
    "base_output_dir",
    errno.EISDIR: "a directory has the name of a file that is needed: remove it, or choose another base_output_dir",
    errno.ENOENT: "it does not exist: if it was removed or moved during the run, rerun the same command",
    errno.EIO: "the disk or its network connection is failing: check it, or choose another base_output_dir",
    errno.ESTALE: "another machine changed the file system: rerun the same command",
}

_WORKER = re.compile(r"^\[pid \d+\] Worker Worker\([^)]*\) (failed) +(\w+)\(.*\)$", re.MULTILINE)

_LAW_HOME = (
    "law keeps its files there, and the project may belong to somebody else: set LAW_HOME to a directory of your own "
    "(export LAW_HOME=~/.law), source submit/env.sh and run law index again"
)

_SEMAPHORES = (
    "luigi and worker processes need it for their locks: make it writable, in a container with --shm-size or --tmpfs "
    "/dev/shm"
)

_NOBODY_ANSWERS = ("EOF when reading a line",)  # what input() raises at the end of standard input


def sentence(error: BaseException) -> str | None:
    """Describe an error for a user.

    Args:
        error: Any exception.

    Returns:
        What was wrong, the value, where, and the remedy, followed by the error's notes; None for errors whose traceback
        is needed.
    """
    text = _explanation(error)
    return None if text is None else "\n".join([text, *map(printable, getattr(error, "__notes__", ()))])


def _explanation(error: BaseException) -> str | None:
    if isinstance(error, _OURS):
        return printable(str(error))
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; finished work is kept, and the same command resumes there"
    if isinstance(error, EOFError) and error.args == _NOBODY_ANSWERS:
        return "a question needs an answer and there is no terminal: use one, or decide here, as in --remove-output 0,a"
    if isinstance(error, RPCError):
        return f"{error}. No luigid answers at this address: start luigid, or add --local-scheduler to run without it"
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return None
    if isinstance(error, OSError) and _is_of_semaphores(error):
        return f"/dev/shm: {error.strerror}; {_SEMAPHORES}"
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        where = error.filename or "a file of the run"
        remedy = _LAW_HOME if _is_in_law_home(error.filename) else _REMEDIES[error.errno]
        return printable(f"{where}: {error.strerror}; {remedy}")
    return None


def _is_of_semaphores(error: OSError) -> bool:
    """Tell whether a semaphore could not be made: that error names no file."""
    return any(frame.filename == synchronize.__file__ for frame in traceback.extract_tb(error.__traceback__))


def _is_in_law_home(name: Any) -> bool:
    """Tell whether a file is law's own, as its index of tasks."""
    home = os.environ.get("LAW_HOME")
    return bool(home and isinstance(name, str) and Path(name).absolute().is_relative_to(Path(home).absolute()))


def printable(text: str) -> str:
    """Make a text safe to print: names in files and catalogues may contain control characters.

    Args:
        text: Any text.

    Returns:
        The same text, with every unprintable character but line ends escaped as in Python.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1] for character in text
    )


class _Sentences(logging.Filter):
    """Replaces the traceback of an error that explains itself by its sentence."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            record.exc_info = None  # luigi says "NoneType: None" for a scheduler that does not answer
        message, text = record.getMessage(), sentence(error) if error is not None else None
        if text:
            message = text if message.startswith("Uncaught exception") else f"{message}\n{text}"
            record.exc_info = record.exc_text = None
        # luigi repeats parameters as they are, and names its worker by number, salt, host and user
        record.msg, record.args = printable(_WORKER.sub(r"\1 \2", message)), None
        return True


def install() -> None:
    """Let luigi's logger, and Python itself, write sentences for errors that explain themselves."""
    sys.excepthook = _print_sentence
    logger = logging.getLogger("luigi-interface")
    if not any(isinstance(filter_, _Sentences) for filter_ in logger.filters):
        logger.addFilter(_Sentences())


def _print_sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if text := sentence(error):
        sys.stderr.write(f"error: {text}\n")
    else:
        sys.__excepthook__(kind, error, trace)
