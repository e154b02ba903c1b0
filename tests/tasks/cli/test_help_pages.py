"""--help of every task: all of its parameters, true, and quick; misspelt options are told the nearest one."""

import re
import sys

import luigi
import pytest
from luigi.parameter import ParameterVisibility
from luigi.task_register import Register

import tasks
from tasks.cli import help_pages
from tasks.parameters.scan import EveryParameter
from tests.support.runs import LAW, LUIGI, PROJECT, finish

TASKS = [name for name in tasks.__all__ if name not in ("STAGES", "OTHERS")]
OURS = {
    name
    for group in EveryParameter.__mro__
    for name, value in vars(group).items()
    if isinstance(value, luigi.Parameter) and value.visibility == ParameterVisibility.PUBLIC
}


def page(name):
    return help_pages.page(Register.get_task_cls(name), tasks.STAGES)


def entries(text):
    """Give the text of each option."""
    parts = re.split(r"^  --([a-z-]+)", text, flags=re.MULTILINE)
    return {
        option.replace("-", "_"): " ".join(said.split()) for option, said in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.mark.parametrize("name", TASKS)
def test_all_parameters_of_ours_are_there_with_their_descriptions(name):
    said = entries(page(name))
    declared = dict(Register.get_task_cls(name).get_params())
    assert OURS & set(declared) <= set(said)
    assert all(declared[one].description in said[one] for one in OURS & set(declared))


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("ParseFile", ["selection", "good_runs", "triggers", "streams", "mc_period"]),
        ("ComputeMasses", ["max_multiplicity", "mc_weights"]),
        ("MakeHistograms", ["luminosity_fb", "cross_sections", "pseudo_data", "pseudo_data_seed", "luminosity_table"]),
    ],
)
def test_the_first_stage_that_a_parameter_changes_is_in_brackets(stage, names):
    said = entries(page("MakeHistograms"))
    assert [name for name in names if f"[{stage}]" not in said[name]] == []


def test_without_a_task_all_are_listed(tmp_path):
    end = finish([LUIGI, "--module", "tasks", "--help"], tmp_path)
    assert end.status == 0
    listed = re.findall(r"^  (\w+) +[A-Z].*", end.text, flags=re.MULTILINE)
    assert listed == [*tasks.STAGES, *tasks.OTHERS]
    assert sorted(listed) == sorted(TASKS)
    assert "  Plan                            Print what the run would read, make and store" in end.text


@pytest.mark.parametrize("name", TASKS)
def test_a_page_begins_with_what_the_task_does_and_how_to_run_it(name):
    first, _, luigi_line, law_line, *_ = page(name).splitlines()
    assert first.startswith(f"{name}: ")
    assert luigi_line == f"  luigi --module tasks {name} --local-scheduler [options]"
    assert law_line == f"  law run {name} --local-scheduler [options]"


def test_a_parameter_tells_the_first_stage_that_it_changes():
    said = entries(page("MakeHistograms"))
    assert said["selection"].endswith("[ParseFile]")
    assert "default: 4 [ComputeMasses]" in said["max_multiplicity"]
    assert said["min_events_per_fs"].endswith("[FindPeaks]")
    assert said["bin_width_gev"].endswith("[FillHistograms]")
    assert "[" not in said["threads"] + said["max_files_to_process"]


def test_a_page_is_shown_before_anything_heavy_is_imported(tmp_path):
    code = (
        "import sys\n"
        "import luigi.cmdline\n"
        "sys.argv = ['luigi', '--module', 'tasks', 'MakeHistograms', '--help']\n"
        "try:\n    luigi.cmdline.luigi_run(sys.argv[1:])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "heavy = {'uproot', 'awkward', 'numba', 'matplotlib', 'mplhep', 'vector'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    end = finish([sys.executable, "-c", code], tmp_path)
    assert end.text.splitlines()[0].startswith("MakeHistograms: ")
    assert end.text.splitlines()[-1] == "[]"


def test_what_a_configuration_sets_is_said(tmp_path):
    (tmp_path / "luigi.cfg").write_text("[FindPeaks]\nmin_events_per_fs = 55\n")
    end = finish([LUIGI, "--module", "tasks", "MakeHistograms", "--help"], tmp_path)
    assert end.status == 0
    assert entries(end.text)["min_events_per_fs"].endswith("default: 100 [FindPeaks] (now: 55)")
    assert end.text.count("(now: ") == 1


def test_law_shows_the_same_page(tmp_path):
    end = finish([LAW, "run", "tasks.ParseFile", "--help"], tmp_path, LAW_CONFIG_FILE=str(PROJECT / "law.cfg"))
    assert end.text.startswith("ParseFile: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--bin-widht-gev", "5"],
            ": --bin-widht-gev 5; did you mean --bin-width-gev? (--help lists the",
        ),
        (
            ["--input-files", "a.root", "b.root"],
            ": b.root; separate the items of a list by commas, and put a",
        ),
        (
            ["--ParsFile-workflow=pbs"],
            ": --ParsFile-workflow=pbs; did you mean --ParseFile-",
        ),
        (["--ParsFile-fetch=auto"], ": --ParsFile-fetch=auto (--help lists"),
        (["--schduler-host", "x"], ": --schduler-host x; did you mean --scheduler-host?"),
        (["--threads"], "argument --threads: "),
    ],
)
def test_a_misspelt_command_is_one_line(tmp_path, words, message):
    end = finish([LUIGI, "--module", "tasks", "MakeHistograms", *words], tmp_path)
    assert end.status == 2
    assert end.text.startswith("error: ")
    assert message in end.text
    assert "(--help lists the options" in end.text
    assert end.text.count("\n") == 1


@pytest.mark.parametrize(
    ("task", "words", "hint"),
    [
        ("Plan", ["--branches", "0:99"], "; Plan has no --branches, but ParseFile does (--help"),
        ("ParseFile", ["--bin-width-gev=5"], "; ParseFile has no --bin-width-gev, but CountMasses does (--help"),
        ("Plan", ["--tasks-per-jbo", "2"], "--tasks-per-jbo 2 (--help"),
    ],
)
def test_an_option_that_other_tasks_take_is_told_from_a_misspelt_one(tmp_path, task, words, hint):
    end = finish([LUIGI, "--module", "tasks", task, *words], tmp_path)
    assert end.status == 2
    assert hint in end.text
    assert "did you mean" not in end.text
