"""Files of records of the CERN Open Data portal, asked of a stand-in that answers as the portal does."""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from targets.catalogue.cern_records import record_files, records_dataset
from targets.catalogue.input_files import Catalogue, InputFile
from targets.errors import ConfigurationError, PortalError
from tests.support.portals import WEB, index, numbered, record_file

CATALOGUE = Path(__file__).parents[4] / "shared/data/atlas_opendata_file_catalogue.csv"


def uris(*args, **more):
    return [file.uri for file in record_files(*args, **more).files]


def test_a_file_is_kept_with_size_checksum_record_and_dataset(opendata):
    opendata({30522: {"files": [record_file("cms/a.root", 123, "adler32:8bfdd6fb")]}})
    files, notes, *_ = record_files([30522], "mc")
    expected = InputFile(f"{WEB}/cms/a.root", 123, "adler32:8bfdd6fb", None, None, 30522, "records_30522", "mc")
    assert files == [expected]
    assert notes == []


@pytest.mark.parametrize("number", [1, 5, 6, 20, 21, 40, 57])
def test_every_index_entry_is_found(opendata, number):
    """The portal gives five at first, and with `group` never more: all of them must come."""
    indices = [index(f"i{n}_file_index.json", numbered(f"i{n}", 3)) for n in range(number)]
    opendata({93911: {"index_files": indices, "files": [record_file("direct.root")]}})
    expected = [f"{WEB}/i{n}/{i:04d}.root" for n in range(number) for i in range(3)]
    assert uris([93911]) == [*expected, f"{WEB}/direct.root"]


@pytest.mark.parametrize("number", [1, 499, 500, 501, 1254])
def test_every_direct_file_is_found(opendata, number):
    portal = opendata({30522: {"files": numbered("f", number)}})
    assert uris([30522]) == [f"{WEB}/f/{i:04d}.root" for i in range(number)]
    assert not any("group" in asked for asked in portal.asked)
    assert len(portal.asked) == 1 + (number + 499) // 500


def test_the_stand_in_shows_the_first_five_only_with_group(opendata):
    """Else the tests above would prove nothing."""
    portal = opendata({1: {"files": numbered("f", 12)}})
    first, second = (portal.answer(f"/record/1/filepage/{page}", {"group": "1"}) for page in (1, 2))
    assert first == second
    assert (first["files"]["total"], len(first["files"]["files"])) == (12, 5)


def test_several_records_make_one_dataset_in_ascending_order(opendata):
    opendata({30522: {"files": [record_file("g.root")]}, 30555: {"files": [record_file("h.root")]}})
    files, notes, *_ = record_files(["30555", 30522, " 30555 "])
    assert [(file.uri, file.record) for file in files] == [(f"{WEB}/g.root", 30522), (f"{WEB}/h.root", 30555)]
    assert {file.dataset for file in files} == {"records_30522_30555"}
    assert notes == []


def test_no_records_are_no_files(opendata):
    portal = opendata({})
    assert record_files([]) == Catalogue([], [])
    assert portal.asked == []


def test_zip_twins_and_other_files_are_left_out_and_said_so(opendata):
    twins = [record_file(f"data_{x}.{end}") for x in "AB" for end in ("zip", "root")]
    opendata({15000: {"index_files": [index("i", [*twins, record_file("list.txt")])], "files": [record_file("c.zip")]}})
    files, notes, *_ = record_files([15000])
    assert [file.uri for file in files] == [f"{WEB}/data_A.root", f"{WEB}/data_B.root"]
    assert notes == [
        "record 15000: 1 .txt file skipped, only .root files are read",
        "record 15000: 3 .zip files skipped, they hold the same events as the .root files",
    ]


def test_a_file_listed_twice_is_read_once(opendata):
    again = [record_file("a.root"), record_file("root://eospublic.cern.ch:1094//eos/opendata/a.root")]
    opendata({1: {"index_files": [index("i", again)], "files": again[:1]}, 2: {"files": again}})
    files, notes, *_ = record_files([2, 1])
    assert [(file.uri, file.record) for file in files] == [(f"{WEB}/a.root", 1)]
    assert notes == [
        "record 1: 2 files listed twice, read once",
        "record 2: 1 file listed twice, read once",
        "1 file named by more than one source, read once and counted with the first",
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("adler32:bfdd6fb", "adler32:0bfdd6fb"), ("alder32:1A", "adler32:0000001a"), ("sha1:" + "b" * 40,) * 2],
)
def test_checksums_have_one_spelling(opendata, given, kept):
    opendata({1: {"files": [record_file("a.root", checksum=given)]}})
    assert [file.checksum for file in record_files([1]).files] == [kept]


