"""Categories of random events against the oracle, and relations that must hold whatever the events."""

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edm.objects import Objects
from physics import combinations, masses
from physics.categories.event_categories import Categories
from physics.categories.missing_momentum import MissingMomentum
from tests.oracle.categories import charge_tag, mass_of_category, take_z_candidates
from tests.oracle.events import label, valid_objects
from tests.oracle.test_definitions import SETTINGS, records

WINDOW_GEV = 15.0
KINDS = ("e", "m", "j", "Z")
# few values, so that many pairs lie near the Z boson's mass, and distances are equal
LEPTON = st.tuples(
    st.sampled_from([20.0, 45.5, 45.625, 46.0, 60.0]),
    st.sampled_from([-1.0, 0.0, 0.5]),
    st.sampled_from([-3.0, 0.0, 0.125, 1.5, 3.0]),
    st.just(0.0),
    st.sampled_from([-1.0, 1.0]),
)
MET = st.tuples(st.sampled_from([0.0, 12.5, 80.0]), st.sampled_from([-2.0, 0.25, 3.0]))
ANY_MET = st.one_of(MET, st.sampled_from([(math.nan, 0.0), (5.0, math.inf), (-math.inf, 1.0)]))


@st.composite
def event_lists(draw):
    kinds = st.fixed_dictionaries({kind: st.lists(LEPTON, max_size=4) for kind in "emj"})
    events = draw(st.lists(st.tuples(kinds, ANY_MET), max_size=5))
    empty = {kind: [] for kind in "gtb"}
    return [(empty | {kind: valid_objects(objects) for kind, objects in event.items()}, met) for event, met in events]


def project(events, rules, categories):
    """Return the project's result: label -> (number of events, name -> masses)."""
    objects, tags = categories.apply(records([event for event, _ in events]))
    columns = np.array([met for _, met in events], dtype=np.float32).reshape(-1, 2)
    met = MissingMomentum.of_events(columns[:, 0], columns[:, 1]) if rules.with_met else None
    configured = masses.take_configured(objects, tuple(kind for kind in KINDS if kind in objects))
    return {
        state.label: (
            len(state.events),
            {name: values.tolist() for name, values in state.combinations + state.with_met},
        )
        for state in masses.compute_states(configured, rules, tags, met)
    }


def oracle(events, rules, categories):
    """Return the same from plain loops."""
    found = {}
    for event, met in events:
        seen = event if categories.z_window_gev is None else take_z_candidates(event, categories.z_window_gev)
        counts = {kind: len(seen[kind]) for kind in KINDS if kind in seen}
        state = label({kind: min(number, rules.max_multiplicity) for kind, number in counts.items()})
        state += charge_tag(seen) if categories.charges else ""
        number, listed = found.get(state, (0, {}))
        names = list(of_sizes(counts, rules))
        for name in names:
            values = listed.setdefault(name, [])
            if not name.startswith("MET") or all(map(math.isfinite, met)):
                values.append(mass_of_category(seen, name, met))
        found[state] = number + 1, listed
    return found


def of_sizes(counts, rules):
    """Try every set of leading objects, with missing momentum and without."""
    ranks = [range(min(number, rules.max_multiplicity) + 1) for number in counts.values()]
    for numbers in itertools.product(*ranks):
        name = "".join(f"{kind}{rank}" for kind, n in zip(counts, numbers, strict=True) for rank in range(n))
        if rules.min_particles <= sum(numbers) <= rules.max_particles:
            yield name
        if rules.with_met and rules.min_particles <= sum(numbers) + 1 <= rules.max_particles and sum(numbers):
            yield f"MET+{name}"


RULES = st.builds(
    combinations.Rules,
    min_particles=st.integers(1, 3),
    max_particles=st.just(4),
    max_multiplicity=st.integers(1, 4),
    with_met=st.booleans(),
)
CATEGORIES = st.builds(Categories, st.sampled_from([None, 0.5, WINDOW_GEV]), st.booleans())


@SETTINGS
@given(event_lists(), RULES, CATEGORIES)
def test_categories_of_random_events_agree_with_the_oracle(events, rules, categories):
    found, expected = project(events, rules, categories), oracle(events, rules, categories)
    assert found.keys() == expected.keys()
    for state, (number, listed) in expected.items():
        assert found[state][0] == number
        assert found[state][1].keys() == listed.keys()
        for name, values in listed.items():
            np.testing.assert_allclose(found[state][1][name], values, rtol=1e-6, atol=2e-3)


@SETTINGS
@given(event_lists(), CATEGORIES, st.integers(0, 5))
def test_neither_chunks_nor_order_matter(events, categories, place):
    rules = combinations.Rules(with_met=True)
    whole = project(events, rules, categories)
    joined = {}
    for part in (events[place:], events[:place]):
        for state, (number, listed) in project(part, rules, categories).items():
            total, lists = joined.get(state, (0, {}))
            joined[state] = total + number, {name: lists.get(name, []) + values for name, values in listed.items()}

    def ordered(found):
        return {state: (n, {name: sorted(values) for name, values in m.items()}) for state, (n, m) in found.items()}

    assert ordered(joined) == ordered(whole)


@SETTINGS
@given(event_lists())
def test_the_mass_of_a_candidate_and_a_jet_is_that_of_its_leptons_and_the_jet(events):
    for event, _ in events:
        left = take_z_candidates(event, WINDOW_GEV)
        pair = "e" if len(left["e"]) < len(event["e"]) else "m"
        if len(left["Z"]) != 1 or len(event[pair]) != 2 or not event["j"]:
            continue
        rules = combinations.Rules()
        with_z = project([(event, (0, 0))], rules, Categories(WINDOW_GEV))
        without = project([(event, (0, 0))], rules, Categories())
        (z_masses,), (lepton_masses,) = (
            [listed[name] for _, listed in found.values()]
            for found, name in ((with_z, "j0Z0"), (without, f"{pair}0{pair}1j0"))
        )
        np.testing.assert_allclose(z_masses, lepton_masses, rtol=2e-7)


def test_objects_without_events_are_legal():
    nothing = {kind: Objects.none(0, ("pt", "eta", "phi", "mass", "charge")) for kind in "emjgt"}
    objects, tags = Categories(WINDOW_GEV, charges=True).apply(nothing)
    assert objects["Z"].n_events == len(tags) == 0
