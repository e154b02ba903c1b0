"""A small workflow of PBS whose job files are written and never run."""

import law
import luigi
import pytest
from law.job.dashboard import NoJobDashboard

from submit.pbs.workflow import PBSWorkflow

__all__ = ["Cube", "proxy"]


class Cube(PBSWorkflow):
    exclude_index = True
    folder = luigi.Parameter()
    word = luigi.Parameter(default="")
    pbs_queue = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_account = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_memory = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_walltime = law.DurationParameter(default=law.NO_FLOAT, unit="h", significant=False)
    pbs_ncpus = luigi.IntParameter(default=1, significant=False)

    def create_branch_map(self):
        return {number: number for number in range(4)}

    def output(self):
        return law.LocalFileTarget(f"{self.folder}/{self.branch}.txt")

    def run(self):
        raise NotImplementedError  # no job runs here

    def pbs_output_directory(self):
        return law.LocalDirectoryTarget(self.folder)

    def pbs_log_directory(self):
        return law.LocalDirectoryTarget(f"{self.folder}/logs")

    def pbs_bootstrap_file(self):
        return law.JobInputFile(f"{self.folder}/bootstrap.sh")


@pytest.fixture
def proxy(tmp_path, configure, monkeypatch):
    """A function that makes the proxy of a task, ready to write job files."""

    def make(**parameters):
        configure(pbs_dialect="torque")
        monkeypatch.setattr("law.task.proxy.global_cmdline_args", lambda exclude: {})  # there is no command line
        (tmp_path / "bootstrap.sh").write_text("true\n")
        made = Cube(folder=str(tmp_path), workflow="pbs", **parameters).workflow_proxy
        made.job_manager = made.create_job_manager()
        made.dashboard = NoJobDashboard()
        made.job_file_factory = made.create_job_file_factory()
        return made

    return make
