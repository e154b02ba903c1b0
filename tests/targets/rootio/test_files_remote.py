"""ROOT files over a network: the same events as from the disk, or the named error, whatever the server does."""

import random
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from targets.errors import ConfigurationError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from targets.network import uris
from targets.network.download_cache import fetch
from targets.network.retry import RangesUnsupportedError, RefusedError
from targets.network.transfer import RemoteFile
from targets.rootio import files
from targets.rootio.ttree import branch_lists
from tests.oracle.reference import SHARED, needs_shared
from tests.support import faults
from tests.support.faults import IMPATIENT, QUICK
from tests.support.rootfiles_made import events, write

N_EVENTS = 400
KNOWN = schemas.load("")
FORMS = [
    ("cms-nanoaod", False),
    ("cms-nanoaod", True),
    ("2024r-pp", False),
    ("2024r-pp", True),
    ("2025e-13tev-beta", False),
]
REAL = ("bench/amp_physlite_Zee_x20.root", "bench/amp_cms_Run2012B_x200.root", "cms-nanoaod/nano_tt_v15.root")
REAL += ("atlas-2024r-pp/PHYSLITE_example.root",)


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: f"{form[0]}-{'rntuple' if form[1] else 'ttree'}")
def path(request, tmp_path_factory):
    """A file of each format that is streamed, and a flat one."""
    name, rntuple = request.param
    return write(tmp_path_factory.mktemp("made") / "made.root", name, events(N_EVENTS), rntuple)


@pytest.fixture(scope="module")
def nanoaod(tmp_path_factory):
    return write(tmp_path_factory.mktemp("made") / "made.root", "cms-nanoaod", events(N_EVENTS))


@pytest.fixture(params=[True, False], ids=["several", "single"])
def hosted(request, web):
    """Put a file on the server, which gives several ranges at once or one at a time, and return its address."""
    web.several = request.param

    def host(path, **more):
        return web.host("folder/x.root", Path(path).read_bytes(), **more)

    return host


def read(uri, policy=QUICK, step=150, size=None):
    """Read all events, in chunks, and return them, their number and the traffic."""
    with open_events(uri, KNOWN, policy, size) as file:
        chunks = list(file.chunks({}, step))
        return [as_plain(chunk) for chunk in chunks], file.num_entries, file.traffic()


def as_plain(chunk):
    """Return a chunk as bytes by name, which can be compared at once."""
    numbers = {name: getattr(chunk, name).tobytes() for name in ("run", "luminosity_block", "event", "weight")}
    objects = {
        kind: (
            of_kind.offsets.tobytes(),
            {name: (column.dtype, column.tobytes()) for name, column in of_kind.columns.items()},
        )
        for kind, of_kind in chunk.objects.items()
    }
    return len(chunk.run), numbers, objects


def count(chunks):
    return sum(n_events for n_events, _, _ in chunks)


def test_events_over_http_are_those_on_the_disk(path, hosted, web):
    uri = hosted(path)
    there, n_events, traffic = read(uri)
    assert there == read(path)[0]
    assert n_events == count(there) == N_EVENTS
    assert traffic.requests == len(web.asked)
    assert traffic.received == web.sent or (traffic.received < web.sent and not web.several)  # but for one answer
    assert web.peak <= QUICK.connections_per_host
    assert all(web.ranges()), "nothing is read but ranges"


def test_events_are_the_same_after_every_fault_that_passes(path, hosted, web):
    uri = hosted(path)
    expected, _, _ = read(path)
    passing = [faults.drop_head, faults.drop(50), faults.drop(50, reset=True), faults.status(503), faults.status(429)]
    passing += [faults.wrong_length(9), faults.raw(b"HTTP/1.1 200 OK\r\nCont"), faults.redirect("/folder/x.root")]
    for fault in passing:
        web.faults = [None, fault, fault]
        assert read(uri)[0] == expected
        assert web.faults == []


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_events_are_read_whole_or_not_at_all(nanoaod, hosted, web, seed):
    drawn = random.Random(seed)
    kinds = [
        faults.drop_head,
        faults.drop(20),
        faults.status(500),
        faults.status(404),
        faults.wrong_length(3),
        None,
        None,
    ]
    kinds += [faults.whole, faults.raw(b"x"), faults.changing(bytes(1000)), faults.headers(Content_Range=None), None]
    uri = hosted(nanoaod)
    web.faults = drawn.choices(kinds, weights=[3, 3, 3, 1, 2, 4, 4, 1, 2, 1, 1, 4], k=8)
    with suppress(UnreadableFileError):
        found, n_events, _ = read(uri)
        assert found == read(nanoaod)[0]
        assert n_events == count(found) == N_EVENTS


def test_a_server_that_stalls_costs_a_request(nanoaod, hosted, web):
    uri = hosted(nanoaod)
    web.faults = [None, faults.stall(100), faults.stall_head]
    assert read(uri, IMPATIENT)[0] == read(nanoaod)[0]


def test_a_server_without_ranges_is_a_case_for_a_download(nanoaod, hosted, web, tmp_path):
    uri = hosted(nanoaod)
    web.always = faults.whole
    with pytest.raises(RangesUnsupportedError, match="it cannot be read in parts; read it with --fetch download"):
        read(uri)
    with fetch(RemoteFile(uri, None, None), tmp_path / "cache", QUICK, keep=False) as got:
        assert read(str(got.path))[0] == read(nanoaod)[0]


