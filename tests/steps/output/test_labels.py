"""Labels: where data come from, in words, and nothing that is not known."""

import pytest

from edm.records.event_level import EventLevel, LuminosityNumbers
from plots.style import Label
from steps.output.labels import label, of_several, with_luminosity
from targets.catalogue.input_files import InputFile


def file(release=None, record=None, data_type="data"):
    return InputFile("/a.root", None, None, None, release, record, "d", data_type)


@pytest.mark.parametrize(
    ("files", "formats", "text"),
    [
        ([file("demo")], ["2024r-pp", "cms-nanoaod"], "Toy data   demo"),
        ([file("2020e-13tev")], [], "ATLAS Open Data   √s = 13 TeV   2020e-13tev"),
        ([file("2016e-8tev", data_type="mc")], [], "ATLAS Open Data   simulation   √s = 8 TeV   2016e-8tev"),
        ([file(record=30529)], ["cms-nanoaod"], "CMS Open Data   √s = 13 TeV   record 30529"),
        ([file(record=30522), file(record=30555)], ["cms-nanoaod"], "CMS Open Data   records 30522, 30555"),
        ([file(record=one) for one in (4, 1, 3, 2)], ["cms-nanoaod"], "CMS Open Data   4 records, 1 to 4"),
        ([file()], ["2020e-13tev"], "ATLAS Open Data   √s = 13 TeV   local files, 2020e-13tev"),
        ([file()], ["2024r-pp"], "ATLAS Open Data   local files, 2024r-pp"),
        ([file()], ["2016e-8tev", "2020e-13tev"], "ATLAS Open Data   local files, 2016e-8tev, 2020e-13tev"),
        ([file()], ["2020e-13tev", "cms-nanoaod"], "ATLAS and CMS Open Data   local files, 2020e-13tev, cms-nanoaod"),
        ([file()], ["mine"], "Files of unknown origin   local files, mine"),
        ([file()], ["2020e-13tev", "mine"], "ATLAS Open Data   local files, 2020e-13tev, mine"),
        ([file()], [], "Files of unknown origin   local files"),
    ],
)
def test_a_label_says_what_is_known(files, formats, text):
    assert label(files, formats).text() == text


def test_heavy_ions_have_an_energy_of_nucleons():
    found = label([file("2024r-hi")], ["2024r-hi"])
    assert (found.energy_tev, found.heavy_ions) == (5.02, True)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (
            [label([file("demo")], []), label([file()], ["cms-nanoaod"])],
            "Toy data and CMS Open Data   demo, local files, cms-nanoaod",
        ),
        (
            [label([file("2020e-13tev")], []), label([file("2020e-13tev", data_type="mc")], [])],
            "ATLAS Open Data   √s = 13 TeV   2020e-13tev",
        ),
        (
            [label([file("2016e-8tev")], []), label([file("2020e-13tev")], [])],
            "ATLAS Open Data   2016e-8tev, 2020e-13tev",
        ),
        (
            [Label("A", "r", 8.0, simulated=True), Label("B", "s", 8.0, simulated=True)],
            "A and B   simulation   √s = 8 TeV   r, s",
        ),
    ],
)
def test_several_datasets_share_what_is_common(labels, text):
    assert of_several(labels).text() == text


def test_simulation_is_said_where_files_have_its_mark():
    assert "simulation" in label([file()], ["cms-nanoaod"], simulated_files=1).text()
    assert "simulation" not in label([file()], ["cms-nanoaod"]).text()


@pytest.mark.parametrize(
    ("release", "estimate_pb", "normalised_to_fb", "text"),
    [
        ("2024r-pp", 3.2449, None, "√s = 13 TeV, ≈ 3.24 pb⁻¹"),
        ("2024r-pp", 3244.9, None, "√s = 13 TeV, ≈ 3.24 fb⁻¹"),
        ("2024r-pp", None, 36.64674, "√s = 13 TeV, 36.6 fb⁻¹"),
        ("2024r-pp", None, 0.05, "√s = 13 TeV, 50 pb⁻¹"),
        ("2024r-pp", None, None, "√s = 13 TeV   "),
        ("2024r-pp", 0.0, None, "√s = 13 TeV   "),
        ("demo", 48.3, None, "Toy data   demo"),
    ],
)
def test_the_luminosity_is_said_where_it_is_known(release, estimate_pb, normalised_to_fb, text):
    events = EventLevel(luminosity=LuminosityNumbers(2, 1, 10, estimate_pb))
    assert text in with_luminosity(label([file(release)], []), events, normalised_to_fb).text()


def test_where_no_list_was_asked_no_luminosity_is_known():
    assert with_luminosity(label([file("2024r-pp")], []), EventLevel()).luminosity_pb is None
