"""run.cfg and environment.lock: a colleague makes the same run again with what a run leaves in its folder."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import results
from targets.documents import run_file
from tasks import OTHERS, STAGES
from tasks.cli import pipeline
from tests.support.runs import PROJECT, Runs

TASKS = frozenset((*STAGES, *OTHERS))


def recorded(run):
    return run_file.load(run.out / "run.cfg", TASKS)


def test_a_colleague_makes_the_same_histograms_in_an_empty_folder(run, three, tmp_path, monkeypatch):
    own = tmp_path / "mine.yaml"
    own.write_text((PROJECT / "selections" / "none.yaml").read_text())
    run(selection=str(own))
    own.unlink()
    words = pipeline.arguments("run", [str(run.out / "run.cfg")], TASKS)
    assert f"--selection={run.out}/settings/selection/mine.yaml" in words
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    colleague = Runs(tmp_path / "empty", run.input_files)
    given = dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)
    colleague(**{name.replace("-", "_"): text for name, text in given.items()})
    assert colleague.histograms() == run.histograms() == three


def test_parameters_that_can_change_a_result_are_recorded_and_defaults_of_the_machine_are_not(run):
    run(threads=2, read_attempts=3)
    read = recorded(run)
    sections = {name: option.section for name, option in read.options.items()}
    assert (read.task, sections["run_name"], sections["selection"]) == ("MakeHistograms", "run", "selection")
    assert (sections["bin_width_gev"], sections["threads"]) == ("parameters", "cluster")
    assert not {"read_attempts", "base_output_dir", "local_files", "branch"} & set(sections)
    variants = {path.parent.name for path in run.products("histograms")}
    assert {stages["MakeHistograms"] for stages in read.variants.values()} == variants


def test_the_versions_of_all_packages_are_recorded(run):
    run(task="FetchMetadata")
    run(task="ParseFile")
    lines = (run.out / "environment.lock").read_text().splitlines()
    assert f"uproot=={metadata.version('uproot')}" in lines
    assert lines[0].startswith("# atlas-open-data-pipeline ")


def test_earlier_commands_are_kept(run):
    run(task="ParseFile")
    first, written = (run.out / "run.cfg").read_text(), (run.out / "run.cfg").stat()
    run(task="ParseFile")
    assert (run.out / "run.cfg").stat() == written
    assert not (run.out / "logs" / "commands").exists()
    run(task="ParseFile", parsed_format="ttree")
    assert (run.out / "logs" / "commands" / "0001_run.cfg").read_text() == first
    assert recorded(run).options["parsed_format"].value == "ttree"


def test_a_run_that_fails_is_recorded_too(run, files):
    Path(files[0]).write_bytes(b"no")
    assert run.attempt().status != 0
    assert recorded(run).task == "MakeHistograms"


@pytest.mark.parametrize("task", ["Plan", "Summary"])
def test_what_writes_nothing_records_nothing(run, task):
    run(task=task)
    assert not run.out.exists()


def test_a_job_of_a_cluster_records_nothing(run, monkeypatch):
    monkeypatch.setenv("PIPELINE_JOB", "1")
    run(task="ParseFile")
    assert not (run.out / "run.cfg").exists()


SCRIPT = """
import sys
import luigi
import tasks

if __name__ == "__main__":
    given = {"input_files": (sys.argv[1],), "run_name": "script", "selection": "none", "threads": 1}
    run = tasks.MakeHistograms(**given, base_output_dir=sys.argv[2], min_events_per_fs=1)
    sys.exit(not luigi.build([run], local_scheduler=True))
"""


def test_a_run_of_a_script_is_recorded_too(files, tmp_path):
    (tmp_path / "make.py").write_text(SCRIPT)
    command = [sys.executable, "make.py", f"{files[0].parent}/*.root", "out"]
    for _ in range(2):  # the second time, all is there already
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
        assert ended.returncode == 0, ended.stderr
        read = run_file.load(tmp_path / "out" / "script" / "run.cfg", TASKS)
        assert (read.task, read.options["min_events_per_fs"].value) == ("MakeHistograms", "1")
        opened = results.open_run(tmp_path / "out" / "script")
        assert opened.directory("MakeHistograms").is_dir()
        (tmp_path / "out" / "script" / "run.cfg").unlink()
