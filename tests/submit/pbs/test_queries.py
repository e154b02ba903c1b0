"""Queries of many jobs at once; tests/submit/pbs/test_manager.py has the life of single jobs."""

import json

import pytest

from submit.commands import run_command
from submit.errors import CommandError
from submit.pbs.manager import PBSJobManager
from submit.pbs.queries import list_ids


@pytest.fixture
def many(engine, monkeypatch):
    """A function that makes a server with many queued jobs; it returns the ids, and a manager."""

    def make(number, dialect="openpbs", **more):
        pbs = engine(dialect, **more)
        pbs.use(monkeypatch)
        job = {"name": "A", "state": "Q", "exit": None, "comment": "", "queue": "workq", "script": "a.sh"}
        job |= {"pid": None, "runner": None}
        for count in range(1, number + 1):
            (pbs.folder / "jobs" / f"{count}.json").write_text(json.dumps({**job, "number": count}))
        return pbs, [f"{count}.stub" for count in range(1, number + 1)], PBSJobManager()

    return make


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("dialect", ["openpbs", "torque"])
def test_many_jobs_are_queried_at_once(many, dialect, history):
    _, ids, manager = many(60, dialect, history=history)
    assert {status["status"] for status in manager.query(ids).values()} == {"pending"}


@pytest.mark.parametrize("history", [True, False])
def test_jobs_that_qstat_leaves_out_in_silence_are_unknown(many, monkeypatch, history):
    pbs, ids, manager = many(30, history=history)
    for job_id in ids[5:15]:
        (pbs.folder / "jobs" / f"{job_id.removesuffix('.stub')}.json").unlink()
    calls = []
    monkeypatch.setattr("submit.pbs.queries.run_command", _counting(calls))
    statuses = manager.query(ids)
    vanished = [job_id for job_id, status in statuses.items() if status["extra"] == {"vanished": True}]
    assert vanished == ids[5:15]
    assert {statuses[job_id]["status"] for job_id in ids if job_id not in vanished} == {"pending"}
    assert len(calls) <= 3 + 5  # not one call for each of the ten


def test_jobs_that_an_answer_left_out_although_they_exist_change_no_state(many, monkeypatch):
    _, ids, manager = many(12)
    ask = manager._qstat
    monkeypatch.setattr(manager, "_qstat", lambda chunk, *rest: ask(chunk[:2], *rest))
    with pytest.raises(CommandError, match=r"left out job\(s\) 3.stub, .*7.stub and 5 more, although the server knows"):
        manager.query(ids)


def _counting(calls):
    def run(words, *rest, **more):
        calls.append(words)
        return run_command(words, *rest, **more)

    return run


def test_of_many_ids_the_first_are_listed():
    assert list_ids(["1.s", "2.s"]) == "job(s) 1.s, 2.s"
    assert list_ids([f"{number}.s" for number in range(500)]) == "job(s) 0.s, 1.s, 2.s, 3.s, 4.s and 495 more"
