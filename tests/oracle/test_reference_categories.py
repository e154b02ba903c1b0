"""Categories of real files against the numbers of an independent program (../shared/reference/physics)."""

import json
from collections import Counter

import numpy as np
import pytest

from physics.categories.event_categories import Categories
from physics.final_states import CHARGE_TAGS
from tests.oracle.events import read_events
from tests.oracle.outputs import read_masses
from tests.oracle.reference import SHARED, needs_shared
from tests.oracle.test_definitions import records
from tests.oracle.test_reference_events import FOLDERS
from tests.support.runs import Runs

pytestmark = needs_shared

ALL = {"objects_to_calculate": "e,m,j,g", "max_particles_in_combination": 4}
BOTH = {"z_candidates": True, "charge_categories": True}


def load(name, topic):
    return json.loads((SHARED / "reference" / "physics" / f"{name}.{topic}.json").read_text(encoding="utf-8"))


def cases(topic, *more):
    folder = SHARED / "reference" / "physics"
    names = [name for name in FOLDERS if (folder / f"{name}.{topic}.json").is_file()]
    return [(name, *part) for name in names for part in (more or [()])]


def runs_of(tmp_path, name, files):
    return Runs(tmp_path, ",".join(str(SHARED / "data" / FOLDERS[name] / file) for file in files))


def final_states(runs):
    total = Counter()
    for record in runs.records("ComputeMasses"):
        total.update(record["final_states"])
    return dict(total)


def assert_agree(masses, expected):
    for key, (number, total, low, high) in expected.items():
        values = np.array(masses[key], dtype=np.float64)
        assert len(values) == number, key
        assert values.sum() == pytest.approx(total, rel=1e-5), key
        assert (values.min(), values.max()) == pytest.approx((low, high), rel=1e-4, abs=2e-3), key


@pytest.mark.slow
@pytest.mark.parametrize(("name", "selection"), cases("z", ("none",), ("default",)))
def test_final_states_and_masses_with_z_candidates_are_the_reference(tmp_path, name, selection):
    reference = load(name, "z")
    expected, options = reference[selection], reference["parameters_of_default"] if selection == "default" else {}
    runs = runs_of(tmp_path, name, reference["files"])
    runs(task="ComputeMasses", selection=selection, **ALL, **BOTH, **options)
    assert final_states(runs) == expected["both_on"]
    masses = read_masses(runs.out)
    with_z = {key: values for key, values in masses.items() if "Z" in key.split("/")[1]}
    assert with_z.keys() >= expected["combinations_with_Z"].keys()
    if expected["min_events"] == 1:
        assert with_z.keys() == expected["combinations_with_Z"].keys()
    assert_agree(with_z, expected["combinations_with_Z"])
    before, earlier = runs.state(), {path.parent.name for path in runs.products("im_arrays")}
    runs(task="ComputeMasses", selection=selection, **ALL, charge_categories=True, **options)
    assert set(runs.made_since(before)) == {"im_arrays"}
    (other,) = {path.parent.name for path in runs.products("im_arrays")} - earlier
    logs = runs.out / "logs" / "ComputeMasses" / other
    tagged = Counter()
    for path in logs.glob("*.json"):
        tagged.update(json.loads(path.read_text(encoding="utf-8"))["final_states"])
    assert dict(tagged) == expected["charge_only"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, *_ in cases("met")])
def test_masses_with_missing_momentum_are_the_reference(tmp_path, name):
    reference = load(name, "met")
    runs = runs_of(tmp_path, name, reference["files"])
    runs(task="ComputeMasses", selection="none", **ALL, met_combinations=True)
    states = final_states(runs)
    assert {state: states[state] for state in reference["final_states"]} == reference["final_states"]
    masses = {key: values for key, values in read_masses(runs.out).items() if "/MET+" in key}
    chosen = {key for key in masses if key.split("/")[0] in reference["final_states"]}
    assert chosen == set(reference["combinations"])
    assert_agree(masses, reference["combinations"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, *_ in cases("cutflow")])
def test_halves_are_the_reference_and_add_up_to_all(tmp_path, name):
    reference = load(name, "cutflow")
    runs = runs_of(tmp_path, name, reference["files"])
    total = Counter()
    for half in "ab":
        runs(task="ComputeMasses", selection="none", run_name=half, halves=half, **ALL)
        runs.name = half
        states, masses = final_states(runs), read_masses(runs.out)
        total.update(states)
        for state, entry in reference["halves_selection_none"].items():
            assert states[state] == entry[half]["events"]
            assert_agree(masses, {f"{state}/{key}": part for key, part in entry[half]["combinations"].items()})
        for record in runs.records("ParseFile"):
            file = record["files"][0]["uri"].rpartition("/")[2]
            row = record["event_cutflow"][-1]
            assert row["name"] == "halves"
            assert row["passed"] == reference["files"][file]["halves"]["read"][half]
            assert sum(record["events"]["few_objects"].values()) + record["events"]["written"] == row["passed"]
    runs(task="ComputeMasses", selection="none", run_name="all", **ALL)
    runs.name = "all"
    assert dict(total) == final_states(runs)


def leptons_and_candidates(folder, file):
    """Count the events of a file by leptons and Z candidates, and those with two leptons by flavour and tag."""
    before = records([event | {"b": []} for event in read_events(SHARED / "data" / folder / file)])
    objects, tags = Categories(15.0, charges=True).apply(before)
    leptons = before["e"].counts() + before["m"].counts()
    pairs = zip(leptons.tolist(), objects["Z"].counts().tolist(), strict=True)
    flavours = zip(before["e"].counts().tolist(), objects["Z"].counts().tolist(), tags.tolist(), strict=True)
    two = Counter(
        ("mm", "em", "ee")[electrons] + " " + ("Z" if candidates else CHARGE_TAGS[tag])
        for number, (electrons, candidates, tag) in zip(leptons.tolist(), flavours, strict=True)
        if number == 2
    )
    return Counter(pairs), two


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("data_A.4lep.root", {(4, 0): 14, (4, 1): 14, (4, 2): 11}),
        ("data_B.4lep.root", {(4, 0): 34, (4, 1): 86, (4, 2): 35, (5, 0): 1}),
    ],
)
def test_candidates_among_four_leptons(file, expected):
    assert leptons_and_candidates("atlas-2020e-13tev", file)[0] == expected


@pytest.mark.parametrize(
    ("folder", "file", "expected"),
    [
        (
            "atlas-2016e-8tev",
            "mc_110140.stop_wtchan.root",
            {"ee Z": 101, "mm Z": 113}
            | {"ee OS": 449, "em OS": 1271, "mm OS": 560, "ee SS": 118, "em SS": 206, "mm SS": 98},
        ),
        (
            "cms-nanoaod",
            "Run2012B_SingleMu_1000.root",
            {"mm Z": 36, "em OS": 57, "mm OS": 62, "em SS": 49, "mm SS": 49},
        ),
    ],
)
def test_exactly_two_leptons(folder, file, expected):
    found = leptons_and_candidates(folder, file)[1]
    assert {key: found[key] for key in expected} == expected
