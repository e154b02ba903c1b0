"""Files of a release: one data type, one skim, and nothing that is not a ROOT file."""

import atlasopenmagic
import pytest
from atlasopenmagic import metadata

from targets.catalogue.atlas_releases import check_release, readable_releases, release_files
from targets.catalogue.input_files import InputFile
from targets.errors import ConfigurationError, PortalError
from tests.support.portals import EOS, EOS_WITH_PORT, WEB, dataset

R = "2025e-13tev-beta"


def skims(folder, names):
    """Files of overlapping skims, as the portal has them: every event of 3lep stands in 2lep, too."""
    return {name: [f"{EOS_WITH_PORT}/{R}/{folder}/{name}_{i}.root" for i in range(2)] for name in names}


@pytest.fixture
def release(atlas):
    """Data and simulation in one catalogue; the data has no unskimmed files, one MC dataset lacks a skim."""
    return atlas(
        {
            R: [
                dataset("700335", skims("mc/b", ["noskim", "2lep"])),
                dataset("data", skims("data", ["2lep", "3lep", "GamGam"])),
                dataset("301204", skims("mc/a", ["noskim", "2lep", "3lep"])),
            ]
        }
    )


def uris(*args, **more):
    found = release_files(*args, **more)
    assert found.notes == []
    return [file.uri for file in found.files]


def test_data_is_the_key_data_in_one_skim(release):
    found = release_files(R, "3lep", "data")
    expected = [
        InputFile(f"{WEB}/{R}/data/3lep_{i}.root", None, None, None, R, None, f"{R}_data", "data") for i in (0, 1)
    ]
    assert found.files == expected
    assert found.notes == []


def test_simulation_is_every_other_key_by_number(release):
    expected = [f"{WEB}/{R}/mc/{folder}/noskim_{i}.root" for folder in "ab" for i in (0, 1)]
    assert uris(R, None, "mc") == uris(R, "", "mc") == uris(R, "noskim", "mc") == expected
    datasets = [(f"{R}_mc_301204", "mc")] * 2 + [(f"{R}_mc_700335", "mc")] * 2
    assert [(file.dataset, file.data_type) for file in release_files(R, None, "mc").files] == datasets


def test_addresses_of_data_and_simulation_do_not_matter(atlas):
    """Every address contains "opendata", and this one of simulation even a folder "data"."""
    atlas(
        {
            R: [
                dataset("1", {"noskim": [f"{EOS}/data/Data/data_A.root"]}),
                dataset("data", {"noskim": ["root://h//mc.root"]}),
            ]
        }
    )
    assert uris(R, None, "data") == ["root://h//mc.root"]
    assert uris(R, None, "mc") == [f"{WEB}/data/Data/data_A.root"]


def test_the_addresses_are_those_of_atlasopenmagic(release):
    atlasopenmagic.set_release(R)
    for skim, key, data_type in [("2lep", "data", "data"), ("noskim", "301204", "mc"), ("3lep", "301204", "mc")]:
        expected = atlasopenmagic.get_urls(key, skim, "https", cache=False)
        assert uris(R, skim, data_type, dataset_ids=[key]) == expected
    metadata.empty_metadata()


@pytest.mark.parametrize("ids", [["301204"], [301204], [" 301204 ", "301204"]])
def test_dataset_ids_choose_simulation(release, ids):
    assert uris(R, None, "mc", ids) == [f"{WEB}/{R}/mc/a/noskim_{i}.root" for i in (0, 1)]


