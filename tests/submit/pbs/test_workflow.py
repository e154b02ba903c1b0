"""A small workflow of law, end to end: real commands, real job files, jobs that run; and what goes wrong with jobs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
LUIGI, LAW = (str(Path(sys.executable).with_name(name)) for name in ("luigi", "law"))

TASKS = """
import os

import law
import luigi

from submit.pbs.workflow import PBSWorkflow

HERE = os.environ["SMALL"]


class Square(PBSWorkflow, law.LocalWorkflow):
    word = luigi.Parameter(default="")
    light = luigi.BoolParameter(default=True, significant=False)
    pbs_queue = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_account = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_memory = luigi.Parameter(default=law.NO_STR, significant=False)
    pbs_walltime = law.DurationParameter(default=law.NO_FLOAT, unit="h", significant=False)
    pbs_ncpus = luigi.IntParameter(default=1, significant=False)

    def create_branch_map(self):
        return {number: number for number in range(4)}

    def output(self):
        return law.LocalFileTarget(f"{HERE}/out/{self.branch}.txt")

    def run(self):
        self.output().dump(f"{self.branch_data ** 2} {self.word}", formatter="text")

    def pbs_output_directory(self):
        return law.LocalDirectoryTarget(f"{HERE}/run")

    def pbs_log_directory(self):
        return law.LocalDirectoryTarget(f"{HERE}/logs")

    def pbs_job_file(self):
        return law.JobInputFile(f"{HERE}/light.sh") if self.light else super().pbs_job_file()

    def pbs_bootstrap_file(self):
        return law.JobInputFile(f"{HERE}/bootstrap.sh")

    def pbs_post_submit_delay(self):
        return 0


class Other(Square):
    pass
"""
# in place of law's job script, which takes seconds: the same arguments
LIGHT = """#!/bin/bash
cd "$(dirname "$0")/.." || exit 1
for branch in $(echo "$4" | base64 -d); do
    [ -f "../fail_$branch" ] && mv "../fail_$branch" "../failed_$branch" && echo "no luck" && exit 3
    [ -f "../nothing_$branch" ] || { mkdir -p ../out; echo "done $branch" > "../out/$branch.txt"; }
