"""The project's final states, combinations and masses against the oracle, and relations between masses.

Momenta and masses are in GeV, angles in radians.
"""

import itertools

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from edm.objects import Objects
from physics import combinations, final_states, masses
from tests.oracle.events import KINDS, combinations_of, count_objects, energy, final_state, label, mass, valid_objects

SETTINGS = settings(deadline=None, max_examples=60)
POOL = (1.0, 20.0, 20.0, 45.5, 300.25)  # transverse momenta that repeat, so that ties happen


def _floats(low, high):
    return st.floats(float(np.float32(low)), float(np.float32(high)), width=32)


ANY_OBJECT = st.tuples(
    st.one_of(st.sampled_from(POOL), _floats(0.5, 3000)),
    _floats(-4.75, 4.75),
    _floats(-3.140625, 3.140625),
    st.one_of(st.sampled_from([0.0, 4.25, 80.5]), _floats(0, 200)),
    st.sampled_from([-1.0, 1.0]),
)
# On a grid of 1/64, so that shifts by multiples of 1/64 are exact in float32: what differs is the arithmetic alone.
GRID_OBJECT = st.tuples(
    st.one_of(st.sampled_from(POOL), _floats(0.5, 3000)),
    st.integers(-256, 256).map(lambda steps: steps / 64),
    st.integers(-200, 200).map(lambda steps: steps / 64),
    st.sampled_from([0.0, 0.125, 4.25, 80.5]),
    st.sampled_from([-1.0, 1.0]),
)


@st.composite
def event_lists(draw, particle=ANY_OBJECT, max_events=6):
    """Events as the oracle has them; `b` holds jets with a b-tag, which are never among `j`."""
    kinds = st.fixed_dictionaries({kind: st.lists(particle, max_size=6) for kind in KINDS})
    events = draw(st.lists(kinds, max_size=max_events))
    return [{kind: valid_objects(objects) for kind, objects in event.items()} for event in events]


@st.composite
def all_rules(draw):
    """Settings of combinations: minimum, maximum, max_subleading_index, max_multiplicity."""
    minimum = draw(st.integers(1, 4))
    return minimum, draw(st.integers(minimum, 4)), draw(st.integers(0, 3)), draw(st.integers(0, 4))


# Numbers of objects by kind, event by event; the largest differs from kind to kind.
COUNTS = st.lists(st.integers(0, 7), min_size=6, max_size=6).flatmap(
    lambda tops: st.lists(st.tuples(*(st.integers(0, top) for top in tops)), max_size=12)
)
SOME_KINDS = st.lists(st.sampled_from(KINDS), min_size=1, unique=True)


def merge_b(event):
    """Return the event as it is when b-jets are not configured: tagged jets are jets."""
    return event | {"j": valid_objects(event["j"] + event["b"]), "b": []}


def records(events):
    """Return the objects of the project: b-jets among the jets, marked by `is_b`."""
    arrays = {}
    for kind in KINDS[:-1]:
        lists = []
        for event in events:
            objects = [(*particle, 0) for particle in event[kind]]
            if kind == "j":
                objects += [(*particle, 1) for particle in event["b"]]
            lists.append(sorted(objects, key=lambda row: -row[0]))
        flat = np.array([row for objects in lists for row in objects], dtype=np.float32).reshape(-1, 6)
        columns = dict(zip(("pt", "eta", "phi", "mass", "charge"), np.ascontiguousarray(flat.T), strict=False))
        if kind == "j":
            columns["is_b"] = flat[:, 5].astype(np.int8)
        arrays[kind] = Objects(np.cumsum([0, *map(len, lists)], dtype=np.int64), columns)
    return arrays


def project_masses(events, kinds, rules):
    """Return the project's result: label -> (number of events, name -> masses)."""
    objects = masses.take_configured(records(events), final_states.check_kinds(kinds))
    found = {}
    for text, number, arrays in masses.compute(objects, combinations.Rules(*rules)):
        assert text not in found
        names = [name for name, _ in arrays]
        assert len(set(names)) == len(names)
        assert all(values.dtype == np.float32 for _, values in arrays)
        found[text] = number, {name: values.tolist() for name, values in arrays}
    return found


def masses_by_event(events, kinds, rules):
    """Return the project's masses as (index of the event, combination) -> GeV."""
    members = {}
    for index, event in enumerate(events):
        seen = event if "b" in kinds else merge_b(event)
        members.setdefault(final_state(seen, kinds, rules[3]), []).append(index)
    found = project_masses(events, kinds, rules)
    assert {text: number for text, (number, _) in found.items()} == {t: len(m) for t, m in members.items()}
    return {
        (index, name): value
        for text, (_, arrays) in found.items()
        for name, values in arrays.items()
        for index, value in zip(members[text], values, strict=True)
    }


def assert_close(found, expected, scale):
    """Compare masses as far as arithmetic in float64 allows: m^2 is a difference of numbers as large as `scale`^2."""
    assert abs(found**2 - expected**2) <= 1e-13 * scale**2 + 1e-6 * expected**2, (found, expected, scale)


@SETTINGS
@given(event_lists(), SOME_KINDS, all_rules())
def test_masses_of_random_events_agree_with_the_oracle(events, kinds, rules):
    seen = events if "b" in kinds else [merge_b(event) for event in events]
    expected = {}
    for index, event in enumerate(seen):
        for combination in combinations_of(count_objects(event, kinds, rules[3]), *rules):
            expected[index, combination] = event
    found = masses_by_event(events, kinds, rules)
    assert set(found) == set(expected)
    for (index, combination), event in expected.items():
        assert_close(found[index, combination], mass(event, combination), energy(event, combination))


