"""Samples of simulation: each is a dataset, with what the catalogue says of it."""

import json

import pytest

from tests.support.portals import AtlasCatalogue, Records, dataset, portal, record_file

__all__ = ["portal"]

R = "2024r-pp"
SAID = {"cross_section_pb": 729.77, "kFactor": 1.139, "genFiltEff": 0.544, "sumOfWeights": 8e10, "nEvents": 120_000}


def uris(name, number=1):
    return {"noskim": [f"https://opendata.cern.ch/{name}_{i}.root" for i in range(number)]}


@pytest.fixture
def release(portal):
    """Collisions and two samples; what is said of the second is incomplete."""
    entries = [
        dataset("data", uris("data"), R),
        dataset("410470", uris("a", 2), R, **SAID, keywords=["top"]),
        dataset("301204", uris("b"), R, cross_section_pb=None),
    ]
    portal.answer = AtlasCatalogue({R: entries})
    return portal


def listed(run, **more):
    """List the release's files; return the one list that there is then."""
    run(task="FetchMetadata", input_files=None, release_years=R, **more)
    (path,) = (run.out / "metadata").glob("*/metadata_cache.json")
    return path, json.loads(path.read_text())


def datasets(document):
    return [(file["dataset"], file["data_type"]) for file in document["files"]]


SAMPLES = [(f"{R}_mc_301204", "mc"), (f"{R}_mc_410470", "mc"), (f"{R}_mc_410470", "mc")]


def test_a_dataset_of_simulation_is_one_sample_and_keeps_what_the_catalogue_says(run, release):
    _, document = listed(run, data_type="mc")
    assert datasets(document) == SAMPLES
    assert set(document["samples"]) == {f"{R}_mc_301204", f"{R}_mc_410470"}
    said = document["samples"][f"{R}_mc_410470"]
    assert said == SAID | {"physics_short": "Process_410470", "keywords": ["top"]}


def test_data_and_simulation_of_a_release_in_one_run(run, release):
    _, document = listed(run, data_type="data,mc")
    assert datasets(document) == [(f"{R}_data", "data"), *SAMPLES]


def test_numbers_of_samples_choose_among_samples_only(run, release):
    _, document = listed(run, data_type="data,mc", dataset_ids="410470")
    assert datasets(document) == [(f"{R}_data", "data"), *SAMPLES[1:]]
    assert set(document["samples"]) == {f"{R}_mc_410470"}


def test_collisions_have_no_samples(run, release):
    _, document = listed(run)
    assert "samples" not in document


def test_a_list_of_an_older_version_still_loads(run, release):
    path, document = listed(run, data_type="data,mc")
    del document["samples"], document["content_xxh3"]
    path.write_text(json.dumps(document))
    before = path.stat()
    end = run(task="FetchMetadata", input_files=None, release_years=R, data_type="data,mc")
    assert "made again" not in end.text
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_list_with_damaged_samples_is_made_anew(run, release):
    path, document = listed(run, data_type="mc")
    whole = path.read_text()
    document["samples"] = {f"{R}_mc_410470": 3}
    del document["content_xxh3"]
    path.write_text(json.dumps(document))
    end = run(task="FetchMetadata", input_files=None, release_years=R, data_type="mc")
    assert "made again" in end.text
    assert path.read_text() == whole


def test_files_of_other_sources_are_simulation_only_where_the_user_says_so(run, portal, files):
    portal.answer = Records({7: {"files": [record_file("a.root", 10)]}})
    for data_type, expected in (("mc", "mc"), ("data,mc", "data")):
        path = run.out / "metadata"
        run(task="FetchMetadata", specific_record_ids=7, data_type=data_type)
        newest = max(path.glob("*/metadata_cache.json"), key=lambda path: path.stat().st_mtime_ns)
        assert {file["data_type"] for file in json.loads(newest.read_text())["files"]} == {expected}


def test_a_word_that_is_no_data_type_is_refused(run):
    end = run.attempt(task="FetchMetadata", data_type="mc,collisions")
    assert "data_type = 'mc,collisions': it must be one of data, mc, data,mc" in end.text