done
[ ! -f ../sleep ] || exec sleep 600
"""


class Small:
    """The folder of a small workflow, and the engine that its jobs run on."""

    def __init__(self, folder, pbs):
        self.folder, self.pbs = folder, pbs
        for name, text in (("small.py", TASKS), ("light.sh", LIGHT), ("law.cfg", "[logging]\nlaw = WARNING\n")):
            (folder / name).write_text(text)
        (folder / "bootstrap.sh").write_text(
            f"export PATH={Path(sys.executable).parent}:$PATH PYTHONPATH={folder}:{PROJECT} SMALL={folder}\n"
            f"export LAW_CONFIG_FILE={folder}/law.cfg LAW_HOME={folder}/law\n"
        )

    def start(self, *words, command=(LAW, "run", "small.Square")):
        environment = {
            **os.environ, **self.pbs.environment, "PYTHONPATH": f"{self.folder}:{PROJECT}", "SMALL": str(self.folder),
            "LAW_CONFIG_FILE": f"{self.folder}/law.cfg", "LAW_HOME": f"{self.folder}/law",
        }  # fmt: skip
        return subprocess.Popen(
            [*command, "--local-scheduler", "--workflow", "pbs", "--poll-interval", "0.1s", *words], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder, start_new_session=True,
        )  # fmt: skip

    def __call__(self, *words, command=(LAW, "run", "small.Square")):
        with self.start(*words, command=command) as process:
            return process.communicate(timeout=200)[0]

    def outputs(self):
        return {int(path.stem): path.read_text().strip() for path in (self.folder / "out").glob("*.txt")}

    def job_data(self):
        return json.loads((self.folder / "run" / "pbs_jobs_0To4.json").read_text())

    def names(self):
        return [job["name"] for job in self.pbs.submissions()]


@pytest.fixture
def small(engine, tmp_path):
    def make(*words, **more):
        return Small(tmp_path, engine(*words, **more))

    return make


def test_from_end_to_end(small):
    # the hardest engine: no exit status, another folder, jobs that are forgotten; and luigi's own command
    run = small("slurm", history=False)
    output = run(
        "--light=False", "--tasks-per-job", "2", "--word", "naïve 好", "--pbs-queue", "short", "--pbs-memory", "2GB",
        "--pbs-walltime", "1.5", "--pbs-ncpus", "2", "--pbs-account", "atlas", "--workers", "1", "--no-lock",
        "--Square-retries", "0", "--Other-workflow", "local", "--Other-word", "w",
        "--log-level", "WARNING", command=(LUIGI, "--module", "small", "Square"),
    )  # fmt: skip
    assert run.outputs() == {number: f"{number**2} naïve 好" for number in range(4)}, output
    jobs = run.pbs.jobs()
    assert [(job["queue"], job["account"]) for job in jobs] == [("short", "atlas")] * 2
    assert {job["resources"] for job in jobs} == {"nodes=1:ppn=2,mem=2gb,walltime=01:30:00"}
    assert {path.name for path in run.folder.glob("logs/*")} == {Path(job["log"]).name for job in jobs}
    logs = sorted(run.folder.glob("logs/*"))
    assert re.fullmatch(r"Square_1_[0-9a-f]{6}\.log", logs[0].name)
    text = logs[0].read_text()
    assert "job exit code : 0" in text
    commands = re.findall(r"^cmd: (.*)$", text, re.MULTILINE)
    assert len(commands) == 2
    words = {word.split("=")[0] for word in commands[0].split() if word.startswith("--")}
    assert words == {
        "--word", "--light", "--log-file", "--clear-logs", "--Other-word", "--local-scheduler", "--branch", "--workers"
    }  # fmt: skip
    # nothing of the submit host's /tmp, nothing left in the shared folder but what was submitted
    files = {path.name.split("_")[0] for path in run.folder.glob("run/pbs_jobs/*")}
    assert files == {"pbs", "law", "bootstrap"}
    assert sorted(path.name for path in run.folder.glob("run/*")) == ["pbs_jobs", "pbs_jobs_0To4.json"]
    assert "/tmp/tmp" not in Path(jobs[0]["script"]).read_text()


@pytest.mark.parametrize(
    ("dialect", "history"), [("openpbs", True), ("openpbs", False), ("torque", True), ("slurm", True)]
)
def test_every_dialect(small, dialect, history):
    run = small(dialect, history=history)
    output = run("--parallel-jobs", "2")
    assert run.outputs() == {number: f"done {number}" for number in range(4)}, output
    assert len(set(run.names())) == 4
    assert all(re.fullmatch(r"Square_\d_[0-9a-f]{6}", name) for name in run.names())
    assert {data["status"] for data in run.job_data()["jobs"].values()} == {"finished"}
    assert all(Path(data["extra"]["log"]).is_file() for data in run.job_data()["jobs"].values())
    assert "submit" not in run("--parallel-jobs", "2")  # complete
    assert len(run.names()) == 4


def test_a_job_that_fails_once(small):
    run = small()
    (run.folder / "fail_2").touch()
    output = run("--retries", "1")
    assert run.outputs().keys() == {0, 1, 2, 3}
    assert "exit status 3; PBS says: Job run at" in output
    assert f"log: {run.folder}/logs/Square_3_" in re.sub(r"\x1b\[[0-9;]*m", "", output)
    assert "remote host" in output
    again = [name for name in run.names() if name.startswith("Square_3_")]
    assert len(set(again)) == 2
    assert [path.read_text() for path in run.folder.glob(f"logs/{again[0]}.log")] == ["no luck\n"]


@pytest.mark.parametrize("dialect", ["openpbs", "slurm"])
def test_a_job_that_leaves_nothing_has_failed(small, dialect):
    run = small(dialect)
    (run.folder / "nothing_1").touch()
    output = run("--retries", "0")
    assert "tolerance exceeded for job(s) 2" in output
    assert run.outputs().keys() == {0, 2, 3}


def test_jobs_that_are_cancelled(small):
    run = small(slots=1)
    (run.folder / "sleep").touch()
    run("--no-poll")
    run.pbs.wait(lambda jobs: any(job["state"] == "R" for job in jobs))
    output = run("--cancel-jobs")
    assert "going to cancel 4 jobs" in output
    run.pbs.wait(lambda jobs: all(job["state"] == "F" for job in jobs))


def test_a_submission_that_is_followed_later(small):
    run = small(slots=4)
    run("--no-poll")
    run.pbs.wait(lambda jobs: all(job["state"] == "F" for job in jobs))
    assert run.outputs().keys() == {0, 1, 2, 3}
    (run.folder / "out" / "3.txt").unlink()
    run()
    assert run.outputs().keys() == {0, 1, 2, 3}
    assert len(run.names()) == 5


def test_a_server_that_goes_away_and_comes_back(small):
    run = small(slots=1)
    run.pbs.pause()
    with run.start("--poll-fails", "1000") as process:
        run.pbs.wait(lambda jobs: len(jobs) == 4)
        run.pbs.down()
        run.pbs.resume()
        run.pbs.wait(lambda jobs: all(job["state"] == "F" for job in jobs))
        output = []
        for line in process.stdout:
            output.append(line)
            if "cannot connect to server stub" in line:
                break
        run.pbs.up()
        output += process.communicate(timeout=100)[0]
    assert run.outputs().keys() == {0, 1, 2, 3}
    assert len(run.names()) == 4
    assert "retry: 1" not in "".join(output)
