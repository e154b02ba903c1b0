"""Stages as jobs of a cluster: PBS, Slurm and HTCondor, each through law, polled by :class:`submit.batch.BatchProxy`.

``law run MakeHistograms --workflow pbs`` makes every stage from ParseFile on a workflow of jobs; ``--ParseFile-workflow
pbs`` one stage alone.
"""

import os
import sys
from pathlib import Path
from typing import Any

import law

law.contrib.load("slurm", "htcondor")
law.config.Config._default_config["job"].setdefault("outputs_grace", None)  # so that it is a known key

from law.contrib.htcondor.workflow import HTCondorWorkflow, HTCondorWorkflowProxy  # noqa: E402 (their settings first)
from law.contrib.slurm.workflow import SlurmWorkflow, SlurmWorkflowProxy  # noqa: E402
from law.job.base import JobInputFile  # noqa: E402

from submit.batch import BatchProxy  # noqa: E402
from submit.htcondor import HTCondorJobManager  # noqa: E402
from submit.pbs.job_files import read_directives  # noqa: E402
from submit.pbs.proxy import PBSWorkflowProxy  # noqa: E402
from submit.pbs.workflow import PBSWorkflow  # noqa: E402
from submit.shell_commands import find_shell_characters  # noqa: E402
from submit.slurm import SlurmJobManager  # noqa: E402
from targets.documents.digests import digest  # noqa: E402
from targets.errors import ConfigurationError  # noqa: E402
from targets.storage import atomic  # noqa: E402
from tasks.cli import command_line  # noqa: E402
from tasks.framework.branches import BranchOutputs  # noqa: E402
from tasks.framework.pool import PoolWorkflow  # noqa: E402
from tasks.parameters.jobs import STAGE_SETTINGS, JobParameters  # noqa: E402
from tasks.parameters.types import Choice  # noqa: E402

__all__ = ["ENGINES", "ClusterWorkflow"]

ENGINES = ("pbs", "slurm", "htcondor")
"""What ``--workflow`` may name besides ``local``."""

_PROJECT = Path(__file__).resolve().parents[2]
_FORWARDED_PATHS = (
    *("PIPELINE_VIEW", "LAW_CONFIG_FILE", "X509_USER_PROXY", "XDG_CACHE_HOME"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),  # requests and Python's ssl read them
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")  # requests reads both cases
_FORWARDED = (
    *("ATLAS_API_BASE_URL", "CERN_OPENDATA_BASE_URL"),
    *_PROXIES,
    *map(str.lower, _PROXIES),
)


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

    def slurm_job_manager_cls(self) -> type[SlurmJobManager]:
        return SlurmJobManager

    def slurm_create_job_file_factory(self, **kwargs: Any) -> Any:
        return super().slurm_create_job_file_factory(**_in_directory(self.slurm_output_directory(), kwargs))

    def slurm_job_config(self, config: Any, job_num: int, branches: Any) -> Any:
        attempt = self.workflow_proxy.job_data.attempts.get(job_num, 0)
        unique = digest([self.live_task_id, self.slurm_output_directory().abspath, branches, attempt], 8)
        config.job_name = f"{type(self).__name__}_{job_num}_{unique}"  # so that the job can be found by its name
        config.stdout = config.stderr = "job.log"  # one log a job
        config.render_variables["law_job_base"] = "${TMPDIR:-/tmp}"  # the job script's own files stay on the node
        return config


class _HTCondor(HTCondorWorkflow):
    workflow_proxy_cls = _HTCondorProxy
    exclude_index = True

    def htcondor_job_manager_cls(self) -> type[HTCondorJobManager]:
        return HTCondorJobManager

    def htcondor_create_job_file_factory(self, **kwargs: Any) -> Any:
        return super().htcondor_create_job_file_factory(**_in_directory(self.htcondor_output_directory(), kwargs))


class ClusterWorkflow(JobParameters, PoolWorkflow, _PBS, _Slurm, _HTCondor):
    """A workflow that runs on this machine by default, and as jobs of a cluster when asked to."""

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

    def _write_bootstrap(self) -> JobInputFile:
        """Write the file that a job sources first: it names this Python and sources submit/bootstrap.sh."""
        values = {name: os.environ[name] for name in _FORWARDED if os.environ.get(name)}
        values |= {name: _make_absolute(os.environ[name]) for name in _FORWARDED_PATHS if os.environ.get(name)}
        lines = [
            *(f"export {name}={_quote(value)}" for name, value in values.items()),
            *_export_temporary_directory(),
            "export PIPELINE_JOB=1",
            f"export PIPELINE_BIN={_quote(str(Path(sys.executable).parent))}",
            f". {_quote(str(_PROJECT / 'submit' / 'bootstrap.sh'))} || return 1",
            f". {_quote(str(_PROJECT / 'submit' / 'job_hooks.sh'))}",
        ]
        path = Path(self._get_jobs_directory().abspath) / "bootstrap.sh"
        text = "\n".join([*lines, ""])
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            atomic.write_text(path, text, private=True)  # a proxy's address may hold a password
        return JobInputFile(str(path), copy=False)

    pbs_bootstrap_file = slurm_bootstrap_file = htcondor_bootstrap_file = _write_bootstrap

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


def _in_directory(target: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Put job files into the shared directory of the job data: nodes do not have the submitting host's own."""
    path = Path(target.abspath) / "job_files"
    path.mkdir(parents=True, exist_ok=True)
    return {"dir": str(path), "mkdtemp": False, "cleanup": False} | settings


def _export_temporary_directory() -> list[str]:
    """Use the submitter's temporary directory in a job, where the node has it and the batch system names none."""
    if not (value := os.environ.get("TMPDIR")):
        return []
    folder = _quote(_make_absolute(value))
    return [f'[ -n "${{LAW_JOB_ORIGINAL_TMPDIR:-}}" ] || [ ! -w {folder} ] || export TMPDIR={folder}']


def _make_absolute(path: str) -> str:
    return str(Path(path).absolute())  # jobs start elsewhere


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
