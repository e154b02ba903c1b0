"""luigid's page: which tasks there are, by readable names, how far they are, and why they failed."""

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import closing

import pytest

import tasks
from tests.support.runs import LUIGI, clean_environment, finish

PATIENCE_S = 60.0
PANE = 66  # columns that the page shows without being scrolled


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, what, **question):
    """Ask luigid what its page would ask."""
    query = urllib.parse.urlencode({"data": json.dumps(question)})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{what}?{query}", timeout=10) as answer:
        return json.load(answer)["response"]


def wait_for(port):
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask(port, "task_list", status="DONE", upstream_status="")
        except OSError:
            assert time.monotonic() < end, "luigid does not answer"
            time.sleep(0.05)


@pytest.fixture
def luigid(tmp_path):
    """The port of a luigid of the test's own."""
    port = free_port()
    options = ["--address", "127.0.0.1", "--port", str(port), "--state-path", str(tmp_path / "luigid.state")]
    with subprocess.Popen(
        [LUIGI.with_name("luigid"), *options],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        wait_for(port)
        yield port
        server.terminate()


def through(luigid, run, *arguments, **parameters):
    """Run a task by the command luigi, with luigid for its scheduler."""
    words = [word for word in run.arguments(*arguments, **parameters) if word != "--local-scheduler"]
    return finish([LUIGI, *words, "--scheduler-host", "127.0.0.1", "--scheduler-port", str(luigid)], run.folder)


def test_luigid_shows_names_and_progress(run, luigid, three):
    end = through(luigid, run)
    assert end.status == 0, end.text
    assert run.histograms() == three
    shown = ask(luigid, "task_list", status="DONE", upstream_status="")
    by_name = {task["name"]: task for task in shown.values()}
    assert set(by_name) >= {"FetchMetadata", "CountMasses", "FindPeaks", "FillHistograms", "MakeHistograms"}
    given = {"run_name", "base_output_dir", "input_files", "selection"}
    of_masses = {"objects_to_calculate", "max_particles_in_combination", "known_resonances", "min_events_per_fs"}
    assert set(by_name["CountMasses"]["params"]) == given | of_masses
    told = ask(luigid, "get_task_status_message", task_id=next(id_ for id_ in shown if id_.startswith("CountMasses")))
    assert "CountMasses, with ParseFile and ComputeMasses: 3 of 3 branches" in told["statusMessage"]
    progress = ask(luigid, "get_task_progress_percentage", task_id=told["taskId"])["progressPercentage"]
    assert (progress, type(progress)) == (100, int)


@pytest.mark.parametrize("workers", [1, 2])
def test_luigid_shows_the_sentence_of_a_failure(run, files, luigid, workers):
    files[1].write_text("no ROOT file")
    assert through(luigid, run, "--workers", str(workers)).status == 30
    ((name, failed),) = ask(luigid, "task_list", status="FAILED", upstream_status="").items()
    assert failed["name"] == "CountMasses"
    said = json.loads(ask(luigid, "fetch_error", task_id=name)["error"])
    sentence = " ".join(said.split())
    assert sentence.startswith("ParseFile: 1 of 3 branches failed (the others are done, and stay done): branch 1: ")
    assert f" {files[1]}: cannot be opened as a ROOT file" in sentence
    assert all(len(line) <= PANE or len(line.split()) == 1 for line in said.splitlines())
    assert "Traceback" not in said
    waiting = ask(luigid, "task_list", status="PENDING", upstream_status="UPSTREAM_FAILED").values()
    assert {task["name"] for task in waiting} >= {"FindPeaks", "MakeHistograms"}


def test_luigid_shows_the_demo_data_being_made(run, luigid):
    end = through(luigid, run, task="MakeDemo")
    assert end.status == 0, end.text
    ((name, _),) = ask(luigid, "task_list", status="DONE", upstream_status="").items()
    told = ask(luigid, "get_task_status_message", task_id=name)["statusMessage"]
    assert told.startswith(f"MakeDemo: 8 files of toy data in {run.out}/demo/")
    assert ask(luigid, "get_task_progress_percentage", task_id=name)["progressPercentage"] == 100


def test_luigid_shows_the_traceback_of_an_unforeseen_failure(tmp_path):
    task = tasks.MakeDemo(base_output_dir=str(tmp_path))
    try:
        {}["surprise"]
    except KeyError as error:
        said = task.on_failure(error)
    assert "Traceback (most recent call last):" in said
    assert "KeyError: 'surprise'" in said
