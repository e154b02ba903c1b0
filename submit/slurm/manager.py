"""law's job manager of Slurm, also for clusters without accounting: there the outputs decide how a job ended."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import sleep
from typing import Any

import law
from law.config import Config
from law.util import parse_duration

from submit.commands import Answer, run_command
from submit.errors import CommandError, RefusedJobError
from submit.refusals import is_permanent
from submit.shell_commands import require_command
from submit.slurm.squeue import SACCT_OPTIONS, SQUEUE_OPTIONS, parse_sacct, parse_squeue

law.contrib.load("slurm")

from law.contrib.slurm.job import SlurmJobManager as LawSlurmJobManager  # noqa: E402 (its settings first)

__all__ = ["SlurmJobManager"]

_SUBMITTED = re.compile(r"^Submitted batch job (\d+)", re.MULTILINE)
_NO_ACCOUNTING = "accounting storage is disabled"
_ENDED = ("invalid job id specified", "already completing or completed")  # errors of commands for jobs that have ended
_TIMEOUT_S = 120


class SlurmJobManager(LawSlurmJobManager):
    """Queries squeue and, where the cluster keeps accounts, sacct.

    A command that fails tells nothing about any job: it raises, and law queries again at the next poll.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keeps_accounts = True  # until sacct denies it

    def submit(
        self,
        job_file: str | Path,
        partition: str | None = None,
        retries: int = 0,
        retry_delay: float = 3.0,
        silent: bool = False,
        _processes: list[Any] | None = None,
    ) -> int | None:
        """Submit a job file, from its own directory.

        Args:
            job_file: The script.
            partition: None for the cluster's default.
            retries: How often a refusal that may pass is tried again.
            retry_delay: Seconds before each retry.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands, which it ends on an interrupt.

        Returns:
            The job's id.

        Raises:
            CommandError: When sbatch does not exist or refuses the job, with its own message; a RefusedJobError when a
                retry would not change that.
        """
        try:
            return self._submit(Path(job_file).absolute(), partition, retries, retry_delay, _processes)
        except CommandError:
            if silent:
                return None
            raise

    def cancel(self, job_id: Any, silent: bool = False, _processes: list[Any] | None = None) -> Any:
        """Cancel jobs; jobs that have already ended are no error.

        Args:
            job_id: One id or several.
            silent: Whether to ignore errors.
            _processes: law's list of running commands.

        Returns:
            Every id with None for several ids, None for one.

        Raises:
            CommandError: When the cluster does not answer or does not let the jobs be cancelled.
        """
        ids = list(job_id) if isinstance(job_id, (list, tuple)) else [job_id]
        answer = _run("scancel", list(map(str, ids)), processes=_processes)
        complaints = [line.lower() for line in answer.text.splitlines() if line.strip()]
        ended = bool(complaints) and all(any(text in line for text in _ENDED) for line in complaints)
        if answer.code != 0 and not ended and not silent:
            msg = f"cannot cancel {len(ids)} job(s): scancel {answer.summary}"
            raise CommandError(msg)
        return dict.fromkeys(ids) if isinstance(job_id, (list, tuple)) else None

    def query(self, job_id: Any, silent: bool = False, _processes: list[Any] | None = None) -> Any:
        """Query the status of jobs.

        Args:
            job_id: One id or several.
            silent: Whether to return None instead of raising.
            _processes: law's list of running commands.

        Returns:
            law's status of the job, or of every id. A job that neither squeue nor sacct knows counts as finished,
            without a code and with `vanished` in `extra`: its outputs tell how it ended.

        Raises:
            CommandError: When squeue or sacct does not answer.
        """
        ids = list(job_id) if isinstance(job_id, (list, tuple)) else [job_id]
        try:
            statuses = self._query(list(map(int, ids)), _processes)
        except CommandError:
            if silent:
                return None
            raise
        answers = {id_: statuses[int(id_)] for id_ in ids}
        return answers if isinstance(job_id, (list, tuple)) else answers[job_id]

    def find(self, names: Iterable[str]) -> dict[str, int]:
        """Find pending and running jobs of this user by their names.

        Args:
            names: As written in the job files.

        Returns:
            The id of each name that has a job; of several jobs of one name, the newest.

        Raises:
            CommandError: When squeue does not answer.
        """
        answer = _run("squeue", ["--me", "--noheader", "--format=%i %j"])
        if answer.code != 0:
            msg = f"cannot list the jobs: squeue {answer.summary}"
            raise CommandError(msg)
        wanted, ids = set(names), dict[str, int]()
        for job_id, _, name in (line.strip().partition(" ") for line in answer.out.splitlines()):
            if name in wanted and job_id.isdigit():
                ids[name] = max(ids.get(name, 0), int(job_id))
        return ids

    def _submit(
        self, path: Path, partition: str | None, retries: int, delay_s: float, processes: list[Any] | None
    ) -> int:
        require_command("slurm_cmd_sbatch")
        words = [*(["--partition", partition] if partition else []), path.name]
        while True:
            answer = _run("sbatch", words, str(path.parent), processes)
            if answer.code == 0 and (match := _SUBMITTED.search(answer.out)):
                return int(match[1])
            msg = f"{path.name} was not submitted: sbatch {answer.summary}"
            if is_permanent(answer.text):
                raise RefusedJobError(msg)
            if answer.code is None or retries <= 0:  # without an answer, it may have been accepted
                raise CommandError(msg)
            retries -= 1
            sleep(delay_s)

    def _query(self, ids: Sequence[int], processes: list[Any] | None) -> dict[int, dict[str, Any]]:
        answer = _run("squeue", [*SQUEUE_OPTIONS, f"--jobs={','.join(map(str, ids))}"], processes=processes)
        unknown = answer.code not in (0, None) and _ENDED[0] in answer.err.lower()  # of a single id
        if answer.code != 0 and not unknown:
            msg = f"cannot query {len(ids)} job(s): squeue {answer.summary}"
            raise CommandError(msg)
        statuses = parse_squeue(answer.out)
        if (absent := [job_id for job_id in ids if job_id not in statuses]) and self._keeps_accounts:
            statuses |= self._query_accounts(absent, processes)
        vanished = {"status": self.FINISHED, "extra": {"vanished": True}}
        return {
            job_id: statuses[job_id] if job_id in statuses else self.job_status_dict(job_id=job_id, **vanished)
            for job_id in ids
        }

    def _query_accounts(self, ids: Sequence[int], processes: list[Any] | None) -> dict[int, dict[str, Any]]:
        answer = _run("sacct", [*SACCT_OPTIONS, f"--jobs={','.join(map(str, ids))}"], processes=processes)
        if answer.code == 0:
            return parse_sacct(answer.out)
        if _NO_ACCOUNTING in answer.text:
            self._keeps_accounts = False
            return {}
        msg = f"cannot query {len(ids)} job(s): sacct {answer.summary}"
        raise CommandError(msg)


def _run(
    name: str, arguments: Sequence[str], directory: str | None = None, processes: list[Any] | None = None
) -> Answer:
    """Run a command of Slurm by the shell, as law does: `[job] slurm_cmd_sbatch` may begin with assignments."""
    config = Config.instance()
    command = str(config.get_expanded("job", f"slurm_cmd_{name}"))
    limit = config.get_expanded("job", config.find_option("job", "slurm_job_query_timeout", "job_query_timeout"))
    timeout_s = float(parse_duration(limit, input_unit="s")) if limit else _TIMEOUT_S
    return run_command(["/bin/bash", "-c", f'{command} "$@"', name, *arguments], timeout_s, directory, processes)
