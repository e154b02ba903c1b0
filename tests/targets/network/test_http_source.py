"""Ranges of bytes from a web server: the right ones, few requests, and no byte of another file."""

import queue
import random
import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from targets.errors import UnreadableFileError
from targets.network.http_source import BLOCK_BYTES, MAX_KEPT_BYTES, HttpSource
from targets.network.read_plan import GAP_BYTES, MOST_BYTES, PlannedRange, ReadPlan
from targets.network.retry import RangesUnsupportedError, RefusedError
from targets.network.streaming import request_queue
from targets.network.streaming.hosts import host_of
from tests.support import faults
from tests.support.faults import IMPATIENT, QUICK

BODY = random.Random(1).randbytes(20 * BLOCK_BYTES + 777)


@pytest.fixture(params=[True, False], ids=["several", "single"])
def url(request, web):
    """The address of a file; its server gives several ranges at once, or one at a time."""
    web.several = request.param
    url = web.host("x.root", BODY)
    host_of(url).several = request.param
    return url


@pytest.fixture
def single(web):
    """The address of a file on a server of which it is known that it gives one range at a time."""
    web.several = False
    url = web.host("x.root", BODY)
    host_of(url).several = False
    return url


OPENED = []


@pytest.fixture(autouse=True)
def closed(slots):
    """Close what a test opened, while its folder for slots exists."""
    yield
    while OPENED:
        OPENED.pop().close()


def source(url, policy=QUICK, size=None):
    OPENED.append(HttpSource(url, policy=policy, size=size))
    return OPENED[-1]


def one(source, start, stop):
    return bytes(source.chunk(start, stop).raw_data)


def many(source, ranges):
    """Read ranges, and check that each is put on the queue, too."""
    told = queue.Queue()
    chunks = source.chunks(ranges, told)
    assert [(chunk.start, chunk.stop) for chunk in chunks] == ranges
    assert [told.get_nowait() for _ in ranges] == chunks
    assert told.empty()
    return [bytes(chunk.raw_data) for chunk in chunks]


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 1), (0, 403), (5, 5), (BLOCK_BYTES - 1, BLOCK_BYTES + 1), (100, 600_000)]
)
def test_a_range(url, start, stop):
    assert one(source(url), start, stop) == BODY[start:stop]


def test_nothing_is_asked_before_it_is_needed(url, web):
    source(url)
    assert web.asked == []


def test_many_ranges_come_in_the_order_asked_for(url):
    drawn = random.Random(2)
    starts = [drawn.randrange(len(BODY) - 3000) for _ in range(200)]
    ranges = [(start, start + drawn.randrange(3000)) for start in starts]
    assert many(source(url), ranges) == [BODY[start:stop] for start, stop in ranges]


def test_no_ranges(url, web):
    assert many(source(url), []) == []
    assert web.asked == []


def test_ranges_that_repeat_overlap_or_contain_each_other(url):
    ranges = [(10, 20), (10, 20), (5, 500_000), (15, 30), (0, 0), (499_999, 600_000), (10, 500_001)]
    assert many(source(url), ranges) == [BODY[start:stop] for start, stop in ranges]


def test_near_ranges_are_one_range_and_far_ones_are_not(url, web):
    gap = GAP_BYTES if web.several else BLOCK_BYTES
    many(source(url), [(0, 100), (100 + gap, 200 + gap)])
    assert web.ranges() == [f"bytes=0-{199 + gap}"]
    web.asked.clear()
    many(source(url), [(0, 100), (101 + gap, 200 + gap)])
    asked = [text for header in web.ranges() for text in header.removeprefix("bytes=").split(",")]
    assert sorted(asked) == ["0-99", f"{101 + gap}-{199 + gap}"]
    assert len(web.asked) == (1 if web.several else 2)


def test_requests_stay_small(web):
    size = 3 * MOST_BYTES + 1000
    url = web.host("large", bytes(size))
    host_of(url).several = True  # or the file's end is asked for with its beginning
    step = 2**20
    ranges = [(start, min(start + step, size)) for start in range(0, size, step)]
    assert all(data.count(0) == len(data) for data in many(source(url), ranges))
    asked = [text.removeprefix("bytes=").split(",") for text in web.ranges()]
    lengths = [sum(1 - int(text.split("-")[0]) + int(text.split("-")[1]) for text in header) for header in asked]
    assert max(lengths) <= MOST_BYTES
    assert sum(lengths) == size


