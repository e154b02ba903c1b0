"""The documentation: every command and every block of Python is run, every link leads somewhere, every name exists."""

import os
import re
import traceback

import pytest

import tasks
from tests.conftest import REAL_DATA
from tests.support.doc_pages import PAGES, PROJECT, Page
from tests.support.doc_sandbox import Sandbox, atlas_file, keep_pictures, matches, world

_TAKES_LONG = "sets up an environment or runs all tests: CI does"
_NEEDS_A_CLUSTER = "needs a batch system: tests/submit and tests/runs run such jobs"
_NEEDS_A_SITE = "needs a machine or a service that is not here"

_INSTEAD = {  # what is run in place of a command, and why
    "scripts/demo": (
        "pipeline demo",
        "sets up an environment first: CI does",
    ),
}
_DEMO = "--release-years demo --run-name demo"
_INSTEAD |= {
    f"luigi --module tasks MakeHistograms --scheduler-host 127.0.0.1 {_DEMO}": (
        f"luigi --module tasks MakeHistograms --local-scheduler {_DEMO}",
        "needs luigid on a port of its own: tests/runs/test_luigid.py starts one",
    ),
}
_CONTAINER = "needs Docker: tests/docker/test_dockerfile.py and scripts/container"
_NOT_RUN: dict[str, str] = {  # commands that are not run here, and why
    "scripts/test": _TAKES_LONG,
    "luigid --address 127.0.0.1 --port 8082 --state-path ~/.luigid.state &": "as tests/runs/test_luigid.py does",
    "docker build --file docker/Dockerfile --tag atlas-open-data-pipeline .": _CONTAINER,
    'alias pipeline=\'docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD/runs:/runs" '
    '--volume "$PWD/data:/data" atlas-open-data-pipeline\'': _CONTAINER,
    "pipeline": _CONTAINER,
    "pipeline report --input-files 'data/*.root'": _CONTAINER,
    "DOCS_PICTURES=docs/pictures scripts/test tests/laws/test_docs.py -k first-analysis": "runs this test",
    "sudo apt install git python3 python3-venv": _NEEDS_A_SITE,
    "git clone <address of this repository> atlas-open-data-pipeline": _NEEDS_A_SITE,
    "cd atlas-open-data-pipeline": _NEEDS_A_SITE,
    "PIPELINE_VIEW=/cvmfs/sft.cern.ch/lcg/views/LCG_107/x86_64-el9-gcc13-opt . submit/bootstrap.sh": _NEEDS_A_SITE,
}
_GALLERY = "tests/laws/test_gallery.py looks at it, and other pages draw the same figures"
_NOT_RUN |= {
    f"pipeline plots {_DEMO}": _GALLERY,
    f"pipeline scan {_DEMO}": _GALLERY,
    f"pipeline scan {_DEMO} --signal-name ROI_mass_j0j1_cat_0ex_0mx_2jx_0gx_width_10.0 --signal-mass-gev 500 "
    "--signal-width-gev 10 --signal-events 150": _GALLERY,
    "pipeline plots --run-name zprime --data-type mc --input-files mc_301333.root --objects-to-calculate j "
    "--bin-width-gev 100 --peak-detection-bin-width-gev 100 --min-events-per-fs 20": _NEEDS_A_SITE,
}
_LAW = "law run MakeHistograms --local-scheduler --workflow"
_SOURCE = "--release-years 2020e-13tev --skim 2lep --files-per-branch 50"
_PARSED = (  # commands that need a batch system: here law parses their options, and says what is done
    f"{_LAW} pbs --run-name big {_SOURCE} --tasks-per-job 2 --pbs-queue long --pbs-walltime 4h --pbs-memory 2gb",
    f"{_LAW} slurm --run-name big {_SOURCE} --slurm-partition long",
    f"{_LAW} htcondor --run-name big {_SOURCE} --htcondor-scheduler my-scheduler",
    f"{_LAW} pbs --run-name all {_SOURCE}",
)
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
    marked = dict.fromkeys((_FIRST, "docs/cms.md"), (pytest.mark.realdata,))
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
    if name == _FIRST and (pictures := os.environ.get("DOCS_PICTURES")):
        keep_pictures(sandbox.folder / "runs" / "z" / "plots", PROJECT / pictures)


