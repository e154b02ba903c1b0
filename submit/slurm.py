"""law's manager of Slurm jobs, for clusters without accounting too: there the outputs decide how a job ended."""

import shlex
import subprocess
from collections.abc import Iterable
from typing import Any

import law
from law.config import Config

from submit.shell_commands import ThroughShell

law.contrib.load("slurm")

from law.contrib.slurm.job import SlurmJobManager as LawSlurmJobManager  # noqa: E402 (its settings first)

__all__ = ["SlurmJobManager"]

_NO_ACCOUNTING = "accounting storage is disabled"
_SAYS_NOTHING = "true"  # takes any arguments, and succeeds
_OVER = ("invalid job id specified", "already completing or completed")  # what scancel says of jobs that are over
_PATIENCE_S = 60


class SlurmJobManager(ThroughShell, LawSlurmJobManager):
    """Asks sacct, and does without where it has nothing to tell."""

    command = "slurm_cmd_sbatch"

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Give the states of jobs; of those that neither squeue nor accounting knows, that they are not found."""
        try:
            return super().query(*args, **kwargs)
        except Exception as error:  # law raises nothing narrower
            if _NO_ACCOUNTING not in str(error):
                raise
        Config.instance().set("job", "slurm_cmd_sacct", _SAYS_NOTHING)
        return super().query(*args, **kwargs)

    def cancel(self, job_id: Any, *args: Any, **kwargs: Any) -> Any:
        """Cancel jobs; those that are over are no error."""
        try:
            return super().cancel(job_id, *args, **kwargs)
        except Exception as error:  # law raises nothing narrower
            complaints = [line.lower() for line in str(error).splitlines()[1:] if line.strip()]
            if not complaints or not all(any(said in line for said in _OVER) for line in complaints):
                raise
        return dict.fromkeys(job_id) if isinstance(job_id, (list, tuple)) else None

    def find(self, names: Iterable[str]) -> dict[str, int]:
        """Look for jobs of this user by their names.

        Args:
            names: As they stand in the job files.

        Returns:
            The id of each name that a waiting or running job has; the youngest where there are several.

        Raises:
            RuntimeError: When squeue does not answer.
        """
        words = [*shlex.split(Config.instance().get_expanded("job", "slurm_cmd_squeue")), "--me", "--noheader"]
        try:
            told = subprocess.run(
                [*words, "--format=%i %j"], capture_output=True, text=True, check=True, timeout=_PATIENCE_S
            )
        except (OSError, subprocess.SubprocessError) as error:
            msg = f"{error}: {getattr(error, 'stderr', '') or 'no answer'}"
            raise RuntimeError(msg) from error
        wanted, found = set(names), dict[str, int]()
        for job_id, _, name in (line.strip().partition(" ") for line in told.stdout.splitlines()):
            if name in wanted and job_id.isdigit():
                found[name] = max(found.get(name, 0), int(job_id))
        return found