def test_single_ranges_near_each_other_cost_one_request(url, web):
    opened = source(url)
    for start in range(0, BLOCK_BYTES - 100, 1000):
        assert one(opened, start, start + 100) == BODY[start : start + 100]
    assert len(web.asked) == 1


def test_what_is_kept_of_single_ranges_is_bounded(web):
    url = web.host("large", bytes(3 * MAX_KEPT_BYTES))
    opened = source(url)
    for start in range(0, 3 * MAX_KEPT_BYTES, MAX_KEPT_BYTES // 4):
        opened.chunk(start, start + MAX_KEPT_BYTES // 4)
        assert sum(map(len, opened._kept.values())) <= MAX_KEPT_BYTES


def test_many_ranges_use_few_connections_again_and_leave_none_behind(url, web):
    with source(url) as opened:
        for _ in range(5):
            many(opened, [(start, start + 10) for start in range(0, len(BODY) - 10, 3 * BLOCK_BYTES)])
        assert len(web.asked) == (5 if web.several else 35)
        assert web.connections <= (1 if web.several else QUICK.connections_per_host)
    assert faults.settles(lambda: web.open == 0)
    assert not _threads()


def _threads():
    return [thread for thread in threading.enumerate() if "RequestQueue" in repr(getattr(thread, "_target", ""))]


def test_an_idle_connection_is_closed(url, web, monkeypatch):
    monkeypatch.setattr(request_queue, "_IDLE_S", 0.05)
    opened = source(url)
    many(opened, [(0, 10)])
    assert faults.settles(lambda: web.open == 0)
    assert many(opened, [(300_000, 300_010)]) == [BODY[300_000:300_010]]
    assert web.connections == 2


def test_bytes_and_requests_are_counted(url, web):
    opened = source(url)
    many(opened, [(0, 100), (500_000, 500_300)])
    assert (opened.traffic.received, opened.traffic.requests) == (web.sent, len(web.asked))
    assert web.sent >= 400


def test_the_size_is_that_of_the_file(url, web):
    opened = source(url)
    assert opened.num_bytes == len(BODY)
    assert opened.num_bytes == len(BODY)
    assert len(web.asked) == 1


def test_a_source_is_open_until_it_is_closed(url):
    opened = source(url)
    assert not opened.closed
    with opened:
        assert one(opened, 0, 4) == BODY[:4]
    assert opened.closed


def test_a_short_file_gives_what_it_has_to_who_asks_for_its_beginning(web):
    assert one_short(source(web.host("short", b"root"))) == b"root"


def one_short(opened):
    chunk = opened.chunk(0, 403)
    chunk.wait(insist=4)
    return bytes(chunk._raw_data)


@pytest.mark.parametrize(
    ("start", "stop"), [(len(BODY), len(BODY) + 1), (-1, 5), (10, 5), (-10, -5), (10**15, 10**15 + 1)]
)
def test_a_list_of_contents_that_points_out_of_the_file(url, start, stop):
    opened = source(url)
    opened.chunk(0, 403)
    with pytest.raises(
        UnreadableFileError, match=rf"points to the bytes {start} to .* but it has {len(BODY)}: it is trunc"
    ):
        opened.chunk(start, stop)


@pytest.mark.parametrize("wrong", [(len(BODY) - 5, len(BODY) + 1), (10**15, 10**15 + 1), (10, 5), (-1, 5)])
def test_one_range_of_many_out_of_the_file(url, wrong):
    opened = source(url)
    opened.chunk(0, 403)
    with pytest.raises(
        UnreadableFileError, match=f"points to the bytes {wrong[0]} to {wrong[1]}, but it has {len(BODY)}"
    ):
        opened.chunks([(0, 10), wrong], queue.Queue())


def test_a_first_range_out_of_the_file(url):
    with pytest.raises(
        UnreadableFileError, match=f"no byte {10**6 // BLOCK_BYTES * BLOCK_BYTES} of it .it has {len(BODY)}"
    ):
        source(url).chunk(10**6, 10**6 + 10)


def test_an_empty_file(web):
    with pytest.raises(
        UnreadableFileError, match=r"the server has no byte 0 of it \(it has 0\): it is truncated or empty"
    ):
        source(web.host("empty", b"")).chunk(0, 403)


@pytest.mark.parametrize(
    "fault",
    [
        faults.drop_head,
        faults.drop(0),
        faults.drop(100),
        faults.drop(100, reset=True),
        faults.status(429, Retry_After="0"),
        faults.status(503, Retry_After="9999999"),
        faults.status(500),
        faults.wrong_length(5),
        faults.wrong_length(-5),
        faults.raw(b"garbage"),
    ],
    ids=["nothing", "drop 0", "drop 100", "reset", "429", "503", "500", "long", "short", "garbage"],
)
def test_what_passes_leaves_no_trace(url, web, fault):
    web.faults = [fault, fault, None, fault, fault]
    ranges = [(0, 1000), (200_000, 201_000), (400_000, 401_000)]
    assert many(source(url, faults.QUICK_ALONE), ranges) == [BODY[start:stop] for start, stop in ranges]
    if not web.several:
        assert len(web.asked) == 7


@pytest.mark.parametrize(
    "fault", [faults.stall_head, faults.stall(10), faults.drip(0.01)], ids=["no head", "in the body", "drip"]
)
def test_stalls_end_and_leave_no_trace(url, web, fault):
    web.faults = [fault]
    assert many(source(url, IMPATIENT), [(0, 5000)]) == [BODY[:5000]]
    assert len(web.asked) == 2


def test_progress_restores_patience(single, web):
    """Of many requests some fail: that is not the same as one that fails again and again."""
    starts = range(0, 600_000, 3 * BLOCK_BYTES)
    web.faults = [fault for _ in starts for fault in (faults.drop(5), None)]
    many(source(single, faults.QUICK_ALONE), [(start, start + 10) for start in starts])
    assert len(web.asked) == 2 * len(starts)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.drop(5), r"the answer broke off"),
        (faults.status(503), r"the server is busy or in trouble \(status 503\)"),
        (faults.wrong_length(7), r"the server announces 40007 bytes for the 40000 bytes from 0 on"),
    ],
)
def test_what_does_not_pass_is_given_up(url, web, fault, words):
    web.always = fault
    with pytest.raises(
        UnreadableFileError, match=rf"^{url}: {words}.*; given up after 3 attempts without any progress"
    ):
        many(source(url), [(0, 40000)])
    assert len(web.asked) == 3


