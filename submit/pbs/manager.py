"""law's job manager for PBS: submit with qsub, query with qstat, cancel with qdel."""

import re
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from law.logger import get_logger

from submit.commands import Answer, run_command
from submit.errors import CommandError, RefusedJobError
from submit.pbs.job_files import read_directives
from submit.pbs.qstat import (
    Dialect,
    is_transient,
    parse_job_id,
)
from submit.pbs.queries import PBSQueries, list_ids
from submit.pbs.settings import get_command, get_seconds, get_setting
from submit.refusals import is_permanent

__all__ = ["PBSJobManager"]

_logger = get_logger(__name__)

_LONGEST_WAIT_S = 60.0
_ENDED = re.compile(r"unknown job|job has finished|state of job|already (done|completed)", re.IGNORECASE)


class PBSJobManager(PBSQueries):
    """Jobs of OpenPBS, PBS Pro, Torque, and of Slurm through its wrappers of the same commands.

    A command that fails tells nothing about any job: it raises, and law queries again at the next poll.

    Args:
        dialect: None for `[job] pbs_dialect` of law.cfg and, where that is `auto`, for what qstat answers when the
            dialect is needed for the first time.
        threads: Commands that law's batch methods run at a time.
    """

    chunk_size_submit = 0
    chunk_size_cancel = get_setting("pbs_chunk_size_cancel", int)
    chunk_size_query = get_setting("pbs_chunk_size_query", int)

    def submit(
        self,
        job_file: str | Path,
        queue: str | None = None,
        account: str | None = None,
        retries: int = 0,  # noqa: ARG002 # law passes it; here pbs_submit_patience counts
        retry_delay: float = 3.0,
        silent: bool = False,
        _processes: list[Any] | None = None,
    ) -> str | None:
        """Submit a job file, from its own directory.

        While the server is down or does not answer, this retries for `[job] pbs_submit_patience` seconds. A job that
        may have been accepted is searched for by its name first, so that none is submitted twice.

        Args:
            job_file: The script.
            queue: None for the server's default.
            account: Likewise.
            retries: Not used.
            retry_delay: Seconds before the first retry; each further delay is twice as long, at most a minute.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands, which it ends on an interrupt.

        Returns:
            The id of the job, as qsub prints it.

        Raises:
            CommandError: When qsub refuses the job, with qsub's own message, or the server does not answer in time; a
                RefusedJobError when a retry would not change that.
        """
        path = Path(job_file).absolute()
        words = [*get_command("qsub"), *self._format_options(path, queue, account)]
        try:
            return self._submit([*words, path.name], path, retry_delay, _processes)
        except CommandError as error:
            _logger.debug("%s", error)
            if silent:
                return None
            raise

    def cancel(
        self, job_id: str | Sequence[str], silent: bool = False, _processes: list[Any] | None = None
    ) -> dict[str, None] | None:
        """Delete jobs; jobs that have ended or are unknown are no error.

        Args:
            job_id: One id or several.
            silent: Whether to ignore errors.
            _processes: law's list of running commands.

        Returns:
            Every id with None for several ids, None for one.

        Raises:
            CommandError: When the server is down or does not let the jobs be deleted.
        """
        ids = [job_id] if isinstance(job_id, str) else list(job_id)
        words = [*get_command("qdel"), *ids]
        answer = run_command(words, get_seconds("pbs_cmd_timeout"), processes=_processes)
        complaints = [line for line in answer.text.splitlines() if line.strip() and not _ENDED.search(line)]
        if (answer.code is None or (answer.code != 0 and (complaints or is_transient(answer.code, "")))) and not silent:
            msg = f"cannot delete {list_ids(ids)}: {words[0]} {answer.summary}"
            raise CommandError(msg)
        return None if isinstance(job_id, str) else dict.fromkeys(ids)

    def cleanup(self, job_id: str | Sequence[str], **kwargs: Any) -> dict[str, None] | None:  # noqa: ARG002
        """Do nothing: PBS keeps nothing of a job that must be removed."""
        return None if isinstance(job_id, str) else dict.fromkeys(job_id)

    def _format_options(self, path: Path, queue: str | None, account: str | None) -> list[str]:
        options = [*(["-q", queue] if queue else []), *(["-A", account] if account else [])]
        if self.dialect is Dialect.TORQUE:
            # Slurm's qsub reads these from its command line only: else it would ignore the log and might rerun a job
            for option, value in read_directives(path):
                options += [option, value] if option in ("-o", "-e", "-j", "-r") else []
        return options

    def _submit(self, words: list[str], path: Path, delay_s: float, processes: list[Any] | None) -> str:
        end = monotonic() + get_seconds("pbs_submit_patience")
        name = dict(read_directives(path)).get("-N")
        answer = Answer(None, "", "")
        absent = True  # whether the server certainly does not have the job
        while True:
            if absent:
                answer = run_command(words, get_seconds("pbs_cmd_timeout"), str(path.parent), processes)
                if answer.code == 0 and (job_id := parse_job_id(answer.out)):
                    return job_id
            unclear = answer.code in (None, 0)
            may_retry = bool(name) if unclear else is_transient(answer.code or 0, answer.text)
            if not may_retry or monotonic() + delay_s > end:
                refused = not unclear and is_permanent(answer.text)
                msg = f"{path.name} was not submitted: {words[0]} {answer.summary}"
                if refused:
                    raise RefusedJobError(msg)
                raise CommandError(msg)
            sleep(delay_s)
            delay_s = min(2 * delay_s, _LONGEST_WAIT_S)
            try:
                if name and (job_id := self.find([name]).get(name)):
                    return job_id
                absent = True
            except CommandError as error:
                _logger.debug("%s", error)
                absent = not name
