"""Every fault of a server, seen from a whole run: the right histograms, or a sentence and nothing half done."""

import pytest

from tests.support import faults, served_runs
from tests.support.faults import Hosted
from tests.support.served_runs import EVERY
from tests.support.toy_files import EVENTS

TASK_FAILED = 30
MODES = ("stream", "download")
BAD = "f1.root"
ODD = range(1, 100, 2)
"""Every second request, from the first on: the data of a streamed file, too, are asked for twice."""

PART = 20_000  # bytes of the shortest answer that is asked for, and of any other, that do come
MUONS = 41_000  # a byte among the muons of a toy file
IMPATIENT = {"network_timeout_s": 0.3}


@pytest.fixture
def served(toys, tmp_path, monkeypatch):
    """Two toy files on a server."""
    with served_runs.serving(toys[:2], tmp_path, monkeypatch) as served:
        yield served


@pytest.fixture
def record(served, monkeypatch):
    """Both files in a record of a portal, with their sizes and checksums."""
    with served_runs.listed(served, monkeypatch) as parameters:
        yield parameters


def check_right(served, two):
    assert served.runs.histograms() == two
    records = served.runs.records("ParseFile")
    assert [file["events"] for record in records for file in record["files"]] == [EVENTS] * 2
    assert all(record["events"]["read"] == EVENTS and not record["failures"] for record in records)
    assert served.runs.leftovers() == []


def check_failed(served, end, *words):
    """Check that a run says what is wrong with the bad file, and left the right half and nothing else."""
    assert end.status == TASK_FAILED
    assert "ParseFile: 1 of 2 branches failed (the others are done, and stay done):" in end.text
    assert "Fix the cause and rerun the same command; it resumes where it stopped." in end.text
    told = next(line for line in end.text.splitlines() if line.startswith(f"  {served.server.url}/{BAD}: "))
    assert all(word in told for word in words), told
    check_half_done(served)


def check_half_done(served):
    assert len(served.runs.products("parsed_data")) == 1
    (record,) = served.runs.records("ParseFile")
    assert record["files"][0]["uri"].endswith("/f0.root")
    assert not any(served.runs.products(room) for room in ("im_arrays_processed", "peaks", "histograms"))
    assert served.runs.leftovers() == []
    assert BAD not in served.downloads()


def check_goes_on(served, two, **parameters):
    """Check that the same command, once the fault is gone, reads what is missing and nothing else."""
    before = served.runs.state()
    served.mend()
    served.runs(**parameters)
    assert set(served.asked()) == {BAD}
    assert served.runs.made_since(before)["parsed_data"] == 1
    assert served.runs.changed_since(before) == []
    check_right(served, two)