@pytest.mark.parametrize("more", [-1, 1])
def test_an_answer_of_unknown_length_must_have_the_right_one(url, web, more):
    web.always = lambda handler: faults.unsized(handler, whole=False, more=more)
    with pytest.raises(
        UnreadableFileError, match=rf"{1000 + more} bytes came where 1000 were announced; given up after 3"
    ):
        many(source(url), [(0, 1000)])
    web.always = lambda handler: faults.unsized(handler, whole=False)
    assert many(source(url), [(0, 1000)]) == [BODY[:1000]]


@pytest.mark.parametrize("code", [403, 404])
def test_what_is_refused_fails_at_once(url, web, code):
    web.always = faults.status(code)
    with pytest.raises(RefusedError, match=rf"^{url}: the server .*status {code}"):
        one(source(url), 0, 403)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.whole, r"the whole file \(status 200\)"),
        (faults.headers(Content_Range=None), "an answer that does not say which bytes it holds"),
        (faults.headers(Content_Range="bytes 1-1000/2000"), "the bytes 1 to 1001 of 2000"),
        (faults.headers(Content_Range="bytes 0-998/2000"), "the bytes 0 to 999 of 2000"),
        (faults.headers(Content_Range="bytes 0-999/*"), "the bytes 0 to 1000 of unknown size"),
        (faults.headers(Content_Range="bytes 9-3/2000"), "the bytes 9 to 4 of 2000"),
        (faults.headers(Content_Range="bytes 0-999/" + "9" * 5000), "an answer that does not say which bytes it holds"),
        (faults.headers(Content_Range="bytes -5-999/2000"), "an answer that does not say which bytes it holds"),
        (faults.headers(Content_Range="lines 0-999/2000"), "an answer that does not say which bytes it holds"),
    ],
)
def test_a_server_that_cannot_give_parts_is_named(url, web, fault, words):
    web.always = fault
    with pytest.raises(
        RangesUnsupportedError, match=rf"^{url}: asked for .* gives {words}: it cannot be read in parts"
    ):
        many(source(url), [(0, 1000)])
    assert len(web.asked) == 1


