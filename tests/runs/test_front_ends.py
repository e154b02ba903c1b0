"""Both front ends, as commands: luigi and law, from the project and from elsewhere."""

import re
import shutil
from pathlib import Path

import pytest

import tasks
from tests.support.preloaded import Preloaded
from tests.support.runs import LAW, LUIGI, PROJECT, Runs, clean_environment, finish

STAGES = {"ParseFile", "ComputeMasses", "FindPeaks", "RemovePeaks", "MakeHistograms"}


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """The folder of commands that have loaded everything already, as after `source submit/env.sh`."""
    folder = tmp_path_factory.mktemp("commands")
    with Preloaded(folder / "preloaded", clean_environment() | law_environment(folder)) as preloaded:
        yield preloaded.bin


@pytest.fixture
def law(run, commands):
    """Run law in a folder that is not the project's."""
    return lambda *words: finish([commands / "law", *words], run.folder, **law_environment(run.folder))


@pytest.fixture
def luigi(run, commands):
    """Run luigi in a folder that is not the project's."""
    return lambda *words: finish([commands / "luigi", *words], run.folder)


def law_environment(folder: Path) -> dict[str, str]:
    """Return what submit/env.sh sets for law."""
    return {"LAW_HOME": str(folder / "law"), "LAW_CONFIG_FILE": str(PROJECT / "law.cfg")}


def law_arguments(run: Runs, *arguments: str, task: str = "MakeHistograms", **parameters: object) -> list[str]:
    """Give the command line of `law run` for a task that is named with its module."""
    words = run.arguments(*arguments, task=task, **parameters)
    return ["run", f"tasks.{task}", *words[words.index("--local-scheduler") :]]


@pytest.mark.parametrize("here", ["the project's folder", "another folder"])
def test_luigi_makes_histograms_from(here, run, three):
    folder = PROJECT if here == "the project's folder" else run.folder
    end = run.apart(cwd=folder)
    assert end.status == 0, end.text
    assert run.histograms() == three
    assert f"in {run.products('histograms')[0]}\nnext: pipeline report " in end.text
    again = run.apart(cwd=folder)
    assert (again.status, again.started) == (0, [])
    assert "Everything is done already:" in again.text


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"input_files": None}, 4, "no input files are chosen"),
        ({"input_files": "/nowhere/a.root"}, 4, "'/nowhere/a.root' matches no file"),
        ({"min_events_per_fs": 10**6}, 30, "dataset files gives no histogram"),
        ({"no_such_parameter": 1}, 2, "--no-such-parameter 1"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_luigi_never_ends_with_0_after_a_failure(run, luigi, wrong, status, message):
    end = luigi(*run.arguments(**wrong))
    assert end.status == status, end.text
    assert message in end.text
    assert "Traceback" not in end.text


def test_luigi_never_ends_with_0_after_a_failure_in_the_projects_folder(run):
    end = run.apart(cwd=PROJECT, task="ParseFile", schema="2020e-13tev")
    assert end.status == 30, end.text
    assert "ParseFile: 3 of 3 branches failed" in end.text


def test_luigi_names_the_nearest_task(run, luigi):
    words = run.arguments()
    words[words.index("MakeHistograms")] = "MakeHistogram"
    end = luigi(*words)
    assert end.status == 1
    assert end.text.startswith("error: ")
    assert "MakeHistograms\n" in end.text


def test_two_luigi_workers_make_the_same(run, three):
    end = run.apart("--workers", "2", threads=2)
    assert end.status == 0, end.text
    assert run.histograms() == three


def test_two_luigi_workers_fail_as_one_does(run, files):
    files[0].write_text("no ROOT file")
    end = run.apart("--workers", "2")
    assert end.status == 30, end.text
    assert f"{files[0]}: cannot be opened as a ROOT file" in end.text


@pytest.mark.parametrize(("which", "branches"), [(["--branches", "0:2"], [0, 1]), (["--branch", "2"], [2])], ids=str)
def test_some_branches_from_nothing_are_just_those(run, which, branches):
    run(*which, task="ComputeMasses")
    some = {path.stem for path in run.products("im_arrays")}
    assert {path.stem for path in run.products("parsed_data")} == some
    run(task="ComputeMasses")
    listed = [record["product"] for record in run.records("ComputeMasses")]
    assert len(listed) == 3
    order = [Path(one["uri"]).name for stem in some for one in run.record("ParseFile", stem)["files"]]
    assert sorted(order) == [f"f{branch}.root" for branch in branches]


def test_law_index_lists_the_stages(run):
    end = finish([LAW, "index"], run.folder, **law_environment(run.folder))
    assert end.status == 0, end.text
    index = (run.folder / "law" / "index").read_text()
    assert set(re.findall(r"^tasks[\w.]+:(\w+):", index, re.MULTILINE)) >= STAGES | {"FetchMetadata", "ExportArrays"}
    parameters = re.search(r":MakeHistograms:(.*)", index)[1].split()
    assert {"bin-width-gev", "min-events-per-fs", "selection", "input-files"} <= set(parameters)


def test_law_makes_histograms(run, three):
    end = finish([LAW, *law_arguments(run)], run.folder, **law_environment(run.folder))
    assert (end.status, run.histograms()) == (0, three), end.text


def test_law_runs_looks_removes_and_runs_again(run, law, three):
    status = law(*law_arguments(run, "--print-status", "3"))
    assert status.status == 0, status.text
    assert "existent" not in status.text
    assert not run.out.exists()
    first = law(*law_arguments(run))
    assert (first.status, run.histograms()) == (0, three), first.text
    status = law(*law_arguments(run, "--print-status", "3"))
    assert "absent" not in status.text
    assert all(f"> {stage}(" in status.text for stage in STAGES)
    assert law(*law_arguments(run, "--remove-output", "0,a")).status == 0
    assert not run.products("histograms")
    assert len(run.products("im_arrays_processed")) == 3
    again = law(*law_arguments(run))
    assert (again.status, again.started, run.histograms()) == (0, ["MakeHistograms"], three), again.text


def test_law_removes_what_it_says_and_runs_on(run, law, three):
    run()
    said = law(*law_arguments(run, "--remove-output", "1,d")).text
    (made,), (masses, *_) = run.products("histograms"), run.products("im_arrays_processed")
    assert (f"path={made})" in said, f"in={masses.parent})" in said) == (True, True), said
    assert run.histograms() == three
    assert law(*law_arguments(run, "--remove-output", "1,a")).status == 0
    rooms = ("histograms", "im_arrays_processed", "peaks", "metadata")
    assert [path for room in rooms for path in run.products(room)] == []
    assert len(run.products("im_arrays")) == 3
    run()
    end = law(*law_arguments(run, "--remove-output", "2,a,y"))
    assert (end.status, run.histograms()) == (0, three), end.text
    assert law(*law_arguments(run, "--remove-output=-1,a")).status == 0
    assert [path for room in run.out.iterdir() if room.name != "logs" for path in run.products(room.name)] == []


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"input_files": None}, 4, "no input files are chosen"),
        ({"min_events_per_fs": "many"}, 4, "min_events_per_fs = 'many': it is not a whole number"),
        ({"min_events_per_fs": 10**6}, 30, "dataset files gives no histogram"),
    ],
    ids=str,
)
def test_law_never_ends_with_0_after_a_failure(run, law, wrong, status, message):
    end = law(*law_arguments(run, **wrong))
    assert end.status == status, end.text
    assert message in end.text


