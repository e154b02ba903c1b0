"""law's workflow for Slurm, with names, logs and requests of jobs like those of PBS."""

from typing import Any

import law
from law.parameter import get_param

from submit.jobs.arguments import format_job_name, make_job_arguments
from submit.jobs.job_script import export_log
from submit.jobs.requests import JobRequest, format_time, parse_memory
from submit.shell_commands import replace_other_characters
from submit.slurm.manager import SlurmJobManager

law.contrib.load("slurm")

from law.contrib.slurm.job import SlurmJobFileFactory as LawSlurmJobFileFactory  # noqa: E402 (its settings first)
from law.contrib.slurm.workflow import SlurmWorkflow as LawSlurmWorkflow  # noqa: E402

__all__ = ["SlurmWorkflow", "format_options"]


class _JobFileFactory(LawSlurmJobFileFactory):
    """Names a job's files after the job: law names them after its branches, whatever the run, and each attempt anew."""

    def create(self, postfix: str | None = None, **kwargs: Any) -> Any:  # noqa: ARG002 (law's own)
        """Write a job file; the arguments are law's."""
        return super().create(postfix=f"_{kwargs['job_name']}", **kwargs)


class SlurmWorkflow(LawSlurmWorkflow):
    """A workflow whose branches run as jobs of Slurm, with `--workflow slurm`.

    A task declares the parameters `slurm_partition`, `slurm_account` and `slurm_memory` (text, law's NO_STR for the
    cluster's default), `slurm_walltime` (hours, law's NO_FLOAT likewise) and `slurm_ncpus`, and has the hooks
    `slurm_job_request` and `slurm_job_label`, like those of PBS.
    """

    # arguments of the job manager's methods
    slurm_job_kwargs: Any = ()
    slurm_job_kwargs_submit: Any = ("slurm_partition",)

    # law joins sets, and only sets, with those of the base classes
    exclude_params_branch = {"slurm_walltime", "slurm_memory", "slurm_ncpus", "slurm_account"}  # noqa: RUF012
    exclude_index = True

    def slurm_job_manager_cls(self) -> type[SlurmJobManager]:
        """Return the class of the job manager."""
        return SlurmJobManager

    def slurm_job_file_factory_cls(self) -> type[LawSlurmJobFileFactory]:
        """Return the class of the job file factory."""
        return _JobFileFactory

    def slurm_job_config(self, config: Any, job_num: int, branches: Any) -> Any:
        """Complete the values of a job file.

        Args:
            config: law's values.
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            The same, with the job's name, its log, its arguments and what it requests.
        """
        proxy = self.workflow_proxy
        config.job_name = replace_other_characters(format_job_name(proxy, job_num, branches))
        config.postfix_output_files = False
        config.stdout = config.stderr = f"{config.job_name}.log"  # one log a job
        config.arguments = make_job_arguments(proxy, job_num, branches).join()
        config.custom_content += format_options(self.slurm_job_request(), get_param(self.slurm_account))
        if self.transfer_logs:
            config.custom_log_file = f"stdall_{config.job_name}.txt"
            config.custom_content.append(export_log(f"{self.slurm_log_directory().abspath}/{config.custom_log_file}"))
        return config


def format_options(request: JobRequest, account: str | None) -> list[tuple[str, str]]:
    """Format what a job requests as options of sbatch.

    Args:
        request: The cores, memory and time.
        account: The account that the job is charged to; None for the user's default.

    Returns:
        Names and values of the options. Slurm counts memory in whole kilobytes.
    """
    options = []
    if request.walltime_s:
        options.append(("time", format_time(request.walltime_s)))
    if request.memory:
        number, unit = parse_memory(request.memory)
        options.append(("mem", f"{-(-number // 1024)}K" if unit == "b" else f"{number}{unit.upper()}"))
    if request.ncpus > 1:
        options.append(("cpus-per-task", str(request.ncpus)))
    return [*options, *([("account", account)] if account else [])]
