"""law's job manager of HTCondor, which distinguishes a missing command from a refused job."""

import law

from submit.shell_commands import CheckedCommand

law.contrib.load("htcondor")

from law.contrib.htcondor.job import HTCondorJobManager as LawHTCondorJobManager  # noqa: E402 (its settings first)

__all__ = ["HTCondorJobManager"]


class HTCondorJobManager(CheckedCommand, LawHTCondorJobManager):
    """Submits jobs where condor_submit exists, and does not retry where it does not."""

    command = "htcondor_cmd_submit"
