"""Runs over files of a server of which several fail: named all, tolerated some, and read again alone."""

import os

import pytest

from tests.support import faults, served_runs, xrootd_server
from tests.support.toy_files import EVENTS

TASK_FAILED = 30
MODES = ("stream", "download")
BAD = ("f1.root", "f3.root")
LACKS = xrootd_server.missing()


@pytest.fixture
def served(toys, tmp_path, monkeypatch):
    """Four toy files on a server."""
    with served_runs.serving(toys[:4], tmp_path, monkeypatch) as served:
        yield served


def files_read(runs):
    return [file for record in runs.records("ParseFile") for file in record["files"]]


@pytest.mark.parametrize("files_per_branch", [1, 4])
@pytest.mark.parametrize("mode", MODES)
def test_several_bad_files_are_all_named_and_read_alone_afterwards(served, four, mode, files_per_branch):
    parameters = {"fetch": mode, "files_per_branch": files_per_branch, "read_attempts": 2}
    served.strike(faults.status(404), *BAD)
    end = served.runs.attempt(**parameters)
    assert end.status == TASK_FAILED
    for name in BAD if files_per_branch == 1 else BAD[:1]:  # a branch that is lost is not read on
        assert f"  {served.server.url}/{name}: the server has no such file: check the address" in end.text
    assert "to leave out files that cannot be read: --tolerated-failures" in end.text
    assert "Fix the cause and rerun the same command; it resumes where it stopped." in end.text
    assert len(served.runs.products("parsed_data")) == (2 if files_per_branch == 1 else 0)
    assert len(served.runs.products("im_arrays")) == len(served.runs.products("parsed_data"))
    assert not served.runs.products("peaks")
    assert served.runs.leftovers() == []
    served.mend()
    served.runs(**parameters)
    if files_per_branch == 1 or mode == "download":  # a branch is all or nothing: streamed, its good files are read too
        asked = {path.lstrip("/") for path, headers in served.server.asked if not headers["If-None-Match"]}
        untried = {"f2.root"} if files_per_branch > 1 else set()  # behind the first bad file of a lost branch
        assert asked == {*BAD, *untried}
    assert served.runs.histograms() == four


@pytest.mark.parametrize("mode", MODES)
def test_as_many_failures_as_are_tolerated_are_left_out_and_recorded(served, fresh, toys, four, mode):
    served.strike(faults.drop_head, *BAD)
    parameters = {"fetch": mode, "read_attempts": 1, "network_attempts": 2}
    end = served.runs.attempt(tolerated_failures=1, **parameters)
    assert end.status == TASK_FAILED
    assert "2 files of the run cannot be read, and tolerated_failures is 1" in end.text
    assert all(f"  {served.server.url}/{name}: 127.0.0.1 cannot be reached" in end.text for name in BAD)
    assert not served.runs.products("histograms")
    served.runs(tolerated_failures=2, **parameters)
    assert served.runs.histograms() == fresh([toys[0], toys[2]])
    (record,) = served.runs.records("MakeHistograms")
    assert [failure["uri"] for failure in record["failures"]] == [f"{served.server.url}/{name}" for name in BAD]
    assert all("given up after 2 attempts" in failure["reason"] for failure in record["failures"])
    assert record["events"]["read"] == 2 * EVENTS
    served.mend()
    served.runs(**parameters)
    assert set(served.asked()) == set(BAD)
    assert four in served.runs.all_histograms()


def test_what_came_of_a_download_that_broke_off_is_not_fetched_again(served, four):
    served.strike(faults.drop(40_000), BAD[0])
    assert served.runs.attempt(fetch="download", read_attempts=1, network_attempts=1).status == TASK_FAILED
    served.mend()
    served.runs(fetch="download")
    assert served.server.ranges() == ["bytes=40000-"]
    assert served.runs.histograms() == four


def test_a_second_run_asks_nothing(served):
    served.runs()
    served.mend()
    assert served.runs().started == []
    assert served.asked() == {}


@pytest.mark.parametrize("mode", MODES)
def test_bytes_read_stand_beside_the_size_of_each_file(served, toys, mode):
    sizes = {f"{served.server.url}/{toy.name}": toy.stat().st_size for toy in toys[:4]}
    served.runs(fetch=mode)
    assert {file["uri"]: file["bytes"] for file in files_read(served.runs)} == sizes
    assert sum(file["bytes_read"] for file in files_read(served.runs)) == served.server.sent > 0
    if mode == "download":
        assert all(file["bytes_read"] == file["bytes"] for file in files_read(served.runs))
    assert sum(record["bytes_read"] for record in served.runs.records("ParseFile")) == served.server.sent


def test_bytes_read_stand_beside_the_size_of_local_files(run, files):
    run()
    assert {file["uri"]: file["bytes"] for file in files_read(run)} == {str(p): p.stat().st_size for p in files}
    assert all(file["bytes_read"] > 0 for file in files_read(run))


@pytest.fixture(scope="module")
def xrootd():
    """A server of root:// addresses; it starts before a test changes where temporary files are."""
    with xrootd_server.serving() as server:
        yield server


@pytest.mark.skipif(bool(LACKS) and not os.environ.get("CI"), reason=f"root:// needs {LACKS}")
@pytest.mark.parametrize("mode", MODES)
def test_files_of_an_xrootd_server(served, xrootd, toys, fresh, mode):
    addresses = [xrootd.host(f"{mode}-{toy.name}", toy.read_bytes()) for toy in toys[:2]]
    (xrootd.folder / f"{mode}-{toys[1].name}").unlink()
    parameters = {"input_files": ",".join(addresses), "fetch": mode, "read_attempts": 1}
    end = served.runs.attempt(**parameters)
    assert end.status == TASK_FAILED
    assert f"  {addresses[1]}: the server has no such file or does not give it" in end.text
    assert len(served.runs.products("parsed_data")) == 1
    xrootd.host(f"{mode}-{toys[1].name}", toys[1].read_bytes())
    served.runs(**parameters)
    assert served.runs.histograms() == fresh(toys[:2])
    sizes = {address: toy.stat().st_size for address, toy in zip(addresses, toys, strict=False)}
    assert {file["uri"]: file["bytes"] for file in files_read(served.runs)} == sizes
    assert all(file["bytes_read"] > 0 for file in files_read(served.runs))
