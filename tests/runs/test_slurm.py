"""Stages as jobs of a real Slurm, through its own commands and through its wrappers of PBS's."""

import os
import re
from pathlib import Path

import pytest

from tests.support.runs import LAW, PROJECT, finish
from tests.support.slurm_engine import missing, slurm
from tests.support.toy_files import truncate

SLURMS = ("ComputeMasses", "FindPeaks")  # and those above ComputeMasses; the other stages go through qsub


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
    others = [word for stage in SLURMS for word in (f"--{stage}-workflow", "slurm")]
    done = submit("pbs", "MakeHistograms", *others, files_per_branch=3)
    assert done.status == 0, done.text
    assert run.histograms() == three
    engines = re.findall(r"^submitted 1 (pbs|slurm) job", done.text, re.MULTILINE)
    assert len(engines) == 7
    assert set(engines) == {"pbs", "slurm"}


@pytest.mark.parametrize("engine", ["slurm", "pbs"])
def test_a_job_that_fails_is_named_with_its_log_and_last_words(submit, run, files, engine):
    truncate(files[0])
    failed = submit(engine, "ParseFile", tasks_per_job=3)
    assert failed.status == 30
    assert "ParseFile: 1 of 3 branches have no output (the others are done, and stay done):" in failed.text
    (log,) = re.findall(r"^branch 0: job \d+: .*; log: (\S+)$", failed.text, re.MULTILINE)
    assert f"    1 of 1 files cannot be read:\n      {files[0]}: " in failed.text
    assert "although branch 0 failed" in Path(log).read_text()
    assert len(run.products("parsed_data")) == 2