def test_a_dataset_without_the_skim_is_left_out_and_said_so(release):
    found = release_files(R, "3lep", "mc")
    assert [file.uri for file in found.files] == [f"{WEB}/{R}/mc/a/3lep_{i}.root" for i in (0, 1)]
    assert found.notes == [f"release {R}: 1 dataset without the skim '3lep' (700335), left out"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [R, None, "data"],
            rf"release {R} has no files with all events for .* set skim. Skims overlap, .*read: 2lep, 3lep, GamGam$",
        ),
        (
            [R, "4lep", "mc"],
            rf"release {R} has no skim '4lep' for this choice. Did you mean '3lep'\? .* one .*: 2lep, 3lep, noskim$",
        ),
        ([R, "GamGam", "mc"], r"no skim 'GamGam' for this choice. Skims overlap, .*: 2lep, 3lep, noskim$"),
        (
            [R, "3lep", "mc", ["700335", "301204"]],
            rf"release {R}: 1 dataset without the skim '3lep' \(700335\): leave these out of dataset_ids, or choose",
        ),
        (
            [R, None, "mc", ["301205"]],
            rf"dataset_ids: release {R} has no dataset 301205. Did you mean '301204'\? It has 3, as 301204, 700335, d",
        ),
        (
            [R, "2lep", "data", ["301204"]],
            rf"dataset_ids: 301204 of {R} is not data: set data_type = mc, or leave it out; data and simulation are ",
        ),
        ([R, None, "mc", ["data"]], rf"dataset_ids: data of {R} is not mc: set data_type = data, or leave it out"),
        ([R, None, "both"], r"data_type is 'both': choose data \(collisions\) or mc \(simulation\)"),
        (["2025e-13tev"], rf"there is no release '2025e-13tev'. Did you mean '{R}'\? Choose one of 2016e-8tev, 2020e"),
        (["2024R-PP"], r"there is no release '2024R-PP'. Did you mean '2024r-pp'\?"),
        (["x\x1b"], r"there is no release 'x\\x1b'. Choose one of 2016e-8tev, 2020e-13tev, 2024r-pp, 2024r-hi, 2025e-"),
        (
            ["2025r-evgen-13tev"],
            r"release 2025r-evgen-13tev holds generated events in HepMC files, not .* cannot be read. Choose one of 20",
        ),
        (["2025r-evgen-13p6tev"], r"2025r-evgen-13p6tev holds generated events in HepMC files"),
    ],
)
def test_a_choice_that_cannot_be_read_is_said(release, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        release_files(*arguments)


def test_what_is_wrong_with_a_name_is_said_before_the_portal_is_asked(release):
    with pytest.raises(ConfigurationError, match="there is no release"):
        release_files("2025e")
    with pytest.raises(ConfigurationError, match="data_type is"):
        release_files(R, None, "both")
    assert release.asked == []
    assert [check_release(name) for name in readable_releases()] == readable_releases()


def test_a_release_without_data_is_said(atlas):
    atlas({R: [dataset("1", {"noskim": [f"{EOS}/x.root"]})]})
    with pytest.raises(ConfigurationError, match=rf"release {R} has no dataset of data_type data: set data_type = mc"):
        release_files(R)


def test_a_choice_without_files_is_said(atlas):
    atlas({R: [dataset("1", {}), dataset("2", {"noskim": [f"{EOS}/x.txt"]})]})
    with pytest.raises(ConfigurationError, match=rf"release {R} lists no files at all for this choice: choose other"):
        release_files(R, None, "mc", ["1"])
    with pytest.raises(ConfigurationError, match=r"no ROOT file for data_type mc and skim noskim: choose another skim"):
        release_files(R, None, "mc", ["2"])


def test_other_files_and_repeated_ones_are_left_out_and_said_so(atlas):
    listed = ["a.root", "DAOD_PHYSLITE.37019878._000001.pool.root.1", "a.root", "bundle.zip", "b.root", "c.txt"]
    files = [f"{EOS}/{name}" for name in listed] + [f"{EOS_WITH_PORT}/b.root"]
    atlas({R: [dataset("data", {"noskim": files})]})
    found = release_files(R)
    assert [file.uri.removeprefix(WEB) for file in found.files] == ["/a.root", f"/{listed[1]}", "/b.root"]
    assert found.notes == [
        f"release {R}: 1 .txt file skipped, only .root files are read",
        f"release {R}: 1 .zip file skipped, they hold the same events as the .root files",
        f"release {R}: 2 files listed twice, read once",
    ]


def test_the_note_on_a_count_that_is_too_low_is_passed_on(atlas):
    every = [dataset(str(key), {"noskim": [f"{EOS}/{key}.root"]}) for key in range(1, 2502)]
    atlas({R: every}, count={R: 500})
    found = release_files(R, None, "mc")
    assert len(found.files) == 2501
    states = f"release {R}: the portal states 500 datasets and atlasopenmagic found 1000"
    assert found.notes == [f"{states}, but there are 2501: all of them were taken"]


@pytest.mark.parametrize("uri", [f"{EOS}/../../etc/x.root", f"{EOS}/a\nb.root", "/etc/passwd.root", 5, None])
def test_hostile_names_are_refused(atlas, uri):
    atlas({R: [dataset("data", {"noskim": [f"{EOS}/a.root", uri]})]})
    with pytest.raises(PortalError, match=rf"release {R} lists the file .*: not read; please tell the portal's team"):
        release_files(R)


def test_several_releases_in_one_process(atlas):
    names = readable_releases()
    atlas({name: [dataset("data", {"noskim": [f"{EOS}/{name}.root"]}, name)] for name in names})
    for name in [*names, *reversed(names)]:
        assert uris(name) == [f"{WEB}/{name}.root"]


def test_a_release_of_true_size(atlas):
    """2024r-pp: 70,611 files, 55,620 of data and 14,991 of simulation in a few thousand datasets."""
    name = "2024r-pp"
    data = [f"{EOS_WITH_PORT}/atlas/rucio/data16/DAOD_PHYSLITE.{i:08d}._{i:06d}.pool.root.1" for i in range(55_620)]
    mc = [f"{EOS_WITH_PORT}/atlas/rucio/mc20/DAOD_PHYSLITE.{i:08d}._{i:06d}.pool.root.1" for i in range(14_991)]
    datasets = [dataset(str(500_000 + i), {"noskim": mc[i * 5 : i * 5 + 5]}, name) for i in range(2999)]
    atlas({name: [dataset("data", {"noskim": data}, name), *datasets]}, count={name: 100})
    assert len(uris_of(name, "data")) == 55_620
    assert len(uris_of(name, "mc")) == 14_991


def uris_of(name, data_type):
    return {file.uri for file in release_files(name, None, data_type).files}


def test_a_list_of_files_that_is_null_concerns_its_dataset_alone(atlas):
    broken = dataset("2", {"noskim": [f"{EOS}/b.root"]}) | {"file_list": None}
    broken["skims"] = [{"skim_type": "2lep", "file_list": None}]
    atlas({R: [dataset("1", {"noskim": [f"{EOS}/a.root"], "2lep": [f"{EOS}/a2.root"]}), broken]})
    for skim, name in (("noskim", "a.root"), ("2lep", "a2.root")):
        found = release_files(R, skim, "mc")
        assert [file.uri for file in found.files] == [f"{WEB}/{name}"]
        assert found.notes == [f"release {R}: 1 dataset without the skim '{skim}' (2), left out"]
        with pytest.raises(ConfigurationError, match=r"lists no files at all for this choice: choose other"):
            release_files(R, skim, "mc", ["2"])


def test_a_catalogue_cannot_send_us_to_this_machine(atlas, monkeypatch):
    atlas({R: [dataset("1", {"noskim": ["http://127.0.0.1:631/a.root"]})]})
    assert len(release_files(R, None, "mc").files) == 1  # the portal of this test is here itself
    monkeypatch.setattr("targets.catalogue.atlas_releases.portal_address", lambda: "https://atlas-metadata.example.org")
    with pytest.raises(
        PortalError, match=r"lists the file 'http://127.0.0.1:631/a.root', which points to this machine"
    ):
        release_files(R, None, "mc")


def test_a_sample_whose_number_cannot_be_part_of_a_name_is_refused(atlas):
    atlas({R: [dataset("12/3", {"noskim": ["https://opendata.cern.ch/a.root"]})]})
    with pytest.raises(PortalError, match="dataset number '12/3', which cannot be part of a file's name"):
        release_files(R, data_type="mc")