PASSING = {
    "dropped": (faults.drop(PART), ODD, {}),
    "no answer": (faults.drop_head, ODD, {}),
    "stalled": (faults.stall(PART), ODD, IMPATIENT),
    "silent": (faults.stall_head, {1}, IMPATIENT),
    "too slow": (faults.drip(0.001, after=PART), ODD, IMPATIENT),
    "late": (faults.slowly(0.05), EVERY, {}),
    "burst of 503": (faults.status(503), range(1, 4), {}),
    "no HTTP": (faults.raw(b"what?\r\n\r\n"), ODD, {}),
    "too long": (faults.wrong_length(10), {1}, {}),
    "moved": (faults.redirect("/elsewhere/x.root"), EVERY, {}),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_changes_no_histogram(served, two, name, mode):
    fault, on, parameters = PASSING[name]
    served.server.files["/elsewhere/x.root"] = served.server.files[f"/{BAD}"]
    served.strike(fault, BAD, on=on)
    served.runs(fetch=mode, read_attempts=1, network_attempts=4, **parameters)
    check_right(served, two)
    assert bool(served.waits) == (name not in ("late", "moved"))


@pytest.mark.parametrize("mode", MODES)
def test_a_busy_server_is_left_alone_as_long_as_it_asks(served, two, mode):
    served.strike(faults.status(429, Retry_After="7"), BAD, on={1})
    served.runs(fetch=mode)
    assert served.waits == [7.0]
    check_right(served, two)


LASTING = {
    "dropped": (faults.drop(100), ("broke off", "given up after 2 attempts", "check the network"), {}),
    "stalled": (faults.stall(100), ("broke off", "timed out", "try again later"), IMPATIENT),
    "too slow": (faults.drip(0.001), ("too slow", "try again later"), IMPATIENT),
    "429": (faults.status(429, Retry_After="7"), ("busy or in trouble (status 429)", "try again later"), {}),
    "403": (faults.status(403), ("refuses to give it", "(status 403)", "check whether it is open data"), {}),
    "404": (faults.status(404), ("has no such file", "(status 404)", "check the address"), {}),
    "circle": (faults.redirect(f"/{BAD}"), ("redirected more than 5 times", "check the address"), {}),
    "too long": (faults.wrong_length(10), ("given up after 2 attempts", "try again later"), {}),
}
ONCE = ("403", "404", "circle")
"""What is not worth another attempt."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_named_and_the_next_run_reads_only_that(served, two, name, mode):
    fault, words, more = LASTING[name]
    parameters = {"fetch": mode, "read_attempts": 1, "network_attempts": 2} | more
    served.strike(fault, BAD)
    check_failed(served, served.runs.attempt(**parameters), *words)
    assert bool(served.waits) == (name not in ONCE)
    check_goes_on(served, two, **parameters)


@pytest.mark.parametrize("mode", MODES)
def test_nobody_listens_until_somebody_does(served, toys, two, mode):
    port = faults.closed_port()
    address = f"http://127.0.0.1:{port}/{BAD}"
    parameters = {"input_files": f"{served.server.url}/f0.root,{address}", "fetch": mode, "read_attempts": 1}
    end = served.runs.attempt(network_attempts=2, **parameters)
    assert end.status == TASK_FAILED
    assert f"  {address}: 127.0.0.1 cannot be reached or gave no answer" in end.text
    assert "Connection refused" in end.text
    check_half_done(served)
    served.mend()
    with faults.serving(port) as late:
        late.host(BAD, toys[1].read_bytes())
        served.runs(**parameters)
    assert served.asked() == {}
    check_right(served, two)


def test_a_server_without_ranges_is_not_streamed_from(served, two):
    served.strike(faults.whole, BAD)
    end = served.runs.attempt(fetch="stream")
    check_failed(served, end, "it cannot be read in parts; read it with --fetch download")
    served.server.asked.clear()
    served.runs(fetch="download")
    assert served.asked() == {BAD: 1}
    check_right(served, two)


@pytest.mark.parametrize("mode", ["auto", "download"])
def test_a_server_without_ranges_is_downloaded_from(served, two, mode):
    served.strike(faults.whole, BAD)
    served.runs(fetch=mode)
    check_right(served, two)


def broken_whole(handler):
    """Begin with the whole file, whatever was asked for, and hang up in its midst."""
    _, head, body = faults.right(handler, whole=True)
    handler.head(200, head)
    handler.send(body[:PART])
    handler.hang_up()


def test_a_download_without_ranges_begins_anew(served, two):
    first = [faults.whole, broken_whole, broken_whole]  # the first of them tells that there are no ranges
    served.strike(lambda handler: (first.pop(0) if first else faults.whole)(handler), BAD)
    served.runs(fetch="auto")
    check_right(served, two)
    assert len(served.waits) == 2


def damaged(handler, at=MUONS):
    """Flip the bits of one byte of the file, in whatever part of it was asked for."""
    content = bytearray(handler.served.files[handler.path].content)
    content[at] ^= 0xFF
    code, head, body = faults.right(handler, content=bytes(content))
    handler.head(code, head)
    handler.send(body)


@pytest.mark.parametrize(("mode", "number"), [("stream", 2), ("download", 1)])
def test_a_wrong_byte_is_read_again(served, two, mode, number):
    served.strike(damaged, BAD, on={number})
    served.runs(fetch=mode, read_attempts=2)
    check_right(served, two)


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_byte_that_lasts_is_found_when_it_is_unpacked(served, two, mode):
    served.strike(damaged, BAD)
    parameters = {"fetch": mode, "read_attempts": 2}
    end = served.runs.attempt(**parameters)
    check_failed(served, end, f"events 0 to {EVENTS} cannot be read", "damaged", "fetch it again")
    check_goes_on(served, two, **parameters)


@pytest.mark.parametrize("at", [MUONS, -1])
def test_a_wrong_byte_is_found_by_its_checksum(served, two, record, at):
    parameters = {"fetch": "download", "read_attempts": 1} | record
    at %= len(served.server.files[f"/{BAD}"].content)
    served.strike(faults.wrong_bytes(at), BAD)
    end = served.runs.attempt(**parameters)
    check_failed(served, end, "its adler32 should be", "each of the 2 times", "--refresh-metadata")
    check_goes_on(served, two, **parameters)


def test_a_wrong_byte_that_passes_is_fetched_again(served, two, record):
    served.strike(faults.wrong_bytes(-1 % len(served.server.files[f"/{BAD}"].content)), BAD, on={1})
    served.runs(fetch="download", read_attempts=1, **record)
    check_right(served, two)
    assert served.asked()[BAD] == 2


def shorten(served, by):
    """Replace the bad file by one that lacks its end; return the whole one."""
    whole = served.server.files[f"/{BAD}"]
    served.server.files[f"/{BAD}"] = Hosted(whole.content[:-by], etag='"short"')
    return whole


@pytest.mark.parametrize("mode", MODES)
def test_a_truncated_file_that_still_opens(served, two, mode):
    whole = shorten(served, by=len(served.server.files[f"/{BAD}"].content) // 2)
    parameters = {"fetch": mode, "read_attempts": 1}
    check_failed(served, served.runs.attempt(**parameters), "truncated")
    served.server.files[f"/{BAD}"] = whole
    check_goes_on(served, two, **parameters)


@pytest.mark.parametrize("mode", MODES)
def test_a_truncated_file_is_known_by_its_size(served, two, record, mode):
    whole = shorten(served, by=10)
    parameters = {"fetch": mode, "read_attempts": 1} | record
    end = served.runs.attempt(**parameters)
    size = len(whole.content)
    check_failed(served, end, f"has {size - 10} bytes, its catalogue says {size}: it is truncated", "--refresh-m")
    served.server.files[f"/{BAD}"] = whole
    check_goes_on(served, two, **parameters)


def test_a_server_that_tells_no_length_is_believed_with_a_checksum_only(served, two, record):
    served.strike(faults.unsized, BAD)
    end = served.runs.attempt(fetch="download", read_attempts=1)
    check_failed(served, end, "neither the server nor a catalogue says how long it is")
    served.runs(fetch="download", **record)
    assert two in served.runs.all_histograms()
