"""Invariant masses against the `vector` package, and against formulas that share no step with the kernel."""

import numpy as np
import pytest
import vector
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import masses
from physics.combinations import Rules, name, of_final_state
from tests.support.jagged import jagged

N_EVENTS = 5000


def random_objects(seed, n_objects, n_events=N_EVENTS):
    """Columns pt (1 GeV to 3 TeV), eta, phi, mass (half of the objects massless), shape (n_objects, n_events)."""
    rng = np.random.default_rng(seed)
    shape = (n_objects, n_events)
    pt = 10 ** rng.uniform(0, np.log10(3000), shape)
    mass = np.where(rng.random(shape) < 0.5, 0, pt * rng.uniform(0, 0.5, shape))
    columns = pt, rng.uniform(-4.5, 4.5, shape), rng.uniform(-np.pi, np.pi, shape), mass
    return [column.astype(np.float32) for column in columns]


def vector_mass(columns):
    pt, eta, phi, mass = (column.astype(np.float64) for column in columns)
    total = sum(
        (vector.array({"pt": pt[i], "eta": eta[i], "phi": phi[i], "mass": mass[i]}).to_xyzt() for i in range(len(pt))),
        start=vector.array({"x": 0 * pt[0], "y": 0 * pt[0], "z": 0 * pt[0], "t": 0 * pt[0]}),
    )
    return total.tau


@pytest.mark.parametrize("n_objects", [1, 2, 3, 4, 6])
def test_thousands_of_random_objects_agree_with_vector(n_objects):
    columns = random_objects(n_objects, n_objects)
    heavy = columns[3].sum(axis=0) > 1e-3 * (columns[0] * np.cosh(columns[1])).sum(axis=0)
    usable = heavy if n_objects == 1 else np.ones(N_EVENTS, dtype=bool)  # one massless object alone is all rounding
    expected = vector_mass(columns)[usable]
    assert masses.invariant_mass(*columns)[usable] == pytest.approx(expected, rel=1e-6, abs=0)
    assert usable.sum() > N_EVENTS / 5


def test_every_combination_of_a_final_state_agrees_with_vector():
    # The whole way: rectangular events with 2 electrons, 1 muon and 4 jets, all combinations up to four objects.
    columns = random_objects(7, 7, 500)
    columns[0] = -np.sort(-columns[0], axis=0)  # falling pT within each kind too
    events = [
        [
            dict(zip(("pt", "eta", "phi", "mass"), (column[i, event] for column in columns), strict=True))
            for i in range(7)
        ]
        for event in range(500)
    ]
    slots = {"e": (0, 2), "m": (2, 3), "j": (3, 7)}
    objects = {kind: jagged([event[low:high] for event in events]) for kind, (low, high) in slots.items()}
    rules = Rules(max_subleading_index=3)
    [(label, n_events, found)] = masses.compute(objects, rules)
    assert (label, n_events) == ("2e_1m_4j", 500)
    wanted = of_final_state({"e": 2, "m": 1, "j": 4}, rules)
    assert [combination for combination, _ in found] == [name(one) for one in wanted]
    for one, (_, values) in zip(wanted, found, strict=True):
        rows = [slots[kind][0] + rank for kind, rank in one]
        assert values == pytest.approx(vector_mass([column[rows] for column in columns]), rel=1e-6, abs=0)


PT = st.floats(1, 3000, width=32)
ETA = st.integers(-288, 288).map(lambda step: step / 64)  # exact in float32
PHI = st.integers(-201, 201).map(lambda step: step / 64)


@settings(max_examples=300)
@given(PT, PT, ETA, ETA, PHI, PHI)
def test_two_massless_objects_follow_the_closed_formula(pt_1, pt_2, eta_1, eta_2, phi_1, phi_2):
    # m^2 = 2 pT1 pT2 (cosh(eta1 - eta2) - cos(phi1 - phi2)), written as 4 pT1 pT2 (sinh^2 + sin^2 of the halves), which
    # loses no digits for small angles. The kernel subtracts E^2 and p^2 and so loses (E1 + E2)^2 2e-16 at most.
    square = 4 * pt_1 * pt_2 * (np.sinh((eta_1 - eta_2) / 2) ** 2 + np.sin((phi_1 - phi_2) / 2) ** 2)
    rows = np.array([[pt_1, pt_2], [eta_1, eta_2], [phi_1, phi_2], [0, 0]], dtype=np.float32)
    found = float(masses.invariant_mass(*rows[:, :, np.newaxis])[0])
    energy = pt_1 * np.cosh(eta_1) + pt_2 * np.cosh(eta_2)
    assert found**2 == pytest.approx(square, rel=3e-7, abs=4e-15 * energy**2)


@settings(max_examples=100)
@given(st.lists(st.tuples(PT, ETA, PHI, st.floats(0, 500, width=32)), min_size=3, max_size=4))
def test_the_square_of_three_or_four_is_made_of_those_of_pairs(objects):
    # m^2(1..n) = sum over pairs of m^2(ij) - (n - 2) sum of m^2(i), an identity of four-vectors.
    def square(rows):
        columns = np.array(rows, dtype=np.float32).T[:, :, np.newaxis]
        return float(masses.invariant_mass(*columns)[0]) ** 2

    pairs = sum(square([one, other]) for i, one in enumerate(objects) for other in objects[i + 1 :])
    own = sum(float(np.float32(mass)) ** 2 for *_, mass in objects)
    energy = sum(np.hypot(pt * np.cosh(eta), mass) for pt, eta, _, mass in objects)
    expected = pairs - (len(objects) - 2) * own
    assert square(objects) == pytest.approx(expected, rel=1e-6, abs=1e-14 * energy**2 + 1e-6 * own)
