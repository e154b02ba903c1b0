"""b-jets by score and link."""

import math

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edm.jagged import Jagged
from physics.errors import EventLevelError, PhysicsError
from physics.selection.b_tag import BScores, BTag, Links, ScoreTag, discriminants, refuse_unknown_keys
from tests.oracle.b_tag import discriminant

KEY = 582299515
TAG = {"score": "DL1dv01", "link": "btaggingLink", "fraction_c": 0.018, "min": 2.456, "source": "s"}
probability = st.sampled_from([0.0, 0.01, 0.3, 0.9, -0.1, math.nan, math.inf])
event = st.fixed_dictionaries(
    {
        "scores": st.lists(st.tuples(probability, probability, probability, probability), max_size=3),
        "links": st.lists(st.tuples(st.sampled_from([KEY, 0, 7]), st.sampled_from([0, 1, 2, 2**32 - 1])), max_size=3),
    }
)


def jagged(rows, dtype):
    return Jagged.from_awkward(ak.values_astype(ak.Array([*rows, [0]])[:-1], dtype))


def columns_of(events):
    links = Links(*(jagged([[link[n] for link in event["links"]] for event in events], np.uint32) for n in (0, 1)))
    parts = [jagged([[score[n] for score in event["scores"]] for event in events], np.float32) for n in range(4)]
    return links, BScores(*parts)


def is_b(values, **changes):
    """Apply the working point to discriminants of jets, as the selection does."""
    requirement = BTag(formats={"f": ScoreTag(**TAG | changes)}).requirement("f")
    return requirement.passes({"DL1dv01": values, "pt": np.ones(len(values)), "eta": np.ones(len(values))})


@given(st.lists(event, max_size=5), st.sampled_from([(0.018, 0.0), (0.2, 0.01)]))
def test_discriminants_are_those_of_plain_loops(events, fractions):
    links, scores = columns_of(events)
    values = iter(discriminants(links, scores, KEY, *fractions).tolist())
    for event_ in events:
        named = dict(zip(("pb", "pc", "pu", "ptau"), zip(*event_["scores"], strict=True), strict=False))
        named = {name: [float(np.float32(x)) for x in column] for name, column in named.items()} or {"pb": []}
        for key, index in event_["links"]:
            slow, fast = discriminant(key, index, named, KEY, *fractions), next(values)
            assert math.isnan(fast) if slow is None else fast == pytest.approx(slow, rel=1e-6, abs=1e-9)
    assert next(values, None) is None


def test_the_link_counts_not_the_place():
    scores = BScores(*(jagged([row], np.float32) for row in ([0.9, 0.1], [0.05, 0.1], [0.05, 0.8])))
    links = Links(jagged([[KEY, KEY, 9]], np.uint32), jagged([[1, 0, 0]], np.uint32))
    values = discriminants(links, scores, KEY, TAG["fraction_c"])
    assert np.isnan(values).tolist() == [False, False, True]
    assert is_b(values).tolist() == [False, True, False]


def test_on_the_edge_a_jet_is_a_b_jet():
    scores = BScores(*(jagged([row], np.float64) for row in ([0.5], [0.25], [0.25])))
    links = Links(jagged([[KEY]], np.uint32), jagged([[0]], np.uint32))
    (value,) = discriminants(links, scores, KEY, 0.5)
    assert value == math.log(2.0)
    for least, expected in ((value, True), (np.nextafter(value, 9), False)):
        assert is_b(np.array([value]), min=float(least)).tolist() == [expected]


def test_a_column_of_discriminants_is_cut_like_any_other():
    assert is_b(np.array([2.456, 2.0, np.nan])).tolist() == [True, False, False]


def test_only_unknown_keys_in_a_file_are_an_error():
    refuse_unknown_keys(jagged([[], [7, KEY]], np.uint32), KEY, "btaggingLink")
    refuse_unknown_keys(jagged([[], []], np.uint32), KEY, "btaggingLink")
    with pytest.raises(
        EventLevelError, match=r"no btaggingLink points to the scores \(key 582299515\); .* keys 7, 9: write"
    ):
        refuse_unknown_keys(jagged([[9], [7, 7]], np.uint32), KEY, "btaggingLink")


def test_columns_must_belong_together():
    links, scores = columns_of([{"scores": [(0.1, 0.1, 0.1, 0.1)], "links": [(KEY, 0)]}])
    with pytest.raises(PhysicsError, match="links and scores do not belong together"):
        discriminants(links, scores._replace(pc=jagged([[]], np.float32)), KEY, 0.018)
    with pytest.raises(PhysicsError, match=r"fraction_tau is 0\.01, but the score has no probability ptau"):
        discriminants(links, scores._replace(ptau=None), KEY, 0.2, 0.01)


def test_a_working_point_names_what_it_needs():
    assert ScoreTag(**TAG).probabilities == ("DL1dv01_pb", "DL1dv01_pc", "DL1dv01_pu")
    with_tau = ScoreTag(**TAG | {"score": "GN2v01", "fraction_tau": 0.01})
    assert with_tau.probabilities == ("GN2v01_pb", "GN2v01_pc", "GN2v01_pu", "GN2v01_ptau")
    with pytest.raises(ValidationError, match=r"fraction_c 0\.6 and fraction_tau 0\.4 leave nothing for light jets"):
        ScoreTag(**TAG | {"fraction_c": 0.6, "fraction_tau": 0.4})
    with pytest.raises(ValidationError, match="source"):
        ScoreTag(**{name: value for name, value in TAG.items() if name != "source"})
