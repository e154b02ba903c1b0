"""Stages as jobs of a real Slurm, through its own commands and through its wrappers of PBS's."""

import os
import re
from pathlib import Path

import pytest

from tests.support.runs import LAW, PROJECT, finish
from tests.support.slurm_engine import missing, slurm
from tests.support.toy_files import truncate


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(f"CI must provide Slurm: {reason}")
        pytest.skip(reason)
    with slurm(tmp_path_factory.mktemp("slurm") / "s") as environment:
        yield environment


@pytest.fixture
def submit(cluster, run, tmp_path):
    """A function that runs a task as jobs."""

    def submitting(engine, task, *words, **more):
        environment = cluster | {
            "LAW_CONFIG_FILE": str(PROJECT / "law.cfg"),
            "LAW_HOME": str(tmp_path / "law"),
            "LAW__job__outputs_grace": "0s",
        }
        task, *arguments = run.arguments(*words, task=task, **{"retries": 0} | more)[2:]
        command = [LAW, "run", f"tasks.{task}", *arguments, "--workflow", engine, "--poll-interval", "0.5s"]
        return finish(command, tmp_path, **environment)

    return submitting


def test_the_same_histograms_as_a_local_run(submit, run, three):
    done = submit("slurm", "MakeHistograms", "--FindPeaks-workflow", "pbs")
    assert done.status == 0, done.text
    assert run.histograms() == three
    engines = re.findall(r"^submitted (\d+) (pbs|slurm) job", done.text, re.MULTILINE)
    assert sorted(engines) == [("1", "pbs"), ("1", "slurm"), ("3", "slurm"), ("3", "slurm")]  # two jobs a branch, and two
    assert "CountMasses, with ParseFile and ComputeMasses: jobs make 3 of 3 branches" in done.text
    assert "FillHistograms, with RemovePeaks: jobs make 3 of 3 branches" in done.text


@pytest.mark.parametrize("engine", ["slurm", "pbs"])
def test_a_job_that_fails_is_named_with_its_log_and_last_words(submit, run, files, engine):
    truncate(files[0])
    failed = submit(engine, "ParseFile", tasks_per_job=3)
    assert failed.status == 30
    assert "ParseFile: 1 of 3 branches have no output (the others are done, and stay done):" in failed.text
    (log,) = re.findall(r"^branch 0: job \d+: .*; log: (\S+)$", failed.text, re.MULTILINE)
    assert ("failed, exit status 60" in failed.text) == (engine == "slurm")  # qstat does not tell
    assert f"    1 of 1 files cannot be read:\n      {files[0]}: " in failed.text
    assert "although branch 0 failed" in Path(log).read_text()
    assert len(run.products("parsed_data")) == 2


def test_each_attempt_has_a_log_of_its_own(submit, run, files):
    truncate(files[0])
    failed = submit("slurm", "ParseFile", files_per_branch=3, retries=1)
    assert failed.status == 30
    assert len(list((run.out / "logs" / "jobs" / "ParseFile" / "logs").iterdir())) == 2


def test_a_mistyped_partition_is_named_once(submit, run):
    refused = submit("slurm", "ParseFile", "--slurm-partition", "nosuch", retries=2)
    assert refused.status == 30
    assert re.search(r"^branch 0,1,2: \S+ was not submitted: sbatch ended with 1: .*nosuch$", refused.text, re.MULTILINE)
    assert "0 (+0), failed" not in refused.text.split("going to submit")[1]  # no poll
