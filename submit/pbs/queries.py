"""What a PBS server knows about jobs: their status, asked for with qstat, and their ids by their names."""

import copy
import os
import pwd
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from law.job.base import BaseJobManager
from law.logger import get_logger

from submit.commands import Answer, run_command
from submit.errors import CommandError
from submit.pbs.qstat import (
    UNKNOWN_JOB,
    Dialect,
    JobStatus,
    detect_dialect,
    find_finished_ids,
    find_unknown_ids,
    keeps_no_history,
    parse_qstat,
    parse_status,
    strip_server,
)
from submit.pbs.settings import get_command, get_seconds, get_setting

__all__ = ["PBSQueries", "list_ids"]

_logger = get_logger(__name__)

_ABOUT_JOBS = (0, 35, 153)  # exit statuses of qstat: success, some jobs have finished, some are unknown
_NAMED = 5  # jobs that a message lists
_IDS_OF_TORQUE = 25  # that one command asks for: it opens one connection an id, as OpenPBS's does without -E
_ASKED_AGAIN = 5  # jobs that an answer left out; if the server knows none of them, it knows none of the others


class PBSQueries(BaseJobManager):
    """The part of a job manager that asks and changes nothing.

    Args:
        dialect: None for `[job] pbs_dialect` of law.cfg and, where that is `auto`, for what qstat answers when the
            dialect is needed for the first time.
        threads: Commands that law's batch methods run at a time.
    """

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
            msg = f"cannot query {list_ids(ids)}: qstat {answer.summary}"
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
            msg = f"qstat does not report {list_ids(unanswered)}: it {answer.summary}"
            raise CommandError(msg)
        return statuses | self._query_unanswered(unanswered, processes)

    def _query_unanswered(self, ids: list[str], processes: list[Any] | None) -> dict[str, JobStatus]:
        """Query one by one the jobs that an answer left out: with -E, OpenPBS silently leaves out unknown jobs."""
        if self.dialect is Dialect.TORQUE:  # some versions stop at the first unknown job
            return {job_id: self._query_at_once([job_id], processes)[job_id] for job_id in ids}
        statuses = {job_id: self._query_at_once([job_id], processes)[job_id] for job_id in ids[:_ASKED_AGAIN]}
        if len(ids) > _ASKED_AGAIN and any(status is not UNKNOWN_JOB for status in statuses.values()):
            msg = f"qstat -E left out {list_ids(ids)}, although the server knows some of them"
            raise CommandError(msg)
        return dict.fromkeys(ids, UNKNOWN_JOB) | statuses


def list_ids(ids: Sequence[str]) -> str:
    """List ids for a message, the first ones where they are many."""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"job(s) {', '.join(ids[:_NAMED])}{more}"


def _get_number(job_id: str) -> int:
    return int(re.match(r"\d*", job_id)[0] or 0)  # type: ignore[index]


def _get_user_name() -> str | None:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the user may have no name
        return None
