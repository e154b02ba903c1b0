"""law's manager of HTCondor jobs, which tells a command that is not there from a job refused."""

import law

from submit.shell_commands import ThroughShell

law.contrib.load("htcondor")

from law.contrib.htcondor.job import HTCondorJobManager as LawHTCondorJobManager  # noqa: E402 (its settings first)

__all__ = ["HTCondorJobManager"]


class HTCondorJobManager(ThroughShell, LawHTCondorJobManager):
    """Submits where there is a condor_submit, and does not try again where there is none."""

    command = "htcondor_cmd_submit"
