"""The submission journal: it can be read after any kill."""

import os

import pytest

from submit.errors import BatchError
from submit.jobs.journal import Submission, SubmissionJournal


@pytest.fixture
def journal(tmp_path):
    return SubmissionJournal(tmp_path / "jobs.journal")


def test_what_was_submitted_is_read_again(journal):
    journal.record_intent(1, [0, 1], "a", {"log": "/l"})
    journal.record_intent(2, [2], "b", {})
    journal.record_id(2, "7.server")
    journal.record_intent(3, [3], "c", {})
    journal.record_id(3, None)
    assert journal.read() == [Submission(1, (0, 1), "a", None, {"log": "/l"}), Submission(2, (2,), "b", "7.server", {})]


def test_a_second_attempt_counts_alone(journal):
    journal.record_intent(1, [0], "a_0", {})
    journal.record_id(1, 5)
    journal.record_intent(1, [0], "a_1", {})
    assert journal.read() == [Submission(1, (0,), "a_1", None, {})]
    journal.record_id(1, 6)
    assert journal.read() == [Submission(1, (0,), "a_1", 6, {})]


@pytest.mark.parametrize("length", range(0, 120, 7))
def test_a_kill_may_cut_the_end_off(journal, tmp_path, length):
    journal.record_intent(1, [0], "a", {})
    journal.record_id(1, 5)
    whole = (tmp_path / "jobs.journal").read_bytes()
    (tmp_path / "jobs.journal").write_bytes(whole[:length])
    submissions = journal.read()
    assert submissions in ([], [Submission(1, (0,), "a", None, {})], [Submission(1, (0,), "a", 5, {})])
    assert bool(submissions) == (length >= whole.index(b"\n"))


def test_cleared(journal):
    journal.clear()
    assert journal.read() == []
    journal.record_intent(1, [0], "a", {})
    journal.clear()
    assert journal.read() == []


def test_locked_by_one_process_at_a_time(journal):
    with journal.locked():
        words = rf"another process already polls these jobs \(process {os.getpid()} on {os.uname().nodename}, "
        with pytest.raises(BatchError, match=words), journal.locked():
            pass
    with journal.locked():
        pass


def test_a_file_system_without_locks_is_no_obstacle(journal, monkeypatch):
    def without(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", without)
    with journal.locked(), journal.locked():
        pass
