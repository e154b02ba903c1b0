"""FetchMetadata: where files come from, which datasets they make, and when portals are asked."""

import base64
import json
import os
import re
import time
import zlib

import pytest

from physics.toys import collisions
from targets.storage import atomic
from tasks.stages.inputs import fetch_metadata
from tests.support import faults
from tests.support.portals import WEB, AtlasCatalogue, Records, dataset, portal, record_file
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
    assert "histograms" not in run.made_since(before)  # what was made beside another dataset serves it alone, too


@pytest.mark.parametrize("single", [True, False])
def test_a_dataset_that_was_alone_is_not_made_again_beside_another(run, portal, web, toys, single):
    uris = [web.host(toy.name, toy.read_bytes()) for toy in toys[3:5]]
    portal.answer = AtlasCatalogue({RELEASE: [dataset("data", {"noskim": uris}, RELEASE)]})
    run(single_output_file=single)
    before = run.state()
    end = run(release_years=RELEASE, single_output_file=single)
    names = sorted(path.name for path in (run.out / "histograms").glob("*/histograms*"))
    suffix = ".root" if single else ""
    assert names == [f"histograms{suffix}", f"histograms_{RELEASE}_data{suffix}"]
    assert {path: state for path, state in run.state().items() if path in before} == before
    assert f"histograms_{RELEASE}_data{suffix}\n" in end.text
    assert run(release_years=RELEASE, single_output_file=single).started == []
    assert run(single_output_file=single).started == []


def test_a_refreshed_list_counts_whatever_the_clock_of_the_file_server_says(run, portal, monkeypatch):
    """A file server whose clock is a day behind gives new files a time before the run's start."""
    flush = atomic._flush

    def late(path):
        flush(path)
        if path.suffix == ".json":
            os.utime(path, (then := time.time() - 86_400, then))

    monkeypatch.setattr(atomic, "_flush", late)
    portal.answer = Records({7: {"files": [record_file("a.root", 10)]}})
    given = {"task": "FetchMetadata", "input_files": None, "specific_record_ids": 7}
    run("--refresh-metadata", **given)
    portal.answer = Records({7: {"files": [record_file("a.root", 11)]}})
    monkeypatch.setattr(fetch_metadata, "_OUTDATED", {})  # as in another process
    run("--refresh-metadata", **given)
    assert [file["size"] for file in cache(run)["files"]] == [11]


def test_files_on_tape_are_left_out_where_the_user_says_so(run, portal, web, toys):
    online = [record_file(web.host(toy.name, toy.read_bytes()), size=None, checksum=None) for toy in toys[:2]]
    tape = [record_file(f"tape{i}.root", 10, availability="on demand") for i in range(2)]
    portal.answer = Records({7: {"files": [*online, *tape]}})
    given = {"input_files": None, "specific_record_ids": 7}
    refused = run.attempt(**given)
    assert refused.status == 30
    assert "or read what is online with --skip-unavailable True" in refused.text
    end = run(skip_unavailable=True, **given)
    names = [f"{WEB}/tape{i}.root" for i in range(2)]
    assert f"2 files on tape only ('on demand'), not downloadable, left out: {', '.join(names)}" in end.text
    assert f", WITHOUT 2 files on tape ({', '.join(names)}), in" in end.text
    assert run.records("MakeHistograms")[0]["unavailable"] == names
    assert [file["uri"] for file in cache(run)["unavailable"]] == names
    summary = run(task="Summary", skip_unavailable=True, **given)
    assert all(f"left out, on tape: {name}" in summary.text for name in names)
    run(task="MakeReport", skip_unavailable=True, plotted_final_states=0, **given)
    (report,) = run.out.glob("report/*/report.html")
    assert [failure["uri"] for failure in embedded(report)["failures"]] == names
    assert run.attempt(**given).status == 30  # not forgotten: without the word, the run is refused again


def damage_address(path, old, new):
    """Change an address in a list made by an older version, which had no checksum of its content."""
    document = json.loads(path.read_text().replace(old, new))
    del document["content_xxh3"]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("damage", ["htps://h/a.root", "https://[h/a.root", "a.root", "https://h/a\\u0000.root"])
def test_a_damaged_address_in_a_list_is_said_and_the_list_made_anew(run, files, damage):
    run(task="FetchMetadata")
    (path,) = (run.out / "metadata").glob("*/metadata_cache.json")
    whole = path.read_text()
    damage_address(path, str(files[0]), damage)
    end = run(task="ParseFile")
    assert f"{path}: not a file list of this project (an input file's uri is " in end.text
    assert "delete it: the next run remakes it; it is made again" in end.text
    assert path.read_text() == whole


def test_a_damaged_address_in_what_a_portal_said_is_named_with_the_remedy(run, portal):
    portal.answer = Records({7: {"files": [record_file("a.root", 10)]}})
    given = {"task": "FetchMetadata", "input_files": None, "specific_record_ids": 7}
    run(**given)
    (path,) = (run.out / "metadata" / "portals").glob("*.json")
    damage_address(path, "https://", "ht\\u0000tps://")
    next((run.out / "metadata").glob("*/metadata_cache.json")).unlink()
    end = run.attempt(**given)
    assert end.status == 30
    assert f"{path}: not a file list of this project (an input file's uri is 'ht" in end.text
    assert "delete it: the next run remakes it" in end.text
    assert "Traceback" not in end.text


def test_fewer_files_than_are_listed(run):
    run(task="ParseFile", max_files_to_process=2)
    assert len(cache(run)["files"]) == 3
    assert len(run.products("parsed_data")) == 2
    run(task="ParseFile", max_files_to_process=99)
    assert len(run.products("parsed_data")) == 3


def test_a_file_that_is_replaced_between_listing_and_reading_gives_no_numbers(run, files, toys, three, monkeypatch):
    """Put back with its time, the old file must not find the numbers of the other one under its name."""
    whole, listing = files[1].stat(), fetch_metadata.FetchMetadata.run

    def replaced_after(task):
        listing(task)
        files[1].write_bytes(toys[5].read_bytes())

    monkeypatch.setattr(fetch_metadata.FetchMetadata, "run", replaced_after)
    end = run.attempt()
    assert end.status == 30
    assert f"{files[1]}: it changed since the run began" in end.text
    assert "rerun the same command, which lists it anew" in end.text
    assert len(run.products("parsed_data")) == 2
    monkeypatch.undo()
    files[1].write_bytes(toys[1].read_bytes())
    os.utime(files[1], ns=(whole.st_atime_ns, whole.st_mtime_ns))
    run()
    assert run.histograms() == three


def embedded(report):
    """Return the document that a report holds."""
    packed = re.search(r'id="data">([^<]*)<', report.read_text())[1]
    return json.loads(zlib.decompress(base64.b64decode(packed)))
