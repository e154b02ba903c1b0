"""The documentation: every command and every block of Python is run, every link leads somewhere, every name exists."""

import inspect
import re
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
}
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
    for block in blocks:
        said = sandbox.run(block, instead)
        absent = matches(block.shown, said)
        assert not absent, f"{name}, line {block.line}: not printed: {absent}\n\nprinted:\n{said}"


def test_no_command_is_listed_that_no_page_has():
    there = {command for name in PAGES for block in Page(name).blocks for command in block.commands()}
    assert sorted({*_NOT_RUN, *_INSTEAD} - there) == []
