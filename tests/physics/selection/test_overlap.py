"""Overlap removal, by hand, on the edges and against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from physics.selection.overlap import OverlapRule, remove_overlaps
from tests.support.jagged import jagged, plain

DEFAULT = [
    OverlapRule(remove="j", keep="e", delta_r=0.2, source="s"),
    OverlapRule(remove="j", keep="m", delta_r=0.4, source="s"),
    OverlapRule(remove="g", keep=["e", "m"], delta_r=0.4, source="s"),
    OverlapRule(remove="j", keep="g", delta_r=0.4, source="s"),
]


def delta_r(one, other):
    delta_phi = math.remainder(one["phi"] - other["phi"], 2 * math.pi)
    return math.hypot(one["eta"] - other["eta"], delta_phi)


def oracle(events, rules):
    """Plain loops over one event after the other; every event is a dictionary of lists of objects."""
    cleaned = []
    for event in events:
        left = dict(event)
        for rule in rules:
            kept = [other for kind in rule.keep for other in left.get(kind, [])]
            left[rule.remove] = [
                one for one in left.get(rule.remove, []) if all(delta_r(one, other) >= rule.delta_r for other in kept)
            ]
        cleaned.append(left)
    return cleaned


def as_arrays(events, kinds="emjg"):
    return {kind: jagged([event.get(kind, []) for event in events]) for kind in kinds}


def pts(array):
    return [[one["pt"] for one in event] for event in plain(array)]


def test_the_lepton_stays_then_the_photon():
    # One line in phi, eta 0: electron at 0, photon at 0.3 (its bremsstrahlung), jet A at 0.1 (the electron itself),
    # jet B at 0.6. The photon goes because of the electron (0.3 < 0.4), jet A too (0.1 < 0.2). Jet B is 0.3 away from
    # the photon, which is gone by then, and 0.6 from the electron: it stays. Photon first would have cost jet B.
    event = {
        "e": [{"phi": 0.0, "pt": 40}],
        "g": [{"phi": 0.3, "pt": 30}],
        "j": [{"phi": 0.1, "pt": 45}, {"phi": 0.6, "pt": 35}],
    }
    left, counts = remove_overlaps(as_arrays([event]), DEFAULT)
    assert (pts(left["e"]), pts(left["g"]), pts(left["j"])) == ([[40]], [[]], [[35]])
    assert counts == [1, 1, 0, 1]


def test_a_photon_without_a_lepton_removes_its_jet():
    left, counts = remove_overlaps(as_arrays([{"g": [{"phi": 0.0}], "j": [{"phi": 0.3}, {"phi": 1.0}]}]), DEFAULT)
    assert [len(event) for event in pts(left["j"])] == [1]
    assert counts == [2, 2, 1, 1]


def test_an_electron_at_0_3_leaves_the_jet_and_a_muon_removes_it():
    events = [{"e": [{}], "j": [{"eta": 0.3}]}, {"m": [{}], "j": [{"eta": 0.3}]}]
    left, _ = remove_overlaps(as_arrays(events), DEFAULT)
    assert [len(event) for event in pts(left["j"])] == [1, 0]


def test_exactly_on_the_edge_stays():
    # 0.25 and 0.5 are exact in binary.
    rule = [OverlapRule(remove="j", keep="e", delta_r=0.5, source="s")]
    at_edge = np.float32(0.5)
    inside = np.nextafter(at_edge, np.float32(0))
    left, _ = remove_overlaps(as_arrays([{"e": [{}], "j": [{"eta": at_edge}, {"eta": inside}]}], "ej"), rule)
    assert [one["eta"] for one in plain(left["j"])[0]] == [at_edge]


@pytest.mark.parametrize(("phi", "other"), [(3.1, -3.1), (-3.1, 3.1), (0.05, 6.2), (0.0, 2 * math.pi), (9.5, 3.2)])
def test_phi_is_a_circle(phi, other):
    left, _ = remove_overlaps(as_arrays([{"e": [{"phi": phi}], "j": [{"phi": other}]}], "ej"), DEFAULT[:1])
    assert pts(left["j"]) == [[]]


def test_opposite_phi_is_far():
    left, _ = remove_overlaps(as_arrays([{"e": [{"phi": 0.0}], "j": [{"phi": math.pi}]}], "ej"), DEFAULT[:1])
    assert pts(left["j"]) == [[50]]


def test_objects_of_other_events_do_not_count():
    left, _ = remove_overlaps(as_arrays([{"e": [{}]}, {"j": [{}]}, {}], "ej"), DEFAULT[:1])
    assert pts(left["j"]) == [[], [50], []]


def test_no_events():
    left, counts = remove_overlaps(as_arrays([]), DEFAULT)
    assert [objects.n_events for objects in left.values()] == [0, 0, 0, 0]
    assert counts == [0, 0, 0, 0]


def test_kinds_that_are_not_there_are_passed_over():
    left, counts = remove_overlaps({"e": jagged([[{}]])}, DEFAULT)
    assert list(left) == ["e"]
    assert counts == [0, 0, 0, 0]


def test_no_rules():
    objects = as_arrays([{"e": [{}], "j": [{}]}])
    left, counts = remove_overlaps(objects, [])
    assert counts == []
    assert {kind: plain(array) for kind, array in left.items()} == {kind: plain(objects[kind]) for kind in objects}


# Multiples of 1/64 are exact; the radii used below are not, so no pair lies within rounding of an edge.
angles = st.integers(-150, 150).map(lambda step: step / 64)
objects_ = st.lists(st.fixed_dictionaries({"eta": angles, "phi": angles}), max_size=4)
events_ = st.lists(st.fixed_dictionaries(dict.fromkeys("emjg", objects_)), max_size=4)


@settings(deadline=None)
@given(events_)
def test_agrees_with_plain_loops(events):
    left, counts = remove_overlaps(as_arrays(events), DEFAULT)
    for kind in "emjg":
        expected = [[(one["eta"], one["phi"]) for one in event[kind]] for event in oracle(events, DEFAULT)]
        assert [[(one["eta"], one["phi"]) for one in event] for event in plain(left[kind])] == expected
    assert counts[-1] == sum(len(event) for event in plain(left["j"]))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"remove": "j", "keep": "j"}, r"remove: j stands in keep too"),
        ({"remove": "j", "keep": []}, r"type=too_short"),
        ({"remove": "b", "keep": "e"}, r"type=literal_error"),
        ({"remove": "j", "keep": "e", "delta_r": 0}, r"type=greater_than"),
        ({"remove": "j", "keep": "e", "source": ""}, r"type=string_too_short"),
    ],
)
def test_impossible_rules_are_refused(rule, message):
    with pytest.raises(ValidationError, match=message):
        OverlapRule(**({"delta_r": 0.4, "source": "s"} | rule))


def test_a_rule_has_a_name_in_words():
    assert DEFAULT[2].name == "overlap with e or m within 0.4"