def test_checksums_of_another_kind_are_said(opendata):
    files = [record_file("a.root", checksum="md5:1"), record_file("b.root", checksum=5), record_file("c.root")]
    opendata({1: {"files": [*files, record_file("d.root", checksum=None), record_file("e.txt", checksum="md5:1")]}})
    found = record_files([1])
    assert [file.checksum for file in found.files] == [None, None, "adler32:0123abcd", None]
    assert found.notes[1] == "2 files with a checksum of a kind that is not known here: only the size can be checked"


def test_files_on_tape_end_the_run_and_say_what_to_do(opendata):
    tape = [record_file(f"tape{i}.root", availability="on demand") for i in range(4)]
    portal = opendata(
        {
            1: {"files": [record_file("here.root"), record_file("b.zip", availability="on demand")]},
            2: {"files": [record_file("x.root", availability=None)], "index_files": [index("i", tape)]},
        }
    )
    message = (
        rf"^4 files on tape only \('on demand'\), not downloadable: {WEB}/tape0.root, {WEB}/tape1.root, "
        rf"{WEB}/tape2.root, …. Request them at {portal.url}/record/2 and wait, leave that record out, "
        r"or read what is online with --skip-unavailable True$"
    )
    with pytest.raises(PortalError, match=message):
        record_files([1, 2])
    found = record_files([1, 2], skip_on_tape=True)
    assert [file.uri for file in found.unavailable] == [f"{WEB}/tape{i}.root" for i in range(4)]
    assert {(file.size, file.dataset) for file in found.unavailable} == {(1000, "records_1_2")}
    assert [file.uri for file in found.files] == [f"{WEB}/here.root", f"{WEB}/x.root"]
    assert [note.partition(":")[0] for note in found.notes] == [
        "record 1",
        "4 files on tape only ('on demand'), not downloadable, left out",
    ]


def test_a_record_on_tape_as_a_whole_is_said(opendata):
    opendata({1: {"files": [record_file("a.root", availability="on demand")]}})
    with pytest.raises(PortalError, match=r"^1 file on tape only .*/a.root. Request them at .*/record/1 and wait"):
        record_files([1])
    with pytest.raises(ConfigurationError, match=r"^1 file on tape only .*, and none is online: .*Request them at"):
        record_files([1], skip_on_tape=True)


def test_a_size_may_be_unknown(opendata):
    opendata({1: {"files": [record_file("a.root", size=None)]}})
    assert record_files([1]).files[0].size is None


def test_the_argument_wins_over_the_environment(opendata, monkeypatch):
    portal = opendata({1: {"files": [record_file("a.root")]}})
    monkeypatch.setenv("CERN_OPENDATA_BASE_URL", "http://127.0.0.1:1")
    assert uris([1], base_url=portal.url + "/") == [f"{WEB}/a.root"]


def test_the_name_of_a_dataset_has_all_ids_until_it_is_too_long():
    assert records_dataset([30555, 30522, 30555]) == "records_30522_30555"
    ids = [390, 391, *range(3800, 3842)]
    name = records_dataset(ids)
    assert re.fullmatch(r"records_390_to_3841_44_[0-9a-f]{8}", name)
    assert records_dataset([*ids[:20], 3843, *ids[21:]]) != name
    assert len(records_dataset(range(93911, 93927))) <= 100


@pytest.mark.realdata
@pytest.mark.skipif(not CATALOGUE.is_file(), reason=f"needs the real catalogue {CATALOGUE}")
def test_the_real_catalogue(opendata):
    """All 5,871 real files, as direct files in odd records and in index entries of 100 in even ones."""
    records = defaultdict(list)
    with CATALOGUE.open(newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        records[int(row["recid"])].append(record_file(row["uri"], int(row["size"]), row["checksum"]))
    opendata(
        {
            record: {"files": files}
            if record % 2
            else {"index_files": [index(f"i{n}", files[n : n + 100]) for n in range(0, len(files), 100)]}
            for record, files in records.items()
        }
    )
    found = record_files(list(records))
    assert found.notes == []
    expected = {
        row["uri"].replace("root://eospublic.cern.ch//", "https://opendata.cern.ch/"): (
            int(row["recid"]),
            int(row["size"]),
            row["checksum"],
        )
        for row in rows
    }
    assert len(rows) == len(found.files) == 5871
    assert {file.uri: (file.record, file.size, file.checksum) for file in found.files} == expected
