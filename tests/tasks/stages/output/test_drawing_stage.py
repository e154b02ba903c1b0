"""Figures by several processes: the same files, and a sentence when one of the processes is killed."""

import json
import shutil
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import pytest

import tasks
from steps.errors import StageError
from steps.output.figure_files import FigurePlan
from tasks.stages.output import drawing_stage
from tests.support.runs import Runs

OPTIONS = {"plotted_final_states": 1, "bin_width_gev": "10,500", "min_events_per_fs": 95}  # of the run that is drawn


def test_any_number_of_processes_draws_the_same_files(drawn, tmp_path):
    shutil.copytree(drawn.folder / "out", tmp_path / "out")
    own = Runs(tmp_path, drawn.input_files)
    (folder,) = own.products("plots")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    told = own(task="MakePlots", threads=2, **OPTIONS)
    assert told.started == ["MakePlots"]
    number = len(json.loads(before["figures.json"])["figures"])
    assert f"MakePlots: 1 of 1 branches, {number} of {number} figures" in told.text
    assert len(before) > 2 * drawing_stage._FIGURES_A_WORKER
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@contextmanager
def killed_pool(workers):
    """A pool whose processes are killed."""
    assert workers == 2

    class Killed:
        def submit(self, *_):
            job = Future()
            job.set_exception(BrokenProcessPool())
            return job

    yield Killed()


def test_a_process_that_was_killed_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(drawing_stage, "open_pool", killed_pool)
    task = tasks.MakePlots(run_name="r", base_output_dir=str(tmp_path), release_years=("demo",), threads=2)
    monkeypatch.setattr(task, "workers", lambda: 2)
    plans = [FigurePlan(f"f{number}", "title", list) for number in range(8)]
    with pytest.raises(StageError, match=r"files: a process that drew figures was killed .* lower threads, here 2"):
        task.draw(tmp_path / "files", plans, ("png",))
    assert list(tmp_path.iterdir()) == []
