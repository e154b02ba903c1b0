"""Stages as jobs of a cluster: PBS, Slurm and HTCondor, each through law, polled by :class:`submit.batch.BatchProxy`.

``law run MakeHistograms --workflow pbs`` makes every stage from ParseFile on a workflow of jobs; ``--ParseFile-workflow
pbs`` one stage alone.
"""

from pathlib import Path
from typing import Any

import law

law.contrib.load("slurm", "htcondor")
law.config.Config._default_config["job"].setdefault("outputs_grace", None)  # so that it is a known key

from law.contrib.htcondor.workflow import HTCondorWorkflowProxy  # noqa: E402 (their settings first)
from law.contrib.slurm.workflow import SlurmWorkflowProxy  # noqa: E402
from law.job.base import JobInputFile  # noqa: E402
from law.parameter import get_param  # noqa: E402

from submit.batch import BatchProxy  # noqa: E402
from submit.htcondor import HTCondorWorkflow  # noqa: E402
from submit.jobs.bootstrap_file import write_bootstrap  # noqa: E402
from submit.jobs.job_script import write_job_script  # noqa: E402
from submit.jobs.requests import JobRequest, maximum  # noqa: E402
from submit.pbs.job_files import read_directives  # noqa: E402
from submit.pbs.proxy import PBSWorkflowProxy  # noqa: E402
from submit.pbs.workflow import PBSWorkflow  # noqa: E402
from submit.shell_commands import find_shell_characters  # noqa: E402
from submit.slurm.workflow import SlurmWorkflow  # noqa: E402
from targets.documents.digests import digest  # noqa: E402
from targets.errors import ConfigurationError  # noqa: E402
from tasks.cli import command_line  # noqa: E402
from tasks.framework.branches import BranchOutputs  # noqa: E402
from tasks.framework.pool import PoolWorkflow  # noqa: E402
from tasks.parameters.jobs import STAGE_SETTINGS, JobParameters  # noqa: E402
from tasks.parameters.types import Choice  # noqa: E402

__all__ = ["ENGINES", "ClusterWorkflow"]

ENGINES = ("pbs", "slurm", "htcondor")
"""What ``--workflow`` may name besides ``local``."""

_BOOTSTRAP, _JOB_FILES = "bootstrap.sh", "job_files"  # in the directory of a stage's jobs; the second not for PBS


class _PBSProxy(BatchProxy, PBSWorkflowProxy, BranchOutputs):
    def get_job_name(self, job_file: Any) -> str:
        return dict(read_directives(Path(job_file["job"]))).get("-N", "")  # in the dialect's form


class _SlurmProxy(BatchProxy, SlurmWorkflowProxy, BranchOutputs):
    pass


class _HTCondorProxy(BatchProxy, HTCondorWorkflowProxy, BranchOutputs):
    pass


class _PBS(PBSWorkflow):
    workflow_proxy_cls = _PBSProxy
    exclude_index = True


class _Slurm(SlurmWorkflow):
    workflow_proxy_cls = _SlurmProxy
    exclude_index = True

    def slurm_create_job_file_factory(self, **kwargs: Any) -> Any:
        return super().slurm_create_job_file_factory(**_in_directory(self.slurm_output_directory()) | kwargs)


class _HTCondor(HTCondorWorkflow):
    workflow_proxy_cls = _HTCondorProxy
    exclude_index = True

    def htcondor_create_job_file_factory(self, **kwargs: Any) -> Any:
        return super().htcondor_create_job_file_factory(**_in_directory(self.htcondor_output_directory()) | kwargs)


