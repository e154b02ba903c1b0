"""Submissions: each is recorded before and after, and the reason of one that failed is kept."""

import pytest
from law.workflow.remote import JobData

from submit.errors import NoCommandError, RefusedJobError
from submit.jobs.journal import SubmissionJournal
from submit.jobs.submissions import Submissions


@pytest.fixture
def journal(tmp_path):
    return SubmissionJournal(tmp_path / "jobs.journal")


@pytest.fixture
def submissions(journal):
    made = Submissions(lambda: journal)
    made.record_intent("/a.sh", 1, [0], "n1", "/a.log")
    made.record_intent("/b.sh", 2, [1], "n2", None)
    return made


def refuse(error):
    def submit(*_args, **_kwargs):
        raise error

    return submit


def test_ids_are_recorded_and_arguments_passed_on(submissions, journal):
    calls = []

    def submit(*args, **kwargs):
        calls.append((args, kwargs))
        return "7.s"

    assert submissions.submit(submit, "/a.sh", 1, retries=2) == "7.s"
    assert calls == [(("/a.sh", 1), {"retries": 2})]
    assert [(entry.job_id, entry.extra) for entry in journal.read()] == [("7.s", {"log": "/a.log"}), (None, {})]


def test_several_files_have_an_id_each(submissions, journal):
    assert submissions.submit(lambda _files: ["7.s", "8.s"], ["/a.sh", "/b.sh"]) == ["7.s", "8.s"]
    assert [entry.job_id for entry in journal.read()] == ["7.s", "8.s"]


def test_a_refusal_is_recorded_and_its_reason_kept(submissions, journal):
    with pytest.raises(OSError, match="no such queue"):
        submissions.submit(refuse(OSError("no such queue")), "/a.sh")
    assert [entry.number for entry in journal.read()] == [2]
    jobs = {
        1: JobData.job_data(JobData.dummy_job_id, branches=[0], extra={"log": "/a.log"}),
        2: JobData.job_data("8.s"),
    }
    explained = submissions.add_reasons(jobs)
    assert [explained[1][key] for key in ("job_id", "error", "extra")] == [None, "no such queue", {}]
    assert explained[2] == jobs[2]
    assert not submissions.is_futile()
    assert submissions.get_search_name("/a.sh") == {"name": "n1"}  # it may have been accepted all the same
    submissions.submit(lambda _file: "9.s", "/a.sh")
    assert submissions.add_reasons(jobs)[1]["error"] is None


@pytest.mark.parametrize("error", [NoCommandError("cannot run 'qsub'"), RefusedJobError("no such queue")])
def test_after_a_permanent_error_nothing_more_is_tried(submissions, error):
    with pytest.raises(type(error)):
        submissions.submit(refuse(error), "/a.sh")
    assert submissions.is_futile()
    assert submissions.get_search_name("/a.sh") == {}
    assert submissions.get_search_name("/b.sh") == {"name": "n2"}
    with pytest.raises(type(error)):
        submissions.submit(lambda _file: "9.s", "/b.sh")
    assert submissions.get_search_name("/b.sh") == {}


def test_an_id_is_returned_although_the_disk_is_full(submissions, monkeypatch):
    monkeypatch.setattr(SubmissionJournal, "_append", refuse(OSError(28, "No space left on device")))
    assert submissions.submit(lambda _file: "7.s", "/a.sh") == "7.s"
