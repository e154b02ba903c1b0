"""The local workflow: branches in this process or in workers, failures that stop nobody, workers that stop in time."""

import gc
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

import tasks
from steps.errors import StageError
from tasks.framework import pool
from tasks.framework.pool import Outcome, open_pool, run_branch
from tasks.framework.progress import Part, Progress, listener
from tests.support.runs import LUIGI, PROJECT, finish
from tests.support.toy_files import EVENTS, truncate


def stage(run, **parameters):
    given = {"run_name": "r", "base_output_dir": str(run.folder / "out"), "input_files": (run.input_files,)}
    return tasks.ParseFile(**given, selection="none", **parameters)


@pytest.fixture
def listed(run):
    """Runs whose files are known."""
    run(task="FetchMetadata")
    return run


def test_a_branch_tells_what_it_handled(listed):
    outcome = run_branch("ParseFile", stage(listed).worker_parameters(), 1)
    assert outcome.branch == 1
    assert outcome.failure is None
    assert outcome.events == EVENTS
    assert len(listed.products("parsed_data")) == 1


def test_an_error_of_ours_is_a_sentence(listed, files):
    given = stage(listed).worker_parameters()
    truncate(files[1])
    outcome = run_branch("ParseFile", given, 1)
    assert "cannot be read" in outcome.failure
    assert "Traceback" not in outcome.failure


def test_a_bug_keeps_its_traceback(listed, monkeypatch):
    def broken(self, *_):
        msg = "a bug"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(tasks.ParseFile, "options", broken)
    outcome = run_branch("ParseFile", stage(listed).worker_parameters(), 0)
    assert "Traceback (most recent call last)" in outcome.failure
    assert "ZeroDivisionError: a bug" in outcome.failure


def test_the_others_are_done_when_one_fails(listed, files, monkeypatch):
    run = tasks.ParseFile.run

    def fails_at_first(self):
        if self.branch == 0:
            msg = "a bug"
            raise ZeroDivisionError(msg)
        run(self)

    monkeypatch.setattr(tasks.ParseFile, "run", fails_at_first)
    with pytest.raises(StageError, match=r"ParseFile: 1 of 3 branches failed .*\nbranch 0: Traceback") as caught:
        stage(listed, threads=1).workflow_proxy.run()
    assert "Fix the cause and rerun the same command; it resumes where it stopped." in str(caught.value)
    assert len(listed.products("parsed_data")) == 2


def test_workers_have_ended_when_a_stage_has(listed):
    # a process that luigi forked closes queues when it ends: a worker that waits for a word from one would hang
    stage(listed, threads=2).workflow_proxy.run()
    assert multiprocessing.active_children() == []
    assert len(listed.products("parsed_data")) == 3


def report_part(done):
    listener(None)(Part(0, done, 20, "figures"))


def test_workers_say_how_far_their_branch_is(listed):
    progress = Progress(stage(listed), 1)
    with progress.listening() as sender, open_pool(2, sender) as workers:
        list(workers.map(report_part, [7]))
    assert progress.line().startswith("ParseFile: 0 of 1 branches, 7 of 20 figures")


def test_workers_do_not_look_for_garbage_in_what_was_loaded():
    with open_pool(1) as workers:
        assert workers.submit(gc.get_freeze_count).result() > 0


def test_a_branch_in_this_process_says_how_far_it_is(listed, monkeypatch):
    lines = []

    def counts(self):
        tell = self.progress("parts")
        tell(1, 4)
        lines.append(self.branch)
        msg = "enough"
        raise StageError(msg)

    monkeypatch.setattr(tasks.ParseFile, "run", counts)
    progress = Progress(stage(listed), 3)
    list(stage(listed, threads=1).workflow_proxy._outcomes([0, 1, 2], progress))
    assert lines == [0, 1, 2]
    assert progress.line().startswith("ParseFile: 0 of 3 branches, 3 of 12 parts")


def test_modules_of_the_user_with_the_same_names_are_left_alone(run):
    for name in ("tasks", "physics", "steps"):
        (run.folder / f"{name}.py").write_text("raise SystemExit('a module of the user')")
    end = finish([LUIGI, *run.arguments(task="ParseFile", threads=2)], run.folder)
    assert end.status == 0, end.text
    assert len(run.products("parsed_data")) == 3


SCRIPT = """
import sys, luigi, tasks
run = tasks.MakeHistograms(input_files=("data/*.root",), run_name="script", threads=int(sys.argv[1]))
print(luigi.build([run], local_scheduler=True, workers=1))
"""


def test_a_script_without_a_guard_is_told_before_anything_runs(run):
    (run.folder / "make.py").write_text(SCRIPT.replace('"data/*.root"', repr(run.input_files)))
    end = finish([sys.executable, "make.py", "2"], run.folder, PYTHONPATH=str(PROJECT))
    assert end.status == 1
    assert re.search(
        r"make\.py:4: this line runs tasks, .* put it under `if __name__ == .*threads=1\)$", end.text.strip()
    )
    assert not (run.folder / "runs").exists()


REFUSALS = (BrokenProcessPool, EOFError, ConnectionRefusedError, BrokenPipeError)  # the last three by a fork server


