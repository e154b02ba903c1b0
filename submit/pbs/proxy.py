"""law's workflow proxy for PBS: makes the jobs of a workflow, submits them and polls them."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from law.job.base import JobArguments
from law.parameter import get_param
from law.target.file import get_path
from law.task.proxy import ProxyCommand
from law.util import create_hash
from law.workflow.remote import BaseRemoteWorkflowProxy

from submit.pbs.job_files import PBSJobFileFactory, make_local_directory
from submit.pbs.manager import PBSJobManager
from submit.pbs.settings import get_directives, get_setting

__all__ = ["PBSWorkflowProxy"]

# arguments of the submitting command that would break a job: `law run` knows no --module, a node may not reach the
# scheduler and does not have the login node's files, and a job that starts another workflow would submit jobs itself
_NOT_FOR_JOBS = (
    "module", "workers", "local-scheduler", "scheduler-*", "core-*", "lock*", "no-lock", "take-lock",
    "parallel-scheduling*", "log-level", "logging-*", "no-configure-logging", "assistant", "*-workflow", "workflow",
    "background", "pidfile", "logdir",
)  # fmt: skip


class _Arguments(JobArguments):
    """law's arguments of a job, in UTF-8: law's own are Latin-1, and a name with other letters ends in an error."""

    @classmethod
    def encode_string(cls, text: str) -> str:
        return base64.b64encode((text or "-").encode()).decode()


class PBSWorkflowProxy(BaseRemoteWorkflowProxy):
    """Makes, submits and polls the jobs of a workflow."""

    workflow_type = "pbs"

    def create_job_manager(self, **kwargs: Any) -> PBSJobManager:
        """Return a new job manager; this starts no process."""
        return PBSJobManager(**kwargs)

    def create_job_file_factory(self, **kwargs: Any) -> PBSJobFileFactory:
        """Return a new job file factory; without `[job] pbs_job_file_dir` it writes into `pbs_jobs` by the job data."""
        if not (kwargs.get("dir") or get_setting("pbs_job_file_dir")):
            kwargs["dir"] = str(Path(make_local_directory(self.task.pbs_output_directory()).abspath, "pbs_jobs"))
        return PBSJobFileFactory(**kwargs)

    def format_job_name(self, job_num: int, branches: Sequence[int]) -> str:
        """Return the name of a job's next attempt, which no other job of the user has.

        It is always the same, so that a job can be found after the submitting process was killed.

        Args:
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            Such as `ParseFile_12_a1b2c3`: family, number, and a digest of the task, its directory, the branches and the
            attempt. The job file holds it as the dialect requires.
        """
        attempt = self.job_data.attempts.get(job_num, 0)
        directory = str(get_path(self.task.pbs_output_directory()))
        digest = create_hash([directory, self.task.live_task_id, list(branches), attempt], l=6)
        return f"{self.task.task_family}_{job_num}_{digest}"

    def create_job_file(self, job_num: int, branches: Sequence[int]) -> dict[str, Any]:
        """Write the files of a job.

        Args:
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            Paths of the job file (`job`) and of the log (`log`), and all values of the job file (`config`).
        """
        task = self.task
        factory: Any = self.job_file_factory
        c = factory.get_config()
        c.job_name = self.format_job_name(job_num, branches)
        c.dialect = self.job_manager.dialect
        c.render_variables, c.custom_content = {}, get_directives()
        c.executable = task.pbs_job_file()
        files = {
            "job_file": c.executable,
            "bootstrap_file": task.pbs_bootstrap_file(),
            "dashboard_file": self.dashboard.remote_hook_file(),
        }
        c.input_files = {key: file for key, file in files.items() if file}
        c.arguments = self._make_arguments(job_num, branches).join()
        c.queue, c.account = get_param(task.pbs_queue), get_param(task.pbs_account)
        c.ncpus, c.memory = task.pbs_ncpus, get_param(task.pbs_memory)
        hours = get_param(task.pbs_walltime)
        c.walltime_s = hours * 3600 if hours else None
        c.folder = make_local_directory(task.pbs_output_directory()).abspath
        logs = make_local_directory(task.pbs_log_directory())
        c.stdout = str(Path(logs.abspath, f"{c.job_name}.log"))
        c.custom_log_file = str(Path(logs.abspath, f"stdall_{c.job_name}.txt")) if task.transfer_logs else None
        c.render_variables["law_job_base"] = "${TMPDIR:-/tmp}"  # the job script's own files stay on the node
        path, c = factory(postfix=f"_{c.job_name}", **vars(c))
        return {"job": path, "config": c, "log": c.custom_log_file or c.stdout}

    def _make_arguments(self, job_num: int, branches: Sequence[int]) -> JobArguments:
        task = self.task
        excluded = (
            task.exclude_params_branch
            | task.exclude_params_workflow
            | task.exclude_params_remote_workflow
            | {"workflow", "effective_workflow"}
        )
        command = ProxyCommand(
            task.as_branch(branches[0]),
            exclude_task_args=excluded,
            exclude_global_args=[*_NOT_FOR_JOBS, f"{task.task_family}-*"],
        )
        if task.pbs_use_local_scheduler():
            command.add_arg("--local-scheduler", "True", overwrite=True)
        for key, value in dict(task.pbs_cmdline_args()).items():
            command.add_arg(key, value, overwrite=True)
        attempt = self.job_data.attempts.get(job_num, 0)
        return _Arguments(
            task_cls=task.__class__,
            task_params=command.build(skip_run=True),
            branches=branches,
            workers=task.job_workers,
            auto_retry=False,
            dashboard_data=self.dashboard.remote_hook_data(job_num, attempt),
        )