def test_no_command_is_listed_that_no_page_has():
    there = {command for name in PAGES for block in Page(name).blocks for command in block.commands()}
    assert sorted({*_NOT_RUN, *_INSTEAD} - there) == []


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for link in Page(name).links():
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        path = (PROJECT / name).parent / target if target else PROJECT / name
        assert path.exists(), f"{name}: {link}"
        if anchor:
            page = os.path.relpath(path, PROJECT)
            assert anchor in Page(page).anchors(), f"{name}: {link}: the page has {Page(page).anchors()}"


def parameter_names():
    return {
        name
        for task in tasks.__all__
        if task not in ("STAGES", "OTHERS")
        for name, _ in getattr(tasks, task).get_params()
    }


_OPTIONS_OF_OTHERS = {  # options that are not ours, by page or command
    *("--local-scheduler", "--module", "--help", "--scheduler-host", "--scheduler-port", "--address", "--port"),
    *("--state-path", "--workers", "--print-status", "--remove-output", "--branches", "--branch", "--workflow"),
    *("--file", "--tag", "--rm", "--user", "--volume", "--dry-run", "--tasks", "--stage-input", "--run-dir"),
    *("--merge-only", "--plots-only", "--batch-job-index", "--system-site-packages", "--upgrade"),
}
_WRONG_ON_PURPOSE = {"--bin-widths"}


@pytest.mark.parametrize("name", PAGES)
def test_every_option_exists(name):
    ours = {f"--{parameter.replace('_', '-')}" for parameter in parameter_names()}
    ours |= {f"--{task}-{one[2:]}" for task in tasks.STAGES for one in ours}
    found = set(re.findall(r"(?<![\w-])--[A-Za-z][\w-]*", Page(name).code()))
    assert sorted(found - ours - _OPTIONS_OF_OTHERS - _WRONG_ON_PURPOSE) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_task_exists(name):
    found = set(re.findall(r"(?:--module tasks|law run) (\w+)", Page(name).code()))
    found |= set(re.findall(r"\b(?:Make|Fetch|Find|Fill|Count|Compute|Remove|Export|Parse)[A-Z]\w+", Page(name).text))
    assert sorted(found - set(tasks.__all__) - {"TASK"}) == []


_FIRST_VERSION = (  # its keys, and what was on its command line
    *("run_name", "base_output_dir", "release_years", "specific_record_ids", "max_files_to_process", "threads"),
    *("objects_to_calculate", "min_particles_in_combination", "max_particles_in_combination", "max_subleading_index"),
    *("max_multiplicity", "min_events_per_fs", "peak_detection_bin_width_gev", "bin_width_gev", "use_bumpnet_naming"),
    *("single_output_file", "exclude_outliers", "output_filename"),
    *("--dry-run", "--tasks", "--stage-input", "--run-dir", "--merge-only", "--plots-only", "--batch-job-index"),
    "NUM_JOBS",
)


def test_all_of_the_first_version_is_explained():
    page = Page("docs/coming-from-the-first-version.md")
    firsts = re.findall(r"^\| ([^|]*) \|", page.prose, re.MULTILINE)
    assert [name for name in _FIRST_VERSION if not any(f"`{name}`" in first for first in firsts)] == []


def test_keys_of_the_first_version_are_parameters():
    keys = {name for name in _FIRST_VERSION if name.islower() and not name.startswith("-")}
    assert keys <= parameter_names()


def test_every_page_is_in_the_index():
    listed = {f"docs/{link}" for link in Page("docs/README.md").links()}
    assert {page for page in PAGES if page.startswith("docs/")} - {"docs/README.md"} <= listed


def test_pictures_are_small_and_shown():
    shown = {link.partition("pictures/")[2] for name in PAGES for link in Page(name).links() if "pictures/" in link}
    folder = PROJECT / "docs" / "pictures"
    pictures = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.*")}
    assert set(pictures) == shown
    assert {name: size for name, size in pictures.items() if size >= 100_000} == {}
