"""What a user reads: sentences for errors that explain themselves, tracebacks for the others."""

import errno
import io
import logging
import multiprocessing
import os
import sys
from multiprocessing import synchronize
from types import SimpleNamespace

import pytest
from luigi.rpc import RPCError

from physics.errors import PhysicsError
from steps.errors import EmptyResultError, StageError
from targets.errors import ConfigurationError, FileFormatError, PortalError, UnreadableFileError
from tasks.cli.messages import install, sentence


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Install the sentences, as luigi's and law's command lines do, for one test."""
    logger = logging.getLogger("luigi-interface")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logger, "filters", list(logger.filters))
    install()


OURS = [
    PhysicsError,
    ConfigurationError,
    FileFormatError,
    PortalError,
    UnreadableFileError,
    EmptyResultError,
    StageError,
]


@pytest.mark.parametrize("kind", OURS)
def test_an_error_of_ours_is_its_own_sentence(kind):
    error = kind("what, where, remedy")
    assert sentence(error) == "what, where, remedy"
    error.add_note("The figure that failed is\tf.")
    assert sentence(error) == "what, where, remedy\nThe figure that failed is\\tf."


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "no space left on this disk: free some, or choose another base_output_dir"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EACCES, "choose a base_output_dir that you may write"),
        (errno.EPERM, "choose a base_output_dir that you may write to"),
        (errno.EROFS, "the file system is read-only"),
        (errno.ENOTDIR, "a file has the name of a directory that is needed"),
        (errno.EEXIST, "a file has the name of a directory that is needed"),
        (errno.EOPNOTSUPP, "the file system does not support this: choose another base_output_dir"),
        (errno.EMFILE, r"raise the limit (ulimit -n 1024), or lower threads"),
        (errno.ENFILE, "lower threads, or try again later"),
        (errno.ELOOP, "the symbolic links form a loop"),
        (errno.EFBIG, "raise it (ulimit -f), lower files_per_branch, or choose another base_output_dir"),
        (errno.EISDIR, "a directory has the name of a file that is needed"),
        (errno.ENOENT, "if it was removed or moved during the run, rerun the same command"),
        (errno.EIO, "the disk or its network connection is failing"),
        (errno.ESTALE, "rerun the same command"),
        (errno.ENAMETOOLONG, "shorten base_output_dir, run_name, output_filename or"),
    ],
)
def test_an_error_of_the_file_system_gets_its_remedy(number, remedy):
    text = sentence(OSError(number, os.strerror(number), "/some/file"))
    assert text.startswith(f"/some/file: {os.strerror(number)}; ")
    assert remedy in text


def test_an_error_of_the_file_system_without_a_name_says_so():
    assert sentence(OSError(errno.ENOSPC, "No space left")).startswith("a file of the run: No space left; ")


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("x"), OSError("strange"), FileNotFoundError(2, "no")])
def test_other_errors_keep_their_traceback(error):
    assert sentence(error) is None


def logged(error, message, caplog):
    """Log an error as luigi does."""
    try:
        raise error
    except type(error):
        logging.getLogger("luigi-interface").exception(message)
    return caplog.records[-1]


def test_luigis_log_has_the_sentence_in_place_of_the_traceback(caplog):
    record = logged(StageError("two branches failed"), "[pid 1] failed ParseFile()", caplog)
    assert record.getMessage() == "[pid 1] failed ParseFile()\ntwo branches failed"
    assert record.exc_info is None


def test_an_uncaught_error_is_the_sentence_alone(caplog):
    record = logged(ConfigurationError("no source"), "Uncaught exception in luigi", caplog)
    assert record.getMessage() == "no source"


def test_luigis_log_keeps_the_traceback_of_a_bug(caplog):
    assert logged(ZeroDivisionError("a bug"), "failed", caplog).exc_info is not None


def test_python_prints_a_sentence_or_a_traceback(capsys):
    sys.excepthook(StageError, StageError("two branches failed"), None)
    assert capsys.readouterr().err == "error: two branches failed\n"
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err.endswith("finished work is kept, and the same command resumes there\n")
    sys.excepthook(ZeroDivisionError, ZeroDivisionError("a bug"), None)
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err


def test_installing_twice_filters_once():
    logger = logging.getLogger("luigi-interface")
    before = list(logger.filters)
    install()
    assert logger.filters == before


def test_a_scheduler_that_does_not_answer():
    found = sentence(RPCError("Errors (3 attempts) when connecting to remote scheduler 'http://localhost:8082'"))
    assert "'http://localhost:8082'. No luigid answers at this address: start luigid, or add --local-scheduler" in found


def test_nothing_to_trace_back_is_not_said(caplog):
    logging.getLogger("luigi-interface").warning("Failed connecting", exc_info=True)  # noqa: LOG014 (as luigi does)
    assert [record.exc_info for record in caplog.records] == [None]


def test_a_question_that_nobody_can_answer(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(EOFError) as asked:
        input()
    assert "there is no terminal: use one, or decide here, as in --remove-output 0,a" in sentence(asked.value)
    assert sentence(EOFError("Ran out of input")) is None


def test_a_file_of_law_itself_is_no_matter_of_the_run_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("LAW_HOME", str(tmp_path / ".law"))
    error = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".law" / "index"))
    text = sentence(error)
    assert text.startswith(f"{tmp_path}/.law/index: Permission denied; law keeps its files there")
    assert "export LAW_HOME=~/.law" in text
    assert "base_output_dir" not in text
    other = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "runs"))
    assert "choose a base_output_dir" in sentence(other)


def test_a_machine_without_semaphores_is_told(monkeypatch):
    """Luigi's worker and processes of a pool have locks; the error of the system names no file."""

    def refuse(*_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(synchronize, "_multiprocessing", SimpleNamespace(SemLock=refuse))
    with pytest.raises(OSError, match="Read-only file system") as caught:
        multiprocessing.get_context("spawn").Lock()
    assert sentence(caught.value).startswith("/dev/shm: Read-only file system; ")
    assert "make it writable" in sentence(caught.value)
