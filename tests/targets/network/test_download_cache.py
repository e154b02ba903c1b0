"""Whole files in a cache: the right bytes under the right name, or the named error and nothing half-written."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from targets.errors import ConfigurationError, UnreadableFileError
from targets.network import download_cache
from targets.network.download_cache import fetch
from targets.network.retry import RefusedError
from targets.storage.locks import FileLock
from tests.support import faults, workers
from tests.support.cache import ADLER32, BODY, SHA1, described, folder, get, kinds, uri
from tests.support.faults import IMPATIENT, QUICK

__all__ = ["folder", "uri"]


@pytest.mark.parametrize("checksum", [ADLER32, SHA1, None])
@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_file_is_fetched_once(uri, web, folder, size, checksum):
    path, traffic = get(described(uri, size, checksum), folder)
    assert (traffic.requests, traffic.received) == (1, len(BODY))
    assert kinds(folder) == [".lock", ".origin", "whole"]
    again, traffic = get(described(uri, size, checksum), folder)
    assert again == path
    assert traffic.received == 0
    known = size is not None or checksum is not None
    assert len(web.asked) == (1 if known else 2), "only where nothing is known the server is asked whether it changed"


def test_an_adler32_is_a_number(web, folder):
    body = b"\0" * 10  # adler32 000a0001
    uri = web.host("x.root", body)
    for checksum in ("adler32:000a0001", "adler32:a0001", "adler32:000A0001"):
        with fetch(described(uri, 10, checksum), folder, QUICK, keep=False) as got:
            assert got.path.read_bytes() == body


def test_a_file_is_removed_after_use_where_it_is_not_kept(uri, folder):
    with fetch(described(uri), folder, QUICK, keep=False) as got:
        assert got.path.exists()
    assert kinds(folder) == []


def test_a_file_is_removed_after_an_error_of_its_reader_too(uri, folder):
    with pytest.raises(RuntimeError), fetch(described(uri), folder, QUICK, keep=False):
        raise RuntimeError
    assert kinds(folder) == []


def test_a_file_that_somebody_else_uses_stays_until_the_last_is_done(uri, web, folder):
    with fetch(described(uri), folder, QUICK, keep=False) as first:
        with fetch(described(uri), folder, QUICK, keep=False) as second:
            assert second.path == first.path
        assert first.path.read_bytes() == BODY
    assert kinds(folder) == []
    assert len(web.asked) == 1


def test_the_user_of_a_kept_file_does_not_lose_it_to_one_who_does_not_keep_it(uri, folder):
    with fetch(described(uri), folder, QUICK, keep=True) as kept:
        with fetch(described(uri), folder, QUICK, keep=False):
            pass
        assert kept.path.read_bytes() == BODY
    assert kinds(folder) == [".lock", ".origin", "whole"]


def test_root_and_https_spellings_are_one_file():
    names = {
        download_cache._name(f"{start}/eos/opendata/x.root")
        for start in ("root://eospublic.cern.ch:1094/", "root://eospublic.cern.ch/", "https://opendata.cern.ch")
    }
    assert len(names) == 1


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd",
        "..",
        ".",
        "%2e%2e%2fx",
        ".hidden",
        "-rf",
        "a b;rm -rf *",
        "é中.root",
        "x" * 1500,
        "a\\..\\b",
        "x.root.part",
        "a\nb",
        "a\x00b",
        "?x=../../y",
        "x.root?a=/../../b",
        "$(id)",
        "a:b",
    ],
)
def test_no_address_chooses_its_place(path, folder):
    name = download_cache._name(f"https://h/{path}")
    assert len(name) <= 100
    assert name.isprintable()
    assert name.isascii()
    assert not set(name) & set("/\\:;*?$ ()")
    assert not name.startswith((".", "-"))
    assert (folder / name).resolve().parent == folder


def test_addresses_that_look_alike_have_their_own_places():
    names = [
        download_cache._name(f"https://h/{path}") for path in ("a/x.root", "b/x.root", "x.root", "x.root?", "X.root")
    ]
    assert len(set(names)) == len(names)


def test_a_hostile_address_stays_in_the_folder(web, folder):
    uri = web.host("../../../tmp/evil.root", BODY)
    with pytest.raises(UnreadableFileError), fetch(described(f"{uri}/"), folder, QUICK):
        pass
    assert kinds(folder) == []


@pytest.mark.parametrize(
    "fault",
    [
        faults.drop_head,
        faults.drop(0),
        faults.drop(100_000),
        faults.drop(100_000, reset=True),
        faults.status(429, Retry_After="0"),
        faults.status(500),
        faults.status(503, Retry_After="99999"),
        faults.wrong_bytes(5),
        faults.raw(b"garbage"),
        faults.redirect("/folder/x.root"),
    ],
    ids=["nothing", "drop 0", "drop", "reset", "429", "500", "503", "wrong bytes", "garbage", "redirect"],
)
def test_what_passes_leaves_no_trace(uri, web, folder, fault):
    web.faults = [fault]
    get(described(uri), folder)
    assert kinds(folder) == [".lock", ".origin", "whole"]
    assert len(web.asked) == 2


@pytest.mark.parametrize("fault", [faults.stall_head, faults.stall(100_000), faults.drip(0.01)])
def test_stalls_end_and_leave_no_trace(uri, web, folder, fault):
    web.faults = [fault]
    get(described(uri), folder, IMPATIENT)
    assert len(web.asked) == 2


@pytest.mark.parametrize("code", [403, 404])
def test_what_is_refused_leaves_nothing(uri, web, folder, code):
    web.always = faults.status(code)
    with pytest.raises(RefusedError, match=rf"^{uri}: the server .*status {code}"):
        get(described(uri), folder)
    assert len(web.asked) == 1
    assert kinds(folder) == []


def test_nobody_listens(folder, slots):
    uri = f"http://127.0.0.1:{faults.closed_port()}/x.root"
    with pytest.raises(UnreadableFileError, match=r"cannot be reached.*given up after 3 attempts"):
        get(described(uri), folder)
    assert kinds(folder) == []


@pytest.mark.parametrize(
    ("checksum", "words"),
    [
        (ADLER32, rf"its adler32 should be {ADLER32[8:]} and is [0-9a-f]{{8}}"),
        (SHA1, rf"its sha1 should be {SHA1[5:]} and is"),
    ],
)
def test_bytes_that_are_always_wrong(uri, web, folder, checksum, words):
    web.always = faults.wrong_bytes(1000)
    with pytest.raises(
        UnreadableFileError, match=rf"^{uri}: {words}.*, each of the 2 times that it was fetched.*--refresh"
    ):
        get(described(uri, checksum=checksum), folder)
    assert len(web.asked) == 2
    assert kinds(folder) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(uri, web, folder):
    path, _ = get(described(uri), folder)
    path.write_bytes(BODY[:-1] + b"!")
    get(described(uri), folder)
    assert len(web.asked) == 2
    path.write_bytes(BODY[:-1])
    get(described(uri, checksum=None), folder)
    assert len(web.asked) == 3


def test_a_file_that_the_catalogue_describes_anew_is_fetched_again(web, folder):
    uri = web.host("x.root", bytes(len(BODY)))
    with fetch(described(uri, None, None), folder, QUICK):
        pass
    web.host("x.root", BODY, etag='"2"')
    get(described(uri), folder)


@pytest.mark.parametrize(
    ("etag", "date"), [('"2"', "Wed, 01 Jan 2020 00:00:00 GMT"), (None, "Thu, 02 Jan 2020 00:00:00 GMT"), (None, None)]
)
def test_where_nothing_is_known_a_changed_file_is_fetched_again(web, folder, etag, date):
    uri = web.host(
        "x.root", bytes(len(BODY)), etag=etag and '"1"', last_modified=date and "Wed, 01 Jan 2020 00:00:00 GMT"
    )
    with fetch(described(uri, None, None), folder, QUICK):
        pass
    web.host("x.root", BODY, etag=etag, last_modified=date)
    get(described(uri, None, None), folder)


def test_where_nothing_is_known_a_server_that_says_only_that_nothing_changed_is_believed(uri, web, folder):
    get(described(uri, None, None), folder)
    web.faults = [faults.status(304)]
    _, traffic = get(described(uri, None, None), folder)
    assert (traffic.requests, traffic.received) == (1, 0)


def test_where_nothing_is_known_a_server_that_no_longer_says_what_it_has_is_not_believed(web, folder):
    uri = web.host("x.root", bytes(len(BODY)))
    with fetch(described(uri, None, None), folder, QUICK):
        pass
    web.host("x.root", BODY, etag=None, last_modified=None)
    get(described(uri, None, None), folder)


def test_where_nothing_is_known_a_new_state_that_breaks_off_is_not_taken_for_the_old_one(web, folder):
    uri = web.host("x.root", bytes(len(BODY)))
    with fetch(described(uri, None, None), folder, QUICK):
        pass
    web.host("x.root", BODY, etag='"2"')
    web.faults = [None, None, faults.drop(100_000), faults.status(503), faults.status(503)]
    with pytest.raises(UnreadableFileError, match="given up"):
        get(described(uri, None, None), folder)
    get(described(uri, None, None), folder)


def test_where_nothing_is_known_a_server_that_is_gone_is_an_error(uri, web, folder):
    get(described(uri, None, None), folder)
    web.always = faults.status(404)
    with pytest.raises(RefusedError, match="has no such file"):
        get(described(uri, None, None), folder)


def test_a_folder_that_cannot_be_made(uri, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigurationError, match=r"file/cache: files cannot be kept there \(Not a directory\).*--download-dir"
    ):
        get(described(uri), tmp_path / "file" / "cache")


def test_what_is_no_web_address_is_refused(folder):
    with pytest.raises(RefusedError, match="is no address to read from"):
        get(described("file:///etc/passwd", None, None), folder)
    assert kinds(folder) == []


def test_two_processes_fetch_a_file_once(uri, web, folder):
    web.always = faults.slowly(0.02)  # so that they meet
    with ExitStack() as stack:
        arguments = ("fetch", uri, folder, len(BODY), ADLER32)
        started = [stack.enter_context(workers.started(*arguments)) for _ in range(3)]
        said = sorted(workers.finish(process) for process in started)
    assert said == [f"0 0 {len(BODY)}\n"] * 2 + [f"1 {len(BODY)} {len(BODY)}\n"]
    assert web.sent == len(BODY)


def test_who_finds_that_somebody_else_was_faster_fetches_nothing(uri, web, folder, monkeypatch):
    real, others = FileLock.acquire, []

    def acquire(lock, *, alone, wait=True):
        if alone and not others:
            lock.release()
            others.append(True)
            others.append(get(described(uri), folder))
        return real(lock, alone=alone, wait=wait)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    _, traffic = get(described(uri), folder)
    assert len(others) == 2
    assert traffic.requests == 0
    assert len(web.asked) == 1


def test_processes_that_do_not_keep_a_file_leave_none(uri, web, folder):
    with ExitStack() as stack:
        arguments = ("fetch", uri, folder, len(BODY), ADLER32, "no")
        started = [stack.enter_context(workers.started(*arguments)) for _ in range(4)]
        for process in started:
            assert workers.finish(process).endswith(f" {len(BODY)}\n")
    assert kinds(folder) == []
    assert web.sent % len(BODY) == 0


@pytest.mark.parametrize("alone", [0, 10])  # few bytes by themselves: what came must be in the file, not in a buffer
def test_who_waits_for_a_process_that_is_killed_goes_on_in_its_place(uri, web, folder, alone):
    web.faults = [faults.stall(200_000, alone)]
    with workers.started("fetch", uri, folder, len(BODY), ADLER32) as first:
        assert faults.settles(lambda: any(part.stat().st_size >= 200_000 for part in folder.glob("*.part")))
        with workers.started("fetch", uri, folder, len(BODY), ADLER32) as second:
            first.kill()
            assert workers.finish(second) == f"1 {len(BODY) - 200_000} {len(BODY)}\n"


@pytest.mark.parametrize("suffix", [".part", ".origin", ".lock"])
def test_nothing_is_written_through_a_symbolic_link(uri, folder, tmp_path, suffix):
    (victim := tmp_path / "victim").write_bytes(b"mine")
    folder.mkdir()
    (link := folder / f"{download_cache._name(uri)}{suffix}").symlink_to(victim)
    with (
        pytest.raises(ConfigurationError, match=f"^{link}: it is a symbolic link, and nothing is written through one"),
        fetch(described(uri), folder, QUICK),
    ):
        pass
    assert victim.read_bytes() == b"mine"
    link.unlink(missing_ok=True)
    get(described(uri), folder)


@pytest.mark.parametrize("suffix", [".part", ".origin"])
def test_a_link_that_is_made_in_the_last_moment_is_not_followed(uri, folder, tmp_path, monkeypatch, suffix):
    (victim := tmp_path / "victim").write_bytes(b"mine")
    folder.mkdir()
    (folder / f"{download_cache._name(uri)}{suffix}").symlink_to(victim)
    monkeypatch.setattr(Path, "is_symlink", lambda path: False)
    with suppress(ConfigurationError), fetch(described(uri), folder, QUICK):
        pass
    assert victim.read_bytes() == b"mine"


def test_a_part_with_another_name_is_begun_anew(uri, folder, tmp_path):
    (victim := tmp_path / "victim").write_bytes(b"mine")
    folder.mkdir()
    (folder / f"{download_cache._name(uri)}.part").hardlink_to(victim)
    get(described(uri), folder)
    assert victim.read_bytes() == b"mine"


def test_where_everybody_may_write_a_user_has_a_folder_of_his_own(uri, folder):
    folder.mkdir()
    folder.chmod(0o1777)
    with fetch(described(uri), folder, QUICK) as got:
        assert got.path.parent == folder / f"user-{os.getuid()}"
        assert got.path.parent.stat().st_mode & 0o777 == 0o700
        assert got.path.read_bytes() == BODY
    assert [path.name for path in folder.iterdir()] == [f"user-{os.getuid()}"]
    with fetch(described(uri), folder, QUICK) as got:
        assert got.traffic.received == 0


@pytest.mark.parametrize("planted", ["link", "open", "file"])
def test_a_planted_folder_is_refused(uri, folder, tmp_path, planted):
    folder.mkdir()
    folder.chmod(0o777)
    own = folder / f"user-{os.getuid()}"
    (tmp_path / "elsewhere").mkdir()
    if planted == "link":
        own.symlink_to(tmp_path / "elsewhere")
    elif planted == "open":
        own.mkdir()
        own.chmod(0o777)
    else:
        own.touch()
    message = f"^{own}: everybody may write to {folder}, and this sub-folder for your downloads is not yours alone: rem"
    with pytest.raises(ConfigurationError, match=message), fetch(described(uri), folder, QUICK):
        pass
    assert not list((tmp_path / "elsewhere").iterdir())
