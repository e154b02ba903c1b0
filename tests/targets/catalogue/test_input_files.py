"""Input files: what is kept of them, and how lists become one."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.catalogue.input_files import (
    Catalogue,
    InputFile,
    amount,
    check_data_type,
    identity,
    merge,
    only_root_files,
    unique,
)
from targets.errors import ConfigurationError, FileFormatError, PortalError
from targets.network.checksums import normalised_checksum

WEB = "https://opendata.cern.ch/eos/opendata/cms/a.root"
FILE = InputFile(WEB, 2, "adler32:0000000a", None, None, 30522, "records_30522", "data")


def named(uri, **more):
    return replace(FILE, uri=uri, **more)


def test_the_keys_in_json_are_a_contract():
    keys = ["uri", "size", "checksum", "modified_ns", "release", "record", "dataset", "data_type"]
    assert list(FILE.as_dict()) == keys


def test_an_input_file_does_not_change():
    with pytest.raises(FrozenInstanceError):
        FILE.size = 3


texts = st.text() | st.none()
numbers = st.integers(min_value=0) | st.none()
printable = st.characters(categories=["L", "N", "P"], exclude_characters=":")
uris = st.text(printable).map("/{}".format) | st.sampled_from(["https://h/x.root", "root://h//x.root"])


@settings(deadline=None)  # a loaded machine is no failure
@given(st.builds(InputFile, uris, numbers, texts, numbers, texts, numbers, st.text(), st.sampled_from(["data", "mc"])))
def test_an_input_file_survives_json(file):
    assert InputFile.from_dict(json.loads(json.dumps(file.as_dict()))) == file


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "2"}, r"an input file's size is '2': that is not a number"),
        (
            {"uri": "htps://h/x.root"},
            r"an input file's uri is 'htps://h/x.root', which is not an address of",
        ),
        (
            {"uri": "https://[h/x.root"},
            r"an input file's uri is 'https://\[h/x.root', which is not a URL; make",
        ),
        ({"uri": "x.root"}, r"an input file's uri is 'x.root', which is neither an address nor an absolute path; make"),
        ({"uri": "/x\0.root"}, r"an input file's uri is '/x\\x00.root', which is neither an address nor an absolute"),
        ({"size": True}, r"an input file's size is True: that is not a number"),
        ({"size": 2.0}, r"an input file's size is 2.0: that is not a number"),
        ({"uri": None}, r"an input file's uri is None: that is not a text"),
        ({"dataset": None}, r"an input file's dataset is None: that is not a text"),
        ({"checksum": 10}, r"an input file's checksum is 10: that is not a text"),
        (
            {"data_type": "Data"},
            r"an input file's data_type is 'Data': that is neither data nor mc; make the list anew with --refresh",
        ),
        ({"sise": 2}, r"has the keys uri, size, .*; missing or unknown here: sise; make the list anew"),
    ],
)
def test_a_damaged_document_is_refused(change, message):
    with pytest.raises(FileFormatError, match=message):
        InputFile.from_dict({**FILE.as_dict(), **change})


def test_a_document_with_a_missing_key_is_refused():
    document = FILE.as_dict()
    del document["record"]
    with pytest.raises(FileFormatError, match=r"missing or unknown here: record"):
        InputFile.from_dict(document)


def test_identity_is_uri_size_and_state():
    assert identity(FILE) == f"{WEB}\t2\tadler32:0000000a"
    assert identity(replace(FILE, checksum=None, modified_ns=5)) == f"{WEB}\t2\t5"
    assert identity(replace(FILE, checksum=None, size=None)) == f"{WEB}\t-\t-"


@pytest.mark.parametrize("change", [{"uri": WEB + "1"}, {"size": 3}, {"size": None}, {"checksum": "adler32:0000000b"}])
def test_identity_tells_states_apart(change):
    assert identity(replace(FILE, **change)) != identity(FILE)


@pytest.mark.parametrize(
    "change", [{"dataset": "files"}, {"record": None}, {"release": "2024r-pp"}, {"data_type": "mc"}, {"modified_ns": 9}]
)
def test_identity_does_not_depend_on_where_a_file_was_listed(change):
    assert identity(replace(FILE, **change)) == identity(FILE)


def test_merge_keeps_order_and_notes_and_reads_a_file_once():
    other = named("root://eospublic.cern.ch//eos/opendata/cms/a.root", size=None, checksum=None, dataset="files")
    merged = merge(
        [Catalogue([named("https://h/z.root"), FILE], ["first"]), Catalogue([other, named("https://h/b.root")], ["2"])]
    )
    assert [file.uri for file in merged.files] == ["https://h/z.root", WEB, "https://h/b.root"]
    assert merged.files[1].dataset == "records_30522"
    assert merged.notes == ["first", "2", "1 file named by more than one source, read once and counted with the first"]


def test_merge_of_nothing_is_empty():
    assert merge([]) == Catalogue([], [])
    assert merge([Catalogue([], []), Catalogue([FILE], [])]) == Catalogue([FILE], [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 3}, r"a.root is listed twice, with the sizes 2 and 3 bytes: one of the lists is wrong"),
        ({"checksum": "adler32:0000000b"}, r"with the checksums adler32:0000000a and adler32:0000000b"),
    ],
)
def test_two_entries_that_contradict_each_other_are_an_error(change, message):
    with pytest.raises(PortalError, match=message):
        unique([FILE, replace(FILE, **change)])


@pytest.mark.parametrize("change", [{"size": None}, {"checksum": None}, {"checksum": "sha1:" + "a" * 40}])
def test_two_entries_that_know_different_things_agree(change):
    assert unique([FILE, replace(FILE, **change), replace(FILE, **change)]) == ([FILE], 2)


def test_only_root_files_says_what_it_leaves_out():
    names = ["a.root", "a.zip", "b.zip", "c.txt", "d.pool.root.1", "a.root", "README"]
    found = only_root_files([named(f"https://h/{name}") for name in names], "record 15000")
    assert [file.uri for file in found.files] == ["https://h/a.root", "https://h/d.pool.root.1"]
    assert found.notes == [
        "record 15000: 1 (none) file skipped, only .root files are read",
        "record 15000: 1 .txt file skipped, only .root files are read",
        "record 15000: 2 .zip files skipped, they hold the same events as the .root files",
        "record 15000: 1 file listed twice, read once",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("adler32:8bfdd6fb", "adler32:8bfdd6fb"),
        ("adler32:8BFDD6FB", "adler32:8bfdd6fb"),
        ("adler32:bfdd6fb", "adler32:0bfdd6fb"),
        ("adler32:1", "adler32:00000001"),
        ("adler32:0", "adler32:00000000"),
        ("adler32:0008bfdd6fb", "adler32:8bfdd6fb"),
        ("alder32:fdd6fb", "adler32:00fdd6fb"),
        (" adler32:8bfdd6fb\n", "adler32:8bfdd6fb"),
        ("sha1:" + "Ab" * 20, "sha1:" + "ab" * 20),
        ("sha1:abc", None),
        ("adler32:", None),
        ("adler32:8bfdd6fb0", None),
        ("adler32:-bfdd6fb", None),
        ("adler32:1_0", None),
        ("md5:" + "a" * 32, None),
        ("8bfdd6fb", None),
        ("", None),
    ],
)
def test_checksums_have_one_spelling(text, expected):
    assert normalised_checksum(text) == expected


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_every_adler32_keeps_its_value_however_it_is_padded(value):
    assert normalised_checksum(f"alder32:{value:x}") == normalised_checksum(f"adler32:{value:08X}")
    assert int(normalised_checksum(f"adler32:{value:x}")[8:], 16) == value


def test_data_type_is_data_or_mc():
    assert [check_data_type(each) for each in ("data", "mc")] == ["data", "mc"]
    with pytest.raises(ConfigurationError, match=r"data_type is 'MC': choose data \(collisions\) or mc \(simulation\)"):
        check_data_type("MC")


def test_amounts_are_english():
    assert [amount(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
