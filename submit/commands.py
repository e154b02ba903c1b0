"""Run a command of a batch system with a time limit."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from submit.errors import CommandError, NoCommandError

__all__ = ["Answer", "run_command"]

_QUOTED = 600  # characters of an answer in a message; qstat may print megabytes


@dataclass(frozen=True)
class Answer:
    """What a command answered.

    Attributes:
        code: Its exit status; None when it did not answer in time and was killed.
        out: Its standard output.
        err: Its standard error.
    """

    code: int | None
    out: str
    err: str

    @property
    def text(self) -> str:
        """Standard output and error together: Slurm's wrappers print errors to standard output."""
        return f"{self.out}\n{self.err}".strip()

    @property
    def summary(self) -> str:
        """How the command ended, and the beginning and the end of what it printed."""
        how = "did not answer in time" if self.code is None else f"ended with {self.code}"
        text = self.text or "(no text)"
        if len(text) > _QUOTED:
            text = f"{text[: _QUOTED // 2]}\n… ({len(text) - _QUOTED:,} characters more)\n{text[-_QUOTED // 2 :]}"
        return f"{how}: {text}"


def run_command(
    words: Sequence[str], timeout_s: float, directory: str | None = None, processes: list[Any] | None = None
) -> Answer:
    """Run a command in a process group of its own.

    It writes into files, since a process that it leaves running (as qsub of OpenPBS does) would keep a pipe open.

    Args:
        words: The command and its arguments.
        timeout_s: Seconds after which it and all its children are killed.
        directory: Where it runs; None for the current directory.
        processes: A list that the process is added to; law ends what is in it on an interrupt.

    Returns:
        Its answer.

    Raises:
        NoCommandError: When the command or the directory does not exist.
        CommandError: When the command cannot be started for another reason.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=directory, start_new_session=True
            )
        except OSError as error:
            keys = "see slurm_cmd_* or pbs_cmd_* in [job] of law.cfg"
            msg = f"cannot run {words[0]!r}: {error.strerror} ({error.filename}); {keys}"
            missing = isinstance(error, FileNotFoundError | PermissionError)  # others are transient: too many processes
            if missing:
                raise NoCommandError(msg) from error
            raise CommandError(msg) from error
        if processes is not None:
            processes.append(process)
        code = _wait(process, timeout_s)
        out.seek(0)
        err.seek(0)
        return Answer(code, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
