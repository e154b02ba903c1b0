"""law's job manager for PBS: submit with qsub, query with qstat, cancel with qdel."""

import copy
import os
import pwd
import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from law.job.base import BaseJobManager
from law.logger import get_logger

from submit.commands import Answer, run_command
from submit.errors import CommandError, RefusedJobError
from submit.pbs.job_files import read_directives
from submit.pbs.qstat import (
    UNKNOWN_JOB,
    Dialect,
    JobStatus,
    detect_dialect,
    find_finished_ids,
    find_unknown_ids,
    is_transient,
    keeps_no_history,
    parse_job_id,
    parse_qstat,
    parse_status,
    strip_server,
)
from submit.pbs.settings import get_command, get_seconds, get_setting
from submit.refusals import is_permanent

__all__ = ["PBSJobManager"]

_logger = get_logger(__name__)

_ABOUT_JOBS = (0, 35, 153)  # exit statuses of qstat: success, some jobs have finished, some are unknown
_LONGEST_WAIT_S = 60.0
_NAMED = 5  # jobs that a message lists
_IDS_OF_TORQUE = 25  # that one command asks for: it opens one connection an id, as OpenPBS's does without -E
_ASKED_AGAIN = 5  # jobs that an answer left out; if the server knows none of them, it knows none of the others
_ENDED = re.compile(r"unknown job|job has finished|state of job|already (done|completed)", re.IGNORECASE)


