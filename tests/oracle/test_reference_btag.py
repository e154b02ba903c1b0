"""b-tags of PHYSLITE by score and link, against the numbers of an independent program (../shared/reference/physics)."""

import json
import math

import numpy as np
import pytest

from edm.jagged import Jagged
from physics.selection.b_tag import BScores, Links, discriminants, refuse_unknown_keys
from tests.oracle.b_tag import discriminant
from tests.oracle.reference import SHARED, needs_shared
from tests.support.event_files import SELECTIONS, open_real
from tests.support.runs import Runs

pytestmark = needs_shared

KEY, COLLECTION, LINK = 582299515, "BTagging_AntiKt4EMPFlowAuxDyn", "AnalysisJetsAuxDyn.btaggingLink"
FRACTIONS = {"DL1dv01": (0.018, 0.0), "GN2v01": (0.2, 0.01)}
POINTS = {
    "DL1dv01": {"60": 4.854, "70": 3.493, "77": 2.456, "85": 0.948},
    "GN2v01": {"65": 2.669, "70": 1.892, "77": 0.844, "85": -0.378, "90": -1.340},
}
FILES = {
    "atlas-2024r-pp": ("atlas-2024r-pp", "PHYSLITE_example.root"),
    "edge-physlite-rntuple": ("edge", "skhep-uproot-physlite-rntuple_v1-0-0-0.root"),
}
CASES = [("atlas-2024r-pp", "DL1dv01"), ("edge-physlite-rntuple", "DL1dv01"), ("edge-physlite-rntuple", "GN2v01")]

every_tagger = pytest.mark.parametrize(("name", "tagger"), CASES)


def expected_of(name, tagger):
    document = json.loads((SHARED / "reference" / "physics" / f"{name}.btag.json").read_text())
    return document["per_file"][FILES[name][1]][tagger]


def read(name, tagger):
    """Return links and scores of a file."""
    real = open_real(*FILES[name])
    parts = ("pb", "pc", "pu", *(("ptau",) if FRACTIONS[tagger][1] else ()))
    scores = BScores(*(real.column(f"{COLLECTION}.{tagger}_{part}") for part in parts))
    keys, indices = (real.column(f"{LINK}.{member}") for member in ("m_persKey", "m_persIndex"))
    return real, Links(keys, indices), scores


@every_tagger
def test_tags_are_the_reference(name, tagger):
    expected = expected_of(name, tagger)
    real, links, scores = read(name, tagger)
    refuse_unknown_keys(links.keys, KEY, "btaggingLink")
    values = discriminants(links, scores, KEY, *FRACTIONS[tagger])
    assert np.nansum(values) == pytest.approx(expected["sum_D_all_jets"], rel=1e-9)
    first = values[: links.keys.counts[0]]
    assert first == pytest.approx(expected["first_event_D"], abs=1e-6)
    jets = {column: real.column(f"AnalysisJetsAuxDyn.{column}").values for column in ("pt", "eta", "NNJvtPass")}
    chosen = (jets["pt"].astype(np.float64) >= 30e3) & (np.abs(jets["eta"]) <= 2.5) & (jets["NNJvtPass"] == 1)
    stated = expected["stated_cuts"]
    assert chosen.sum() == stated["jets"]
    for point, number in stated["b"].items():
        assert ((values >= POINTS[tagger][point]) & chosen).sum() == number
    assert (np.isnan(values) & chosen).sum() == stated["no_score"]


@every_tagger
def test_discriminants_agree_with_plain_loops(name, tagger):
    _, links, scores = read(name, tagger)
    values = discriminants(links, scores, KEY, *FRACTIONS[tagger]).tolist()
    lists = {part: _lists(column) for part, column in scores._asdict().items() if column is not None}
    jet = 0
    for event, (keys, indices) in enumerate(zip(_lists(links.keys), _lists(links.indices), strict=True)):
        columns = {part: column[event] for part, column in lists.items()}
        for key, index in zip(keys, indices, strict=True):
            slow = discriminant(key, index, columns, KEY, *FRACTIONS[tagger])
            assert (math.isnan(values[jet]) and slow is None) or values[jet] == pytest.approx(slow, rel=1e-12)
            jet += 1
    assert jet == len(values)


def test_links_are_a_true_permutation_in_the_rntuple_file():
    _, links, scores = read("edge-physlite-rntuple", "DL1dv01")
    place = np.arange(len(links.indices.values)) - np.repeat(links.indices.offsets[:-1], links.indices.counts)
    moved = links.indices.values != place
    assert (moved.sum(), len(moved)) == (245, 881)
    by_place = Links(links.keys, Jagged(links.indices.offsets, place))
    assert not np.array_equal(discriminants(links, scores, KEY, 0.018), discriminants(by_place, scores, KEY, 0.018))


@every_tagger
def test_tags_of_selected_jets_are_the_reference(name, tagger, tmp_path):
    fraction_c, fraction_tau = FRACTIONS[tagger]
    for point, expected in expected_of(name, tagger)["default"].items():
        score = f"{{score: {tagger}, link: btaggingLink, fraction_c: {fraction_c}, fraction_tau: {fraction_tau}, "
        score += f"min: {POINTS[tagger][point]}, source: test}}"
        text = (SELECTIONS / "default.yaml").read_text(encoding="utf-8")
        before, _, after = text.partition("\nb_tag:\n")
        rest = after[after.index("\n# Which events count") :]
        selection = tmp_path / f"at_{point}.yaml"
        selection.write_text(f"{before}\nb_tag:\n  formats:\n    2024r-pp: {score}\n{rest}", encoding="utf-8")
        runs = Runs(tmp_path / point, str(SHARED / "data" / "/".join(FILES[name])))
        runs(task="ComputeMasses", selection=str(selection), triggers="none", objects_to_calculate="e,m,j,g,b",
             max_particles_in_combination=4)  # fmt: skip
        (parsed,), (computed,) = runs.records("ParseFile"), runs.records("ComputeMasses")
        counts = [row["objects"] for row in parsed["cutflow"]["b"]]
        assert (*counts, parsed["no_score"]) == (expected["jets_before"], expected["b"], expected["no_score"])
        if "final_states" in expected:
            assert {state: number for state, number in computed["final_states"].items() if number} == expected[
                "final_states"
            ]


def _lists(column):
    return [column.values[first:last].tolist() for first, last in zip(column.offsets, column.offsets[1:], strict=False)]