class PoolOfAKilledWorker:
    """Branch 0 is done, 1 was running; what becomes of 2, given in that moment, depends on the moment."""

    def __init__(self, moment):
        self.moment = moment

    def __call__(self, *_, **__):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, function, family, parameters, branch):
        job = Future()
        if branch == 0:
            job.set_result(Outcome(0, None))
        elif branch == 1 or self.moment == "told":
            job.set_exception(BrokenProcessPool())
        elif self.moment in REFUSALS:
            raise self.moment
        return job

    def shutdown(self, wait, cancel_futures):
        return None


@pytest.mark.parametrize(
    "moment", ["told", "forgotten", BrokenProcessPool, EOFError, ConnectionRefusedError, BrokenPipeError]
)
def test_no_branch_is_waited_for_when_a_worker_was_killed(listed, monkeypatch, moment):
    monkeypatch.setattr(pool, "_Pool", PoolOfAKilledWorker(moment))
    outcomes = []
    proxy = stage(listed, threads=2).workflow_proxy
    progress = Progress(proxy.task, 3)
    thread = threading.Thread(target=lambda: outcomes.extend(proxy._outcomes([0, 1, 2], progress)), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert sorted(one.branch for one in outcomes) == [0, 1, 2]
    killed = {one.branch for one in outcomes if one.failure and "a worker process was killed" in one.failure}
    assert killed == {1, 2}


def test_a_stage_is_done_when_every_branch_has_its_product(run):
    run(task="ParseFile")
    whole = stage(run)
    assert whole.complete()
    run.products("parsed_data")[0].unlink()
    assert not whole.complete()


def test_a_stage_is_not_done_while_its_files_are_not_known(run):
    assert not stage(run).complete()


def test_an_empty_name_in_place_of_a_product_is_not_enough(run):
    run(task="ParseFile")
    product = run.products("parsed_data")[0]
    product.rename(product.with_name(f".{os.uname().nodename}@1@00000000@{product.name}"))
    assert not stage(run).complete()


def test_workers_start_where_a_socket_would_have_too_long_a_path(run):
    (folder := run.folder / ("x" * 100)).mkdir()
    words = [LUIGI, *run.arguments(task="ParseFile", threads=2)]
    end = finish(words, run.folder, TMPDIR=str(folder))
    assert end.status == 0, end.text
    assert len(run.products("parsed_data")) == 3


@pytest.mark.parametrize(("length", "method"), [(75, "forkserver"), (76, "spawn")])
def test_the_fork_server_needs_a_short_path(monkeypatch, length, method):
    monkeypatch.setattr(pool.tempfile, "tempdir", "/" + "x" * (length - 1))
    assert pool._start_method() == method


def test_without_a_folder_for_temporary_files_there_is_no_fork_server(monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr(pool.tempfile, "gettempdir", nowhere)
    assert pool._start_method() == "spawn"


@pytest.mark.parametrize(
    ("base_output_dir", "said"),
    [
        ("x" * 300, "the path is too long: shorten base_output_dir"),
        ("circle/out", "the symbolic links form a loop"),
        ("/".join(["deep" * 50] * 30), "the path is too long: shorten base_output_dir"),
    ],
    ids=["name", "circle", "path"],
)
@pytest.mark.parametrize("task", ["FetchMetadata", "Plan", "Summary"])
def test_places_that_cannot_be_are_named(run, base_output_dir, said, task):
    (run.folder / "circle").symlink_to(run.folder / "circle")
    end = run.attempt(base_output_dir=run.folder / base_output_dir, task=task)
    assert "Traceback" not in end.text
    assert task == "Summary" or (said in end.text and end.status != 0)


def test_a_run_directory_removed_in_mid_run_is_told(run, monkeypatch):
    from tasks.stages.masses.compute_masses import ComputeMasses

    prepare = ComputeMasses.prepare

    def remove(task):
        prepare(task)
        shutil.rmtree(run.out)

    monkeypatch.setattr(ComputeMasses, "prepare", remove)
    end = run.attempt()
    assert end.status != 0
    assert "Traceback" not in end.text
    assert str(run.out) in end.text
    assert "rerun the same command" in end.text
    monkeypatch.undo()
    run()


def test_the_first_stage_on_a_machine_says_that_it_compiles(run, monkeypatch, tmp_path):
    assert "compiling" not in run(task="ParseFile").text
    monkeypatch.setattr(pool.physics, "__file__", str(tmp_path / "__init__.py"))
    assert run(task="ParseFile", run_name="cold").text.count("compiling loops, once on this machine") == 1


LOST_WORKER = """
import os, sys, time
import tasks.framework.preload
server = os.getpid()
if os.fork() == 0:
    while "killed" in sys.argv and os.getppid() == server:
        time.sleep(0.01)
    try:
        raise FileNotFoundError("the run's lock")
    except FileNotFoundError:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    os._exit(1)
if "killed" not in sys.argv:
    os.wait()
os._exit(0)
"""


@pytest.mark.parametrize(("server", "says"), [("lives", True), ("killed", False)])
def test_a_worker_without_fork_server_prints_no_traceback(server, says):
    ended = subprocess.run(
        [sys.executable, "-c", LOST_WORKER, server], capture_output=True, text=True, check=True, timeout=120
    )
    assert ("the run's lock" in ended.stderr) is says
