"""The files of a job: its name, log, directives and arguments; tests/submit/pbs/test_workflow.py runs such jobs."""

import base64
import shlex
from pathlib import Path

import law
import luigi
import pytest
from law.job.dashboard import NoJobDashboard

from submit.pbs.job_files import read_directives
from submit.pbs.workflow import PBSWorkflow


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


def test_a_name_is_the_same_for_the_same_attempt_alone(proxy):
    names = [proxy().format_job_name(1, [0, 1]) for _ in range(2)]
    assert names[0] == names[1]
    assert names[0].startswith("Cube_1_")
    different = [proxy(word="w").format_job_name(1, [0, 1]), proxy().format_job_name(1, [0])]
    (again := proxy()).job_data.attempts[1] = 1
    assert len({names[0], *different, again.format_job_name(1, [0, 1])}) == 4


def test_a_job_file_holds_what_the_parameters_say(proxy, tmp_path):
    made = proxy(pbs_queue="long", pbs_account="atlas", pbs_memory="2gb", pbs_walltime=1.5, pbs_ncpus=2)
    job_file = made.create_job_file(2, [2, 3])
    name = made.format_job_name(2, [2, 3])
    assert Path(job_file["job"]).parent == tmp_path / "pbs_jobs"
    assert job_file["log"] == f"{tmp_path}/logs/{name}.log"
    directives = read_directives(Path(job_file["job"]))
    assert directives[:4] == [("-N", name), ("-q", "long"), ("-A", "atlas"), ("-o", job_file["log"])]
    assert directives[4] == ("-l", "nodes=1:ppn=2,mem=2gb,walltime=01:30:00")


def test_a_job_runs_its_branches_with_significant_arguments_alone(proxy):
    job_file = proxy(word="naïve", pbs_queue="long").create_job_file(1, [2, 3])
    words = shlex.split(Path(job_file["job"]).read_text().splitlines()[-1])
    position = words.index("Cube")
    decoded = [base64.b64decode(word).decode() for word in words[position + 1 : position + 3]]
    assert "--word=naïve" in shlex.split(decoded[0])
    assert "pbs-queue" not in decoded[0]
    assert decoded[1] == "2 3"


def test_a_directory_of_law_cfg_holds_the_job_files(proxy, configure, tmp_path):
    configure(pbs_job_file_dir=tmp_path / "configured")
    assert Path(proxy().create_job_file(1, [0])["job"]).parent == tmp_path / "configured"


def test_transferred_logs_are_named_too(proxy):
    made = proxy(transfer_logs=True)
    job_file = made.create_job_file(1, [0])
    assert Path(job_file["log"]).name == f"stdall_{made.format_job_name(1, [0])}.txt"
