"""Killed runs: nobody works on, nothing is half written, and the next run goes on where they were."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from targets.storage import atomic
from tests.support.runs import LUIGI, clean_environment
from tests.support.toy_files import EVENTS

STAGES = {"ParseFile": "parsed_data", "ComputeMasses": "im_arrays", "RemovePeaks": "im_arrays_processed"}
PATIENCE_S = 120.0


@contextmanager
def started(run, **parameters):
    """Start a run in a session of its own; whatever is left of it at the end is killed."""
    hearing = ["env", "--default-signal=INT"]  # tests that a script starts in the background would ignore it
    command = [*hearing, str(LUIGI), *run.arguments(**parameters)]
    with subprocess.Popen(
        command,
        cwd=run.folder,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            for pid in session_of(process.pid):
                os.kill(pid, signal.SIGKILL)


def session_of(leader):
    """Give the living processes of a session, and the parent of each."""
    members = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has ended in this moment
            continue
        if int(session) == leader and state != "Z":
            members[int(entry.name)] = int(parent)
    return members


def workers_of(leader):
    """List the processes of a session that its fork server made."""
    members = session_of(leader)
    return [pid for pid, parent in members.items() if parent in members and parent != leader]


def fork_server_of(leader):
    """Give the process that starts the workers of a session; None while there is none."""
    for pid, parent in session_of(leader).items():
        if parent == leader and b"multiprocessing.forkserver" in (Path("/proc") / str(pid) / "cmdline").read_bytes():
            return pid
    return None


def wait_until(process, condition):
    """Wait for something that comes before the process ends; without a process, for something that comes soon."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process is None or process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.002)


def kill_all(process):
    os.killpg(process.pid, signal.SIGKILL)


def kill_main_alone(process):
    os.kill(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("kill", "threads"), [(kill_all, 1), (kill_all, 2), (kill_main_alone, 2)])
def test_a_run_killed_in_every_stage_ends_as_an_undisturbed_one(run_ten, ten, kill, threads):
    for room in STAGES.values():
        with started(run_ten, threads=threads) as process:
            wait_until(process, lambda room=room: run_ten.products(room))
            kill(process)
            process.wait()
            wait_until(None, lambda process=process: not session_of(process.pid))  # workers end by themselves
        assert not run_ten.products("histograms")
    before = run_ten.state()
    run_ten()
    assert run_ten.changed_since(before) == []
    assert {stage: len(run_ten.products(room)) for stage, room in STAGES.items()} == dict.fromkeys(STAGES, 10)
    check_as_undisturbed(run_ten, ten)


def test_a_run_killed_while_it_makes_histograms_ends_as_an_undisturbed_one(run_ten, ten):
    with started(run_ten, threads=2) as process:
        wait_until(process, lambda: len(run_ten.products("im_arrays_processed")) == 10)
        kill_all(process)
    run_ten()
    check_as_undisturbed(run_ten, ten)


def check_as_undisturbed(run, histograms):
    assert run.histograms() == histograms
    assert run.leftovers() == []
    (record,) = run.records("MakeHistograms")
    assert record["missing_statistics"] == 0
    assert record["events"]["read"] == 10 * EVENTS


def test_what_a_killed_writer_left_is_swept_and_a_living_one_is_spared(run):
    run()
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    zombie = subprocess.Popen(["true"])  # it ends, and nobody looks
    wait_until(None, lambda: Path(f"/proc/{zombie.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    host = os.uname().nodename
    (product,) = run.products("histograms")
    rooms = ("parsed_data", "im_arrays", "mass_counts", "peaks", "im_arrays_processed", "histogram_counts")
    folders = [run.products(room)[0].parent for room in rooms]
    folders += [product.parent, *(run.out / "logs").glob("*/*")]
    for folder in folders:
        for dead in (ended, zombie):
            (folder / f".{host}@{dead.pid}@{atomic._place()}0123abcd@x.npz").write_text("half")
    living = folders[0] / f".{host}@{os.getpid()}@{atomic._place()}0123abcd@x.root"
    living.write_text("half")
    for room in (*rooms, "histograms"):
        run.products(room)[0].unlink()
    run()
    zombie.wait()
    assert run.leftovers() == [str(living)]


def test_a_killed_worker_is_named_and_the_rest_can_be_resumed(run_ten, ten):
    with started(run_ten, threads=2, chunk_events=20) as process:
        wait_until(process, lambda: workers_of(process.pid))
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        text, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 30
    assert "a worker process was killed (if it ran out of memory, lower threads or chunk_events)" in text
    assert not run_ten.products("histograms")
    run_ten()
    assert run_ten.histograms() == ten


@pytest.mark.parametrize("seen", ["the server", "workers"])
def test_a_killed_fork_server_is_named_like_a_killed_worker(run_ten, ten, seen):
    look = fork_server_of if seen == "the server" else workers_of
    with started(run_ten, threads=2, chunk_events=20) as process:
        wait_until(process, lambda: look(process.pid))
        os.kill(fork_server_of(process.pid), signal.SIGKILL)
        text, _ = process.communicate(timeout=PATIENCE_S)
        wait_until(None, lambda: not session_of(process.pid))
    assert "Traceback" not in text, text
    if process.returncode != 0 or seen == "workers":  # before it has started any worker, Python starts it again
        assert process.returncode == 30, text
        assert "a worker process was killed (if it ran out of memory, lower threads or chunk_events)" in text
        run_ten()
    assert run_ten.histograms() == ten


@pytest.mark.parametrize("luigi_workers", [1, 2])
@pytest.mark.parametrize("branches", [1, 9])  # with nine of ten all workers but one wait
def test_ctrl_c_is_answered_by_a_sentence_and_the_rest_can_be_resumed(run_ten, ten, luigi_workers, branches):
    with started(run_ten, threads=4, workers=luigi_workers) as process:
        wait_until(process, lambda: len(run_ten.products("parsed_data")) >= branches)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        text, _ = process.communicate(timeout=PATIENCE_S)
        wait_until(None, lambda: not session_of(process.pid))
    assert process.returncode == -signal.SIGINT, text  # shells make 130 of it
    assert text.endswith("error: interrupted; finished work is kept, and the same command resumes there\n")
    assert "Traceback" not in text, text
    run_ten()
    check_as_undisturbed(run_ten, ten)
