"""law's job manager of Slurm, also for clusters without accounting: there the outputs decide how a job ended."""

import shlex
import subprocess
from collections.abc import Iterable
from typing import Any

import law
from law.config import Config

from submit.shell_commands import CheckedCommand

law.contrib.load("slurm")

from law.contrib.slurm.job import SlurmJobManager as LawSlurmJobManager  # noqa: E402 (its settings first)

__all__ = ["SlurmJobManager"]

_NO_ACCOUNTING = "accounting storage is disabled"
_PRINTS_NOTHING = "true"  # takes any arguments, and succeeds
_ENDED = ("invalid job id specified", "already completing or completed")  # scancel's errors for jobs that have ended
_TIMEOUT_S = 60


class SlurmJobManager(CheckedCommand, LawSlurmJobManager):
    """Queries sacct, and manages without it where the cluster keeps no accounting."""

    command = "slurm_cmd_sbatch"

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Return the states of jobs; a job that neither squeue nor accounting knows is reported as not found."""
        try:
            return super().query(*args, **kwargs)
        except Exception as error:  # law raises nothing narrower
            if _NO_ACCOUNTING not in str(error):
                raise
        Config.instance().set("job", "slurm_cmd_sacct", _PRINTS_NOTHING)
        return super().query(*args, **kwargs)

    def cancel(self, job_id: Any, *args: Any, **kwargs: Any) -> Any:
        """Cancel jobs; jobs that have already ended are no error."""
        try:
            return super().cancel(job_id, *args, **kwargs)
        except Exception as error:  # law raises nothing narrower
            complaints = [line.lower() for line in str(error).splitlines()[1:] if line.strip()]
            if not complaints or not all(any(text in line for text in _ENDED) for line in complaints):
                raise
        return dict.fromkeys(job_id) if isinstance(job_id, (list, tuple)) else None

    def find(self, names: Iterable[str]) -> dict[str, int]:
        """Find pending and running jobs of this user by their names.

        Args:
            names: As written in the job files.

        Returns:
            The id of each name that has a job; of several jobs of one name, the newest.

        Raises:
            RuntimeError: When squeue does not answer.
        """
        words = [*shlex.split(Config.instance().get_expanded("job", "slurm_cmd_squeue")), "--me", "--noheader"]
        try:
            answer = subprocess.run(
                [*words, "--format=%i %j"], capture_output=True, text=True, check=True, timeout=_TIMEOUT_S
            )
        except (OSError, subprocess.SubprocessError) as error:
            msg = f"{error}: {getattr(error, 'stderr', '') or 'no answer'}"
            raise RuntimeError(msg) from error
        wanted, ids = set(names), dict[str, int]()
        for job_id, _, name in (line.strip().partition(" ") for line in answer.stdout.splitlines()):
            if name in wanted and job_id.isdigit():
                ids[name] = max(ids.get(name, 0), int(job_id))
        return ids
