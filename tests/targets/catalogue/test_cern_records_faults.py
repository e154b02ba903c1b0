"""Records that contradict themselves, do not exist or mean harm: an error each, never a short list of files."""

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import targets.catalogue.cern_records
from targets.catalogue.cern_records import record_files
from targets.catalogue.input_files import InputFile
from targets.errors import ConfigurationError, PortalError
from tests.support.portals import EOS, WEB, MissingError, index, numbered, record_file


def test_a_file_listed_twice_with_two_sizes_is_an_error(opendata):
    opendata({1: {"index_files": [index("i", [record_file("a.root", 1)])], "files": [record_file("a.root", 2)]}})
    with pytest.raises(PortalError, match=r"a.root is listed twice, with the sizes 1 and 2 bytes: one of the lists"):
        record_files([1])


def test_a_record_that_does_not_exist_is_said(opendata):
    portal = opendata({1: {"files": [record_file("a.root")]}})
    with pytest.raises(ConfigurationError, match=rf"the portal {portal.url} has no record 999: check the number in sp"):
        record_files([1, 999])


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({}, r"record 7 lists no ROOT file \(its list of files is empty\): leave it out of specific_record_ids"),
        ({"files": [record_file("a.py")]}, r"record 7 lists no ROOT file \(record 7: 1 .py file skipped, only .root"),
    ],
)
def test_a_record_without_root_files_is_said(opendata, held, message):
    opendata({7: held})
    with pytest.raises(ConfigurationError, match=message):
        record_files([7])


@pytest.mark.parametrize("record", ["", "abc", "-1", 0, "0", 1.5, "30522-30555", "../1", "²", "1" * 10, None])
def test_what_is_no_record_number_is_said_before_the_portal_is_asked(opendata, record):
    portal = opendata({})
    message = rf"specific_record_ids: {re.escape(repr(record))} is not a record's number: give it as 30522, from https"
    with pytest.raises(ConfigurationError, match=message):
        record_files([30522, record])
    assert portal.asked == []


def test_an_unknown_data_type_is_refused(opendata):
    with pytest.raises(ConfigurationError, match="data_type is 'MC'"):
        record_files([1], "MC")


@pytest.mark.parametrize("kind", ["files", "index_files"])
@pytest.mark.parametrize("total", [11, 13])
def test_a_total_that_does_not_fit_is_an_error(opendata, kind, total):
    held = numbered("f", 12) if kind == "files" else [index(f"i{n}", numbered(f"i{n}", 1)) for n in range(12)]
    opendata({1: {kind: held}}, totals={"files": [], "index_files": [], kind: [total, total]})
    with pytest.raises(PortalError, match=rf"record 1: the portal states {total} {kind} and lists 12: not read; try"):
        record_files([1])


def test_a_total_that_changes_between_pages_is_an_error(opendata):
    opendata({1: {"files": numbered("f", 1200)}}, totals={"files": [1200, 1201], "index_files": []})
    with pytest.raises(PortalError, match=r"record 1: the total of files changed from 1200 to 1201 between two pages"):
        record_files([1])


def test_a_portal_that_repeats_its_page_is_an_error_and_no_short_list(opendata):
    opendata({1: {"files": numbered("f", 1500)}}, turns_pages=False)
    with pytest.raises(PortalError, match=r"record 1: http.*/record/1/filepage/2 repeats the page before it, so files"):
        record_files([1])


def test_an_index_whose_list_is_short_is_an_error(opendata):
    opendata({1: {"index_files": [index("a_file_index.json", numbered("f", 3), number_files=4)]}})
    with pytest.raises(
        PortalError, match=r"record 1: the index 'a_file_index.json' states 4 files and lists 3: not re"
    ):
        record_files([1])


