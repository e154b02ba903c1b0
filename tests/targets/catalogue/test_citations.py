"""Provenance: what is known is said, what is not is not invented."""

import re

import pytest

from targets.catalogue import citations
from targets.catalogue.citations import CITATIONS, ORIGINS, Origin
from targets.catalogue.input_files import InputFile
from targets.events import schemas


def file(release=None, record=None):
    return InputFile("/a.root", None, None, None, release, record, "d", "data")


def test_every_built_in_format_has_an_origin():
    assert set(ORIGINS) == {schema.name for schema in schemas.load("")}


@pytest.mark.parametrize(
    ("one", "schema", "expected"),
    [
        (file("2024r-pp"), "2024r-pp", Origin("ATLAS", 13.0)),
        (file("2024r-hi"), "2024r-hi", Origin("ATLAS", 5.02, heavy_ions=True)),
        (file(), "2020e-13tev", Origin("ATLAS", 13.0, by_format=True)),
        (file(), "2024r-pp", Origin("ATLAS", None)),  # PHYSLITE is written for all years
        (file(), "cms-nanoaod", Origin("CMS", None)),
        (file(record=30529), "cms-nanoaod", Origin("CMS", 13.0)),
        (file(record=30522), "cms-nanoaod", Origin("CMS", None)),
        (file(), "mine", None),
        (file(), None, None),
        (file("demo"), "demo", None),
    ],
)
def test_an_origin_says_what_is_known(one, schema, expected):
    assert citations.origin(one, schema) == expected


def test_each_source_is_cited_once_in_the_order_of_the_files():
    files = [file("2020e-13tev"), file(record=30529), file(), file(record=7), file(record=30529), file("demo")]
    release, known, unknown = citations.citation(files, "4lep")
    assert release[:2] == ("Release 2020e-13tev, skim 4lep", "10.7483/OPENDATA.ATLAS.2Y1T.TLGL")
    assert known[:2] == ("Record 30529", "10.7483/OPENDATA.CMS.W8GF.6EVL")
    assert known[2].startswith("CMS Collaboration (2024). SingleElectron primary dataset in NANOAOD format from RunG")
    assert unknown == (
        "Record 7",
        None,
        "The DOI and the line 'Cite as' stand on the record's page, https://opendata.cern.ch/record/7",
    )


def test_a_release_without_a_record_sends_to_the_portal():
    ((name, doi, text),) = citations.citation([file("2016e-8tev")], "")
    assert (name, doi) == ("Release 2016e-8tev", None)
    assert "https://opendata.cern.ch" in text


def test_dois_are_dois_and_each_stands_once():
    dois = [one.doi for one in CITATIONS.values()]
    assert len(dois) == len(set(dois))
    assert all(re.fullmatch(r"10\.7483/OPENDATA\.(ATLAS|CMS)\.[A-Z0-9]{4}\.[A-Z0-9]{4}", doi) for doi in dois)
    assert all(one.doi.split(".")[2] in one.collaboration for one in CITATIONS.values())


def test_records_of_releases_are_known():
    assert set(citations.RELEASE_RECORDS.values()) <= set(CITATIONS)