@SETTINGS
@given(COUNTS, SOME_KINDS, st.integers(0, 5))
@example([[2, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], ["e", "m"], 4)
def test_final_states_agree_with_the_oracle(numbers, kinds, max_multiplicity):
    events = [{kind: [None] * n for kind, n in zip(KINDS, row, strict=True)} for row in numbers]
    ordered = final_states.check_kinds(kinds)
    counts = {kind: np.array([len(event[kind]) for event in events], dtype=np.int64) for kind in ordered}
    expected = {}
    for index, event in enumerate(events):
        expected.setdefault(final_state(event, kinds, max_multiplicity), []).append(index)
    states = final_states.classify(counts, max_multiplicity)
    assert {final_states.label(state): indices.tolist() for state, indices in states} == expected
    assert len(states) == len(expected)
    orders = [tuple(state.values()) for state, _ in states]
    assert orders == sorted(orders)


@SETTINGS
@given(st.lists(st.integers(0, 7), min_size=6, max_size=6), SOME_KINDS, st.integers(0, 5))
def test_looking_at_all_kinds_through_the_configured_ones_agrees_with_the_oracle(numbers, kinds, max_multiplicity):
    event = {kind: [None] * number for kind, number in zip(KINDS, numbers, strict=True)}
    state = final_states.parse(label(count_objects(event, KINDS, 0)))
    if "b" not in kinds:
        event |= {"j": event["j"] + event["b"]}
    merged = final_states.restrict(state, final_states.check_kinds(kinds), max_multiplicity)
    assert final_states.label(merged) == final_state(event, kinds, max_multiplicity)


@SETTINGS
@given(st.lists(st.integers(0, 6), min_size=6, max_size=6), SOME_KINDS, all_rules())
def test_combinations_agree_with_the_oracle(numbers, kinds, rules):
    event = {kind: [None] * number for kind, number in zip(KINDS, numbers, strict=True)}
    counts = count_objects(event, kinds, rules[3])
    found = [combinations.name(c) for c in combinations.of_final_state(counts, combinations.Rules(*rules))]
    assert len(set(found)) == len(found)
    assert set(found) == set(combinations_of(counts, *rules))
    assert [combinations.name(combinations.parse(name)) for name in found] == found


RULES = (2, 4, 1, 4)


def _moved(events, change):
    return [{kind: [change(*particle) for particle in objects] for kind, objects in e.items()} for e in events]


@SETTINGS
@given(event_lists(GRID_OBJECT), st.integers(-200, 200))
def test_masses_do_not_change_with_a_rotation_or_a_reflection(events, steps):
    found = masses_by_event(events, "emj", RULES)
    rotated = _moved(events, lambda pt, eta, phi, m, q: (pt, eta, phi + steps / 64, m, q))
    mirrored = _moved(events, lambda pt, eta, phi, m, q: (pt, -eta, -phi, m, -q))
    for other in (masses_by_event(rotated, "emj", RULES), masses_by_event(mirrored, "emj", RULES)):
        assert set(other) == set(found)
        for (index, name), value in found.items():
            assert_close(other[index, name], value, energy(merge_b(events[index]), name))


@SETTINGS
@given(event_lists(GRID_OBJECT), st.integers(-128, 128))
def test_masses_of_massless_objects_do_not_change_with_a_longitudinal_boost(events, steps):
    still = _moved(events, lambda pt, eta, phi, m, q: (pt, eta, phi, 0.0, q))
    moving = _moved(still, lambda pt, eta, phi, m, q: (pt, eta + steps / 64, phi, m, q))
    found, boosted = (masses_by_event(chosen, "emjg", RULES) for chosen in (still, moving))
    assert set(found) == set(boosted)
    for (index, name), value in found.items():
        scale = max(energy(merge_b(chosen[index]), name) for chosen in (still, moving))
        assert_close(boosted[index, name], value, scale)


@SETTINGS
@given(event_lists(GRID_OBJECT), st.integers(-8, 8))
def test_masses_scale_with_all_momenta(events, power):
    # A power of two changes no digit of a float64, so the masses scale without any rounding.
    scaled = _moved(events, lambda pt, eta, phi, m, q: (pt * 2.0**power, eta, phi, m * 2.0**power, q))
    found = masses_by_event(events, "emjgt", RULES)
    expected = {key: value * 2.0**power for key, value in found.items()}
    assume(all(value == 0 or value > 1e-30 for value in expected.values()))
    assert masses_by_event(scaled, "emjgt", RULES) == expected


@SETTINGS
@given(event_lists(), SOME_KINDS, all_rules(), st.randoms(use_true_random=False))
def test_masses_do_not_depend_on_the_order_of_events(events, kinds, rules, random):
    order = list(range(len(events)))
    random.shuffle(order)
    shuffled = masses_by_event([events[index] for index in order], kinds, rules)
    assert {(order[index], name): value for (index, name), value in shuffled.items()} == masses_by_event(
        events, kinds, rules
    )


@SETTINGS
@given(event_lists(max_events=10), SOME_KINDS, all_rules(), st.sets(st.integers(0, 10)))
def test_masses_do_not_depend_on_chunks(events, kinds, rules, places):
    edges = [0, *sorted(place for place in places if place <= len(events)), len(events)]
    joined = {}
    for first, last in itertools.pairwise(edges):
        for text, (number, arrays) in project_masses(events[first:last], kinds, rules).items():
            total, lists = joined.setdefault(text, (0, {}))
            joined[text] = total + number, {name: lists.get(name, []) + values for name, values in arrays.items()}
    assert joined == project_masses(events, kinds, rules)
