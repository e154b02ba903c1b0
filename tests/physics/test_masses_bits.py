"""Every bit of every mass against one sum a combination, object by object, in plain Python.

The kernel prolongs sums and works on blocks of events; neither may show. Sines are the kernel's own, one at a time.
"""

import math

import numpy as np
import pytest

from physics import masses
from physics.combinations import Rules, of_final_state
from physics.combinations import name as name_of
from physics.final_states import parse
from tests.physics.test_portable_trigonometry import cosines_and_sines, hyperbolic_sines
from tests.support.jagged import jagged

KINDS = ("e", "m", "j", "g")


def total(objects):
    """Sum four-momenta from the first object to the last, as (x, y, z, energy)."""
    x = y = z = energy = 0.0
    for pt, eta, phi, mass in objects:
        (cosine,), (sine,) = cosines_and_sines(np.array([phi]))
        (sinh,) = hyperbolic_sines(np.array([eta]))
        p_x, p_y, p_z = (pt * float(one) for one in (cosine, sine, sinh))
        x, y, z = x + p_x, y + p_y, z + p_z
        energy += math.sqrt(p_x * p_x + p_y * p_y + p_z * p_z + mass * mass)
    return x, y, z, energy


def mass_of(objects):
    x, y, z, energy = total(objects)
    square = energy * energy - (x * x + y * y + z * z)
    with np.errstate(over="ignore"):
        return np.float32(math.inf if math.isnan(square) else math.sqrt(max(square, 0.0)))


def random_events(rng, n_events, absurd):
    """Per event and kind a list of (pt, eta, phi, mass), float32 numbers, pt falling."""
    events = []
    for _ in range(n_events):
        event = {}
        for kind, mean in zip(KINDS, (0.7, 0.8, 2.5, 0.5), strict=True):
            n = rng.poisson(mean)
            pt = np.sort(10 ** rng.uniform(0, 38 if absurd else 3, n))[::-1]
            eta = rng.normal(0, 1.5, n) * (10 ** rng.uniform(0, 4, n) if absurd else 1)
            mass = np.where(rng.random(n) < 0.5, 0, pt * rng.random(n))
            columns = (pt, eta, rng.uniform(-np.pi, np.pi, n), mass)
            event[kind] = np.array(columns, dtype=np.float32).T.tolist()
        events.append(event)
    return events


def arrays(events):
    names = ("pt", "eta", "phi", "mass")
    rows = {kind: [[dict(zip(names, one, strict=True)) for one in event[kind]] for event in events] for kind in KINDS}
    return {kind: jagged(listed) for kind, listed in rows.items()}


@pytest.mark.parametrize("absurd", [False, True])
@pytest.mark.parametrize(
    "rules", [Rules(), Rules(min_particles=1, max_particles=3), Rules(4, 4, 2, 3), Rules(max_subleading_index=3)]
)
def test_the_bits_of_masses(rules, absurd):
    events = random_events(np.random.default_rng(20261122), 700, absurd)
    states = [{kind: min(len(event[kind]), rules.max_multiplicity) for kind in KINDS} for event in events]
    compared = infinite = 0
    for label, n_events, found in masses.compute(arrays(events), rules):
        state = parse(label)
        chosen = [event for event, one in zip(events, states, strict=True) if one == state]
        assert n_events == len(chosen)
        combinations = of_final_state(state, rules)
        assert [name for name, _ in found] == [name_of(combination) for combination in combinations]
        for combination, (_, values) in zip(combinations, found, strict=True):
            expected = [mass_of([event[kind][rank] for kind, rank in combination]) for event in chosen]
            assert values.tobytes() == np.array(expected, dtype=np.float32).tobytes()
            compared, infinite = compared + len(values), infinite + int(np.isinf(values).sum())
    assert compared > 1000
    assert (infinite > 0) is absurd


def test_a_final_state_of_more_than_one_block():
    rng = np.random.default_rng(20261122)
    columns = [rng.uniform(-3, 3, (5, 1001)).astype(np.float32) for _ in range(4)]
    columns[0], columns[3] = np.exp(columns[0]), np.abs(columns[3])
    found = masses.invariant_mass(*columns)
    expected = [mass_of(np.stack([column[:, event] for column in columns], axis=1).tolist()) for event in range(1001)]
    assert found.tobytes() == np.array(expected, dtype=np.float32).tobytes()


@pytest.mark.parametrize("stretch", [1, 7, 699, 700])
def test_the_length_of_stretches_does_not_show(stretch, monkeypatch):
    events = arrays(random_events(np.random.default_rng(3), 700, absurd=False))
    in_one = [(label, [values.tobytes() for _, values in found]) for label, _, found in masses.compute(events, Rules())]
    monkeypatch.setattr(masses, "_STRETCH", stretch)
    in_many = [
        (label, [values.tobytes() for _, values in found]) for label, _, found in masses.compute(events, Rules())
    ]
    assert in_many == in_one


def test_more_events_than_a_stretch():
    rng = np.random.default_rng(4)
    n_events = 2 * masses._STRETCH + 3
    columns = [rng.uniform(-3, 3, (3, n_events)).astype(np.float32) for _ in range(4)]
    columns[0], columns[3] = np.exp(columns[0]), np.abs(columns[3])
    found = masses.invariant_mass(*columns)
    pieces = [masses.invariant_mass(*(column[:, i : i + 500] for column in columns)) for i in range(0, n_events, 500)]
    assert found.tobytes() == np.concatenate(pieces).tobytes()
