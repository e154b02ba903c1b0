"""law's manager of Slurm jobs, for clusters without accounting too: there the outputs decide how a job ended."""

from typing import Any

import law
from law.config import Config

law.contrib.load("slurm")

from law.contrib.slurm.job import SlurmJobManager as LawSlurmJobManager  # noqa: E402 (its settings first)

__all__ = ["SlurmJobManager"]

_NO_ACCOUNTING = "accounting storage is disabled"
_SAYS_NOTHING = "true"  # takes any arguments, and succeeds


class SlurmJobManager(LawSlurmJobManager):
    """Asks sacct, and does without where it has nothing to tell."""

    def query(self, *args: Any, **kwargs: Any) -> Any:
        """Give the states of jobs; of those that neither squeue nor accounting knows, that they are not found."""
        try:
            return super().query(*args, **kwargs)
        except Exception as error:  # law raises nothing narrower
            if _NO_ACCOUNTING not in str(error):
                raise
        Config.instance().set("job", "slurm_cmd_sacct", _SAYS_NOTHING)
        return super().query(*args, **kwargs)
