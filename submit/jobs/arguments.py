"""The name of a job, and the arguments of the command that it runs."""

import base64
from collections.abc import Sequence
from typing import Any

from law.job.base import JobArguments
from law.target.file import get_path
from law.task.proxy import ProxyCommand
from law.util import create_hash

__all__ = ["format_job_name", "make_job_arguments"]

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


def format_job_name(proxy: Any, job_num: int, branches: Sequence[int]) -> str:
    """Return the name of a job's next attempt, which no other job of the user has.

    It is always the same, so that a job can be found after the submitting process was killed.

    Args:
        proxy: law's proxy of the workflow.
        job_num: Number of the job, from 1.
        branches: The branches that it runs.

    Returns:
        Such as `big_ParseFile_12_a1b2c3`: the label of the workflow (a run's name) where it has one, family, number,
        and a digest of the task, its directory, its variant, the branches and the attempt. The batch system may need
        another form of it.
    """
    task, attempt = proxy.task, proxy.job_data.attempts.get(job_num, 0)
    directory = str(get_path(proxy._get_task_attribute("output_directory")()))
    variant = proxy._get_task_attribute("output_postfix")()
    digest = create_hash([directory, variant, task.live_task_id, list(branches), attempt], l=6)
    label = proxy._get_task_attribute("job_label")()
    return "_".join([*([label] if label else []), task.task_family, str(job_num), digest])


def make_job_arguments(proxy: Any, job_num: int, branches: Sequence[int]) -> JobArguments:
    """Make the arguments of law's job script.

    Args:
        proxy: law's proxy of the workflow.
        job_num: Number of the job, from 1.
        branches: The branches that it runs.

    Returns:
        The arguments: only what the command line says of the task itself, and of other tasks, goes along.
    """
    task = proxy.task
    excluded = task.exclude_params_branch | task.exclude_params_workflow | task.exclude_params_remote_workflow
    excluded |= getattr(task, f"exclude_params_{proxy.workflow_type}_workflow", set())
    command = ProxyCommand(
        task.as_branch(branches[0]),
        exclude_task_args=excluded | {"workflow", "effective_workflow"},
        exclude_global_args=[*_NOT_FOR_JOBS, f"{task.task_family}-*"],
    )
    if proxy._get_task_attribute("use_local_scheduler")():
        command.add_arg("--local-scheduler", "True", overwrite=True)
    for key, value in dict(proxy._get_task_attribute("cmdline_args")()).items():
        command.add_arg(key, value, overwrite=True)
    return _Arguments(
        task_cls=task.__class__,
        task_params=command.build(skip_run=True),
        branches=branches,
        workers=task.job_workers,
        auto_retry=False,
        dashboard_data=proxy.dashboard.remote_hook_data(job_num, proxy.job_data.attempts.get(job_num, 0)),
    )
