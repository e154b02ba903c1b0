"""Input files: on this machine, streamed, or downloaded first, always with the same events."""

import awkward as ak
import pytest

from targets.catalogue.input_files import InputFile
from targets.errors import UnreadableFileError
from targets.events import inputs, schemas
from targets.events.inputs import FetchOptions, open_input
from tests.support import faults
from tests.support.faults import QUICK, Hosted
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
            muons = ak.concatenate([chunk.objects["m"] for chunk in opened.events.chunks({}, 100)])
            return muons.to_list(), opened.traffic()

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
    for mode in inputs.MODES:
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