def task(run, **parameters):
    given = {"run_name": "r", "base_output_dir": str(run.folder), "input_files": (run.input_files,)}
    return tasks.MakeHistograms(**given, **parameters)


def test_luigid_shows_what_differs_from_the_defaults(run):
    shown = task(run, min_events_per_fs=7, threads=3).to_str_params(only_significant=True, only_public=True)
    assert shown == {
        "run_name": "r",
        "base_output_dir": str(run.folder),
        "input_files": run.input_files,
        "min_events_per_fs": "7",
    }


def test_a_task_is_named_alike_in_the_terminal(run):
    name = repr(task(run, selection="none"))
    assert (
        name
        == f"MakeHistograms(run_name=r, base_output_dir={run.folder}, input_files={run.input_files}, selection=none)"
    )


def test_no_default_of_law_or_of_the_pipeline_itself_is_shown(run):
    hidden = {"workflow", "effective_workflow", "local_files", "branch", "branches", "pilot", "tolerance"}
    assert not hidden & set(task(run).to_str_params(only_significant=True, only_public=True))


def test_a_stage_tells_how_far_it_is(run):
    end = run()
    assert "CountMasses, with ParseFile and ComputeMasses: 3 of 3 branches" in end.text


def test_the_project_can_be_elsewhere_and_still_finds_its_configuration(run):
    shutil.copy2(PROJECT / "luigi.cfg", run.folder / "luigi.cfg")
    end = run.apart(task="FetchMetadata")
    assert end.status == 0, end.text


def test_without_a_scheduler_a_sentence_says_so(tmp_path):
    command = [LUIGI, "--module", "tasks", "FetchMetadata", "--release-years", "demo", "--scheduler-port", "1"]
    (tmp_path / "luigi.cfg").write_text("[core]\nrpc_retry_wait = 0\n")
    end = finish(command, tmp_path)
    assert end.status == 4
    assert "No luigid answers at this address: start luigid, or add --local-scheduler" in end.text
    assert "Traceback" not in end.text
    assert "Warning:" not in end.text
