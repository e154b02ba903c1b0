"""What breaks off goes on where it stopped, and only with bytes of the same state of the file."""

import pytest

from targets.errors import ConfigurationError, UnreadableFileError
from targets.network.download_cache import fetch
from targets.network.retry import RefusedError
from tests.support import faults, workers
from tests.support.cache import ADLER32, BODY, described, folder, get, kinds, uri
from tests.support.faults import QUICK
from tests.support.rootfiles_made import size_limit

__all__ = ["folder", "uri"]

ELSEWHERE = '{"uri": "http://h/x.root", "etag": "\\"1\\"", "last_modified": null, "size": 300000}'


def test_a_download_goes_on_where_it_broke_off(uri, web, folder):
    web.faults = [faults.drop(100_000), faults.drop(50_000)]
    _, traffic = get(described(uri), folder)
    assert web.ranges() == [None, "bytes=100000-", "bytes=150000-"]
    assert [headers["If-Range"] for _, headers in web.asked] == [None, '"1"', '"1"']
    assert traffic.received == web.sent == len(BODY)


def test_without_an_etag_the_date_decides(web, folder):
    uri = web.host("x.root", BODY, etag=None)
    web.faults = [faults.drop(100_000)]
    get(described(uri, checksum=None), folder)
    assert [headers["If-Range"] for _, headers in web.asked] == [None, "Wed, 01 Jan 2020 00:00:00 GMT"]
    assert web.sent == len(BODY)


def test_a_weak_etag_is_no_condition(web, folder):
    uri = web.host("x.root", BODY, etag='W/"1"')
    web.faults = [faults.drop(100_000)]
    get(described(uri), folder)
    assert [headers["If-Range"] for _, headers in web.asked] == [None, "Wed, 01 Jan 2020 00:00:00 GMT"]


@pytest.mark.parametrize(("checksum", "sent"), [(ADLER32, len(BODY)), (None, len(BODY) + 100_000)])
def test_without_etag_and_date_only_a_checksum_allows_to_go_on(web, folder, checksum, sent):
    uri = web.host("x.root", BODY, etag=None, last_modified=None)
    web.faults = [faults.drop(100_000)]
    get(described(uri, checksum=checksum), folder)
    assert web.sent == sent


@pytest.mark.parametrize(
    "again", [faults.whole, faults.headers(Content_Range="bytes 0-5/6")], ids=["200", "other range"]
)
def test_a_server_without_ranges_sends_all_again(uri, web, folder, again):
    web.faults = [faults.drop(100_000), again]
    get(described(uri), folder)
    assert kinds(folder) == [".lock", ".origin", "whole"]


def test_an_answer_from_another_byte_on_is_not_appended(uri, web, folder):
    def other(handler):
        body = BODY[5000:]
        span = f"bytes 5000-{len(BODY) - 1}/{len(BODY)}"
        handler.head(206, {"Content-Range": span, "Content-Length": str(len(body)), "ETag": '"1"'})
        handler.send(body)

    web.faults = [faults.drop(100_000), other]
    get(described(uri, checksum=None), folder)


def test_a_server_without_ranges_that_always_breaks_off_is_given_up(web, folder, monkeypatch):
    """Each attempt begins at 0: the bytes that it brings anew are no progress."""
    uri = web.host("x.root", BODY)
    monkeypatch.setattr("targets.network.transfer._PROGRESS_BYTES", 1000)

    def fault(handler):
        handler.head(200, {"Content-Length": str(len(BODY))})
        handler.send(BODY[:100_000])
        handler.hang_up()

    web.always = fault
    with pytest.raises(UnreadableFileError, match=r"the answer broke off .*given up after 3 attempts"):
        get(described(uri), folder)
    assert len(web.asked) == 3


def test_a_download_that_breaks_off_again_and_again_gets_through(uri, web, folder, monkeypatch):
    monkeypatch.setattr("targets.network.transfer._PROGRESS_BYTES", 10_000)
    web.always = faults.drop(20_000)
    get(described(uri), folder)
    assert web.sent == len(BODY)


