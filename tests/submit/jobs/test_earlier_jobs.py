"""Jobs of earlier runs: what is read of them, which are searched for, and what is submitted besides."""

import json

import pytest
from law.workflow.remote import JobData

from submit.errors import BatchError
from submit.jobs.earlier_jobs import find_lost_jobs, plan_jobs, read_earlier_jobs, select_lost_jobs
from submit.jobs.journal import SubmissionJournal


class Manager:
    def __init__(self, ids):
        self.ids = ids

    def find(self, names):
        return {name: self.ids[name] for name in names if name in self.ids}


def job(job_id, branches, status="running", name=""):
    return JobData.job_data(job_id, branches=branches, status=status, extra={"name": name})


@pytest.fixture
def files(tmp_path):
    return tmp_path / "jobs.json", SubmissionJournal(tmp_path / "jobs.journal")


def test_nothing_is_read_where_nothing_was_submitted(files):
    assert read_earlier_jobs(*files) == ({}, False)


def test_the_journal_adds_to_the_job_data(files):
    path, journal = files
    data = {"jobs": {"1": job("a", [0]), "2": job(JobData.dummy_job_id, [1])}, "unsubmitted_jobs": {"3": [2]}}
    path.write_text(json.dumps(data))
    journal.record_intent(2, [1], "n2", {"log": "/l"})
    journal.record_id(2, "b")
    jobs, damaged = read_earlier_jobs(path, journal)
    assert not damaged
    assert {number: (each["job_id"], each["branches"]) for number, each in jobs.items()} == {
        1: ("a", [0]),
        2: ("b", [1]),
        3: (None, [2]),
    }
    assert jobs[2]["extra"] == {"log": "/l", "name": "n2"}


@pytest.mark.parametrize("text", ["", "null", '{"jobs": {"1": 5}, "unsubmitted_jobs": {}}', '{"jobs": {}}'])
def test_of_damaged_job_data_only_the_journal_counts(files, text):
    path, journal = files
    path.write_text(text)
    journal.record_intent(7, [3], "n7", {})
    jobs, damaged = read_earlier_jobs(path, journal)
    assert damaged
    assert [each["branches"] for each in jobs.values()] == [[3]]


def test_a_finished_job_is_not_lost():
    jobs = {1: job(None, [0]), 2: job(JobData.dummy_job_id, [1]), 3: job("a", [2]), 4: job(None, [3], "finished")}
    assert select_lost_jobs(jobs).keys() == {1, 2}


def test_lost_jobs_are_found_by_their_names():
    jobs = {1: job(None, [0], name="n1"), 2: job(None, [1], name="n2"), 3: job(None, [2])}
    assert find_lost_jobs(jobs, Manager({"n2": "b", "n3": "c"})) == {2}
    assert (jobs[2]["job_id"], jobs[2]["status"]) == ("b", "pending")
    assert jobs[1]["job_id"] is None


def test_a_job_manager_without_a_search_finds_none():
    assert find_lost_jobs({1: job(None, [0], name="n1")}, object()) == set()


def test_a_batch_system_without_answer_is_an_error():
    class Silent:
        def find(self, _):
            raise OSError(3, "no server")

    message = r"ids were never received, and the batch system cannot be searched for them: .*no server\nRerun"
    with pytest.raises(BatchError, match=message):
        find_lost_jobs({1: job(None, [0], name="n1")}, Silent())
    assert find_lost_jobs({1: job("a", [0], name="n1")}, Silent()) == set()  # it is not even asked


def test_what_no_earlier_job_makes_is_submitted():
    earlier = {2: job("a", [0, 1]), 3: job("b", [2], "failed"), 5: job(None, [3]), 6: job("c", [4], "finished")}
    data = plan_jobs(earlier, {1, 2, 3, 5}, 2)
    assert data["jobs"] == {2: earlier[2]}
    assert data["unsubmitted_jobs"] == {7: [2, 3], 8: [5]}
    assert data["tasks_per_job"] == 2


def test_without_earlier_jobs_numbers_begin_with_1():
    assert plan_jobs({}, {0, 1}, 1)["unsubmitted_jobs"] == {1: [0], 2: [1]}
    assert plan_jobs({}, set(), 1)["unsubmitted_jobs"] == {}
