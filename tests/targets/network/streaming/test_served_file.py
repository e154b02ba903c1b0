"""What is known of a file on a server, and which answers are not of it."""

from types import SimpleNamespace

import pytest

from targets.errors import UnreadableFileError
from targets.network.read_plan import GAP_BYTES
from targets.network.retry import RangesUnsupportedError, TransientError, Version
from targets.network.streaming.multipart import MultipartError
from targets.network.streaming.served_file import ServedFile
from tests.support.faults import QUICK

URI = "https://served.example/x.root"


@pytest.fixture
def file():
    return ServedFile(URI, QUICK, 1000)


def answer(start=0, stop=10, size=1000, status=206, length=10, etag='"1"'):
    version = Version(etag, None, size)
    return SimpleNamespace(status=status, start=start, stop=stop, length=length, version=version)


def test_the_first_answer_tells_the_version(file):
    assert file.size is None
    assert file.check(answer(), 0, 10) == 10
    assert (file.size, file.version) == (1000, Version('"1"', None, 1000))
    with pytest.raises(UnreadableFileError, match=f"^{URI}: it was changed on the server while it was read"):
        file.check(answer(etag='"2"'), 0, 10)


def test_a_range_ends_with_the_file(file):
    assert file.check(answer(990, 1000), 990, 2000) == 1000


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"status": 200}, RangesUnsupportedError, "the whole file"),
        ({"start": 1}, RangesUnsupportedError, "the bytes 1 to 10 of 1000"),
        ({"status": 416}, UnreadableFileError, "the server has no byte 0"),
        ({"size": 999}, UnreadableFileError, "file has 999 bytes, its catalogue says 1000"),
        ({"length": 11}, TransientError, "announces 11 bytes for the 10"),
    ],
)
def test_an_answer_that_is_another(file, wrong, error, words):
    with pytest.raises(error, match=words):
        file.check(answer(**wrong), 0, 10)


def test_a_part_says_which_bytes_it_holds(file):
    assert file.check_part(answer(), {"content-range": "bytes 5-9/1000"}) == (5, 10)
    with pytest.raises(MultipartError, match="does not say which bytes it holds"):
        file.check_part(answer(), {"content-type": "text/plain"})


@pytest.mark.parametrize(
    "headers",
    [{"content-range": "bytes 5-9/1001"}, {"content-range": "bytes 5-9/1000", "etag": '"2"'}],
    ids=["size", "etag"],
)
def test_a_part_of_another_version(headers):
    file = ServedFile(URI, QUICK, None)
    file.check(answer(), 0, 10)
    with pytest.raises(UnreadableFileError, match="it was changed on the server while it was read"):
        file.check_part(answer(), headers)


def test_the_gap_depends_on_what_the_host_can(file, monkeypatch):
    monkeypatch.setattr(file.host, "several", None)
    assert file.gap_bytes() == GAP_BYTES
    monkeypatch.setattr(file.host, "several", False)
    assert file.gap_bytes() == 32 * 1024