def test_a_file_that_changes_meanwhile_is_fetched_anew(web, folder):
    uri = web.host("x.root", bytes(len(BODY)))
    web.faults = [faults.drop(100_000), faults.changing(BODY)]
    get(described(uri, checksum=None), folder)
    assert web.sent == 100_000 + len(BODY)


def test_nothing_of_a_longer_part_is_left(web, folder):
    uri = web.host("x.root", bytes(len(BODY)))
    web.faults = [faults.drop(100_000), faults.changing(BODY[:50_000])]
    with fetch(described(uri, None, None), folder, QUICK) as got:
        assert got.path.read_bytes() == BODY[:50_000]


def test_a_file_that_changes_on_a_server_without_conditions_is_fetched_anew(web, folder):
    """Some servers do not know If-Range: the answer is of another version than the part."""
    uri = web.host("x.root", bytes(len(BODY)))

    def changed(handler):
        del handler.headers["If-Range"]
        faults.changing(BODY)(handler)

    web.faults = [faults.drop(100_000), changed]
    get(described(uri, checksum=None), folder)


def test_a_part_of_which_nothing_is_left_on_the_server_is_thrown_away(web, folder):
    uri = web.host("x.root", BODY + b"more")

    def shorter(handler):
        del handler.headers["If-Range"]
        faults.changing(BODY[:1000], etag='"1"')(handler)

    web.faults = [faults.drop(100_000), shorter, faults.changing(BODY, etag='"1"')]
    get(described(uri, size=None), folder)


def test_what_is_given_up_can_be_taken_up_again(uri, web, folder):
    web.faults = [faults.drop(100_000), faults.status(503), faults.status(503)]
    with pytest.raises(UnreadableFileError, match=r"trouble \(status 503\); given up after 3 attempts"):
        get(described(uri), folder)
    assert kinds(folder) == [".lock", ".origin", ".part"]
    get(described(uri), folder)
    assert web.sent == len(BODY)
    assert kinds(folder) == [".lock", ".origin", "whole"]


def test_what_is_given_up_stays_for_the_next_attempt_even_where_files_are_not_kept(uri, web, folder):
    web.faults = [faults.drop(100_000), faults.status(503), faults.status(503)]
    with pytest.raises(UnreadableFileError, match="given up"), fetch(described(uri), folder, QUICK, keep=False):
        pass
    assert kinds(folder) == [".lock", ".origin", ".part"]
    with fetch(described(uri), folder, QUICK, keep=False):
        pass
    assert web.sent == len(BODY)
    assert kinds(folder) == []


def test_what_is_refused_half_way_leaves_nothing(uri, web, folder):
    web.faults = [faults.drop(1000), faults.status(404)]
    with pytest.raises(RefusedError, match="has no such file"):
        get(described(uri), folder)
    assert kinds(folder) == []


def test_a_size_that_is_not_the_catalogues_is_noticed_before_the_bytes(uri, web, folder):
    with pytest.raises(UnreadableFileError, match=rf"file has {len(BODY)} bytes, its catalogue says {len(BODY) + 5}"):
        get(described(uri, size=len(BODY) + 5), folder)
    assert kinds(folder) == []


def test_a_file_truncated_on_a_server_that_does_not_say_its_length(web, folder):
    uri = web.host("x.root", BODY[:-7])
    web.always = faults.unsized
    with pytest.raises(UnreadableFileError, match=f"the answer broke off after {len(BODY) - 7} of {len(BODY)} bytes"):
        get(described(uri), folder)
    assert "whole" not in kinds(folder)


def test_more_bytes_than_the_catalogue_says_are_not_taken(web, folder):
    uri = web.host("x.root", BODY + b"more")
    web.always = faults.unsized
    with pytest.raises(UnreadableFileError, match=f"more than the announced {len(BODY)} bytes came"):
        get(described(uri), folder)
    assert kinds(folder) == []