def test_a_server_that_loses_its_ranges_half_way(nanoaod, hosted, web):
    uri = hosted(nanoaod)
    with open_events(uri, KNOWN, QUICK) as file:
        web.always = faults.whole
        with pytest.raises(RangesUnsupportedError, match="it cannot be read in parts"):
            list(file.chunks({}, 100))


@pytest.mark.parametrize("code", [403, 404])
def test_what_is_refused_says_so_and_nothing_of_damage(nanoaod, hosted, web, code):
    uri = hosted(nanoaod)
    web.always = faults.status(code)
    with pytest.raises(RefusedError, match=rf"^{uri}: the server [^;]*status {code}\)$"):
        read(uri)


def test_what_is_refused_half_way(nanoaod, hosted, web):
    uri = hosted(nanoaod)
    with open_events(uri, KNOWN, QUICK) as file:
        web.always = faults.status(404)
        with pytest.raises(RefusedError, match=f"^{uri}: the server has no such file"):
            list(file.chunks({}, 100))


def test_a_file_that_is_replaced_while_it_is_read(nanoaod, hosted, web, tmp_path):
    other = write(tmp_path / "other.root", "cms-nanoaod", events(N_EVENTS, seed=2))
    uri = hosted(nanoaod)
    with open_events(uri, KNOWN, QUICK) as file:
        hosted(other, etag='"2"')
        with pytest.raises(UnreadableFileError, match="it was changed on the server while it was read"):
            list(file.chunks({}, 100))


@pytest.mark.parametrize("left", [0, 3, 300, 2000, 0.3, 0.6, 0.9, 0.99])
def test_a_file_truncated_on_the_server(path, hosted, web, tmp_path, left):
    content = Path(path).read_bytes()
    short = tmp_path / "short.root"
    short.write_bytes(content[: left if isinstance(left, int) else int(left * len(content))])
    with pytest.raises(UnreadableFileError):
        read(hosted(short))
    assert not [thread for thread in threading.enumerate() if "(_work)" in thread.name]  # its connections are closed


def test_a_truncated_file_is_noticed_by_its_size_before_anything_is_read(nanoaod, hosted, web, tmp_path):
    short = tmp_path / "short.root"
    size = short.write_bytes(Path(nanoaod).read_bytes()[:-1]) + 1
    with pytest.raises(
        UnreadableFileError, match=rf"the server's file has {size - 1} bytes, its catalogue says {size}"
    ):
        read(hosted(short), QUICK, 150, size=size)
    assert len(web.asked) == 1


def test_what_is_wrong_with_this_machine_is_not_the_files_fault(nanoaod, hosted):
    uri = hosted(nanoaod)
    with pytest.raises(ConfigurationError, match="connections_per_host is 0"):
        read(uri, replace(QUICK, connections_per_host=0))


def test_what_is_no_root_file(web):
    uri = web.host("page.root", b"<!DOCTYPE html>" + b" " * 5000)
    with pytest.raises(UnreadableFileError, match=rf"^{uri}: cannot be opened as a ROOT file \(.*not a ROOT file"):
        read(uri)


def test_a_colon_in_an_address_or_a_path_is_no_tree(nanoaod, web, tmp_path):
    content = Path(nanoaod).read_bytes()
    folder = tmp_path / "a.root:b"
    folder.mkdir()
    (folder / "x.root").write_bytes(content)
    assert read(str(folder / "x.root"))[0] == read(web.host("a.root:b/x.root", content))[0] == read(nanoaod)[0]


def test_bytes_from_the_disk_are_counted_too(nanoaod):
    with files.open_trees(nanoaod) as trees:
        tree, opened = trees["Events"].tree, trees.traffic().received
        np.asarray(branch_lists.branch(tree, "event").array())
        assert 0 < opened < trees.traffic().received


def test_public_cern_files_are_read_over_https_without_xrootd(monkeypatch):
    monkeypatch.setattr(uris, "has_xrootd", lambda: False)
    for start in ("root://eospublic.cern.ch/", "root://eospublic.cern.ch:1094/"):
        assert uris.choose_address(f"{start}/eos/opendata/x.root") == "https://opendata.cern.ch/eos/opendata/x.root"


@pytest.mark.parametrize("uri", ["root://other.host//store/x.root", "root://eospublic.cern.ch.evil//eos/x.root"])
def test_other_xrootd_hosts_need_the_package(monkeypatch, tmp_path, uri):
    monkeypatch.setattr(uris, "has_xrootd", lambda: False)
    with pytest.raises(
        RefusedError, match=rf"^{uri}: root:// addresses of this host need .* pip install '\.\[xrootd\]'"
    ):
        read(uri)
    remote = RemoteFile(uri, None, None)
    with pytest.raises(RefusedError, match="pip install"), fetch(remote, tmp_path / "cache", QUICK):
        pass
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("uri", ["/data/x.root", "https://h/x.root", "x.root"])
def test_other_addresses_stay_as_they_are(uri):
    assert uris.choose_address(uri) == uri


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_shared) for name in REAL])
def test_real_files_over_http(hosted, web, name, record_property):
    path = str(SHARED / "data" / name)
    uri = hosted(path)
    there, n_events, traffic = read(uri, QUICK, 50_000)
    assert n_events == count(there)
    assert there == read(path, QUICK, 50_000)[0]
    assert traffic.received == web.sent or (traffic.received < web.sent and not web.several)  # but for one answer
    fraction = traffic.received / Path(path).stat().st_size
    record_property("fraction", f"{fraction:.3f}")
    record_property("requests", traffic.requests)
    assert fraction < (
        (0.2 if "amp_physlite" in name else 1.01) if web.several else 1.1
    )  # gaps cost less than requests
