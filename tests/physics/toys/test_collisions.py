"""The toy events: reproducible, complete, and with the peaks that they promise."""

import awkward as ak
import numpy as np
import pytest

from physics.errors import PhysicsError
from physics.toys import collisions

Z_MASS_GEV = 91.19  # Particle Data Group


def generated(part, seed=collisions.SEED):
    return {kind: objects.to_awkward() for kind, objects in collisions.generate(part, seed).items()}


@pytest.fixture(scope="module")
def events():
    return [generated(part) for part in range(collisions.PARTS)]


@pytest.fixture(scope="module")
def objects(events):
    return {kind: ak.concatenate([part[kind] for part in events]) for kind in "emjgt"}


def good(array):
    return array[array.identified & (array.isolation < 0.1)]


def pair_mass(first, second):
    """Return the mass of two massless particles in GeV: m^2 = 2 pT1 pT2 (cosh(d eta) - cos(d phi))."""
    angle = np.cosh(first.eta - second.eta) - np.cos(first.phi - second.phi)
    return np.sqrt(2.0 * ak.to_numpy(first.pt).astype(float) * ak.to_numpy(second.pt) * ak.to_numpy(angle))


def nearest_jet(array, jets):
    """Return the distance of each object to the jet nearest in eta and phi; 99 in events without jets."""
    pairs = ak.cartesian({"object": array, "jet": jets}, nested=True)
    d_phi = (pairs.object.phi - pairs.jet.phi + np.pi) % (2 * np.pi) - np.pi
    return ak.fill_none(ak.min(np.hypot(pairs.object.eta - pairs.jet.eta, d_phi), axis=-1), 99.0)


def test_same_seed_gives_same_events(events):
    for part in (0, collisions.PARTS - 1):
        again = generated(part)
        for kind in "emjgt":
            assert ak.array_equal(events[part][kind], again[kind], dtype_exact=True)


def test_parts_and_seeds_give_other_events(events):
    assert not ak.array_equal(events[0]["j"], events[1]["j"])
    assert not ak.array_equal(events[0]["j"], generated(0, collisions.SEED + 1)["j"])


@pytest.mark.parametrize("part", [-1, collisions.PARTS])
def test_no_such_part_is_refused(part):
    with pytest.raises(PhysicsError, match=f"part {part} of the demo data does not exist: parts go from 0 to 7"):
        collisions.generate(part)


def test_parts_add_up_to_the_events_promised(events):
    assert collisions.EVENTS == 100_000
    for part in events:
        assert {len(array) for array in part.values()} == {collisions.EVENTS // collisions.PARTS}


def test_objects_have_fields_in_range_and_are_sorted(objects):
    for kind, array in objects.items():
        fields = dict(zip(ak.fields(array), array.type.content.content.contents, strict=True))
        assert fields.pop("identified").primitive == "bool"
        assert {name: kind.primitive for name, kind in fields.items()} == dict.fromkeys(
            ("pt", "eta", "phi", "mass", "charge", "isolation", "b_score"), "float32"
        )
        assert all(np.isfinite(ak.to_numpy(ak.flatten(array[name]))).all() for name in fields)
        assert ak.all(array.pt > 0)
        assert ak.all(array.mass >= 0)
        assert ak.all(np.abs(array.phi) <= np.float32(np.pi))
        assert ak.all(array.pt[:, :-1] >= array.pt[:, 1:]), kind


def test_charges_are_those_of_the_kinds(objects):
    for kind, array in objects.items():
        expected = {-1.0, 1.0} if kind in "emt" else {0.0}
        assert set(np.unique(ak.flatten(array.charge))) == expected


@pytest.mark.parametrize(("kind", "resolution_gev"), [("e", 1.2), ("m", 0.8)])
def test_z_bosons_peak_at_the_mass_of_the_z(objects, kind, resolution_gev):
    pairs = good(objects[kind])
    pairs = pairs[ak.num(pairs) == 2]
    masses = pair_mass(pairs[:, 0], pairs[:, 1])
    peak = masses[(masses > 70) & (masses < 110)]
    assert len(peak) > 3000
    assert np.median(peak) == pytest.approx(Z_MASS_GEV, abs=0.3)
    # half of all masses lie within half a width (1.25 GeV) of a peak without resolution; resolution widens that
    half_width = np.median(np.abs(peak - np.median(peak)))
    assert 1.0 < half_width < 1.25 + resolution_gev
    assert ak.all(pairs.charge[:, 0] == -pairs.charge[:, 1])


def test_planted_resonance_stands_out_in_its_final_state_alone(objects):
    good_ones = {kind: good(objects[kind]) for kind in "emg"}
    jets = objects["j"][(objects["j"].pt > 30) & (np.abs(objects["j"].eta) < 2.5)]
    for kind in "emg":
        jets = jets[nearest_jet(jets, good_ones[kind]) > 0.3]
    pair = (ak.num(good_ones["e"]) == 1) & (ak.num(good_ones["m"]) == 1)

    def excess(chosen):
        masses = pair_mass(good_ones["e"][chosen][:, 0], good_ones["m"][chosen][:, 0])
        inside = np.sum(np.abs(masses - collisions.RESONANCE.mass_gev) < 15)
        sides = np.sum(np.abs(masses - collisions.RESONANCE.mass_gev) < 45) - inside
        return inside - sides / 2, np.sqrt(inside + sides / 4)

    number, error = excess(pair & (ak.num(jets) == 0) & (ak.num(good_ones["g"]) == 0))
    assert number > 4 * error
    number, error = excess(pair & (ak.num(jets) > 0))
    assert abs(number) < 3 * error


def test_a_few_per_cent_fail_identification_or_isolation(objects):
    for kind in "emg":
        array = objects[kind][(objects[kind].pt > 25) & (np.abs(objects[kind].eta) < 1.3)]
        passed = ak.count(good(array).pt) / ak.count(array.pt)
        assert 0.90 < passed < 0.98, kind


def test_nothing_is_identified_where_selections_may_not_look(objects):
    for kind, largest in (("e", 2.47), ("m", 2.4), ("g", 2.37)):
        eta = np.abs(ak.to_numpy(ak.flatten(objects[kind][objects[kind].identified].eta)))
        assert eta.max() < largest
        in_gap = (eta > 1.37) & (eta < 1.566)
        assert in_gap.any() == (kind == "m")


def test_good_objects_have_a_jet_of_their_own_and_others_do_not(objects):
    for kind in "emg":
        hard = objects[kind][objects[kind].pt > 25]
        distance = nearest_jet(hard, objects["j"])
        chosen = hard.identified & (hard.isolation < 0.1)
        assert np.mean(ak.to_numpy(ak.flatten(distance[chosen])) < 0.1) == 1.0
        assert np.mean(ak.to_numpy(ak.flatten(distance[~chosen])) < 0.1) < 0.05