class ClusterWorkflow(JobParameters, PoolWorkflow, _PBS, _Slurm, _HTCondor):
    """A workflow that runs on this machine by default, and as jobs of a cluster when asked to.

    A stage has `granularity`, `needed_stages()`, `required_stages()`, `upstream_task(stage)` and `file_list()`.
    """

    prefer_params_cli = {"workflow", *STAGE_SETTINGS}  # noqa: RUF012 (law's way): --ParseFile-workflow for one stage
    exclude_index = True

    workflow = Choice(
        ("local", *ENGINES),
        default="local",
        description="where branches run: local, pbs, slurm or htcondor",
    )

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Refuse a run directory whose path a shell would interpret in law's job script.

        Raises:
            ConfigurationError: When branches are jobs and the path has blanks, or characters with a meaning in shells.
        """
        params = super().modify_param_values(params)
        folder = params.get("base_output_dir", "")
        workflows = {str(params.get("workflow")), *command_line.of_any("workflow")} & {*ENGINES}
        if workflows and (characters := find_shell_characters(folder)):
            msg = (
                f"base_output_dir = {folder!r}: with --workflow {min(workflows)} its path may not have "
                f"{characters!r}: law's job script does not quote paths, and shells interpret these characters; "
                "choose a path of letters, digits and . _ + - , : @ % ="
            )
            raise ConfigurationError(msg)
        return params

    @classmethod
    def req_params(cls, inst: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Pass settings of jobs on only where the command line sets them: else those of a stage's own section count."""
        params: dict[str, Any] = super().req_params(inst, *args, **kwargs)
        unset = {name for name in STAGE_SETTINGS & params.keys() if not command_line.is_given(name)}
        if cls is not type(inst) and command_line.is_own(type(inst).__name__, "workflow"):
            params["workflow"] = command_line.of_root("workflow") or PoolWorkflow.workflow_proxy_cls.workflow_type
        return {name: value for name, value in params.items() if name not in unset - kwargs.keys()}

    def _get_jobs_directory(self) -> Any:
        """Return the shared directory of a stage's job files and job data."""
        return law.LocalDirectoryTarget(str(self.run_directory() / "logs" / "jobs" / type(self).__name__))

    pbs_output_directory = slurm_output_directory = htcondor_output_directory = _get_jobs_directory

    def _get_logs_directory(self) -> Any:
        """Return the directory of the jobs' logs."""
        return law.LocalDirectoryTarget(str(Path(self._get_jobs_directory().abspath) / "logs"))

    pbs_log_directory = slurm_log_directory = htcondor_log_directory = _get_logs_directory

    def _get_files_digest(self) -> str:
        """Distinguish job data by parameters and input files: law would confuse those of different runs."""
        if not self.workflow_condition():
            return "unknown"
        branches = self.get_branch_map().values()
        variants = [str(self.folder(dataset)) for dataset in sorted({branch.dataset for branch in branches})]
        return digest([variants, [branch.digest for branch in branches]], 12)

    pbs_output_postfix = slurm_output_postfix = htcondor_output_postfix = _get_files_digest

    def _get_job_label(self) -> str:
        """Name jobs after their run first: lists of jobs show the beginning of a name."""
        return str(self.run_name)

    pbs_job_label = slurm_job_label = htcondor_job_label = _get_job_label

    def _get_job_request(self) -> JobRequest:
        """Return the cores, memory and time of a job: the maximum over the stages that it makes."""
        return maximum(stage.own_job_request(str(self.workflow)) for stage in self.chain())

    pbs_job_request = slurm_job_request = htcondor_job_request = _get_job_request

    def own_job_request(self, engine: str) -> JobRequest:
        """Return what the settings of this stage alone request of a batch system."""
        names = [f"{engine}_{name}" for name in ("ncpus", "memory", "walltime")]
        return JobRequest(*(get_param(getattr(self, name)) for name in names))

    @property
    def priority(self) -> int:
        """Let long chains run first: a stage that other tasks wait for too may then be done already."""
        return len(self.chain())

    def stages_before_chain(self) -> set[str]:
        """Return the names of stages upstream that no job of this one can make: a branch reads all their products."""
        return set()

    def chain(self) -> list["ClusterWorkflow"]:
        """Return the stages that a branch makes on its way, in their order, this one last.

        These are the stages upstream, directly or not, that have a branch for each group of files too and run where
        this one does: as jobs of the same batch system, or on this machine.
        """
        if self.granularity != "group":
            return [self]
        before = self.stages_before_chain()
        while True:
            members = self._collect_chain(before)
            more = {name for stage in members.values() for name in stage.stages_before_chain()}
            if more <= before:
                return [*members.values()]
            before |= more

    def _collect_chain(self, before: set[str]) -> dict[str, "ClusterWorkflow"]:
        members: dict[str, ClusterWorkflow] = {}
        for stage in self.needed_stages():
            if stage.granularity == "group" and stage.__name__ not in before:
                task = self.upstream_task(stage)
                members |= task._collect_chain(before) if task.workflow == self.workflow else {}
        return members | {self.task_family: self}

    def deps(self) -> list[Any]:
        """Return what luigi makes before this task; `requires` names all that it reads.

        Of a chain, the branches of its last stage make the others: nothing waits for these, neither the chain nor a
        stage that requires its last stage too. What was deleted of a stage while the chain is done is made by itself.
        """
        if self.is_controlling_remote_jobs():
            return list(super().deps())
        chain = self.chain()
        made_next = [member for member in chain if member is self or not member.complete()]
        tasks = {stage: member.upstream_task(stage) for member in made_next for stage in member.required_stages()}
        made = {name for task in tasks.values() for name in task.made_on_the_way()}
        made = made - self.stages_before_chain() | {stage.task_family for stage in chain}
        return [*(task for stage, task in tasks.items() if stage.__name__ not in made), self.file_list()]

    def made_on_the_way(self) -> set[str]:
        """Name the stages of the chain that the branches of this one make, also of those that somebody has deleted."""
        stages = self.chain()[:-1]
        if stages and self.is_workflow() and self.workflow_condition():
            missing = {*self.workflow_proxy.missing()}
            stages = [stage for stage in stages if missing.issuperset(stage.workflow_proxy.missing())]
        return {stage.task_family for stage in stages}

    def modify_polling_status_line(self, status_line: str) -> str:
        """Name the stages that the jobs make, where they are several."""
        name = self.workflow_proxy.chain_name
        return status_line if name == self.task_family else f"{name}: {status_line}"

    def _write_bootstrap(self) -> JobInputFile:
        """Write the file that a job sources first."""
        path = Path(self._get_jobs_directory().abspath) / _BOOTSTRAP
        write_bootstrap(path)
        return JobInputFile(str(path), copy=False)

    pbs_bootstrap_file = slurm_bootstrap_file = htcondor_bootstrap_file = _write_bootstrap

    def _write_job_script(self) -> JobInputFile:
        """Write law's job script, once for all jobs of the stage."""
        folder = Path(self._get_jobs_directory().abspath)
        return write_job_script(folder / "law_job.sh", folder / _BOOTSTRAP)

    pbs_job_file = slurm_job_file = _write_job_script

    def htcondor_job_file(self) -> JobInputFile:
        """Write the same beside the job files: HTCondor looks for it where they are submitted."""
        folder = Path(self._get_jobs_directory().abspath)
        return write_job_script(folder / _JOB_FILES / "law_job.sh", folder / _BOOTSTRAP)

    def _use_local_scheduler(self) -> bool:
        """Give jobs a scheduler of their own: nodes may not reach luigid."""
        return True

    pbs_use_local_scheduler = slurm_use_local_scheduler = htcondor_use_local_scheduler = _use_local_scheduler

    def _get_job_arguments(self) -> dict[str, str]:
        """Return further arguments of a job: metadata are fresh already, and a branch needs one process."""
        return {"refresh-metadata": "False", "threads": "1"}

    pbs_cmdline_args = slurm_cmdline_args = htcondor_cmdline_args = _get_job_arguments

    def _require_outputs(self) -> bool:
        """Count a job as done only when its outputs exist."""
        return True

    pbs_check_job_completeness = slurm_check_job_completeness = htcondor_check_job_completeness = _require_outputs


def _in_directory(target: Any) -> dict[str, str | bool]:
    """Return where job files go, the shared directory of the job data: nodes do not have the submitting host's own."""
    path = Path(target.abspath) / _JOB_FILES
    path.mkdir(parents=True, exist_ok=True)
    return {"dir": str(path), "mkdtemp": False, "cleanup": False}
