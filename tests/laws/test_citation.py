"""CITATION.cff says of the software what pyproject.toml says."""

import tomllib

import pytest
import yaml

from tests.support.runs import PROJECT

CITATION = yaml.safe_load((PROJECT / "CITATION.cff").read_text())
ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", ABOUT["version"]),
        ("license", ABOUT["license"]),
        ("abstract", ABOUT["description"]),
        ("authors", ABOUT["authors"]),
        ("keywords", ABOUT["keywords"]),
    ],
)
def test_it_is_the_same_software(field, value):
    assert CITATION[field] == value


def test_it_has_what_the_format_requires():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title"} <= set(CITATION)
    for reference in CITATION["references"]:
        assert {"type", "title", "authors"} <= set(reference)


def test_what_the_readme_cites_is_cited():
    readme = (PROJECT / "README.md").read_text()
    (article,) = [reference for reference in CITATION["references"] if reference["type"] == "article"]
    assert f"[BumpNet]({article['url']})" in readme
