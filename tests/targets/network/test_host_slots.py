"""At most so many connections to a host, over all processes of a machine."""

import os
import shutil
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from targets.errors import ConfigurationError
from targets.network.host_slots import host_slot, is_wanted
from targets.storage.locks import FileLock
from tests.support import workers

pytestmark = pytest.mark.usefixtures("slots")


@pytest.mark.parametrize("limit", [1, 3])
def test_processes_together_keep_to_the_limit(web, limit):
    url = web.host("x", b"x" * 1000)
    with ExitStack() as stack:
        started = [stack.enter_context(workers.started("take_turns", url, limit, 20)) for _ in range(5)]
        for process in started:
            workers.finish(process)
    assert len(web.asked) == 100
    assert web.peak <= limit


def test_the_limit_is_used_up():
    met = threading.Barrier(3, timeout=30)

    def ask():
        with host_slot("h", 3):
            met.wait()  # passes only when three are in here at once

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not met.broken


def test_threads_of_one_process_count_too():
    inside, most = 0, 0
    lock = threading.Lock()

    def work():
        nonlocal inside, most
        for _ in range(20):
            with host_slot("h", 2):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 2


def test_a_killed_process_frees_its_slot(slots):
    with workers.started("hold", "h", 1) as process:
        assert process.stdout.readline() == "held\n"
        assert not _is_free(slots, 1)
        process.kill()
        process.wait()
        assert _is_free(slots, 1)


def test_an_error_frees_the_slot(slots):
    with pytest.raises(RuntimeError), host_slot("h", 1):
        raise RuntimeError
    assert _is_free(slots, 1)


def test_hosts_do_not_wait_for_each_other_and_case_does_not_matter(slots):
    with host_slot("one.cern.ch", 1), host_slot("TWO.cern.ch", 1):
        assert sorted(path.name for path in slots.glob("*/connections/*")) == ["one.cern.ch", "two.cern.ch"]


def test_who_allows_more_uses_further_slots(slots):
    with host_slot("h", 1), host_slot("h", 2):
        assert not _is_free(slots, 2)


@pytest.mark.parametrize("host", ["../../../etc", "..", "", ".", "a/b", "h\0h", "h\n", "x" * 5000, "é中", "[::1]"])
def test_no_host_leaves_the_folder(host, slots):
    with host_slot(host, 1):
        found = [path for path in slots.rglob("*") if path.is_file()]
        assert [path.parent.parent.name for path in found] == ["connections"]
        assert not _is_free(slots, 1)


def test_the_folder_is_closed_to_others(slots):
    with host_slot("h", 1):
        (folder,) = slots.iterdir()
    assert folder.name == f"atlas-open-data-pipeline-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_open_to_others_is_refused(slots):
    folder = slots / f"atlas-open-data-pipeline-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(
        ConfigurationError, match=r"atlas-open-data-pipeline-\d+ is not a folder that only you may use.*TMPDIR"
    ):
        host_slot("h", 1).__enter__()


@pytest.mark.parametrize("make", ["link", "file"])
def test_what_is_no_folder_is_refused(slots, tmp_path, make):
    place = slots / f"atlas-open-data-pipeline-{os.getuid()}"
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "elsewhere") if make == "link" else place.write_text("")
    with pytest.raises(ConfigurationError, match="is not a folder that only you may use"):
        host_slot("h", 1).__enter__()


def test_a_limit_below_one_is_refused():
    with pytest.raises(ConfigurationError, match="connections_per_host is 0: with less than 1, nothing can be read"):
        host_slot("h", 0).__enter__()


def test_a_folder_that_is_cleared_away_in_the_same_moment_comes_back(slots, monkeypatch):
    real, cleared = FileLock.acquire, []

    def acquire(lock, **how):
        if not cleared:
            cleared.append(lock.path.parent.rmdir())
        return real(lock, **how)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with host_slot("h", 1):
        assert list(slots.glob("*/connections/h/0"))


def test_a_folder_that_is_cleared_away_while_it_is_made_comes_back(slots, monkeypatch):
    with host_slot("h", 1):
        pass
    real, cleared = os.mkdir, []

    def mkdir(path, *mode):  # what clears folders comes between pathlib's attempt and its second look
        if not cleared and Path(path).name == "h" and Path(path).is_dir():
            cleared.append(shutil.rmtree(path))
            raise FileExistsError(path)
        real(path, *mode)

    monkeypatch.setattr(os, "mkdir", mkdir)
    with host_slot("h", 1):
        assert list(slots.glob("*/connections/h/0"))
    assert cleared


def test_a_file_in_place_of_the_folder_is_named(slots):
    with host_slot("h", 1):
        pass
    (host,) = slots.glob("*/connections/h")
    (host / "0").unlink()
    host.rmdir()
    host.write_text("")
    with pytest.raises(ConfigurationError, match="connections/h is not a folder"):
        host_slot("h", 1).__enter__()


def test_nobody_waits_where_the_folder_cannot_be_looked_at(slots, monkeypatch):
    def acquire(lock, **how):
        raise FileExistsError(lock.path)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    assert not is_wanted("h")


def test_folders_cleared_away_come_back(slots):
    with host_slot("h", 1):
        pass
    (host,) = slots.glob("*/connections/h")
    (host / "0").unlink()
    host.rmdir()
    with host_slot("h", 1):
        assert host.is_dir()


def _is_free(slots: Path, limit: int) -> bool:
    """Tell whether one of the first slots of the only host can be had."""
    (host,) = slots.glob("*/connections/*")
    locks = [FileLock(host / str(number)) for number in range(limit)]
    free = [lock.acquire(alone=True, wait=False) for lock in locks]
    for lock in locks:
        lock.release()
    return any(free)


def test_jobs_of_a_node_share_a_folder_whatever_their_own(tmp_path, monkeypatch):
    for name in ("node", "job"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "job"))
    monkeypatch.setenv("PIPELINE_NODE_TMP", str(tmp_path / "node"))
    with host_slot("h", 1):
        assert [path.name for path in (tmp_path / "node").rglob("h/*")] == ["0"]
    assert list((tmp_path / "job").iterdir()) == []
