"""FetchMetadata: where files come from, which datasets they make, and when portals are asked."""

import json

import pytest

from physics.toys import collisions
from tests.support import faults
from tests.support.portals import AtlasCatalogue, Records, dataset, portal, record_file
from tests.support.runs import histograms

__all__ = ["portal"]

RELEASE = "2025e-13tev-beta"
FILE_KEYS = {"uri", "size", "checksum", "modified_ns", "release", "record", "dataset", "data_type"}


@pytest.fixture
def web():
    """A web server."""
    with faults.serving() as server:
        yield server


def cache(run):
    """Read the one list of files."""
    (path,) = (run.out / "metadata").glob("*/metadata_cache.json")
    return json.loads(path.read_text())


def test_local_files_are_listed_with_size_and_time(run, files):
    run(task="FetchMetadata")
    listed = cache(run)["files"]
    assert [file["uri"] for file in listed] == [str(file) for file in files]
    for file, path in zip(listed, files, strict=True):
        assert set(file) == FILE_KEYS
        assert (file["size"], file["modified_ns"]) == (path.stat().st_size, path.stat().st_mtime_ns)
        assert (file["dataset"], file["data_type"], file["release"], file["record"]) == ("files", "data", None, None)


def test_a_release_is_read_over_http_and_asked_for_once(run, portal, web, toys, three):
    uris = [web.host(toy.name, toy.read_bytes()) for toy in toys[:3]]
    portal.answer = AtlasCatalogue({RELEASE: [dataset("data", {"noskim": uris}, RELEASE)]})
    run(input_files=None, release_years=RELEASE)
    assert run.histograms() == three
    asked = len(portal.asked)
    run(input_files=None, release_years=RELEASE, bin_width_gev=50)
    assert len(portal.asked) == asked
    (file, *_) = cache(run)["files"]
    assert (file["release"], file["dataset"], file["data_type"]) == (RELEASE, f"{RELEASE}_data", "data")


def test_refreshed_metadata_asks_again(run, portal):
    portal.answer = Records({7: {"files": [record_file("a.root", 10)]}})
    given = {"task": "FetchMetadata", "input_files": None, "specific_record_ids": 7}
    run(**given)
    assert [file["size"] for file in cache(run)["files"]] == [10]
    portal.answer = Records({7: {"files": [record_file("a.root", 11), record_file("b.root", 12)]}})
    assert run(**given).started == []
    end = run.apart("--refresh-metadata", **given)
    assert end.status == 0, end.text
    assert [file["size"] for file in cache(run)["files"]] == [11, 12]


def test_an_unknown_record_is_named(run, portal):
    portal.answer = Records({})
    end = run.attempt(task="FetchMetadata", input_files=None, specific_record_ids=99)
    assert end.status == 30
    assert "99" in end.text
    assert "Traceback" not in end.text
    assert not list(run.out.glob("metadata/*/metadata_cache.json"))


def test_every_dataset_has_its_own_histogram_file(run, portal, web, toys, three, fresh):
    uris = [web.host(toy.name, toy.read_bytes()) for toy in toys[3:5]]
    portal.answer = AtlasCatalogue({RELEASE: [dataset("data", {"noskim": uris}, RELEASE)]})
    run(release_years=RELEASE, output_filename="all.root", files_per_branch=2)
    found = {path.name: histograms(path) for path in run.products("histograms")}
    assert found == {"all_files.root": three, f"all_{RELEASE}_data.root": fresh(toys[3:5])}
    assert {record["dataset"] for record in run.records("MakeHistograms")} == {"files", f"{RELEASE}_data"}


def test_a_file_that_two_sources_name_is_read_once(run, portal, web, toys):
    uris = [web.host(toy.name, toy.read_bytes()) for toy in toys[:3]]
    portal.answer = AtlasCatalogue({RELEASE: [dataset("data", {"noskim": uris}, RELEASE)]})
    end = run(input_files=",".join(uris[:2]), release_years=RELEASE, task="FetchMetadata")
    assert [file["uri"] for file in cache(run)["files"]] == uris
    assert "2 files named by more than one source, read once and counted with the first" in end.text


def test_the_demo_beside_files(run, three, monkeypatch):
    monkeypatch.setattr(collisions, "PARTS", 2)
    run(release_years="demo", files_per_branch=2)
    found = {path.name: histograms(path) for path in run.products("histograms")}
    assert set(found) == {"histograms_files.root", "histograms_demo_data.root"}
    assert found["histograms_files.root"] == three
    assert run(release_years="demo", files_per_branch=2).started == []
    before = run.state()
    run(input_files=None, release_years="demo", files_per_branch=2)
    assert run.made_since(before) == {"histograms": 1}  # alone, the dataset's name is not in the file's
    assert run.all_histograms()[-1] == found["histograms_demo_data.root"]


def test_fewer_files_than_are_listed(run):
    run(task="ParseFile", max_files_to_process=2)
    assert len(cache(run)["files"]) == 3
    assert len(run.products("parsed_data")) == 2
    run(task="ParseFile", max_files_to_process=99)
    assert len(run.products("parsed_data")) == 3
