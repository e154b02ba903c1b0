"""The documentation: every command and every block of Python is run, every link leads somewhere, every name exists."""

import inspect
import re
import traceback
from pathlib import Path

import pytest

import tasks
from tasks import parameters
from tests.conftest import REAL_DATA
from tests.doc_pages import PAGES, PROJECT, Page
from tests.doc_sandbox import Sandbox, atlas_file, matches, world

_TAKES_LONG = "sets up an environment or runs all tests: CI does"
_NEEDS_A_CLUSTER = "needs a batch system; tests/submit and tests/test_slurm.py run such jobs. Here its options are parsed"
_NEEDS_A_SITE = "needs a machine or a service that is not here"

_INSTEAD = {  # what is run in place of a command, and why
    "scripts/demo": (
        "luigi --module tasks MakeHistograms --local-scheduler --release-years demo --run-name demo",
        "sets up an environment first: CI does",
    ),
}
_NOT_RUN: dict[str, str] = {  # commands that are not run here, and why
    "scripts/test": _TAKES_LONG,
    "scripts/lint": _TAKES_LONG,
    "sudo apt install git python3 python3-venv": _NEEDS_A_SITE,
    "git clone <address of this repository> atlas-open-data-pipeline": _NEEDS_A_SITE,
    "cd atlas-open-data-pipeline": _NEEDS_A_SITE,
    "PIPELINE_VIEW=/cvmfs/sft.cern.ch/lcg/views/LCG_107/x86_64-el9-gcc13-opt . submit/bootstrap.sh": _NEEDS_A_SITE,
}
_PARSED = [  # commands that need a batch system: here law parses their options, and says what is done
    f"law run MakeHistograms --local-scheduler --workflow {engine} --run-name big --release-years 2020e-13tev --skim 2lep {options}"
    for engine, options in (
        ("pbs", "--files-per-branch 50 --tasks-per-job 2 --pbs-queue long --pbs-walltime 4h --pbs-memory 2gb"),
        ("slurm", "--files-per-branch 50 --slurm-partition long"),
        ("htcondor", "--files-per-branch 50 --htcondor-scheduler my-scheduler"),
    )
] + [
    "law run MakeHistograms --local-scheduler --workflow pbs --run-name all --release-years 2020e-13tev --skim 2lep --files-per-branch 50",
]
_INSTEAD |= {command: (f"{command} --print-status 0", _NEEDS_A_CLUSTER) for command in _PARSED}
_FIRST = "docs/first-analysis.md"


@pytest.fixture(scope="session")
def atlas_data(tmp_path_factory):
    """What the release 2020e-13tev has in its skims: the real files where they are, else toys."""
    real = sorted((REAL_DATA / "atlas-2020e-13tev").glob("*.root"))
    folder = tmp_path_factory.mktemp("atlas")
    return real or [atlas_file(folder / f"data_{part}.4lep.root", seed) for seed, part in enumerate("AB")]


@pytest.fixture(scope="session")
def environment(tmp_path_factory, atlas_data):
    with world(tmp_path_factory.mktemp("world"), atlas_data) as variables:
        yield variables


def pages():
    marked = {_FIRST: [pytest.mark.realdata]}
    return [pytest.param(name, marks=marked.get(name, ())) for name in PAGES]


@pytest.mark.parametrize("name", pages())
def test_blocks_run_and_print_what_the_page_says(name, environment, tmp_path):
    blocks = [block for block in Page(name).blocks if block.language in ("sh", "python") or block.file_name()]
    if not blocks:
        return
    sandbox = Sandbox(tmp_path / "project", environment)
    instead = {command: new for command, (new, _) in _INSTEAD.items()} | dict.fromkeys(_NOT_RUN, "")
    problems = []
    for block in blocks:
        try:
            said = sandbox.run(block, instead)
        except Exception:
            problems.append(f"{name}, line {block.line}:\n{traceback.format_exc(limit=-2)}")
            continue
        if absent := matches(block.shown, said):
            problems.append(f"{name}, line {block.line}: not printed: {absent}\n\nprinted:\n{said}")
    assert not problems, "\n\n".join(problems)


def test_no_command_is_listed_that_no_page_has():
    there = {command for name in PAGES for block in Page(name).blocks for command in block.commands()}
    assert sorted({*_NOT_RUN, *_INSTEAD} - there) == []
