"""Several ranges of a file in one answer: the same bytes whatever a server does, or the named error."""

import queue
import random
import threading

import pytest

from targets.errors import UnreadableFileError
from targets.network.http_source import END_BYTES, HttpSource
from targets.network.streaming.hosts import host_of
from tests.support import faults
from tests.support.faults import IMPATIENT, QUICK, multipart, right

BODY = random.Random(6).randbytes(2 * END_BYTES + 777)
RANGES = [(0, 1000), (100_000, 101_000), (200_000, 201_000), (300_000, 300_001)]


@pytest.fixture
def url(web):
    return web.host("x.root", BODY)


def read(url, ranges=RANGES, policy=QUICK):
    with HttpSource(url, policy=policy) as source:
        chunks = source.chunks(ranges, queue.Queue())
        assert [bytes(chunk.raw_data) for chunk in chunks] == [BODY[start:stop] for start, stop in ranges]
        return source


def parts_changed(change, **headers):
    """Change the parts of an answer before it is sent."""

    def fault(handler):
        code, head, body = right(handler)
        if not (head.get("Content-Type") or "").startswith("multipart"):
            faults.answer(handler)
            return
        parts = [
            faults.Part(int(first), int(last) + 1, len(BODY), BODY[int(first) : int(last) + 1])
            for first, last in (text.split("-") for text in handler.headers["Range"].removeprefix("bytes=").split(","))
        ]
        body = change(parts)
        handler.head(code, head | {"Content-Length": str(len(body))} | headers)
        handler.send(body)

    return fault


def test_several_ranges_are_one_request(url, web):
    read(url)
    assert web.ranges() == ["bytes=0-999,100000-100999,200000-200999,300000-300000"]
    assert host_of(url).several


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: multipart(parts[:-1]),
        lambda parts: multipart(parts[::-1]),
        lambda parts: multipart([*parts[1:], parts[1]]),
        lambda parts: multipart([parts[0]._replace(data=parts[0].data + b"x"), *parts[1:]]),
        lambda parts: multipart([parts[0]._replace(data=parts[0].data[1:]), *parts[1:]]),
        lambda parts: multipart([parts[0]._replace(stop=parts[0].stop + 1), *parts[1:]]),
        lambda parts: multipart(parts).replace(b"42\r\n", b"24\r\n", 1),
        lambda parts: multipart(parts, end=b""),
        lambda parts: multipart(parts) + bytes(100_000),
        lambda parts: b"",
        lambda parts: multipart([]),
    ],
    ids=["missing", "order", "twice", "more", "fewer", "range", "boundary", "no end", "long", "nothing", "no parts"],
)
def test_damaged_answers_leave_no_trace(url, web, change):
    web.always = parts_changed(change)
    read(url)


@pytest.mark.parametrize(
    "fault",
    [
        faults.whole,
        faults.status(400),
        faults.status(416),
        faults.status(500),
        faults.headers(Content_Type="text/html"),
        faults.headers(Content_Type="multipart/byteranges"),
        parts_changed(multipart, **{"Content-Length": str(10**9)}),
    ],
    ids=["whole", "400", "416", "500", "html", "no boundary", "endless"],
)
def test_a_server_that_gives_anything_else_is_asked_for_single_ranges_from_then_on(url, web, fault):
    web.always = lambda handler: (fault if "," in handler.headers["Range"] else faults.answer)(handler)
    read(url)
    assert host_of(url).several is False
    web.asked.clear()
    read(url)
    assert all("," not in text for text in web.ranges())


def test_what_breaks_off_is_asked_for_again_but_for_the_parts_that_came(url, web):
    web.faults = [faults.drop(2500)]
    read(url)
    assert web.ranges()[1] == "bytes=200000-200999,300000-300000"


def test_a_server_that_always_breaks_off_is_asked_for_single_ranges(url, web):
    web.always = lambda handler: (faults.drop(50) if "," in handler.headers["Range"] else faults.answer)(handler)
    read(url)


@pytest.mark.parametrize("fault", [faults.stall(1500), faults.stall_head, faults.drip(0.01, after=1500)])
def test_stalls_end(url, web, fault):
    web.faults = [fault]
    read(url, policy=IMPATIENT)


def test_a_part_of_another_version_is_an_error(url, web):
    with HttpSource(url, policy=QUICK) as source:
        source.chunk(0, 4)
        web.always = parts_changed(
            lambda parts: multipart([parts[0], *[part._replace(size=9**9) for part in parts[1:]]])
        )
        with pytest.raises(UnreadableFileError, match="it was changed on the server while it was read"):
            source.chunks(RANGES, queue.Queue())


@pytest.mark.parametrize("etag", ['"2"', None], ids=["etag", "date"])
def test_a_file_that_changes_between_two_answers_is_not_mixed(url, web, etag):
    with HttpSource(url, policy=QUICK) as source:
        source.chunks(RANGES, queue.Queue())
        web.faults = [faults.changing(bytes(len(BODY)), etag)]
        with pytest.raises(UnreadableFileError, match="it was changed on the server while it was read"):
            source.chunks([(start + 5000, stop + 5000) for start, stop in RANGES], queue.Queue())


def test_a_size_that_is_not_the_catalogues(url):
    with (
        HttpSource(url, policy=QUICK, size=5) as source,
        pytest.raises(UnreadableFileError, match="its catalogue says 5"),
    ):
        source.chunks(RANGES, queue.Queue())


def test_the_end_of_a_file_is_asked_for_with_its_beginning_once_a_host(url, web):
    """That is how a host is known: it costs no request more."""
    for _ in range(2):
        with HttpSource(url, policy=QUICK) as source:
            for start in (0, len(BODY) - 100, len(BODY) - 5000):
                assert bytes(source.chunk(start, start + 50).raw_data) == BODY[start : start + 50]
    end = f"{len(BODY) - END_BYTES}-{len(BODY) - 1}"
    assert web.ranges() == ["bytes=0-32767", f"bytes=0-3,{end}", "bytes=0-32767", f"bytes={end}"]


def test_a_host_without_several_ranges_costs_one_request_more_and_no_file(url, web):
    web.several = False
    for _ in range(2):
        with HttpSource(url, policy=QUICK) as source:
            for start in (0, len(BODY) - 100):
                assert bytes(source.chunk(start, start + 50).raw_data) == BODY[start : start + 50]
            assert source.traffic.received < 5 * 10**6
    assert len(web.asked) == 5


def test_a_closed_file_waits_for_nobody(url, web):
    web.always = faults.stall_head
    source = HttpSource(url, policy=QUICK)
    threading.Timer(0.2, source.close).start()
    with pytest.raises((OSError, UnreadableFileError), match="closed while it was read"):
        source.chunks(RANGES, queue.Queue())
    assert faults.settles(lambda: not source._queue._threads)
