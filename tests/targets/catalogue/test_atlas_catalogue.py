"""The whole catalogue of a release through the unmodified atlasopenmagic, from a portal that may be wrong."""

import contextlib
import os
import random
import subprocess
import sys
import threading

import atlasopenmagic
import pytest
from atlasopenmagic import metadata
from hypothesis import given, settings
from hypothesis import strategies as st

import targets.catalogue.atlas_catalogue
from targets.catalogue.atlas_catalogue import Entry, known_releases, read_release
from targets.errors import PortalError
from tests.support.portals import EOS_WITH_PORT, MissingError, dataset

R = "2025e-13tev-beta"


def many(number, release=R, start=300000):
    """As many MC datasets, in random order, and the data among them."""
    keys = [str(start + i) for i in range(number - 1)]
    datasets = [dataset(key, {"noskim": [f"{EOS_WITH_PORT}/mc/{key}.root"]}, release) for key in keys]
    datasets.append(dataset("data", {"noskim": [f"{EOS_WITH_PORT}/data/A.root"]}, release))
    random.Random(1).shuffle(datasets)
    return datasets


def said(key, **more):
    """What the portal says of a dataset beside its files."""
    return {"physics_short": f"Process_{key}", "cross_section_pb": 1.0, "nEvents": 100} | more


def test_keys_data_types_and_skims(atlas):
    files = {"noskim": ["a", "b"], "2lep": ["c"], "3lep": ["d"]}
    atlas({R: [dataset("data", {"GamGam": ["x"]}), dataset("301204", files), dataset("70000", {"noskim": []})]})
    entries, notes = read_release(R)
    assert entries == [
        Entry("70000", "mc", {}, said("70000")),
        Entry("301204", "mc", files, said("301204")),
        Entry("data", "data", {"GamGam": ["x"]}, said("data")),
    ]
    assert notes == []


@pytest.mark.parametrize(
    ("key", "data_type"),
    [("data", "data"), ("data15", "data"), ("Data_2016", "data"), ("301204", "mc"), ("database", "mc"), (5, "mc")],
)
def test_the_key_decides_between_data_and_simulation(atlas, key, data_type):
    atlas({R: [dataset(key, {"noskim": ["https://opendata.cern.ch/eos/opendata/data/x.root"]})]})
    assert [entry.data_type for entry in read_release(R)[0]] == [data_type]


def test_a_name_that_hides_another_dataset_loses_nothing(atlas):
    """The library keeps datasets by number and by lower-case name in one dictionary: here they collide."""
    hidden = dataset("data", {"noskim": ["real data"]}, physics_short=None)
    atlas({R: [hidden, dataset("1", {"noskim": ["mc"]}, physics_short="DATA")]})
    entries, notes = read_release(R)
    assert entries == [
        Entry("1", "mc", {"noskim": ["mc"]}, said("1", physics_short="DATA")),
        Entry("data", "data", {"noskim": ["real data"]}, said("data", physics_short=None)),
    ]
    assert notes == [
        f"release {R}: the portal states 2 datasets and atlasopenmagic found 1, but there are 2: all of them were taken"
    ]


def test_the_portal_is_asked_little_and_by_name(atlas):
    portal = atlas({R: many(1500)})
    assert len(read_release(R)[0]) == 1500
    asked = [path.partition("?")[0] for path in portal.asked]
    assert sorted(asked) == ["/datasets"] * 3 + ["/datasets/count"] * 2
    assert {agent.partition("/")[0] for agent in portal.agents} == {"atlas-open-data-pipeline"}


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 2999])
def test_a_count_that_is_too_low_loses_nothing(atlas, count):
    atlas({R: many(3500)}, count={R: count})
    entries, notes = read_release(R)
    assert len(entries) == 3500
    assert [entry.key for entry in entries] == [*map(str, range(300000, 303499)), "data"]
    assert [note.partition(" and ")[0] for note in notes] == [f"release {R}: the portal states {count} datasets"]
    assert notes[0].endswith("but there are 3500: all of them were taken")


