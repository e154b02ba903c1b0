"""law's workflow proxy for PBS: makes the jobs of a workflow, submits them and follows them."""

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

from submit.pbs import settings
from submit.pbs.job_files import PBSJobFileFactory, local_folder
from submit.pbs.manager import PBSJobManager

__all__ = ["PBSWorkflowProxy"]

# arguments of the submitting command that would break a job: `law run` knows no --module, a node may not reach the
# scheduler, files of the login node are not there, and a job that starts another workflow would submit jobs itself
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
    """Makes and submits the jobs of a workflow and follows them."""

    workflow_type = "pbs"

    def create_job_manager(self, **kwargs: Any) -> PBSJobManager:
        """Return the job manager of the task."""
        manager: PBSJobManager = self.task.pbs_create_job_manager(**kwargs)
        return manager

    def create_job_file_factory(self, **kwargs: Any) -> PBSJobFileFactory:
        """Return the job file factory of the task."""
        factory: PBSJobFileFactory = self.task.pbs_create_job_file_factory(**kwargs)
        return factory

    def job_name(self, job_num: int, branches: Sequence[int]) -> str:
        """Return the name of a job's next attempt, which no other job of the user has.

        It is the same whenever it is asked for, so that a job can be found after the submitting process was killed.

        Args:
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            Such as `ParseFile_12_a1b2c3`: family, number, and a digest of the task, its folder, the branches and the
            attempt. The job file holds it as the dialect writes it.
        """
        attempt = self.job_data.attempts.get(job_num, 0)
        folder = str(get_path(self.task.pbs_output_directory()))
        digest = create_hash([folder, self.task.live_task_id, list(branches), attempt], l=6)
        return f"{self.task.task_family}_{job_num}_{digest}"

    def create_job_file(self, job_num: int, branches: Sequence[int]) -> dict[str, Any]:
        """Write the files of a job.

        Args:
            job_num: Number of the job, from 1.
            branches: The branches that it runs.

        Returns:
            Paths of the job file (`job`) and of the log (`log`), and all that went into the job file (`config`).
        """
        task = self.task
        factory: Any = self.job_file_factory
        c = factory.get_config()
        c.job_name = self.job_name(job_num, branches)
        c.dialect = self.job_manager.dialect
        c.input_files, c.render_variables, c.custom_content = {}, {}, settings.directives()
        self._add_files(c)
        c.arguments = self._arguments(job_num, branches).join()
        c.queue, c.account = get_param(task.pbs_queue), get_param(task.pbs_account)
        c.ncpus, c.memory = task.pbs_ncpus, get_param(task.pbs_memory)
        hours = get_param(task.pbs_walltime)
        c.walltime_s = hours * 3600 if hours else None
        c.folder = local_folder(task.pbs_output_directory()).abspath
        logs = local_folder(task.pbs_log_directory() or task.pbs_output_directory())
        c.stdout = f"{c.job_name}.log"
        c.custom_log_file = f"stdall_{c.job_name}.txt" if task.transfer_logs else None
        # what law's job script writes for itself stays on the node
        c.render_variables["law_job_base"] = "${TMPDIR:-/tmp}"
        c = task.pbs_job_config(c, job_num, branches)
        for key in ("stdout", "custom_log_file"):
            if c[key] and not c[key].startswith("/dev/"):
                c[key] = str(Path(logs.abspath, c[key]))
                Path(c[key]).parent.mkdir(parents=True, exist_ok=True)
        path, c = factory(postfix=f"_{c.job_name}", **vars(c))
        return {"job": path, "config": c, "log": c.custom_log_file or c.stdout}

    def destination_info(self) -> Any:
        """Return what law shows of where the jobs go."""
        return self.task.pbs_destination_info(super().destination_info())

    def _add_files(self, c: Any) -> None:
        task = self.task
        wrapper, job_file = task.pbs_wrapper_file(), task.pbs_job_file()
        if wrapper and get_path(wrapper) != get_path(job_file):
            c.input_files["executable_file"] = c.executable = wrapper
        else:
            c.executable = job_file
        files = {
            "job_file": job_file,
            "bootstrap_file": task.pbs_bootstrap_file(),
            "stageout_file": task.pbs_stageout_file(),
            "dashboard_file": self.dashboard.remote_hook_file(),
        }
        c.input_files |= {key: file for key, file in files.items() if file}

    def _arguments(self, job_num: int, branches: Sequence[int]) -> JobArguments:
        task = self.task
        excluded = (
            task.exclude_params_branch
            | task.exclude_params_workflow
            | task.exclude_params_remote_workflow
            | task.exclude_params_pbs_workflow
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
