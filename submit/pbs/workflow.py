"""law's workflow for PBS: branches as jobs of OpenPBS, PBS Pro, Torque, or of Slurm through its PBS commands.

Like one of law's own batch systems: give a task `PBSWorkflow` as a base class and `--workflow pbs` on the command line.
"""

import contextlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from law.job.base import JobInputFile
from law.parameter import get_param
from law.util import DotDict, law_src_path
from law.workflow.remote import BaseRemoteWorkflow

from submit.jobs.requests import JobRequest
from submit.pbs.proxy import PBSWorkflowProxy

__all__ = ["PBSWorkflow"]


class PBSWorkflow(BaseRemoteWorkflow):
    """A workflow whose branches run as jobs of PBS, with `--workflow pbs`.

    A task declares the parameters `pbs_queue`, `pbs_account` and `pbs_memory` (text, law's NO_STR for the server's
    default), `pbs_walltime` (hours, law's NO_FLOAT likewise) and `pbs_ncpus`. It needs the hooks `pbs_output_directory`
    and `pbs_bootstrap_file`; the others have defaults.
    """

    workflow_proxy_cls = PBSWorkflowProxy

    # arguments of the job manager's methods
    pbs_job_kwargs: Any = ()
    pbs_job_kwargs_submit: Any = ("pbs_queue", "pbs_account")

    # law joins sets, and only sets, with those of the base classes
    exclude_params_branch = {"pbs_queue", "pbs_walltime", "pbs_memory", "pbs_ncpus", "pbs_account"}  # noqa: RUF012
    exclude_index = True

    @contextlib.contextmanager
    def pbs_workflow_run_context(self) -> Iterator[None]:
        """Surround the run of the workflow; by default with nothing."""
        yield

    @abstractmethod
    def pbs_output_directory(self) -> Any:
        """Return the directory of the job data and, below it, of the job files: one that the nodes share."""

    @abstractmethod
    def pbs_bootstrap_file(self) -> Any:
        """Return the file that law's job script sources first, to make law available on the node."""

    def pbs_log_directory(self) -> Any:
        """Return the directory of the logs, one a job; by default the output directory."""
        return self.pbs_output_directory()

    def pbs_workflow_requires(self) -> Any:
        """Return what the workflow requires only when it runs as jobs."""
        return DotDict()

    def pbs_job_resources(self, job_num: int, branches: Sequence[int]) -> dict[str, float]:  # noqa: ARG002
        """Return what a job claims of luigi's own resources."""
        return {}

    def pbs_job_request(self) -> JobRequest:
        """Return the cores, memory and time that a job requests; by default what the task's parameters say."""
        return JobRequest(self.pbs_ncpus, get_param(self.pbs_memory), get_param(self.pbs_walltime))

    def pbs_job_label(self) -> str:
        """Return what names of jobs begin with, before the family."""
        return ""

    def pbs_job_file(self) -> JobInputFile:
        """Return law's job script."""
        return JobInputFile(law_src_path("job", "law_job.sh"))

    def pbs_output_postfix(self) -> str:
        """Return a part of the file name of the job data."""
        return ""

    def pbs_dump_intermediate_job_data(self) -> bool | int:
        """Tell whether, or after how many jobs, job data are written during submission."""
        return True

    def pbs_post_submit_delay(self) -> float:
        """Return the seconds between the submission and the first poll."""
        return float(self.poll_interval) * 60

    def pbs_check_job_completeness(self) -> bool:
        """Tell whether a finished job counts only when its outputs exist; PBS may not know how a job ended."""
        return True

    def pbs_check_job_completeness_delay(self) -> float:
        """Return the seconds before outputs are checked, for a file system that shows them late."""
        return 0.0

    def pbs_poll_callback(self, poll_data: Any) -> bool | None:  # noqa: ARG002
        """Run after each poll; False ends the polling."""
        return None

    def pbs_post_poll_callback(self, success: bool, duration: float) -> None:
        """Run after the polling, which took `duration` seconds."""

    def pbs_use_local_scheduler(self) -> bool:
        """Tell whether jobs use a scheduler of their own: a node may not reach luigid."""
        return True

    def pbs_cmdline_args(self) -> dict[str, str]:
        """Return further arguments of `law run` in a job."""
        return {}