@pytest.mark.parametrize("known", [{"size": None}, {"checksum": None}])
def test_a_server_that_does_not_say_the_length_is_no_trouble_where_something_is_known(uri, web, folder, known):
    web.always = faults.unsized
    get(described(uri, **known), folder)


def test_a_length_that_nobody_knows_is_refused(uri, web, folder):
    web.always = faults.unsized
    with pytest.raises(RefusedError, match="neither the server nor a catalogue says how long it is"):
        get(described(uri, None, None), folder)
    assert kinds(folder) == []


@pytest.mark.parametrize("more", [5, -5])
def test_a_wrong_length_is_noticed(uri, web, folder, more):
    web.always = faults.wrong_length(more)
    with pytest.raises(UnreadableFileError, match=rf"server's file has {len(BODY) + more} bytes, its catalogue says"):
        get(described(uri), folder)
    assert kinds(folder) == []


def test_a_length_that_is_too_long_where_no_size_is_known(uri, web, folder):
    web.always = faults.wrong_length(5)
    with pytest.raises(UnreadableFileError, match="given up after 3 attempts"):
        get(described(uri, None), folder)
    assert "whole" not in kinds(folder)


def test_a_part_with_wrong_bytes_is_thrown_away_and_the_file_fetched_anew(uri, web, folder):
    web.faults = [faults.drop(100_000), faults.status(503), faults.status(503)]
    with pytest.raises(UnreadableFileError):
        get(described(uri), folder)
    (part,) = folder.glob("*.part")
    part.write_bytes(bytes(100_000))
    get(described(uri), folder)
    assert web.ranges()[3:] == ["bytes=100000-", None]


@pytest.mark.parametrize("origin", [ELSEWHERE, "", "{}", "[]", "null", '{"uri": "http://h/y"}', None])
def test_a_part_of_unknown_origin_is_thrown_away(uri, web, folder, origin):
    web.faults = [faults.drop(100_000), faults.status(503), faults.status(503)]
    with pytest.raises(UnreadableFileError):
        get(described(uri), folder)
    (path,) = folder.glob("*.origin")
    path.unlink() if origin is None else path.write_text(origin)
    get(described(uri), folder)
    assert web.ranges()[3:] == [None]


def test_a_part_that_is_complete_costs_no_request(uri, web, folder):
    """A process may be killed between the last byte and the check."""
    path, _ = get(described(uri), folder)
    path.rename(f"{path}.part")
    get(described(uri), folder)
    assert len(web.asked) == 1


def test_too_little_space_is_noticed_before_anything_is_asked(uri, web, folder):
    with pytest.raises(
        ConfigurationError, match=rf"{folder}: {10**18} bytes are needed for {uri}, \d+ are free: .*--fetch str"
    ):
        get(described(uri, size=10**18), folder)
    assert web.asked == []
    assert kinds(folder) == []


def test_too_little_space_for_what_the_server_announces(uri, web, folder):
    web.always = faults.wrong_length(10**17)
    with pytest.raises(ConfigurationError, match=f"{10**17 + len(BODY)} bytes are needed"):
        get(described(uri, None), folder)
    assert kinds(folder) == []


def test_a_disk_that_fills_up_meanwhile(uri, folder):
    with (
        size_limit(100_000),
        pytest.raises(ConfigurationError, match=rf"{folder}: files cannot be kept there \(File too large\)"),
    ):
        get(described(uri), folder)
    assert kinds(folder) == []


def test_a_killed_download_is_taken_up_by_the_next_process(uri, web, folder):
    web.faults = [faults.stall(200_000)]
    with workers.started("fetch", uri, folder, len(BODY), ADLER32) as process:
        assert faults.settles(lambda: any(part.stat().st_size >= 200_000 for part in folder.glob("*.part")))
        process.kill()
        process.wait()
    assert kinds(folder) == [".lock", ".origin", ".part"]
    _, traffic = get(described(uri), folder)
    assert web.ranges() == [None, "bytes=200000-"]
    assert traffic.received == len(BODY) - 200_000
    assert kinds(folder) == [".lock", ".origin", "whole"]
