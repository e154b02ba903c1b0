"""Answers in several parts: the right bytes, or an error, whatever comes."""

import random

import pytest

from targets.network.response import ByteRange
from targets.network.retry import TransientError
from targets.network.streaming.multipart import MultipartError, boundary_of, longest_body, read_parts
from tests.support.faults import BOUNDARY, Part, multipart

BODY = random.Random(5).randbytes(5000)
WANTED = [(0, 4), (100, 1100), (4000, 5000)]


def part(start, stop):
    return Part(start, stop, len(BODY), BODY[start:stop])


RIGHT = multipart([part(*span) for span in WANTED])


def read(body, wanted=WANTED, block=70):
    store = {}
    blocks = (body[start : start + block] for start in range(0, len(body), block))
    read_parts(blocks, BOUNDARY, wanted, lambda headers: ByteRange.of(headers["content-range"])[:2], store)
    return store


@pytest.mark.parametrize("block", [1, 2, 3, 70, 10_000])
def test_parts_are_read_however_they_come(block):
    assert read(RIGHT, block=block) == {(start, stop): BODY[start:stop] for start, stop in WANTED}


@pytest.mark.parametrize("seed", range(5))
def test_bytes_that_look_like_boundaries_are_bytes(seed):
    drawn = random.Random(seed)
    texts = [b"\r\n", b"--", BOUNDARY.encode(), b"\r\n--" + BOUNDARY.encode() + b"\r\n", b"\r\n\r\n", b"x"]
    data = b"".join(drawn.choices(texts, k=300))
    spans = [(0, 40), (50, 51), (60, len(data))]
    parts = [Part(start, stop, len(data), data[start:stop]) for start, stop in spans]
    assert read(multipart(parts), spans, 7) == {(start, stop): data[start:stop] for start, stop in spans}


def test_a_server_may_begin_without_an_empty_line_and_add_something_at_the_end():
    assert read(RIGHT.removeprefix(b"\r\n")) == read(RIGHT) == read(RIGHT + b"The end")


def test_another_order_is_no_error_as_each_part_says_what_it_is():
    assert read(multipart([part(*span) for span in reversed(WANTED)])) == read(RIGHT)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (multipart([part(0, 4), part(4000, 5000)]), "lacks 1 of 3 parts"),
        (multipart([part(0, 4), part(0, 4), part(100, 1100), part(4000, 5000)]), "0 to 4, which was not asked for"),
        (multipart([part(0, 4), part(100, 1101), part(4000, 5000)]), "100 to 1101, which was not asked for"),
        (multipart([part(0, 1100), part(4000, 5000)]), "0 to 1100, which was not asked for"),
        (multipart([part(0, 4)._replace(data=b"roots")]), "more than 4 bytes in the part"),
        (RIGHT.replace(b"42\r\nContent", b"43\r\nContent", 1), "in place of a boundary"),
        (RIGHT.replace(BOUNDARY.encode() + b"--", BOUNDARY.encode() + b"-"), "in place of a boundary"),
        (RIGHT[: len(RIGHT) // 2] + b"x" + RIGHT[len(RIGHT) // 2 :], "more than|in place of"),
        (RIGHT + bytes(longest_body(WANTED)), "longer than its parts"),
        (b"x" * 3000, "a line of more than 1000 bytes"),
        (b"\r\n--" + BOUNDARY.encode() + b"\r\nno header\r\n\r\n", "in place of a header"),
        (b"\r\n--" + BOUNDARY.encode() + b"\r\nA: 1\r\na: 2\r\n\r\n", "in place of a header"),
    ],
    ids=[
        "missing",
        "twice",
        "longer",
        "merged",
        "more",
        "first",
        "last",
        "shifted",
        "epilogue",
        "text",
        "header",
        "two",
    ],
)
def test_what_is_not_the_parts_that_were_asked_for(body, words):
    with pytest.raises(MultipartError, match=words):
        read(body)


def test_an_answer_that_breaks_off_anywhere_gives_only_whole_parts():
    for end in range(0, len(RIGHT) - 5, 11):
        store = {}
        with pytest.raises(TransientError, match="broke off before its last part was whole"):
            read_parts(
                iter([RIGHT[:end]]), BOUNDARY, WANTED, lambda headers: ByteRange.of(headers["content-range"])[:2], store
            )
        assert all(data == BODY[start:stop] for (start, stop), data in store.items())


@pytest.mark.parametrize("text", ["multipart/byteranges; boundary=ab", 'multipart/byteranges;boundary="ab"; x=1'])
def test_the_boundary_stands_in_the_type(text):
    assert boundary_of(text) == "ab"


@pytest.mark.parametrize(
    "text", ["", "application/octet-stream", "multipart/byteranges", f"multipart/byteranges; boundary={'x' * 71}"]
)
def test_an_answer_without_parts(text):
    with pytest.raises(MultipartError, match="where several parts were asked for"):
        boundary_of(text)
