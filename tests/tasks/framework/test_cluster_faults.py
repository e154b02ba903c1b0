"""What clusters do to runs: killed submitters and jobs, full disks, silent servers."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.pbs_engine import engine
from tests.support.runs import LAW, PROJECT, Outcome, clean_environment
from tests.support.toy_files import truncate

__all__ = ["engine"]

LONGEST_S = 200


class Jobs:
    """Runs of ParseFile as jobs of the stub of PBS."""

    def __init__(self, run, pbs):
        self.run, self.pbs = run, pbs

    @contextmanager
    def started(self, *words, task="ParseFile", **more):
        environment = clean_environment() | self.pbs.environment
        environment |= {"LAW_CONFIG_FILE": str(PROJECT / "law.cfg"), "LAW_HOME": str(self.run.folder / "law")}
        environment |= {"LAW__job__outputs_grace": "0s"}
        task, *arguments = self.run.arguments(*words, task=task, **{"retries": 0} | more)[2:]
        command = [LAW, "run", f"tasks.{task}", *arguments, "--workflow", "pbs", "--poll-interval", "0.3s"]
        with subprocess.Popen(
            command, cwd=self.run.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def __call__(self, *words, **more):
        with self.started(*words, **more) as process:
            return ended(process)


def ended(process):
    text, _ = process.communicate(timeout=LONGEST_S)
    return Outcome(process.returncode, text)


def wait_until(condition):
    end = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.005)


@pytest.fixture
def jobs(run, engine):
    def make(*words, **more):
        return Jobs(run, engine(*words, **more))

    return make


def check(jobs, three):
    """Go on from ParseFile's products on this machine: the histograms are those of an undisturbed run."""
    before = jobs.run.state()
    jobs.run()
    assert jobs.run.changed_since(before) == []
    assert jobs.run.histograms() == three
    assert jobs.run.leftovers() == []


@pytest.mark.parametrize("dialect", ["openpbs", "slurm"])
def test_a_submitter_killed_twice_loses_no_job_and_doubles_none(jobs, three, dialect):
    jobs = jobs(dialect, slots=1)
    jobs.pbs.pause()
    for number in (1, 2):
        with jobs.started(submission_threads=1) as process:
            wait_until(lambda number=number: len(jobs.pbs.submissions()) >= number)
            os.killpg(process.pid, signal.SIGKILL)
    with jobs.started() as process:
        wait_until(lambda: len(jobs.pbs.submissions()) == 3)
        jobs.pbs.resume()
        wait_until(lambda: jobs.run.products("parsed_data"))
        os.killpg(process.pid, signal.SIGKILL)
    done = jobs()
    assert done.status == 0, done.text
    assert len(jobs.pbs.submissions()) == 3
    check(jobs, three)


def test_jobs_killed_by_walltime_by_qdel_and_while_they_write(jobs, three):
    jobs = jobs()
    with jobs.started(retries=1) as process:
        jobs.pbs.wait(lambda all_jobs: [job["state"] for job in all_jobs] == ["R"] * 3)
        jobs.pbs.kill(1, -29)
        qdel = [sys.executable, PROJECT / "tests" / "support" / "pbs_stub.py", "qdel", jobs.pbs.folder, "2"]
        subprocess.run(qdel, check=True)
        wait_until(lambda: list((jobs.run.out / "parsed_data").glob("*/.*.root")))
        jobs.pbs.kill(3)
        done = ended(process)
    assert done.status == 0, done.text
    assert len(jobs.pbs.submissions()) == 6
    assert "walltime" in done.text
    check(jobs, three)


def test_a_server_that_is_down_is_waited_for(jobs, three):
    jobs = jobs()
    jobs.pbs.pause()
    jobs.pbs.down()
    with jobs.started(files_per_branch=3) as process:
        output = read_until(process, "going to submit 1 pbs job")
        wait_until(lambda: "qsub" in jobs.pbs.turned_away())
        jobs.pbs.up()
        jobs.pbs.wait(lambda all_jobs: len(all_jobs) == 1)
        output += read_until(process, "pending: 1")
        jobs.pbs.down()
        for _ in range(6):  # law's own patience is five
            output += read_until(process, "error(s) occured during job status query")
        jobs.pbs.up()
        jobs.pbs.resume()
        done = ended(process)
    assert done.status == 0, output + done.text
    assert len(jobs.pbs.submissions()) == 1
    jobs.run(files_per_branch=3)
    assert jobs.run.histograms() == three


def read_until(process, words):
    output = []
    for line in process.stdout:
        output.append(line)
        if words in line:
            return "".join(output)
    raise AssertionError("".join(output))


def test_a_job_that_fails_twice_is_done_and_one_that_always_fails_is_named(jobs, files):
    truncate(files[0])
    jobs = jobs(slots=2)
    with jobs.started(retries=2) as process:
        for _ in range(2):
            jobs.pbs.wait(lambda all_jobs: any(lives(job) for job in all_jobs))
            jobs.pbs.kill(next(job["number"] for job in jobs.pbs.jobs() if lives(job)))
            jobs.pbs.wait(lambda all_jobs: not any(lives(job) for job in all_jobs))
        failed = ended(process)
    assert failed.status == 30
    names = [job["name"].split("_")[2] for job in jobs.pbs.submissions()]
    assert sorted(names) == ["1", "1", "1", "2", "2", "2", "3"]
    assert "ParseFile: 1 of 3 branches have no output (the others are done, and stay done):" in failed.text
    (log,) = re.findall(r"^branch 0: job \d+\.stub: exit status 60.*; log: (\S+)$", failed.text, re.MULTILINE)
    assert Path(log).is_file()
    assert f"    1 of 1 files cannot be read:\n      {files[0]}: " in failed.text
    assert len(jobs.run.products("parsed_data")) == 2


def lives(job):
    """Tell whether a job is the second one, and runs."""
    return job["name"].startswith("r_ParseFile_2_") and job["state"] == "R"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named_and_with_more_space_the_run_goes_on(jobs, three):
    jobs = jobs()
    disk = jobs.run.out / "parsed_data"
    disk.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        failed = jobs(files_per_branch=3)
        assert failed.status == 30
        assert "branch 0: job 1.stub: exit status 60" in failed.text
        assert (
            "No space left on device; no space left on this disk: free some, or choose another base_output_dir"
            in failed.text
        )
        assert not jobs.run.products("parsed_data")
        subprocess.run(["mount", "-o", "remount,size=10m", disk], check=True)
        jobs.run(files_per_branch=3)
        assert jobs.run.histograms() == three
        assert jobs.run.leftovers() == []
    finally:
        subprocess.run(["umount", disk], check=True)
