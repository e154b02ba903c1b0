"""law's workflow for PBS: branches as jobs of OpenPBS, PBS Pro, Torque, or of Slurm through its PBS commands.

Like one of law's own batch systems: give a task `PBSWorkflow` as a base class and `--workflow pbs` on the command line.
"""

import contextlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import law
import luigi
from law.job.base import JobInputFile
from law.parameter import NO_FLOAT, NO_STR
from law.util import DotDict, law_src_path, merge_dicts
from law.workflow.remote import BaseRemoteWorkflow

from submit.pbs import settings
from submit.pbs.job_files import PBSJobFileFactory as PBSJobFileFactory
from submit.pbs.job_files import local_folder, memory_size
from submit.pbs.manager import PBSJobManager as PBSJobManager
from submit.pbs.proxy import PBSWorkflowProxy as PBSWorkflowProxy

__all__ = ["PBSWorkflow"]


class _MemoryParameter(luigi.Parameter):
    """An amount of memory, as PBS writes it."""

    def parse(self, value: str) -> str:
        return value if value in ("", NO_STR) else memory_size(value)


class PBSWorkflow(BaseRemoteWorkflow):
    """A workflow whose branches run as jobs of PBS, with `--workflow pbs`.

    A task needs `pbs_output_directory`, and a bootstrap file that makes law known to the node; the other hooks are
    there to be replaced.
    """

    workflow_proxy_cls = PBSWorkflowProxy

    pbs_workflow_run_decorators: Any = None
    pbs_job_manager_defaults: dict[str, Any] | None = None
    pbs_job_file_factory_defaults: dict[str, Any] | None = None

    pbs_queue = luigi.Parameter(
        default=NO_STR, significant=False, description="queue that jobs go to; default: the server's"
    )
    pbs_walltime = law.DurationParameter(
        default=NO_FLOAT,
        unit="h",
        significant=False,
        description="longest time that a job may take; default unit is hours; default: the server's",
    )
    pbs_memory = _MemoryParameter(
        default=NO_STR, significant=False, description="memory of a job, as 2gb; default: the server's"
    )
    pbs_ncpus = luigi.IntParameter(default=1, significant=False, description="cores of a job; default: 1")
    pbs_account = luigi.Parameter(
        default=NO_STR, significant=False, description="account that jobs are charged to; default: none"
    )

    pbs_job_kwargs: Any = ("pbs_queue", "pbs_account")
    pbs_job_kwargs_submit: Any = None
    pbs_job_kwargs_cancel: Any = ()
    pbs_job_kwargs_cleanup: Any = ()
    pbs_job_kwargs_query: Any = ()

    # law joins sets, and only sets, with those of the base classes
    exclude_params_branch = {"pbs_queue", "pbs_walltime", "pbs_memory", "pbs_ncpus", "pbs_account"}  # noqa: RUF012
    exclude_params_pbs_workflow: set[str] = set()  # noqa: RUF012
    exclude_index = True

    @contextlib.contextmanager
    def pbs_workflow_run_context(self) -> Iterator[None]:
        """Surround the run of the workflow; by default with nothing."""
        yield

    @abstractmethod
    def pbs_output_directory(self) -> Any:
        """Return the folder of the job data and, below it, of the job files: one that the nodes see too."""

    def pbs_log_directory(self) -> Any:
        """Return the folder of the logs, one a job; None for the output directory."""

    def pbs_workflow_requires(self) -> Any:
        """Return what the workflow needs when it runs as jobs, and not otherwise."""
        return DotDict()

    def pbs_job_resources(self, job_num: int, branches: Sequence[int]) -> dict[str, float]:  # noqa: ARG002
        """Return what a job takes of luigi's own resources."""
        return {}

    def pbs_bootstrap_file(self) -> Any:
        """Return the file that law's job script sources first, to make law known; None for none."""

    def pbs_wrapper_file(self) -> Any:
        """Return a file that runs instead of law's job script, with its arguments; None for none."""

    def pbs_job_file(self) -> JobInputFile:
        """Return law's job script."""
        return JobInputFile(law_src_path("job", "law_job.sh"))

    def pbs_stageout_file(self) -> Any:
        """Return a file that law's job script runs last; None for none."""

    def pbs_output_postfix(self) -> str:
        """Return what goes into the name of the job data's file."""
        return ""

    def pbs_job_manager_cls(self) -> type[PBSJobManager]:
        """Return the class of the job manager."""
        return PBSJobManager

    def pbs_create_job_manager(self, **kwargs: Any) -> PBSJobManager:
        """Make the job manager; this starts no process."""
        return self.pbs_job_manager_cls()(**merge_dicts(self.pbs_job_manager_defaults or {}, kwargs))

    def pbs_job_file_factory_cls(self) -> type[PBSJobFileFactory]:
        """Return the class of the job file factory."""
        return PBSJobFileFactory

    def pbs_create_job_file_factory(self, **kwargs: Any) -> PBSJobFileFactory:
        """Make the job file factory; without `[job] pbs_job_file_dir` it writes into `pbs_jobs` beside the job data."""
        kwargs = merge_dicts({}, self.pbs_job_file_factory_defaults or {}, kwargs)
        if not (kwargs.get("dir") or settings.value("pbs_job_file_dir")):
            kwargs["dir"] = str(Path(local_folder(self.pbs_output_directory()).abspath, "pbs_jobs"))
        return self.pbs_job_file_factory_cls()(**kwargs)

    def pbs_job_config(self, config: Any, job_num: int, branches: Sequence[int]) -> Any:  # noqa: ARG002
        """Change what goes into a job file; called once a job."""
        return config

    def pbs_dump_intermediate_job_data(self) -> bool | int:
        """Whether, or after how many jobs, job data are written while jobs are being submitted."""
        return True

    def pbs_post_submit_delay(self) -> float:
        """Return the seconds between the submission and the first look at the jobs."""
        return float(self.poll_interval) * 60

    def pbs_check_job_completeness(self) -> bool:
        """Whether a finished job counts only when its outputs are there; PBS may not know how a job ended."""
        return True

    def pbs_check_job_completeness_delay(self) -> float:
        """Return the seconds to wait before outputs are looked at, for a file system that shows them late."""
        return 0.0

    def pbs_poll_callback(self, poll_data: Any) -> bool | None:  # noqa: ARG002
        """Do something after each look at the jobs; False ends the polling."""
        return None

    def pbs_post_poll_callback(self, success: bool, duration: float) -> None:
        """Do something after the polling, which took `duration` seconds."""

    def pbs_use_local_scheduler(self) -> bool:
        """Whether jobs use a scheduler of their own: a node may not reach luigid."""
        return True

    def pbs_cmdline_args(self) -> dict[str, str]:
        """Return further arguments of `law run` in a job."""
        return {}

    def pbs_destination_info(self, info: Any) -> Any:
        """Change what law shows of where the jobs go."""
        return info
