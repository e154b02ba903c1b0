"""Input files: on this machine, streamed, or downloaded first, always with the same events."""

import os
import shutil
from typing import get_args

import pytest

from edm.objects import Objects
from targets.catalogue.input_files import InputFile
from targets.catalogue.local_files import local_files
from targets.errors import ChangedFileError, UnreadableFileError
from targets.events import inputs, schemas
from targets.events.inputs import FetchOptions, open_input
from targets.events.reader import EventFile
from targets.network.streaming.hosts import Host, host_of
from tests.support import faults
from tests.support.faults import QUICK, Hosted
from tests.support.jagged import plain
from tests.support.toy_files import toy_file


@pytest.fixture
def toy(tmp_path):
    return toy_file(tmp_path / "toy.root", 1)


@pytest.fixture
def read(tmp_path):
    """Read the muons of a file, and say how it was read."""

    def reading(uri, mode="auto", release=None, known=None, keep=True):
        file = InputFile(uri, None, None, None, release, None, "files", "data")
        options = FetchOptions(mode, tmp_path / "cache", keep, QUICK)
        with open_input(file, known or schemas.load(""), options) as opened:
            muons = Objects.concatenate([chunk.objects["m"] for chunk in opened.events.chunks({}, 100)])
            return plain(muons), opened.traffic()

    return reading


@pytest.fixture
def hosted(web, toy):
    web.files["/toy.root"] = Hosted(toy.read_bytes())
    return f"{web.url}/toy.root"


def cached(tmp_path):
    folder = tmp_path / "cache"
    return [path.name for path in folder.iterdir() if path.suffix == ".root"] if folder.exists() else []


def test_every_way_gives_the_same_events(read, toy, hosted, tmp_path):
    expected, _ = read(str(toy))
    for mode in get_args(inputs.Mode):
        assert read(hosted, mode)[0] == expected


def test_nanoaod_is_streamed(read, web, hosted, tmp_path):
    _, traffic = read(hosted)
    assert cached(tmp_path) == []
    assert traffic.received == web.sent > 0
    assert all(web.ranges())


def test_a_download_reads_every_byte_once(read, toy, hosted, tmp_path):
    assert read(hosted, "download")[1].received == toy.stat().st_size
    assert len(cached(tmp_path)) == 1
    assert read(hosted, "download")[1].received == 0


def test_a_format_that_is_downloaded_is_streamed_no_further_than_its_head(read, hosted, tmp_path):
    (nanoaod,) = schemas.load("cms-nanoaod")
    read(hosted, known=[nanoaod.model_copy(update={"fetch": "download"})])
    assert len(cached(tmp_path)) == 1


def test_a_release_that_is_downloaded_is_not_asked_for_its_head(read, web, hosted, toy, tmp_path):
    (nanoaod,) = schemas.load("cms-nanoaod")
    flat = nanoaod.model_copy(update={"fetch": "download", "name": "2020e-13tev"})
    assert read(hosted, release="2020e-13tev", known=[flat])[1].received == toy.stat().st_size
    assert web.sent == toy.stat().st_size


def test_a_server_without_ranges_is_downloaded_from(read, web, hosted, toy, tmp_path):
    web.always = faults.whole
    assert read(hosted)[0] == read(str(toy))[0]
    assert len(cached(tmp_path)) == 1


def test_a_server_without_ranges_cannot_be_streamed_from(read, web, hosted, tmp_path):
    web.always = faults.whole
    with pytest.raises(UnreadableFileError, match="whole file"):
        read(hosted, "stream")
    assert cached(tmp_path) == []


def test_downloads_that_are_not_kept_are_gone(read, hosted, tmp_path):
    read(hosted, "download", keep=False)
    assert cached(tmp_path) == []


@pytest.fixture
def listed(toy, tmp_path):
    """Read a listed local file, with something that happens to it before and in the middle."""
    (file,) = local_files([str(toy)]).files
    other = toy_file(tmp_path / "other.root", 2)

    def reading(before=lambda toy, other: None, between=lambda toy, other: None):
        before(toy, other)
        fetching = FetchOptions("auto", tmp_path / "cache", True, QUICK)
        with open_input(file, schemas.load(""), fetching) as opened:
            between(toy, other)
            return sum(len(chunk.run) for chunk in opened.events.chunks({}, 100))

    return reading


def replaced(toy, other):
    shutil.copy2(other, toy)


def touched(toy, other):
    os.utime(toy, ns=(1, toy.stat().st_mtime_ns + 1))


def moved_over(toy, other):
    other.replace(toy)


def cut(toy, other):
    os.truncate(toy, toy.stat().st_size // 2)


@pytest.mark.parametrize("when", ["before", "between"])
@pytest.mark.parametrize("change", [replaced, touched, moved_over, cut])
def test_a_local_file_that_changed_since_it_was_listed_is_not_read(listed, toy, when, change):
    before = toy.stat()
    with pytest.raises(
        ChangedFileError, match=rf"^{toy}: it changed since the run began \({before.st_size} bytes of 20"
    ):
        listed(**{when: change})


def test_both_states_of_a_changed_file_are_said(listed, toy):
    os.utime(toy, ns=(1, 1_700_000_000_123_456_000))
    message = r" bytes of .* when it was listed, \d+ bytes of 2023-11-14 22:13:20.123456 UTC now\), so nothing was made"
    with pytest.raises(ChangedFileError, match=message + " of it: rerun the same command, which lists it anew"):
        listed()


def test_a_local_file_that_goes_while_it_is_read_was_what_was_listed(listed):
    assert listed() == listed(between=lambda toy, other: toy.unlink()) > 0


@pytest.mark.parametrize(("round_trip_s", "bytes_per_s", "downloads"), [(0.06, 1e4, 0), (60.0, 1e9, 1)])
def test_what_was_measured_of_a_host_decides(
    read, web, hosted, tmp_path, monkeypatch, round_trip_s, bytes_per_s, downloads
):
    """Many round trips or many bytes: what is worse depends on the line."""
    monkeypatch.setattr(inputs, "_LEAST_BYTES", 0)
    monkeypatch.setattr(Host, "note_answer", lambda host, seconds: None)
    monkeypatch.setattr(Host, "bytes_per_s", bytes_per_s)
    host_of(hosted).round_trip_s = round_trip_s
    expected, _ = read(hosted, "stream")
    assert read(hosted)[0] == expected
    assert len(cached(tmp_path)) == downloads


def test_small_files_are_not_decided_about(read, hosted, tmp_path, monkeypatch):
    monkeypatch.setattr(EventFile, "decision", lambda *_: pytest.fail("measured"))
    read(hosted)
