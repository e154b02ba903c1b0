"""The oracle against the reference numbers, which another program computed, and against numbers worked out by hand."""

import copy
import math

import awkward as ak
import numpy as np
import pytest
import uproot

from tests.oracle.events import combinations_of, final_state, float32, label, mass, read_events, valid_objects
from tests.oracle.peaks import histogram, peak_cut, resonance_windows
from tests.oracle.reference import (
    MIN_EVENTS,
    differences,
    needs_shared,
    oracle_masses,
    reference_table,
    summary,
    table_of,
)

ALL_RESONANCES = ("jpsi", "psi2s", "upsilon", "z", "higgs")


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_shared) for name in MIN_EVENTS])
def test_oracle_reproduces_every_reference_number(name):
    assert differences(table_of(*oracle_masses(name), MIN_EVENTS[name]), reference_table(name)) == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("n", 4, "n is 4, expected 3"),
        ("sum", 60.01, "sum is 60.01"),
        ("min", 10.01, "min is 10.01"),
        ("max", 30.1, "max is 30.1"),
        ("turn_on_gev", 20.0, "turn_on_gev is 20.0, expected 30.0"),
        ("main", 2, "main is 2, expected 1"),
        ("counts", [1, 0], r"counts is \[1, 0\]"),
    ],
)
def test_differences_name_each_number_that_is_wrong(key, value, message):
    expected = {"events": 3, "final_states": {"2e": 3}, "combinations": {"2e/e0e1": summary([10.0, 20.0, 30.0])}}
    found = copy.deepcopy(expected)
    assert differences(found, expected) == []
    found["combinations"]["2e/e0e1"][key] = value
    (line,) = differences(found, expected)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(line)


def test_differences_name_missing_and_unexpected_entries():
    expected = {"events": 1, "final_states": {"2e": 1}, "combinations": {"2e/e0e1": summary([10.0])}}
    found = {"events": 2, "final_states": {"3e": 1}, "combinations": {"3e/e0e1": summary([10.0])}}
    lines = differences(found, expected)
    assert "events: 2, expected 1" in lines
    assert {"2e/e0e1: missing", "3e/e0e1: unexpected"} <= set(lines)
    assert any(line.startswith("final states differ") for line in lines)


def test_invalid_objects_go_and_ties_keep_their_order():
    nan, inf = math.nan, math.inf
    bad = [
        (nan, 0, 0, 0, 1),
        (1, inf, 0, 0, 1),
        (1, 0, nan, 0, 1),
        (1, 0, 0, -inf, 1),
        (0.0, 0, 0, 0, 1),
        (-1, 0, 0, 0, 1),
    ]
    assert valid_objects(bad) == []
    good = [(5.0, 0.0, 0.0, -0.1, 1), (7.0, 0.0, 0.0, 0.2, 2), (5.0, 0.0, 0.0, 0.3, None)]
    assert [(p[3], p[4]) for p in valid_objects(bad + good)] == [(0.2, 2), (0.0, 1), (0.3, None)]


def test_masses_of_constituents_follow_what_the_file_has(tmp_path):
    # A jet of E = 5 and pT = 3 GeV at eta = 0 has m = 4 GeV, E < p gives 0; the E of leptons is not looked at.
    with uproot.recreate(tmp_path / "flat.root") as file:
        leptons = {"pt": [[40e3, 30e3]], "eta": [[0.0, 1.0]], "phi": [[0.0, 1.0]], "E": [[1.0, 2.0]]}
        jets = {"pt": [[3e3, 2e3]], "eta": [[0.0, 0.0]], "phi": [[0.0, 0.0]], "E": [[5e3, 1e3]]}
        branches = {f"lep_{name}": ak.Array(values) for name, values in leptons.items()}
        branches |= {f"jet_{name}": ak.Array(values) for name, values in jets.items()}
        branches["lep_type"] = ak.values_astype(ak.Array([[13, 11]]), np.uint32)
        file.mktree("mini", {name: values.type.content for name, values in branches.items()})
        file["mini"].extend(branches)
    (event,) = read_events(tmp_path / "flat.root")
    assert event["e"] == [(30.0, 1.0, 1.0, 0.00051099895, None)]
    assert event["m"] == [(40.0, 0.0, 0.0, 0.1056583755, None)]
    assert [particle[3] for particle in event["j"]] == [4.0, 0.0]
    assert event["g"] == event["t"] == []


def test_unknown_trees_are_refused(tmp_path):
    with uproot.recreate(tmp_path / "other.root") as file:
        file.mktree("other", {"x": "float32"})
    with pytest.raises(LookupError, match="no layout of the oracle fits the trees"):
        read_events(tmp_path / "other.root")


def test_final_state_writes_zeros_in_order_and_has_a_top_bucket():
    event = {"j": [(9.0, 0, 0, 0, None)] * 6, "e": [(9.0, 0, 0, 0, 1)]}
    assert final_state(event, "jgem", 4) == "1e_0m_4j_0g"
    assert final_state(event, "jgem", 0) == "1e_0m_6j_0g"
    assert final_state(event, "bj", 4) == "4j_0b"


