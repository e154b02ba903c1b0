"""law's workflow for HTCondor, with names, logs and requests of jobs like those of PBS."""

from typing import Any

import law
from law.parameter import get_param

from submit.jobs.arguments import format_job_name, make_job_arguments
from submit.jobs.job_script import LOG_VARIABLE
from submit.jobs.requests import JobRequest, count_bytes
from submit.shell_commands import CheckedCommand, replace_other_characters

law.contrib.load("htcondor")

from law.contrib.htcondor.job import HTCondorJobManager as LawHTCondorJobManager  # noqa: E402 (its settings first)
from law.contrib.htcondor.workflow import HTCondorWorkflow as LawHTCondorWorkflow  # noqa: E402

__all__ = ["HTCondorJobManager", "HTCondorWorkflow", "format_commands"]


class HTCondorJobManager(CheckedCommand, LawHTCondorJobManager):
    """Submits jobs where condor_submit exists, and does not retry where it does not."""

    command = "htcondor_cmd_submit"


class HTCondorWorkflow(LawHTCondorWorkflow):
    """A workflow whose branches run as jobs of HTCondor, with `--workflow htcondor`.

    A task declares the parameters `htcondor_account` and `htcondor_memory` (text, law's NO_STR for the pool's default),
    `htcondor_walltime` (hours, law's NO_FLOAT likewise) and `htcondor_ncpus`, and has the hooks `htcondor_job_request`
    and `htcondor_job_label`, like those of PBS.
    """

    # law joins sets, and only sets, with those of the base classes
    exclude_params_branch = {  # noqa: RUF012
        "htcondor_walltime", "htcondor_memory", "htcondor_ncpus", "htcondor_account"
    }  # fmt: skip
    exclude_index = True

    def htcondor_job_manager_cls(self) -> type[HTCondorJobManager]:
        """Return the class of the job manager."""
        return HTCondorJobManager

    def htcondor_job_config(self, config: Any, job_num: int, branches: Any) -> Any:
        """Complete the values of a job file.

        Args:
            config: law's values.
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            The same, with the names of the job's files, its log, its arguments and what it requests.
        """
        proxy = self.workflow_proxy
        name = replace_other_characters(format_job_name(proxy, job_num, branches))
        config.postfix, config.postfix_output_files = f"_{name}", False
        config.stdout = config.stderr = f"{name}.log"  # one log a job
        config.arguments = make_job_arguments(proxy, job_num, branches).join()
        config.custom_content += [("+JobBatchName", f'"{name}"')]
        config.custom_content += format_commands(self.htcondor_job_request(), get_param(self.htcondor_account))
        if self.transfer_logs:
            config.custom_log_file = f"stdall_{name}.txt"
            log = f"{self.htcondor_log_directory().abspath}/{config.custom_log_file}"
            config.custom_content.append(("environment", f"{LOG_VARIABLE}={log}"))
        return config


def format_commands(request: JobRequest, account: str | None) -> list[tuple[str, str]]:
    """Format what a job requests as commands of a submit description.

    Args:
        request: The cores, memory and time.
        account: The accounting group; None for none.

    Returns:
        Names and values of the commands; memory in whole megabytes, time in seconds.
    """
    commands = []
    if request.walltime_s:
        seconds = str(-int(-request.walltime_s // 1))
        commands += [("allowed_job_duration", seconds), ("+MaxRuntime", seconds)]  # the second is CERN's
    if request.memory:
        commands.append(("request_memory", f"{-(-count_bytes(request.memory) // 1024**2)}MB"))
    if request.ncpus > 1:
        commands.append(("request_cpus", str(request.ncpus)))
    return [*commands, *([("accounting_group", account)] if account else [])]
