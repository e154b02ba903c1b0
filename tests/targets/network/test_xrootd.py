"""Files over root://, from a real XRootD server on loopback."""

import importlib
import json
import os
import queue
import random
import zlib
from contextlib import contextmanager
from dataclasses import replace

import pytest
from uproot.source.chunk import Chunk

from targets.errors import UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from targets.network import xrootd
from targets.network.download_cache import fetch
from targets.network.read_plan import PlannedRange, ReadPlan
from targets.network.retry import RefusedError
from targets.network.transfer import RemoteFile
from tests.support import faults, xrootd_server
from tests.support.faults import QUICK
from tests.support.rootfiles_made import as_lists, events, write

LACKS = xrootd_server.missing()
pytestmark = [
    pytest.mark.usefixtures("slots"),
    pytest.mark.skipif(bool(LACKS) and not os.environ.get("CI"), reason=f"root:// needs {LACKS}"),
]

BODY = random.Random(4).randbytes(3_000_000)
ADLER32 = f"adler32:{zlib.adler32(BODY):08x}"
ONE = replace(QUICK, connections_per_host=1, read_timeout_s=10)


@pytest.fixture(scope="module")
def server():
    client = importlib.import_module("XRootD.client")
    client.EnvPutInt("TimeoutResolution", 1)  # seconds between two looks at what is late
    client.EnvPutInt("ConnectionWindow", 1)
    with xrootd_server.serving() as server:
        yield server


@pytest.fixture
def uri(server):
    return server.host("x.root", BODY)


def described(uri, size=len(BODY), checksum=ADLER32):  # noqa: B008
    return RemoteFile(uri, size, checksum)


def get(file, folder, policy=ONE):
    with fetch(file, folder, policy) as got:
        assert got.path.read_bytes() == BODY
        return got.traffic


def read(uri, size=None):
    with open_events(uri, schemas.load(""), ONE, size) as file:
        chunks = list(file.chunks({}, 150))
        return [as_lists(chunk.objects) for chunk in chunks], [chunk.event.tolist() for chunk in chunks], file.traffic()


@pytest.mark.parametrize("rntuple", [False, True], ids=["ttree", "rntuple"])
@pytest.mark.parametrize("name", ["cms-nanoaod", "2024r-pp"])
def test_events_over_root_are_those_on_the_disk(server, tmp_path, name, rntuple):
    path = tmp_path / "made.root"
    write(path, name, events(400), rntuple)
    there = read(server.host("made.root", path.read_bytes()))
    assert there[:2] == read(str(path))[:2]
    assert there[2].requests > 0
    assert there[2].received > 0


def test_a_slot_is_held_until_all_bytes_are_there(uri, monkeypatch):
    waited, at_the_end = [], []
    wait = Chunk.wait

    @contextmanager
    def watched(host, limit):
        yield
        at_the_end.append(len(waited))

    monkeypatch.setattr(Chunk, "wait", lambda chunk, *args: (wait(chunk, *args), waited.append(chunk)))
    monkeypatch.setattr(xrootd, "host_slot", watched)
    with xrootd.RootSource(uri, policy=ONE) as source:
        ranges = [(start, start + 10) for start in range(0, len(BODY), 100_000)]
        chunks = source.chunks(ranges, queue.Queue())
        assert at_the_end == [0, len(ranges)]
        assert [bytes(chunk.raw_data) for chunk in chunks] == [BODY[start:stop] for start, stop in ranges]


def test_what_is_planned_is_read_ahead_in_few_vector_reads(uri):
    ranges = [(start, start + 1000) for start in range(0, len(BODY), 20_000)]
    with xrootd.RootSource(uri, policy=replace(ONE, connections_per_host=3)) as source:
        before = source.traffic.requests
        source.follow(ReadPlan(PlannedRange(0, *span) for span in ranges), 10**6)
        assert faults.settles(lambda: source.traffic.requests == before + 2)
        chunks = source.chunks([*ranges, (5, 9), (5, 9)], queue.Queue())
        assert [bytes(chunk.raw_data) for chunk in chunks] == [
            BODY[start:stop] for start, stop in [*ranges, (5, 9), (5, 9)]
        ]
        assert source.traffic.requests == before + 3


def test_a_plan_that_points_out_of_the_file_does_not_spoil_the_rest(uri):
    with xrootd.RootSource(uri, policy=ONE) as source:
        source.follow(ReadPlan([PlannedRange(0, 10, 20), PlannedRange(0, 10**9, 10**9 + 5)]), 10**6)
        (chunk,) = source.chunks([(10, 20)], queue.Queue())
        assert bytes(chunk.raw_data) == BODY[10:20]
        assert not source._queue.is_planned((10**9, 10**9 + 5))


