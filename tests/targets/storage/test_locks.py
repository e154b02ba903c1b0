"""Locks between processes: shared, alone, and on files that are removed meanwhile."""

import threading

import pytest

from targets.storage.locks import FileLock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


def test_who_has_it_alone_shuts_all_others_out(path):
    mine, other = FileLock(path), FileLock(path)
    assert mine.acquire(alone=True)
    assert not other.acquire(alone=True, wait=False)
    assert not other.acquire(alone=False, wait=False)
    mine.release()
    assert other.acquire(alone=True, wait=False)
    other.release()


def test_many_share_it_and_shut_out_who_wants_it_alone(path):
    first, second, greedy = FileLock(path), FileLock(path), FileLock(path)
    assert first.acquire(alone=False)
    assert second.acquire(alone=False, wait=False)
    assert not greedy.acquire(alone=True, wait=False)
    first.release()
    assert second.acquire(alone=True, wait=False), "the last who shares it may have it alone"
    second.release()


def test_who_fails_to_have_it_alone_no_longer_shares_it(path):
    first, second = FileLock(path), FileLock(path)
    first.acquire(alone=False)
    second.acquire(alone=False)
    assert not first.acquire(alone=True, wait=False)
    assert second.acquire(alone=True, wait=False)
    second.release()


def test_releasing_what_is_not_held_does_nothing(path):
    lock = FileLock(path)
    lock.release()
    lock.acquire(alone=True)
    lock.release()
    lock.release()
    assert FileLock(path).acquire(alone=True, wait=False)


def test_who_waited_for_a_removed_file_locks_its_successor(path):
    first, waiting = FileLock(path), FileLock(path)
    first.acquire(alone=True)
    waiting._open()  # as who waits has done
    first.remove()
    assert waiting.acquire(alone=True, wait=False)
    assert path.exists()
    assert not FileLock(path).acquire(alone=True, wait=False), "two processes would both think they have it alone"
    waiting.release()


def test_who_waits_gets_it_when_the_other_is_done(path):
    first, waiting = FileLock(path), FileLock(path)
    first.acquire(alone=True)
    thread = threading.Thread(target=waiting.acquire, kwargs={"alone": True})
    thread.start()
    first.release()
    thread.join()
    assert not first.acquire(alone=True, wait=False)
    waiting.release()


def test_a_link_is_not_followed(path, tmp_path):
    (tmp_path / "valuable").write_text("x")
    path.symlink_to(tmp_path / "valuable")
    with pytest.raises(OSError, match="symbolic link"):
        FileLock(path).acquire(alone=True)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "missing" / "lock").acquire(alone=True)