@pytest.mark.parametrize("count", [1500, 1501, 2000, 9999])
def test_a_count_that_is_right_or_too_high_or_rounded_does_no_harm(atlas, count):
    atlas({R: many(1500)}, count={R: count})
    entries, notes = read_release(R)
    assert (len(entries), notes) == (1500, [])


def test_without_a_count_more_than_ten_thousand_datasets_are_found(atlas):
    atlas({R: many(11_001)}, count={R: MissingError})
    entries, notes = read_release(R)
    assert len(entries) == 11_001
    assert "atlasopenmagic found 10000, but there are 11001" in notes[0]


def test_a_portal_with_smaller_pages_loses_nothing(atlas):
    atlas({R: many(2500)}, largest_page=100)
    entries, notes = read_release(R)
    assert len(entries) == 2500
    assert "the portal states 2500 datasets and atlasopenmagic found 300, but there are 2500" in notes[0]


def test_a_portal_that_does_not_turn_pages_is_believed_only_when_all_fits_one(atlas):
    atlas({R: many(700)}, turns_pages=False)
    assert len(read_release(R)[0]) == 700
    atlas({R: many(1700)}, turns_pages=False)
    with pytest.raises(PortalError, match=rf"repeats a page of {R} after 1000 datasets: try again later"):
        read_release(R)
    atlas({R: many(700)}, turns_pages=False, largest_page=100)
    with pytest.raises(PortalError, match=rf"repeats a page of {R} after 100 datasets: try again later"):
        read_release(R)


def test_a_catalogue_without_end_is_given_up(atlas, monkeypatch):
    monkeypatch.setattr(targets.catalogue.atlas_catalogue, "_MAX_ENTRIES", 2000)
    atlas({R: many(3500)}, count={R: 10})
    with pytest.raises(PortalError, match=rf"lists over 2000 datasets of {R}: try again later"):
        read_release(R)


@pytest.mark.parametrize("count", [10**12, -1, "12", True, None, 2.5, [1]])
def test_a_count_that_is_no_count_is_an_error(atlas, count):
    atlas({R: many(5)}, count={R: count})
    with pytest.raises(PortalError, match=rf"/datasets/count answers .* for {R}: expected a number; try again later"):
        read_release(R)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"skims": [{"file_list": []}]}, r"dataset '7' has a skim without name or without list of files; try again"),
        ({"skims": [{"skim_type": "2lep", "file_list": "x"}]}, r"dataset '7' has a skim without name"),
        ({"skims": [{"skim_type": "a\nb", "file_list": []}]}, r"dataset '7' has a skim without name"),
        ({"skims": ["2lep"]}, r"."),
        ({"skims": "2lep"}, r"."),
        ({"skims": 5}, r"."),
        ({"file_list": "https://h/x.root"}, r"dataset '7' has a skim without name or without list of files"),
        ({"release": {"name": "2016e-8tev"}}, r" holds dataset '7' of release '2016e-8tev': try again"),
        ({"dataset_number": None}, r"holds a dataset without number: .*; try again later"),
        ({"dataset_number": True}, r"holds a dataset without number"),
        ({"dataset_number": ""}, r"holds a dataset without number"),
        ({"dataset_number": ["7"]}, r"holds a dataset without number"),
        ({"dataset_number": "x" * 201}, r"holds a dataset without number"),
        ({"dataset_number": "7\x1b[2J"}, r"holds the dataset number '7\\x1b\[2J', with control characters: not read"),
        ({"physics_short": 5}, r"cannot be read \(AttributeError: .*input_files"),
    ],
)
def test_a_dataset_of_another_shape_is_an_error(atlas, broken, message):
    atlas({R: [{**dataset("7", {"noskim": ["x"]}), **broken}]})
    with pytest.raises(PortalError, match=rf"catalogue of release {R}.*{message}"):
        read_release(R)


@pytest.mark.parametrize("listed", [["text"], [5], [None], [[]]])
def test_what_is_no_dataset_is_an_error(atlas, listed):
    atlas({R: listed})
    with pytest.raises(PortalError, match=rf"the catalogue of release {R} .*cannot be read \(TypeError"):
        read_release(R)


