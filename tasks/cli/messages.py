"""What a user reads when something goes wrong: a sentence, not a traceback."""

import errno
import logging
import sys
from types import TracebackType

from luigi.rpc import RPCError
from luigi.task_register import TaskClassNotFoundException

from edm.errors import RecordError
from physics.errors import PhysicsError
from steps.errors import EmptyResultError, PlanError, StageError
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
    EmptyResultError,
    PlanError,
    StageError,
    BatchError,
    TaskClassNotFoundException,
)

_REMEDIES = {
    errno.ENOSPC: "no space is left there: free some, or choose another base_output_dir",
    errno.EDQUOT: "the quota is used up: free some space, or choose another base_output_dir",
    errno.EACCES: "permission is missing: choose a base_output_dir that you may write, and files that you may read",
    errno.EPERM: "permission is missing: choose a base_output_dir that you may write, and files that you may read",
    errno.EROFS: "the file system is read-only: choose another base_output_dir",
    errno.ENOTDIR: "a file is in the way of a folder: choose another base_output_dir",
    errno.EEXIST: "a file is in the way of a folder: choose another base_output_dir",
    errno.EOPNOTSUPP: "the file system does not allow it: choose another base_output_dir",
    errno.EMFILE: "too many files are open at once: allow more (ulimit -n 1024), or lower threads",
    errno.ENFILE: "too many files are open on this machine: lower threads, or try again later",
    errno.ENAMETOOLONG: "too long for a path: shorten base_output_dir, run_name or output_filename, or that of a file",
    errno.ELOOP: "symbolic links lead in a circle there: mend them, or choose another path",
    errno.EFBIG: "no file may become so large: raise the limit (ulimit -f), lower files_per_branch, or choose another "
    "base_output_dir",
    errno.EISDIR: "a folder is in the way of a file: remove it, or choose another base_output_dir",
    errno.ENOENT: "it is not there: if somebody removed or moved it while the run went on, run the same command again",
    errno.EIO: "the disk or its network fails: look after it, or choose another base_output_dir",
    errno.ESTALE: "the file system was changed by another machine: run the same command again",
}

_NOBODY_ANSWERS = ("EOF when reading a line",)  # what input() raises at the end of standard input


def sentence(error: BaseException) -> str | None:
    """Say what an error means to a user.

    Args:
        error: Any exception.

    Returns:
        What was wrong, the value, where, and the remedy; None for errors whose traceback is needed.
    """
    if isinstance(error, _OURS):
        return printable(str(error))
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; what is done stays done, and the same command goes on from there"
    if isinstance(error, EOFError) and error.args == _NOBODY_ANSWERS:
        return (
            "there is a question that nobody can answer: run in a terminal, or say what to do, as --remove-output 0,a"
        )
    if isinstance(error, RPCError):
        return f"{error}. No luigid answers there: add --local-scheduler to do without, or start luigid"
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return None
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        where = error.filename or "a file of the run"
        return printable(f"{where}: {error.strerror}; {_REMEDIES[error.errno]}")
    return None


def printable(text: str) -> str:
    """Make a text fit for a terminal: names in files and catalogues may hold what would move its cursor.

    Args:
        text: Any text.

    Returns:
        The same, with every character that cannot be printed, but the ends of lines, written as Python would.
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
        record.msg, record.args = printable(message), None  # luigi repeats parameters as they are
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
