"""law's manager of HTCondor jobs, which tells a command that is not there from a job refused."""

from typing import Any

import law

from submit import shell_commands

law.contrib.load("htcondor")

from law.contrib.htcondor.job import HTCondorJobManager as LawHTCondorJobManager  # noqa: E402 (its settings first)

__all__ = ["HTCondorJobManager"]


class HTCondorJobManager(LawHTCondorJobManager):
    """Submits where there is a condor_submit, and does not try again where there is none."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Submit a job.

        Raises:
            NoCommandError: When there is no condor_submit.
        """
        shell_commands.require("htcondor_cmd_submit")
        return super().submit(*args, **kwargs)