def test_null_skims_are_no_skims(atlas):
    atlas({R: [{**dataset("7", {"noskim": ["x"]}), "skims": None}]})
    assert read_release(R)[0] == [Entry("7", "mc", {"noskim": ["x"]}, said("7"))]


def test_pages_that_are_no_list_are_an_error(portal):
    portal.answer = lambda path, query: {"count": 0} if path.endswith("count") else {}
    with pytest.raises(PortalError, match=rf"/datasets answers '{{}}' for {R}: expected a list of datasets"):
        read_release(R)


def test_a_release_that_the_portal_does_not_know_is_an_error(atlas):
    portal = atlas({})
    with pytest.raises(PortalError, match=rf"the catalogue at {portal.url} lists no dataset of release {R}: try again"):
        read_release(R)


def test_a_portal_that_is_down_is_said_at_once_and_the_next_try_reads_afresh(atlas, monkeypatch):
    portal = atlas({R: many(3)})
    monkeypatch.setattr(metadata, "API_BASE_URL", "http://127.0.0.1:1")
    with pytest.raises(
        PortalError, match=r"127.0.0.1:1/datasets/count: .* cannot be reached .*refused.*with input_files"
    ):
        read_release(R)
    monkeypatch.setattr(metadata, "API_BASE_URL", portal.url)
    assert len(read_release(R)[0]) == 3


def test_a_portal_that_breaks_down_after_the_count_is_an_error(atlas):
    portal = atlas({R: many(3)})
    portal.faults = [b'{"count": 3}', b'{"count": 3}', b"<html>"]
    with pytest.raises(PortalError, match=rf"the catalogue of release {R} at .* cannot be read \(JSONDecodeError"):
        read_release(R)
    assert len(read_release(R)[0]) == 3


def test_a_burst_of_errors_passes(atlas):
    portal = atlas({R: many(3)})
    portal.faults = [503, 503, "drop"]
    assert len(read_release(R)[0]) == 3


def test_releases_do_not_mix_in_one_process(atlas):
    releases = {name: many(20 + i, name, 1000 * i) for i, name in enumerate(known_releases())}
    atlas(releases)
    results = {}

    def read(name):
        results[name] = read_release(name)[0]

    threads = [threading.Thread(target=read, args=(name,)) for name in [*releases, *releases]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {name: {each["dataset_number"] for each in listed} for name, listed in releases.items()}
    assert {name: {entry.key for entry in entries} for name, entries in results.items()} == expected


def test_what_changed_at_the_portal_is_seen_and_nothing_is_kept(atlas):
    atlas({R: many(3)})
    assert len(read_release(R)[0]) == 3
    atlas({R: many(4)})
    assert len(read_release(R)[0]) == 4
    assert metadata._metadata == {}
    assert atlasopenmagic.get_current_release() == R


def test_atlasopenmagic_stays_quiet(atlas, capfd):
    atlas({R: many(3)})
    read_release(R)
    assert capfd.readouterr() == ("", "")


def test_the_environment_names_another_portal(atlas):
    portal = atlas({R: many(3)})
    script = f"from targets.catalogue.atlas_catalogue import read_release; print(len(read_release({R!r})[0]))"
    environment = {**os.environ, "ATLAS_API_BASE_URL": portal.url, "ATLAS_RELEASE": R}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("3\n", "")


WORDS = ["dataset_number", "physics_short", "file_list", "skims", "skim_type", "release", "name"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=7),
)
DATASETS = JSON | st.fixed_dictionaries({"dataset_number": st.text(), "file_list": JSON, "skims": st.lists(JSON)})


@settings(deadline=None)  # a loaded machine is no failure
@given(listed=st.lists(DATASETS, max_size=3))
def test_any_dataset_ends_in_an_entry_or_a_sentence(listed):
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PortalError):
        patch.setattr(targets.catalogue.atlas_catalogue, "_through_atlasopenmagic", lambda release: listed)
        patch.setattr(targets.catalogue.atlas_catalogue, "fetch_json", lambda url, params: {} if "count" in url else [])
        entries, _ = read_release(R)
        assert len(entries) == len(listed)
        assert all(isinstance(uris, list) for entry in entries for uris in entry.skims.values())
