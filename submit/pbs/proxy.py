"""law's workflow proxy for PBS: makes the jobs of a workflow, submits them and polls them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from law.parameter import get_param
from law.workflow.remote import BaseRemoteWorkflowProxy

from submit.jobs.arguments import format_job_name, make_job_arguments
from submit.pbs.job_files import PBSJobFileFactory, make_local_directory
from submit.pbs.manager import PBSJobManager
from submit.pbs.settings import get_directives, get_setting

__all__ = ["PBSWorkflowProxy"]


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
        """Return the name of a job's next attempt; the job file holds it as the dialect requires."""
        return format_job_name(self, job_num, branches)

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
        c.arguments = make_job_arguments(self, job_num, branches).join()
        c.queue, c.account = get_param(task.pbs_queue), get_param(task.pbs_account)
        request = task.pbs_job_request()
        c.ncpus, c.memory, c.walltime_s = request.ncpus, request.memory, request.walltime_s
        c.folder = make_local_directory(task.pbs_output_directory()).abspath
        logs = make_local_directory(task.pbs_log_directory())
        c.stdout = str(Path(logs.abspath, f"{c.job_name}.log"))
        c.custom_log_file = str(Path(logs.abspath, f"stdall_{c.job_name}.txt")) if task.transfer_logs else None
        c.render_variables["law_job_base"] = "${TMPDIR:-/tmp}"  # the job script's own files stay on the node
        path, c = factory(postfix=f"_{c.job_name}", **vars(c))
        return {"job": path, "config": c, "log": c.custom_log_file or c.stdout}