CHANGED = bytes(len(BODY))


@pytest.mark.parametrize(
    ("content", "etag"), [(CHANGED, '"2"'), (CHANGED + b"!", '"1"'), (CHANGED, None)], ids=["etag", "size", "date"]
)
def test_a_file_that_changes_meanwhile_is_not_mixed(url, web, content, etag):
    web.faults = [None, faults.changing(content, etag)]
    opened = source(url)
    one(opened, 0, 403)
    with pytest.raises(
        UnreadableFileError, match=f"^{url}: it was changed on the server while it was read: read it again"
    ):
        many(opened, [(300_000, 300_100)])


def test_a_file_that_changes_while_a_request_is_tried_again(single, web):
    web.faults = [None, faults.drop(5), faults.changing(CHANGED)]
    with pytest.raises(UnreadableFileError, match="it was changed on the server while it was read"):
        many(source(single, faults.QUICK_ALONE), [(0, 10), (300_000, 300_100)])


def test_a_size_that_is_not_the_catalogues(url, web):
    with pytest.raises(UnreadableFileError, match=rf"file has {len(BODY)} bytes, its catalogue says {len(BODY) + 1}"):
        source(url, size=len(BODY) + 1).chunk(0, 403)


def test_a_size_that_is_the_catalogues(url):
    assert one(source(url, size=len(BODY)), 0, 403) == BODY[:403]


def test_one_slot_is_enough_and_is_given_back_between_requests(url, slots):
    """Two files of one host read in turns would wait for ever if a file kept its slot."""
    first, second = source(url, faults.QUICK_ALONE), source(url, faults.QUICK_ALONE)
    for start in range(0, 10 * BLOCK_BYTES, BLOCK_BYTES):
        assert one(first, start, start + 9) == one(second, start, start + 9) == BODY[start : start + 9]


@pytest.mark.parametrize("limit", [1, 2])
def test_files_that_share_slots_are_all_read_with_no_more_connections(url, web, limit):
    policy = replace(QUICK, connections_per_host=limit)
    ranges = [(start, start + 1000) for start in range(0, 600_000, 40_000)]
    opened, read = [source(url, policy) for _ in range(4)], []

    def work(file):
        file.chunk(0, 1)
        file.follow(ReadPlan(PlannedRange(start, start, stop) for start, stop in ranges), 5000)
        for start in range(0, len(ranges), 4):
            read.append(many(file, ranges[start : start + 4]))

    threads = [threading.Thread(target=work, args=(each,)) for each in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [BODY[start:stop] for start, stop in ranges]
    assert sorted(read) == sorted([expected[start : start + 4] for start in range(0, len(ranges), 4)] * 4)
    assert web.peak <= limit


def test_what_is_planned_is_read_once(url, web):
    ranges = [(start, start + 1000) for start in range(0, 600_000, 40_000)]
    opened = source(url)
    opened.follow(ReadPlan(PlannedRange(start, start, stop) for start, stop in ranges), 10**7)
    for first, second in pairwise(ranges[::2]):
        assert many(opened, [first]) == [BODY[slice(*first)]]
        assert opened._queue.is_planned(second)
    assert many(opened, ranges[1::2]) == [BODY[slice(*span)] for span in ranges[1::2]]
    asked = [text for header in web.ranges() for text in header.removeprefix("bytes=").split(",")]
    assert len(asked) == len(set(asked)) >= len(ranges)


def test_where_a_redirect_leads_is_remembered(url, web):
    """The second request goes there at once; when it is no longer there, redirects are followed anew."""
    redirect, moved = faults.redirect("/x.root"), faults.status(403)
    opened = source(url.replace("x.root", "old.root"), faults.QUICK_ALONE)
    web.faults = [redirect, None, None, moved, redirect]
    for place in (0, 100_000, 200_000):
        assert one(opened, place, place + 10) == BODY[place : place + 10]
    asked = [path for path, _ in web.asked]
    assert asked == ["/old.root", "/x.root", "/x.root", "/x.root", "/old.root", "/x.root"]