def test_combinations_of_a_final_state():
    assert label({"e": 2, "m": 0, "j": 1}) == "2e_0m_1j"
    assert combinations_of({"e": 2, "m": 0, "j": 1}, 2, 4, 0, 4) == ["e0e1", "e0j0", "e0e1j0"]
    assert combinations_of({"j": 3}, 1, 2, 1, 4) == ["j0", "j1", "j0j1"]
    assert combinations_of({"j": 3}, 1, 2, 2, 4) == ["j0", "j1", "j2", "j0j1", "j1j2"]
    assert combinations_of({"j": 9}, 2, 3, 0, 0) == ["j0j1", "j0j1j2"]
    assert combinations_of({"j": 9}, 2, 2, 4, 0) == ["j0j1", "j1j2", "j2j3", "j3j4"]
    assert combinations_of({"j": 1}, 2, 4, 0, 4) == []


def test_mass_of_two_back_to_back_objects():
    # m^2 = 2 pT pT (cosh d_eta - cos d_phi) for massless objects: 2 * 45 * 45 * 2 = 90^2
    event = {"e": [(45.0, 0.3, 0.1, 0.0, 1), (45.0, 0.3, 0.1 + math.pi, 0.0, -1)]}
    assert mass(event, "e0e1") == pytest.approx(90.0, rel=1e-6)
    assert mass(event, "e0") == pytest.approx(0.0, abs=1e-5)
    assert 0.1 != float32(0.1) == float(np.float32(0.1))


def test_turn_on_is_the_rightmost_highest_bin_and_bin_one_may_be_empty():
    # bins 1 1 2 2 0 1 0 1: turn-on 30 (bin 3); bin 4 is its bin 1, passed over; bin 6 splits
    cut = peak_cut([5.0, 15.0, 20.0, 25.0, 30.0, 39.0, 55.0, 75.0, 10_000.0, 10_001.0], "j0j1", 10.0, 10_000.0)
    assert (cut.turn_on_gev, cut.split_gev) == (30.0, 60.0)
    assert cut.below == [5.0, 15.0, 20.0, 25.0]
    assert cut.main == [30.0, 39.0, 55.0]
    assert cut.outliers == [75.0, 10_000.0]
    assert cut.above == [10_001.0]


def test_known_resonances_of_a_lepton_pair():
    # windows: J/psi 2.79-10, psi(2S) 3.32-10, upsilon 8.51-20, Z 78.71-110
    masses = [2.0, 3.1, 5.0, 9.5, 15.0, 25.0, 78.0, 79.0, 109.9, 110.0, 111.0, 145.0]
    for combination in ("e0e1", "m1m2"):
        cut = peak_cut(masses, combination, 10.0, 10_000.0, ALL_RESONANCES)
        assert cut.window == [3.1, 5.0, 9.5, 15.0, 79.0, 109.9]
        assert cut.below == [2.0, 25.0, 78.0]
        assert (cut.main, cut.outliers) == ([110.0, 111.0], [145.0])
        assert cut.turn_on_gev == 110.0
    for combination in ("e0m0", "e0", "e0e1j0", "t0t1", "j0j1"):
        assert peak_cut(masses, combination, 10.0, 10_000.0, ALL_RESONANCES).window == []
    assert peak_cut([5.0, 50.0], "m0m1", 10.0, 10_000.0, ALL_RESONANCES).turn_on_gev is None


def test_higgs_leaves_a_gap_that_does_not_split():
    # 125.2 -+ 12.52 -> 110 to 140; bins 10, 14, 15 filled and 11-13 vetoed: the first empty one is 16
    cut = peak_cut([100.0, 101.0, 110.0, 139.9, 140.0, 155.0, 175.0], "g0g1", 10.0, 10_000.0, ALL_RESONANCES)
    assert cut.window == [110.0, 139.9]
    assert (cut.turn_on_gev, cut.split_gev) == (100.0, 160.0)
    assert (cut.main, cut.outliers) == ([100.0, 101.0, 140.0, 155.0], [175.0])
    assert peak_cut([120.0], "e0e1m0m1", 10.0, 10_000.0, ("higgs",)).window == [120.0]
    assert peak_cut([120.0], "e0e1m0j0", 10.0, 10_000.0, ("higgs",)).window == []
    assert resonance_windows("e0e1e2e3", 7.3, ("z", "higgs")) == ([], [(15, 19)])


def test_histogram_starts_at_the_first_filled_bin_above_the_cut():
    assert histogram([60.0, 74.0, 80.0, 130.0], 60.0, 25.0) == (75.0, [1, 0, 1], 2)
    assert histogram([61.0], 60.0, 25.0) == (None, [], 1)
    assert histogram([], 0.0, 10.0) == (None, [], 0)
    assert peak_cut([], "j0j1", 10.0, 100.0).numbers() == {
        "below": 0,
        "window": 0,
        "main": 0,
        "outliers": 0,
        "above": 0,
    }
