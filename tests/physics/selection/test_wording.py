"""What a selection asks, in words."""

import pytest

from physics.selection.cuts import Requirement
from physics.selection.selection import Selection
from physics.selection.wording import describe, describe_cuts
from targets.documents import models
from targets.events import schemas
from tasks.parameters.inputs import SELECTIONS


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"column": "pt", "min": 25}, "pt ≥ 25 GeV"),
        ({"column": "eta", "absolute": True, "max": 2.47}, "|eta| ≤ 2.47"),
        ({"column": "mass", "outside": [80, 100], "unit": "GeV"}, "mass ≤ 80 GeV or ≥ 100 GeV"),
        ({"column": "ptcone", "max": 0.15, "over_pt": True, "unit": "GeV"}, "ptcone/pt ≤ 0.15"),
        ({"column": "ptcone", "max": 3, "unit": "GeV"}, "ptcone ≤ 3 GeV"),
        ({"column": "d0", "min": -1, "max": 1}, "d0 ≥ -1, d0 ≤ 1"),
        ({"column": "isTight", "equals": 1}, "isTight = 1"),
        ({"column": "charge", "one_of": [-1, 1]}, "charge one of -1, 1"),
        ({"column": "id", "bits": 6}, "id has all bits of 6"),
        ({"column": "id", "bits": 6, "min": 4}, "(id & 6) ≥ 4"),
        (
            {"column": "jvt", "min": 0.5, "only_below": {"pt": 60, "abs_eta": 2.4}},
            "jvt ≥ 0.5 where pt < 60 GeV and |eta| < 2.4",
        ),
    ],
)
def test_a_requirement_in_words(asked, text):
    assert describe(Requirement(**asked, source="s")) == text


def test_formats_that_ask_the_same_say_it_once():
    selection = models.load_model(SELECTIONS / "default.yaml", Selection)
    electrons = describe_cuts(selection, "e", ["2020e-13tev", "cms-nanoaod"])
    assert electrons["pt"] == "pt ≥ 25 GeV"
    assert electrons["eta"] == "|eta| ≤ 2.47 (2020e-13tev); |eta| ≤ 2.5 (cms-nanoaod)"
    assert set(describe_cuts(selection, "b", ["2020e-13tev"])) == {"b_tag"}


def test_everything_that_the_default_asks_can_be_said():
    selection = models.load_model(SELECTIONS / "default.yaml", Selection)
    names = [schema.name for schema in schemas.load("")]
    for kind in "emjgtb":
        said = describe_cuts(selection, kind, names)
        assert all(any(sign in text for sign in "≥≤=") or "bits" in text for text in said.values()), said
    assert describe_cuts(models.load_model(SELECTIONS / "none.yaml", Selection), "e", names) == {}