def test_a_size_that_is_not_the_catalogues(server, tmp_path):
    path = tmp_path / "made.root"
    write(path, "cms-nanoaod", events(10))
    size = path.stat().st_size
    with pytest.raises(
        UnreadableFileError, match=rf"the server's file has {size} bytes, its catalogue says {size + 1}"
    ):
        read(server.host("made.root", path.read_bytes()), size + 1)


def test_a_truncated_file(server, tmp_path):
    path = tmp_path / "made.root"
    write(path, "cms-nanoaod", events(400))
    with pytest.raises(UnreadableFileError):
        read(server.host("made.root", path.read_bytes()[:-3000]))


def test_a_missing_file_is_refused(server, uri, tmp_path):
    absent = uri.replace("x.root", "y.root")
    with pytest.raises(RefusedError, match=rf"^{absent}: the server has no such file or does not give it \(\[3011\]"):
        read(absent)
    with pytest.raises(RefusedError, match=rf"^{absent}: the server has no such file or does not give it \(\[3011\]"):
        get(described(absent), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_not_exported_is_refused(server):
    with pytest.raises(RefusedError, match=r"//etc/passwd: the server .*\(\[3010\] "):
        read(f"root://127.0.0.1:{server.port}//etc/passwd")


def test_a_host_that_does_not_exist_is_named_without_uproots_advice():
    uri = "root://no-such-host.invalid//x.root"
    with pytest.raises(
        UnreadableFileError, match=rf"^{uri}: cannot be read \([^\n]*\): check the address, or try"
    ) as told:
        read(uri)
    assert "\n" not in str(told.value)


def test_nobody_listens(server, tmp_path):
    uri = f"root://127.0.0.1:{faults.closed_port()}//x.root"
    hasty = replace(ONE, read_timeout_s=1, attempts=1)
    with pytest.raises(UnreadableFileError, match="given up after one attempt"):
        get(described(uri), tmp_path / "cache", hasty)
    assert list((tmp_path / "cache").iterdir()) == []
    with (
        pytest.raises(UnreadableFileError, match="check the network and the address, and try again later"),
        open_events(uri, [], hasty),
    ):
        pass


def test_the_servers_checksum(uri):
    assert xrootd.checksum(uri, ONE) == ADLER32
    assert xrootd.checksum(uri.replace("x.root", "y.root"), ONE) is None


@pytest.mark.parametrize("checksum", [ADLER32, None])
@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_file_is_fetched_once(uri, tmp_path, size, checksum):
    file = described(uri, size, checksum)
    assert get(file, tmp_path / "cache").received == len(BODY)
    assert get(file, tmp_path / "cache").received == 0


def test_a_file_that_changed_is_fetched_again(server, tmp_path):
    uri = server.host("changing.root", bytes(1000))
    with fetch(described(uri, None, None), tmp_path / "cache", ONE) as first:
        assert first.path.read_bytes() == bytes(1000)
    server.host("changing.root", BODY)
    get(described(uri, None, None), tmp_path / "cache")


@pytest.mark.parametrize("same", [True, False])
def test_a_part_is_taken_up_if_it_is_of_the_same_file(uri, server, tmp_path, same):
    cache = tmp_path / "cache"
    get(described(uri), cache)
    (origin,) = cache.glob("*.origin")
    whole = origin.with_suffix("")
    whole.rename(f"{whole}.part")
    os.truncate(f"{whole}.part", 1_000_000)
    if not same:
        document = json.loads(origin.read_text())
        origin.write_text(json.dumps(document | {"last_modified": "1"}))
    assert get(described(uri), cache).received == len(BODY) - (1_000_000 if same else 0)


def test_wrong_bytes_are_not_taken(uri, tmp_path):
    with pytest.raises(
        UnreadableFileError, match=f"its adler32 should be 00000001 and is {ADLER32[8:]}, each of the 2 times"
    ):
        get(described(uri, checksum="adler32:00000001"), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_where_no_catalogue_knows_the_checksum_the_server_does(uri, tmp_path, monkeypatch):
    monkeypatch.setattr(xrootd, "checksum", lambda uri, policy: "adler32:00000001")
    with pytest.raises(UnreadableFileError, match="its adler32 should be 00000001"):
        get(described(uri, None, None), tmp_path / "cache")
