"""Plan: it tells what a run would do, does nothing itself, and fails where the run could not start."""

import json
import os
import shutil
from collections import namedtuple
from dataclasses import asdict, replace

import pytest

from edm.records.fetching import FetchDecision
from steps.output import tables
from targets.catalogue.input_files import InputFile
from targets.documents.json import dump_json, load_json
from tasks.stages.output.plan import Work, describe, describe_hosts, measured_hosts


def rows(text):
    """Give the numbers behind each stage's name."""
    lines = [line.split() for line in text.splitlines()]
    return {
        words[0]: list(map(int, words[1:])) for words in lines if len(words) == 4 and all(map(str.isdigit, words[1:]))
    }


def test_before_a_run_everything_is_to_do_and_nothing_is_touched(run):
    outcome = run(task="Plan")
    assert rows(outcome.text) == {
        "ParseFile": [3, 0, 3],
        "ComputeMasses": [3, 0, 3],
        "CountMasses": [3, 0, 3],
        "FindPeaks": [1, 0, 1],
        "RemovePeaks": [3, 0, 3],
        "FillHistograms": [3, 0, 3],
        "MakeHistograms": [1, 0, 1],
    }
    assert not run.out.parent.exists()


def test_after_a_run_nothing_is_to_do(ready):
    before = ready.state()
    outcome = ready(task="Plan")
    assert {stage: todo for stage, (_, _, todo) in rows(outcome.text).items()} == dict.fromkeys(rows(outcome.text), 0)
    assert ready.state() == before


def test_what_a_new_parameter_would_change(ready):
    outcome = ready(task="Plan", bin_width_gev=5)
    todo = {stage: left for stage, (_, _, left) in rows(outcome.text).items()}
    assert {stage: number for stage, number in todo.items() if number} == {"FillHistograms": 3, "MakeHistograms": 1}
    assert len(todo) == 7


def test_files_and_bytes_are_told(run, files):
    total = sum(os.path.getsize(file) for file in files)  # noqa: PTH202
    assert f"files data 3 {total / 1000:.3g} kB" in " ".join(run(task="Plan").text.split())


def test_the_demo_can_be_planned_before_it_is_made(run):
    outcome = run(task="Plan", input_files=None, release_years="demo")
    assert "demo_data" in outcome.text
    assert "8 files of unknown size, estimated as the average of their format" in outcome.text
    assert not run.out.parent.exists()


def test_too_little_space_stops_it(run, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 9, 1))
    outcome = run.attempt(task="Plan")
    assert outcome.status != 0
    assert "the run cannot start: it may store" in outcome.text
    assert "choose another base_output_dir, or fewer files" in outcome.text


def test_a_folder_that_may_not_be_written_stops_it(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    outcome = run.attempt(task="Plan")
    assert outcome.status != 0
    assert "is not writable; choose another base_output_dir" in outcome.text


@pytest.mark.parametrize("way", ["out", "out/r", "out/r/metadata"])
def test_a_file_in_the_way_of_the_run_directory_stops_it_with_the_sentence_of_the_run(run, way):
    path = run.folder / way
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")
    plan, made = run.attempt(task="Plan"), run.attempt()
    (sentence,) = [
        line for line in made.text.splitlines() if "a file has the name of a directory that is needed" in line
    ]
    assert f"{path}/" in sentence
    assert sentence in plan.text
    assert plan.status == made.status != 0
    assert path.read_text() == "in the way"


def test_a_bad_selection_stops_it(run, tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\ndescription: mine\nobjets: {}\n")
    outcome = run.attempt(task="Plan", selection=tmp_path / "mine.yaml")
    assert outcome.status != 0
    assert "mine.yaml:3" in outcome.text
    assert "did you mean 'objects'" in outcome.text


@pytest.mark.parametrize(("files_per_branch", "advised"), [(1, True), (2, False)])
def test_many_files_deserve_larger_branches(files_per_branch, advised):
    files = [InputFile(f"/f{number}.root", 1, None, 0, None, None, "files", "data") for number in range(1000)]
    text = "\n".join(describe(files, [Work("ParseFile", 1000, 0)], files_per_branch))
    assert ("advice: --files-per-branch 2 makes at most 500 branches" in text) is advised


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (72e12, "72 TB"), (5e15, "5e+03 TB")]
)
def test_bytes_are_readable(number, text):
    assert tables.size(number) == text


def test_what_was_measured_of_a_host_is_told():
    decision = FetchDecision(149_000_000, 16_000_000, 11, 4, 0.06, 12.5e6)
    (line,) = describe_hosts({"h.example": decision})
    assert line == (
        "h.example: 60 ms and 12.5 MB/s a connection, so that a file of 149 MB is streamed: 11 requests for 16 MB take "
        "0.5 s, a download 11.9 s"
    )
    (line,) = describe_hosts({"h.example": replace(decision, requests=10_000)})
    assert "is downloaded" in line


def test_what_was_measured_is_found_in_the_statistics_of_branches(ready, tmp_path):
    paths = sorted((ready.out / "logs").glob("parsed_data/**/*.json")) or sorted((ready.out / "logs").rglob("*.json"))
    parsed = [path for path in paths if json.loads(path.read_text()).get("stage") == "ParseFile"]
    assert parsed
    assert measured_hosts([*parsed, tmp_path / "absent.json"]) == {}
    document = load_json(parsed[0])
    decision = FetchDecision(149_000_000, 16_000_000, 11, 4, 0.06, 12.5e6)
    document["files"][0] |= {"uri": "https://h.example/x.root", "fetch": asdict(decision)}
    dump_json(tmp_path / "remote.json", document)
    assert measured_hosts([tmp_path / "remote.json"]) == {"h.example": decision}
