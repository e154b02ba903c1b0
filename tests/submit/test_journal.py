"""What has been submitted, written down: read again after any kill."""

import os

import pytest

from submit.errors import BatchError
from submit.journal import Journal, Submission


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "jobs.journal")


def test_what_was_submitted_is_read_again(journal):
    journal.intend(1, [0, 1], "a", {"log": "/l"})
    journal.intend(2, [2], "b", {})
    journal.submitted(2, "7.server")
    journal.intend(3, [3], "c", {})
    journal.submitted(3, None)
    assert journal.read() == [Submission(1, (0, 1), "a", None, {"log": "/l"}), Submission(2, (2,), "b", "7.server", {})]


def test_a_second_attempt_counts_alone(journal):
    journal.intend(1, [0], "a_0", {})
    journal.submitted(1, 5)
    journal.intend(1, [0], "a_1", {})
    assert journal.read() == [Submission(1, (0,), "a_1", None, {})]
    journal.submitted(1, 6)
    assert journal.read() == [Submission(1, (0,), "a_1", 6, {})]


@pytest.mark.parametrize("left", range(0, 120, 7))
def test_a_kill_may_cut_the_end_off(journal, tmp_path, left):
    journal.intend(1, [0], "a", {})
    journal.submitted(1, 5)
    whole = (tmp_path / "jobs.journal").read_bytes()
    (tmp_path / "jobs.journal").write_bytes(whole[:left])
    found = journal.read()
    assert found in ([], [Submission(1, (0,), "a", None, {})], [Submission(1, (0,), "a", 5, {})])
    assert bool(found) == (left >= whole.index(b"\n"))


def test_forgotten(journal):
    journal.forget()
    assert journal.read() == []
    journal.intend(1, [0], "a", {})
    journal.forget()
    assert journal.read() == []


def test_held_by_one_at_a_time(journal):
    with journal.held():
        words = rf"another process follows these jobs already \(process {os.getpid()} on {os.uname().nodename}, as "
        with pytest.raises(BatchError, match=words), journal.held():
            pass
    with journal.held():
        pass


def test_a_file_system_without_locks_is_no_obstacle(journal, monkeypatch):
    def without(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", without)
    with journal.held(), journal.held():
        pass
