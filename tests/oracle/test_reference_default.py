"""The default selection from files to masses, against the reference (../shared/reference/physics/*.default.json).

The same files are computed with b-jets as a kind of their own, which only divides jets.
"""

import json
from collections import Counter
from functools import cache

import pytest

from physics.combinations import Rules
from physics.final_states import check_kinds
from physics.selection.selection import Selection
from steps import masses, parse
from steps.events.event_options import EventOptions
from steps.read_options import ReadOptions
from targets.catalogue.input_files import InputFile
from targets.documents.models import load_model
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.products.mass_arrays import read
from tests.oracle.reference import SHARED, needs_shared
from tests.oracle.test_reference_events import FOLDERS
from tests.support.event_files import SELECTIONS

pytestmark = needs_shared

DEFAULT = load_model(SELECTIONS / "default.yaml", Selection)
WITHOUT_TAGS = ("Run2012B_SingleMu_1000.root",)  # reduced: no Jet_btagDeepFlavB
every_format = pytest.mark.parametrize("name", FOLDERS)


@cache
def reference(name):
    return json.loads((SHARED / "reference" / "physics" / f"{name}.default.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    """Parse the files of a format, each once; give the statistics of all together and the parsed data."""

    @cache
    def parse_files(name, with_tags=False):
        given, names = reference(name)["parameters"], reference(name)["summed_files"]
        lists = (given.get("good_runs", "auto"),)
        path = tmp_path_factory.mktemp("parsed") / "p.root"
        options = ReadOptions(
            *(schemas.load(""), DEFAULT, FetchOptions("auto", path.parent, keep=True), 10_000, 1000, 1, 0),
            events=EventOptions(good_runs=lists, triggers=given.get("triggers") != "none"),
        )
        files = [
            InputFile(str(SHARED / "data" / FOLDERS[name] / file), None, None, None, None, None, "d", "data")
            for file in names
            if not with_tags or file not in WITHOUT_TAGS
        ]
        return parse.parse(files, options, path, "rntuple"), path

    return parse_files


def compute(path, kinds, folder, max_multiplicity=4):
    """Compute masses; give the events by final state, and the masses by final state and combination."""
    product = folder / f"{''.join(kinds)}.npz"
    options = masses.MassOptions(check_kinds(kinds), Rules(2, 4, 0, max_multiplicity), chunk_events=10_000)
    results = masses.compute(path, product, options)
    values = {}
    for key, part in read(product):
        values.setdefault(str(key), []).extend(part.tolist())
    return dict(results.final_states), values


@every_format
def test_objects_are_the_reference(parsed, name):
    record, _ = parsed(name)
    by_name = {file.uri.rpartition("/")[2]: file for file in record.files}
    expected = reference(name)["per_file"]
    passed = {file: by_name[file].event_cutflow[-1].passed for file in reference(name)["summed_files"]}
    assert passed == {file: expected[file]["events_passed"] for file in passed}
    total = Counter()
    for file in passed:
        total.update(expected[file]["objects"]["after_overlap"])
    selected = record.cutflow.selected()
    assert {kind: selected[kind] for kind in "emjgt"} == {kind: total[kind] for kind in "emjgt"}


@every_format
def test_final_states_and_masses_are_the_reference(parsed, name, tmp_path):
    _, path = parsed(name)
    states, values = compute(path, ("e", "m", "j", "g"), tmp_path)
    expected = reference(name)
    assert states == expected["final_states"]
    assert sum(states.values()) == expected["events_passed"]
    kept = {key: part for key, part in values.items() if states[key.partition("/")[0]] >= expected["min_events"]}
    assert kept.keys() == expected["combinations"].keys()
    for key, (number, total, least, most) in expected["combinations"].items():
        assert len(kept[key]) == number, key
        assert sum(kept[key]) == pytest.approx(total, rel=1e-5, abs=2e-3 * number), key
        assert (min(kept[key]), max(kept[key])) == pytest.approx((least, most), rel=1e-4, abs=2e-3), key


@every_format
def test_b_jets_are_a_kind_of_their_own_on_every_format(parsed, name, tmp_path):
    record, path = parsed(name, with_tags=True)
    together, _ = compute(path, ("e", "m", "j", "g"), tmp_path, max_multiplicity=0)
    apart, values = compute(path, ("e", "m", "j", "g", "b"), tmp_path, max_multiplicity=0)
    joined, n_b = Counter(), 0
    for state, events in apart.items():
        counts = {token[-1]: int(token[:-1]) for token in state.split("_")}
        n_b += counts["b"] * events
        joined[f"{counts['e']}e_{counts['m']}m_{counts['j'] + counts['b']}j_{counts['g']}g"] += events
    assert joined == together
    selected, tagged = record.cutflow.rows["b"]
    assert (selected.objects, tagged.objects) == (record.cutflow.selected()["j"], n_b)
    assert all(len(part) == apart[key.partition("/")[0]] for key, part in values.items())
