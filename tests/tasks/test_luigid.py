"""luigid's page: which tasks there are, by readable names, and how far they are."""

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import closing

import pytest

from tests.runs import LUIGI, clean_environment, finish

PATIENCE_S = 60.0


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


def test_luigid_shows_names_and_progress(run, luigid, three):
    words = [word for word in run.arguments() if word != "--local-scheduler"]
    where = ["--scheduler-host", "127.0.0.1", "--scheduler-port", str(luigid)]
    end = finish([LUIGI, *words, *where], run.folder)
    assert end.status == 0, end.text
    assert run.histograms() == three
    shown = ask(luigid, "task_list", status="DONE", upstream_status="")
    by_name = {task["name"]: task for task in shown.values()}
    assert set(by_name) >= {"FetchMetadata", "ParseFile", "ComputeMasses", "FindPeaks", "RemovePeaks", "MakeHistograms"}
    assert set(by_name["ParseFile"]["params"]) == {"run_name", "base_output_dir", "input_files", "selection"}
    told = ask(luigid, "get_task_status_message", task_id=next(id_ for id_ in shown if id_.startswith("ParseFile")))
    assert "ParseFile: 3 of 3 branches" in told["statusMessage"]
    progress = ask(luigid, "get_task_progress_percentage", task_id=told["taskId"])["progressPercentage"]
    assert (progress, type(progress)) == (100, int)