class PBSJobManager(BaseJobManager):
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

    def __init__(self, dialect: Dialect | None = None, threads: int = 1) -> None:
        super().__init__(threads=threads)
        self._dialect = dialect
        self._keeps_history = True  # until the server denies it
        self._lock = threading.Lock()

    @property
    def dialect(self) -> Dialect:
        """The dialect of the commands.

        Raises:
            CommandError: When `[job] pbs_dialect` is none of `auto`, `openpbs` and `torque`, or qstat does not answer.
        """
        with self._lock:
            if self._dialect is None:
                self._dialect = self._detect_dialect()
            return self._dialect

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
            msg = f"cannot delete {_list(ids)}: {words[0]} {answer.summary}"
            raise CommandError(msg)
        return None if isinstance(job_id, str) else dict.fromkeys(ids)

    def cleanup(self, job_id: str | Sequence[str], **kwargs: Any) -> dict[str, None] | None:  # noqa: ARG002
        """Do nothing: PBS keeps nothing of a job that must be removed."""
        return None if isinstance(job_id, str) else dict.fromkeys(job_id)

    def query(
        self, job_id: str | Sequence[str], silent: bool = False, _processes: list[Any] | None = None
    ) -> dict[str, Any] | None:
        """Query the status of jobs.

        Args:
            job_id: One id or several.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands.

        Returns:
            law's status of the job, or of every id. A job that the server does not know any more counts as finished,
            without a code and with `vanished` in `extra`: its outputs tell how it ended.

        Raises:
            CommandError: When qstat does not answer for every job.
        """
        ids = [job_id] if isinstance(job_id, str) else list(job_id)
        try:
            statuses = self._query(ids, _processes)
        except CommandError as error:
            _logger.debug("%s", error)
            if silent:
                return None
            raise
        data = {id_: self.job_status_dict(job_id=id_, **copy.deepcopy(vars(statuses[id_]))) for id_ in ids}
        return data[job_id] if isinstance(job_id, str) else data

    def find(self, names: Iterable[str]) -> dict[str, str]:
        """Find jobs of this user by their names, with one call of qstat.

        Args:
            names: As written in the job files.

        Returns:
            The id of each name that has a job; of several jobs of one name, the newest.

        Raises:
            CommandError: When qstat does not answer.
        """
        wanted = set(names)
        answer = self._qstat([])
        # Slurm's wrapper ends with 153 when there is no job at all
        if answer.code not in (0, 153) or (answer.code == 153 and answer.text):
            msg = f"cannot list the jobs: qstat {answer.summary}"
            raise CommandError(msg)
        ids: dict[str, str] = {}
        for job_id, attributes in parse_qstat(answer.out).items():
            name, owner = attributes.get("Job_Name", ""), attributes.get("Job_Owner", "").partition("@")[0]
            if name in wanted and owner in ("", _get_user_name() or owner):
                ids[name] = max(ids.get(name, job_id), job_id, key=_get_number)
        return ids

    def _detect_dialect(self) -> Dialect:
        if (name := str(get_setting("pbs_dialect"))) != "auto":
            try:
                return Dialect(name)
            except ValueError:
                msg = f"law.cfg, [job] pbs_dialect = {name!r}: it must be one of auto, openpbs, torque"
                raise CommandError(msg) from None
        answer = run_command([*get_command("qstat"), "--version"], get_seconds("pbs_cmd_timeout"))
        if answer.code in (None, 126, 127):
            msg = f"cannot tell OpenPBS from Torque: qstat --version {answer.summary}; or set pbs_dialect in law.cfg"
            raise CommandError(msg)
        return detect_dialect(answer.text)

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
                raise (RefusedJobError if refused else CommandError)(msg)
            sleep(delay_s)
            delay_s = min(2 * delay_s, _LONGEST_WAIT_S)
            try:
                if name and (job_id := self.find([name]).get(name)):
                    return job_id
                absent = True
            except CommandError as error:
                _logger.debug("%s", error)
                absent = not name

    def _qstat(self, ids: list[str], processes: list[Any] | None = None) -> Answer:
        words = get_command("qstat")
        timeout_s = get_seconds("pbs_job_query_timeout", "job_query_timeout", "pbs_cmd_timeout")
        # -E: one connection for all ids; without it each id takes two of the node's reserved ports
        options = ["-E"] if len(ids) > 1 and self.dialect is Dialect.OPENPBS else []
        if not (ids and self.dialect is Dialect.OPENPBS and self._keeps_history):
            return run_command([*words, *options, "-f", *ids], timeout_s, processes=processes)
        answer = run_command([*words, "-x", *options, "-f", *ids], timeout_s, processes=processes)
        no_history = keeps_no_history(answer.text)
        if not no_history and (answer.code != 0 or answer.out.strip()):
            return answer
        plain = run_command([*words, *options, "-f", *ids], timeout_s, processes=processes)
        if no_history or plain.code == 153 or (plain.code == 0 and plain.out.strip()):
            self._keeps_history = False
        return plain

    def _query(self, ids: list[str], processes: list[Any] | None) -> dict[str, JobStatus]:
        statuses: dict[str, JobStatus] = {}
        size = len(ids) if self.dialect is Dialect.OPENPBS else _IDS_OF_TORQUE
        for start in range(0, len(ids), size):
            statuses |= self._query_at_once(ids[start : start + size], processes)
        return statuses

    def _query_at_once(self, ids: list[str], processes: list[Any] | None) -> dict[str, JobStatus]:
        answer = self._qstat(ids, processes)
        if answer.code not in _ABOUT_JOBS:
            msg = f"cannot query {_list(ids)}: qstat {answer.summary}"
            raise CommandError(msg)
        jobs = {strip_server(job_id): attributes for job_id, attributes in parse_qstat(answer.out).items()}
        ended = find_unknown_ids(answer.text) | find_finished_ids(answer.text)
        if answer.code == 153 and not answer.text and (len(ids) == 1 or self.dialect is Dialect.TORQUE):
            ended = {strip_server(job_id) for job_id in ids}  # Slurm's wrapper prints no id
        statuses, unanswered = {}, []
        for job_id in ids:
            if (key := strip_server(job_id)) in jobs:
                statuses[job_id] = parse_status(jobs[key], self.dialect)
            elif key in ended:
                statuses[job_id] = UNKNOWN_JOB
            else:
                unanswered.append(job_id)
        if not unanswered:
            return statuses
        if len(ids) == 1 or (not answer.text and self.dialect is Dialect.TORQUE):
            msg = f"qstat does not report {_list(unanswered)}: it {answer.summary}"
            raise CommandError(msg)
        return statuses | self._query_unanswered(unanswered, processes)

    def _query_unanswered(self, ids: list[str], processes: list[Any] | None) -> dict[str, JobStatus]:
        """Query one by one the jobs that an answer left out: with -E, OpenPBS leaves out unknown jobs in silence."""
        if self.dialect is Dialect.TORQUE:  # some versions stop at the first unknown job
            return {job_id: self._query_at_once([job_id], processes)[job_id] for job_id in ids}
        statuses = {job_id: self._query_at_once([job_id], processes)[job_id] for job_id in ids[:_ASKED_AGAIN]}
        if len(ids) > _ASKED_AGAIN and any(status is not UNKNOWN_JOB for status in statuses.values()):
            msg = f"qstat -E left out {_list(ids)}, although the server knows some of them"
            raise CommandError(msg)
        return dict.fromkeys(ids, UNKNOWN_JOB) | statuses


def _list(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"job(s) {', '.join(ids[:_NAMED])}{more}"


def _get_number(job_id: str) -> int:
    return int(re.match(r"\d*", job_id)[0] or 0)  # type: ignore[index]


def _get_user_name() -> str | None:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the user may have no name
        return None
