"""law's job manager for PBS: submit with qsub, ask with qstat, cancel with qdel."""

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

from submit.pbs import settings
from submit.pbs.commands import Answer, run_command
from submit.pbs.job_files import read_directives
from submit.pbs.qstat import (
    Dialect,
    JobStatus,
    PBSError,
    finished_ids,
    history_is_off,
    interpret,
    no_longer_known,
    parse_qstat,
    recognise,
    short_id,
    submitted_id,
    unknown_ids,
    will_pass,
)

__all__ = ["PBSJobManager"]

_logger = get_logger(__name__)

_SPOKE_OF_JOBS = (0, 35, 153)  # exit statuses of qstat and qdel: done, some have finished, some are not known
_LONGEST_WAIT_S = 60.0
_OVER = re.compile(r"unknown job|job has finished|state of job|already (done|completed)", re.IGNORECASE)


class PBSJobManager(BaseJobManager):
    """Jobs of OpenPBS, PBS Pro, Torque, and of Slurm through its wrappers of the same commands.

    A command that fails says nothing about any job: it raises, and law asks again at the next poll.

    Args:
        queue: Where jobs go, unless `submit` says otherwise; None for the server's default.
        account: Who pays; None for none.
        dialect: None to ask `[job] pbs_dialect` of law.cfg and, where that is `auto`, the command qstat, when it is
            needed for the first time.
        threads: How many commands may run at a time in law's batch methods.
    """

    chunk_size_submit = 0
    chunk_size_cancel = settings.number("pbs_chunk_size_cancel")
    chunk_size_query = settings.number("pbs_chunk_size_query")

    def __init__(
        self, queue: str | None = None, account: str | None = None, dialect: Dialect | None = None, threads: int = 1
    ) -> None:
        super().__init__(threads=threads)
        self.queue = queue
        self.account = account
        self._dialect = dialect
        self._keeps_history = True  # until the server says otherwise
        self._lock = threading.Lock()

    @property
    def dialect(self) -> Dialect:
        """Whose manners the commands have.

        Raises:
            PBSError: When `[job] pbs_dialect` is none of `auto`, `openpbs` and `torque`, or qstat does not answer.
        """
        with self._lock:
            if self._dialect is None:
                self._dialect = self._recognise()
            return self._dialect

    def submit(
        self,
        job_file: str | Path,
        queue: str | None = None,
        account: str | None = None,
        retries: int = 0,  # noqa: ARG002 # law gives it; here the patience of law.cfg counts
        retry_delay: float = 3.0,
        silent: bool = False,
        _processes: list[Any] | None = None,
    ) -> str | None:
        """Submit a job file, from its own folder.

        While the server is down or does not answer, this waits and tries again, for `[job] pbs_submit_patience`
        seconds. A job that was perhaps accepted is looked for by its name first, so that none is submitted twice.

        Args:
            job_file: The script.
            queue: Where it goes; None for the manager's.
            account: Who pays; None for the manager's.
            retries: Not used.
            retry_delay: Seconds until the second try; each further wait is twice as long, at most a minute.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands, which it ends at an interrupt.

        Returns:
            The id of the job, as qsub prints it.

        Raises:
            PBSError: When qsub refuses the job, with its own sentence, or the patience is over.
        """
        path = Path(job_file).absolute()
        words = [*settings.command("qsub"), *self._options(path, queue or self.queue, account or self.account)]
        try:
            return self._submit([*words, path.name], path, retry_delay, _processes)
        except PBSError as error:
            _logger.debug("%s", error)
            if silent:
                return None
            raise

    def cancel(
        self, job_id: str | Sequence[str], silent: bool = False, _processes: list[Any] | None = None
    ) -> dict[str, None] | None:
        """Delete jobs; those that have ended or are not known any more are no error.

        Args:
            job_id: One id or several.
            silent: Whether to pass over errors.
            _processes: law's list of running commands.

        Returns:
            Every id with None for several ids, None for one.

        Raises:
            PBSError: When the server is down or does not let the jobs be deleted.
        """
        ids = [job_id] if isinstance(job_id, str) else list(job_id)
        words = [*settings.command("qdel"), *ids]
        answer = run_command(words, settings.seconds("pbs_cmd_timeout"), processes=_processes)
        complaints = [line for line in answer.text.splitlines() if line.strip() and not _OVER.search(line)]
        if (answer.code is None or (answer.code != 0 and (complaints or will_pass(answer.code, "")))) and not silent:
            msg = f"cannot delete job(s) {', '.join(ids)}: {words[0]} {answer.ending}"
            raise PBSError(msg)
        return None if isinstance(job_id, str) else dict.fromkeys(ids)

    def cleanup(self, job_id: str | Sequence[str], **kwargs: Any) -> dict[str, None] | None:  # noqa: ARG002
        """Do nothing: PBS keeps nothing of a job that would have to be removed."""
        return None if isinstance(job_id, str) else dict.fromkeys(job_id)

    def query(
        self, job_id: str | Sequence[str], silent: bool = False, _processes: list[Any] | None = None
    ) -> dict[str, Any] | None:
        """Ask for the status of jobs.

        Args:
            job_id: One id or several.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands.

        Returns:
            law's status of the job, or of every id. A job that the server does not know any more counts as finished,
            with no code and `vanished` in `extra`: its outputs tell how it ended.

        Raises:
            PBSError: When qstat gives no answer about every one of the jobs.
        """
        ids = [job_id] if isinstance(job_id, str) else list(job_id)
        try:
            found = self._ask(ids, _processes)
        except PBSError as error:
            _logger.debug("%s", error)
            if silent:
                return None
            raise
        data = {one: self.job_status_dict(job_id=one, **vars(found[one])) for one in ids}
        return data[job_id] if isinstance(job_id, str) else data

    def find(self, names: Iterable[str]) -> dict[str, str]:
        """Look for jobs of this user by their names, with one call of qstat.

        Args:
            names: As they stand in the job files.

        Returns:
            The id of each name that the server knows a job of; the youngest where there are several.

        Raises:
            PBSError: When qstat gives no answer.
        """
        wanted = set(names)
        answer = self._qstat([])
        # Slurm's wrapper says 153 when there is no job at all
        if answer.code not in (0, 153) or (answer.code == 153 and answer.text):
            msg = f"cannot list the jobs: qstat {answer.ending}"
            raise PBSError(msg)
        found: dict[str, str] = {}
        for job_id, attributes in parse_qstat(answer.out).items():
            name, owner = attributes.get("Job_Name", ""), attributes.get("Job_Owner", "").partition("@")[0]
            if name in wanted and owner in ("", _user() or owner):
                found[name] = max(found.get(name, job_id), job_id, key=_age)
        return found

    def _recognise(self) -> Dialect:
        if (said := str(settings.value("pbs_dialect"))) != "auto":
            try:
                return Dialect(said)
            except ValueError:
                msg = f"law.cfg, [job] pbs_dialect = {said!r}: it is one of auto, openpbs, torque"
                raise PBSError(msg) from None
        answer = run_command([*settings.command("qstat"), "--version"], settings.seconds("pbs_cmd_timeout"))
        if answer.code in (None, 126, 127):
            msg = (
                f"cannot tell OpenPBS from Torque: qstat --version {answer.ending}; or set [job] pbs_dialect in law.cfg"
            )
            raise PBSError(msg)
        return recognise(answer.text)

    def _options(self, path: Path, queue: str | None, account: str | None) -> list[str]:
        options = [*(["-q", queue] if queue else []), *(["-A", account] if account else [])]
        if self.dialect is Dialect.TORQUE:
            # Slurm takes these of its qsub alone: a log named in the script is not used, and a job may run twice
            for option, value in read_directives(path):
                options += [option, value] if option in ("-o", "-e", "-j", "-r") else []
        return options

    def _submit(self, words: list[str], path: Path, wait_s: float, processes: list[Any] | None) -> str:
        end = monotonic() + settings.seconds("pbs_submit_patience")
        name = dict(read_directives(path)).get("-N")
        answer = Answer(None, "", "")
        absent = True  # whether the server surely does not have the job
        while True:
            if absent:
                answer = run_command(words, settings.seconds("pbs_cmd_timeout"), str(path.parent), processes)
                if answer.code == 0 and (job_id := submitted_id(answer.out)):
                    return job_id
            unclear = answer.code in (None, 0)
            waiting = bool(name) if unclear else will_pass(answer.code or 0, answer.text)
            if not waiting or monotonic() + wait_s > end:
                msg = f"{path.name} was not submitted: {words[0]} {answer.ending}"
                raise PBSError(msg)
            sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            try:
                if name and (job_id := self.find([name]).get(name)):
                    return job_id
                absent = True
            except PBSError as error:
                _logger.debug("%s", error)
                absent = not name

    def _qstat(self, ids: list[str], processes: list[Any] | None = None) -> Answer:
        words = settings.command("qstat")
        timeout_s = settings.seconds("pbs_job_query_timeout", "job_query_timeout", "pbs_cmd_timeout")
        if not (ids and self.dialect is Dialect.OPENPBS and self._keeps_history):
            return run_command([*words, "-f", *ids], timeout_s, processes=processes)
        answer = run_command([*words, "-x", "-f", *ids], timeout_s, processes=processes)
        told = history_is_off(answer.text)
        if not told and (answer.code != 0 or answer.out.strip()):
            return answer
        plain = run_command([*words, "-f", *ids], timeout_s, processes=processes)
        if told or plain.code == 153 or (plain.code == 0 and plain.out.strip()):
            self._keeps_history = False
        return plain

    def _ask(self, ids: list[str], processes: list[Any] | None) -> dict[str, JobStatus]:
        answer = self._qstat(ids, processes)
        if answer.code not in _SPOKE_OF_JOBS:
            msg = f"cannot ask for job(s) {', '.join(ids)}: qstat {answer.ending}"
            raise PBSError(msg)
        jobs = {short_id(one): attributes for one, attributes in parse_qstat(answer.out).items()}
        over = unknown_ids(answer.text) | finished_ids(answer.text)
        if answer.code == 153 and not answer.text and (len(ids) == 1 or self.dialect is Dialect.TORQUE):
            over = {short_id(one) for one in ids}  # Slurm's wrapper names nobody
        found, left = {}, []
        for one in ids:
            if (key := short_id(one)) in jobs:
                found[one] = interpret(jobs[key], self.dialect)
            elif key in over:
                found[one] = no_longer_known()
            else:
                left.append(one)
        if left and (len(ids) == 1 or not answer.text):
            msg = f"qstat says nothing of job(s) {', '.join(left)}: it {answer.ending}"
            raise PBSError(msg)
        for one in left:  # some versions of Torque stop at the first job that they do not know
            found |= self._ask([one], processes)
        return found


def _age(job_id: str) -> int:
    return int(re.match(r"\d*", job_id)[0] or 0)  # type: ignore[index]


def _user() -> str | None:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the user may have no name
        return None
