"""Z candidates by hand; tests/oracle compares random events."""

import math

import numpy as np
import pytest

from edm.kinds import MOMENTUM
from physics.categories.z_candidates import find_z_candidates
from physics.resonances import table
from tests.support.jagged import jagged, plain

M_Z = 91.1879  # GeV, the Particle Data Group's mass in version 1.1.0 of the package particle


def pair(mass_gev, charges=(1, -1), **more):
    """Two back-to-back leptons without mass: their mass is the sum of their pT."""
    half = {"pt": mass_gev / 2, "eta": 0.0} | more
    return [half | {"phi": 0.0, "charge": charges[0]}, half | {"phi": math.pi, "charge": charges[1]}]


def found(electrons=(), muons=(), window_gev=15.0):
    """Return the numbers of electrons, muons and candidates of one event, and the masses of the candidates in GeV."""
    events = {kind: jagged([objects], charge="float32") for kind, objects in (("e", electrons), ("m", muons))}
    left = find_z_candidates(events, window_gev)
    columns = [left["Z"][name] for name in MOMENTUM]
    masses = np.sqrt(columns[3] ** 2 - columns[0] ** 2 - columns[1] ** 2 - columns[2] ** 2)
    return [left[kind].n_objects for kind in "emZ"], masses.tolist()


def test_the_mass_is_that_of_the_package():
    assert table()["z"].mass_gev == pytest.approx(M_Z, abs=1e-9)


def test_a_pair_becomes_one_object_with_the_sum_of_their_momenta():
    counts, masses = found(pair(90.0))
    assert counts == [0, 0, 1]
    assert masses == pytest.approx([90.0])


@pytest.mark.parametrize("charges", [(1, 1), (-1, -1)])
def test_leptons_of_the_same_sign_are_no_pair(charges):
    assert found(pair(90.0, charges))[0] == [2, 0, 0]


def test_an_electron_and_a_muon_are_no_pair():
    electron, muon = pair(90.0)
    assert found([electron], [muon])[0] == [1, 1, 0]


@pytest.mark.parametrize(("mass_gev", "is_candidate"), [(76.0, 0), (76.5, 1), (106.0, 1), (106.5, 0)])
def test_the_window_has_two_sides(mass_gev, is_candidate):
    assert found(pair(mass_gev))[0][2] == is_candidate


def test_both_edges_of_the_window_are_inside():
    # energy 40 and momentum 24 along x twice: m = sqrt(80^2 - 48^2) = 64 without any rounding
    pair_of_64 = [{"pt": 24.0, "mass": 32.0, "charge": charge} for charge in (1, -1)]
    distance = table()["z"].mass_gev - 64.0
    assert found(pair_of_64, window_gev=distance) == ([0, 0, 1], [64.0])
    assert found(pair_of_64, window_gev=np.nextafter(distance, 0))[0] == [2, 0, 0]


def test_the_closest_pair_comes_first():
    # 0 and 1 make 96, 0 and 2 make 91; then 1 has nobody left
    three = [
        {"pt": 48.0, "phi": 0.0, "charge": 1},
        {"pt": 48.0, "phi": math.pi, "charge": -1},
        {"pt": 43.1323, "phi": math.pi, "charge": -1},
    ]
    counts, masses = found(three)
    assert counts == [1, 0, 1]
    assert masses == pytest.approx([2 * math.sqrt(48.0 * 43.1323)], rel=1e-6)


def test_two_candidates_are_sorted_by_pt():
    moving = [part | {"eta": 0.0} for part in pair(91.0)]
    slow = pair(90.0)
    moving[0]["pt"], moving[1]["pt"] = 30.0, 30.0
    moving[0]["phi"], moving[1]["phi"] = 0.0, 0.5  # together a small mass: no candidate
    assert found(moving)[0] == [2, 0, 0]
    fast = [
        {"pt": 100.0, "eta": 0.0, "phi": 0.47, "charge": 1},
        {"pt": 100.0, "eta": 0.0, "phi": -0.47, "charge": -1},
    ]  # 2 * 100 * sin(0.47) = 90.6
    events = {"e": jagged([slow]), "m": jagged([fast])}
    left = find_z_candidates(events, 15.0)
    assert left["Z"]["pt"].tolist() == pytest.approx([200 * math.cos(0.47), 0.0], abs=1e-5)


def test_with_equal_distances_electrons_come_before_muons_and_lower_ranks_first():
    # four leptons in which every pair of opposite charge has the same mass: 0 with 1 and 2 with 3 remain
    equal = [*pair(90.0), *pair(90.0)]
    charges = [1, -1, -1, 1]
    four = [part | {"charge": charge} for part, charge in zip(equal, charges, strict=True)]
    assert found(four)[0] == [0, 0, 2]
    three = [*pair(90.0), pair(90.0)[1]]
    left = find_z_candidates({"e": jagged([three]), "m": jagged([[]], charge="float32")}, 15.0)
    assert left["e"].n_objects == 1
    same = find_z_candidates({"e": jagged([pair(90.0)]), "m": jagged([pair(90.0)])}, 15.0)
    assert [same[kind].n_objects for kind in "emZ"] == [0, 0, 2]


def test_ranks_of_the_others_are_counted_anew():
    extra = {"pt": 200.0, "phi": 1.0, "charge": 1}
    left = find_z_candidates({"e": jagged([[extra, *pair(91.0)], []]), "m": jagged([[], []], charge="float32")}, 1.0)
    assert [[part["pt"] for part in event] for event in plain(left["e"])] == [[200.0], []]
    assert left["Z"].counts().tolist() == [1, 0]


def test_events_stay_and_so_do_other_kinds():
    jets = jagged([[{}], [{}, {}]])
    events = {"e": jagged([pair(90), []]), "m": jagged([[], pair(200)]), "j": jets}
    left = find_z_candidates(events, 15.0)
    assert left["j"] is jets
    assert {kind: of_kind.counts().tolist() for kind, of_kind in left.items()} == {
        "e": [0, 0],
        "m": [0, 2],
        "j": [1, 2],
        "Z": [1, 0],
    }
