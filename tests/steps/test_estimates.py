"""What a run would read and store: by size, format and the way of reading."""

from pathlib import Path

import pytest

from steps.estimates import FORMATS, estimate, format_of, needs_by_device
from targets.catalogue.input_files import InputFile
from targets.events import schemas

STREAMED = {"2024r-pp", "cms-nanoaod"}


def file(uri="https://x/f.root", size=1000, release=None):
    return InputFile(uri, size, None, None, release, None, "files", "data")


@pytest.mark.parametrize(
    ("listed", "schema", "mode", "read", "downloads"),
    [
        (file(release="2024r-pp"), "", "auto", 100, 0),
        (file(release="2024r-pp"), "", "download", 1000, 1000),
        (file(release="2025e-13tev-beta"), "", "auto", 1000, 1000),
        (file(release="2025e-13tev-beta"), "", "stream", 700, 0),
        (file("/data/f.root", release="2025e-13tev-beta"), "", "auto", 700, 0),
        (file(), "cms-nanoaod", "auto", 110, 0),
        (file("https://x/eos/opendata/cms/Run2016G/DoubleMuon/NANOAOD/f.root"), "", "auto", 110, 0),
        (file(), "", "auto", 1000, 1000),
        (file(), "mine.yaml", "stream", 1000, 0),
    ],
)
def test_bytes_by_format_and_mode(listed, schema, mode, read, downloads):
    found = estimate([listed, listed], schema, mode, STREAMED, keep=True)
    assert (found.files, found.read, found.downloads) == (2000, pytest.approx(2 * read), 2 * downloads)
    assert (found.guessed, found.unknown) == (0, 0)


def test_downloads_that_do_not_stay_need_no_space():
    assert estimate([file(release="2020e-13tev")], "", "auto", STREAMED, keep=False).downloads == 0


def test_a_release_that_tells_no_sizes_counts_with_the_average_of_its_files():
    found = estimate([file(size=None, release="2024r-pp")] * 70_611, "", "auto", STREAMED, keep=True)
    assert found.files == pytest.approx(71.7e12)
    assert (found.guessed, found.unknown) == (70_611, 0)


def test_what_tells_nothing_is_counted_and_named():
    found = estimate([file(size=None), file()], "", "auto", STREAMED, keep=True)
    assert (found.files, found.guessed, found.unknown) == (1000, 0, 1)


def test_every_schema_has_its_costs():
    assert {schema.name for schema in schemas.load("")} <= set(FORMATS)


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("root://e//eos/opendata/atlas/OutreachDatasets/2016-07-29/MC/mc_1.root", "2016e-8tev"),
        ("root://e//eos/opendata/atlas/OutreachDatasets/2020-08-19/4lep/Data/data_A.4lep.root", "2020e-13tev"),
        ("root://e//eos/opendata/atlas/rucio/opendata/ODEO_FEB2025_v0_1LMET30_data15_periodD.root", "2025e-13tev-beta"),
        ("root://e//eos/opendata/atlas/rucio/data15_13TeV/DAOD_PHYSLITE.3.pool.root.1", "2024r-pp"),
        ("root://e//eos/opendata/cms/mc/x.root", None),
    ],
)
def test_addresses_tell_formats(uri, name):
    assert format_of(file(uri)) == name


def test_folders_of_one_file_system_share_its_space(tmp_path):
    (tmp_path / "a").mkdir()
    assert needs_by_device({tmp_path: 1, tmp_path / "a": 2, Path("/proc"): 5}) == {tmp_path: 3, Path("/proc"): 5}