@pytest.mark.parametrize("files", [None, "x", ["x"], {"uri": "x"}])
def test_an_index_without_a_list_is_an_error(opendata, files):
    opendata({1: {"index_files": [{"key": "a\x1b", "files": files}], "files": [record_file("a.root")]}})
    with pytest.raises(PortalError, match=r"record 1: the index 'a\\x1b' lacks its list of files: the portal may have"):
        record_files([1])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], r"states the total None: expected a number up to 1000000; the portal may have changed"),
        ({"files": []}, r"filepage/1\?type=index_files states the total None"),
        ({"total": "1", "files": []}, r"states the total '1'"),
        ({"total": True, "files": []}, r"states the total True"),
        ({"total": -1, "files": []}, r"states the total -1"),
        ({"total": 10**9, "files": []}, r"states the total 1000000000"),
        ({"total": 1}, r"filepage/1\?type=index_files lacks a list of files: the portal may have changed"),
        ({"total": 1, "files": {}}, r"lacks a list of files"),
        ({"total": 1, "files": ["a.root"]}, r"lacks a list of files"),
        ({"index_files": {"total": 1}, "files": {"total": 1}}, r"states the total None"),
    ],
)
def test_an_answer_of_another_shape_is_an_error(opendata, answer, message):
    opendata({}).answer = lambda path, query: answer
    with pytest.raises(PortalError, match=message):
        record_files([1])


def test_a_page_that_vanishes_is_the_portals_fault(opendata):
    def loses_a_page(path, query):
        if path.endswith("/2"):
            raise MissingError
        return {"total": 0, "files": []} if query["type"] == "index_files" else {"total": 9, "files": numbered("f", 3)}

    opendata({}).answer = loses_a_page
    with pytest.raises(PortalError, match=r"/record/1/filepage/2 does not exist \(status 404\)"):
        record_files([1])


@pytest.mark.parametrize("size", ["123", -1, 1.5, True])
def test_a_size_that_is_none_is_an_error(opendata, size):
    opendata({1: {"files": [record_file("a.root", size=size)]}})
    with pytest.raises(PortalError, match=rf"{WEB}/a.root has the size {size!r} in its record: expected bytes; please"):
        record_files([1])


@pytest.mark.parametrize(
    "uri", [f"{EOS}/../x.root", f"{EOS}/%2e%2e/x.root", f"{EOS}/a\x00.root", "file:///x.root", None]
)
def test_hostile_names_are_refused(opendata, uri):
    opendata({1: {"files": [record_file("a.root"), {**record_file("b.root"), "uri": uri}]}})
    with pytest.raises(PortalError, match=r"record 1 lists the file .*: not read; please tell the portal's team"):
        record_files([1])


def test_a_burst_of_errors_passes_and_the_project_names_itself(opendata):
    portal = opendata({1: {"files": [record_file("a.root")]}})
    portal.faults = [503, "drop", 502, "truncate"]
    assert [file.uri for file in record_files([1]).files] == [f"{WEB}/a.root"]
    assert {agent.partition("/")[0] for agent in portal.agents} == {"atlas-open-data-pipeline"}


def test_a_portal_that_is_down_is_said(portal, monkeypatch):
    monkeypatch.setenv("CERN_OPENDATA_BASE_URL", "http://127.0.0.1:1")
    with pytest.raises(PortalError, match=r"127.0.0.1:1/record/1/filepage/1: 127.0.0.1 cannot be reached .*refused"):
        record_files([1])


@pytest.mark.parametrize("base", ["opendata.cern.ch", "file:///tmp", "https://x\n"])
def test_a_portal_without_protocol_is_said(base):
    with pytest.raises(ConfigurationError, match=r"address is .*: CERN_OPENDATA_BASE_URL must be an http\(s\) address"):
        record_files([1], base_url=base)


WORDS = ["total", "files", "uri", "size", "checksum", "availability", "key", "number_files"]
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([f"{EOS}/a.root"])
)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=8)
)
PAGES = JSON | st.fixed_dictionaries({"total": st.integers(0, 3), "files": st.lists(JSON, max_size=3)})


@settings(deadline=None)  # a loaded machine is no failure
@given(pages=st.lists(PAGES, min_size=4, max_size=4))
def test_any_answer_ends_in_files_or_a_sentence(pages):
    """A page that is asked for beyond the four given is empty, as the portal's are."""
    answers = iter(pages)
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PortalError, ConfigurationError):
        patch.setattr(
            targets.catalogue.cern_records, "fetch_json", lambda *args: next(answers, {"total": 0, "files": []})
        )
        found = record_files([1])
        assert all(InputFile.from_dict(file.as_dict()) == file for file in found.files)
        assert found.files
