"""What is asked of flags and words of bits."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from edm.jagged import Jagged
from physics.errors import PhysicsError
from physics.selection.flags import AnyFlag, Comparison, Flag, as_integers
from tests.oracle.event_level import passes

LARGE = [0, 1, 2, 2**18, 2**28, 2 * 2**28, 3 * 2**28, 2**31, 2**32 - 1]
rules = st.one_of(
    st.builds(lambda low, high: {"min": min(low, high), "max": max(low, high)}, st.integers(-2, 3), st.integers(-2, 3)),
    st.builds(lambda value: {"equals": value}, st.integers(-1, 2)),
    st.builds(lambda value: {"not_equals": value}, st.integers(-1, 2)),
    st.builds(lambda bits: {"bits": bits}, st.sampled_from([1, 3, 2**28])),
    st.builds(lambda bits, value: {"bits": bits, "equals": value}, st.sampled_from([1, 3]), st.integers(0, 2)),
    st.builds(lambda value: {"field": (28, 31), "not_equals": value}, st.integers(0, 3)),
    st.builds(lambda bit: {"field": (bit, bit), "equals": 0}, st.sampled_from([0, 18, 31])),
    st.builds(lambda values: {"one_of": tuple(values)}, st.lists(st.integers(-1, 3), min_size=1, max_size=3)),
)
columns = st.one_of(
    st.lists(st.booleans()).map(lambda values: np.array(values, dtype=np.bool_)),
    st.lists(st.integers(-3, 3)).map(lambda values: np.array(values, dtype=np.int8)),
    st.lists(st.integers(0, 3)).map(lambda values: np.array(values, dtype=np.uint8)),
    st.lists(st.sampled_from(LARGE)).map(lambda values: np.array(values, dtype=np.uint32)),
    st.lists(st.sampled_from([0.0, 1.0, 1.9, -1.0, np.nan, np.inf, -np.inf])).map(
        lambda values: np.array(values, dtype=np.float32)
    ),
)


@given(rules, columns)
def test_flags_of_any_type_are_compared_as_whole_numbers(rule, column):
    expected = [passes(rule, value) for value in column.tolist()]
    assert Comparison(**rule).holds("flag", column).tolist() == expected


@given(st.lists(st.lists(st.integers(-1, 2), max_size=3), max_size=6))
def test_any_equals_asks_for_one_element(rows):
    column = Jagged.from_awkward(ak.values_astype(ak.Array([*rows, [0]])[:-1], np.int16))
    assert Comparison(any_equals=1).holds("v", column).tolist() == [1 in row for row in rows]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("rule", [{"equals": 0}, {"max": 0}, {"not_equals": 1}, {"min": -1}])
def test_what_is_no_whole_number_never_passes(rule, value):
    assert Comparison(**rule).holds("flag", np.array([value, 0.0])).tolist() == [False, True]
    vector = Jagged.from_awkward(ak.Array([[value], [value, 0.0]]))
    assert Comparison(any_equals=0).holds("flag", vector).tolist() == [False, True]


def test_a_field_is_cut_out_at_both_ends():
    words = np.array([0b0110_0, 0b1110_0, 0b0110_1, 0b0100_0], dtype=np.uint8)
    assert Comparison(field=(2, 3), equals=0b11).holds("w", words).tolist() == [True, True, True, False]


def test_floats_beyond_whole_numbers_do_not_pass():
    values, finite = as_integers("x", np.array([1e30, -1e30, 2.0**62]))
    assert (finite.tolist(), values[2]) == ([False, False, True], 2**62)


def test_a_vector_and_a_number_are_asked_differently():
    vector = Jagged.from_awkward(ak.Array([[1], [2]]))
    with pytest.raises(PhysicsError, match="v has any number of values an event: ask any_equals of it"):
        Comparison(equals=1).holds("v", vector)
    with pytest.raises(PhysicsError, match="v has one value an event: write equals, not any_equals"):
        Comparison(any_equals=1).holds("v", np.array([1]))
    with pytest.raises(PhysicsError, match="v is of type <U1, not a flag or a number"):
        Comparison(equals=1).holds("v", np.array(["a"]))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "nothing is asked of the value: give one of min, max, equals"),
        ({"field": (1, 2)}, "nothing is asked of the value"),
        ({"min": 2, "max": 1}, "min 2 is above max 1: no value could pass"),
        ({"field": (4, 2), "equals": 1}, r"field \[4, 2\]: the lowest bit comes first: write \[2, 4\]"),
        ({"any_equals": 1, "min": 0}, "any_equals is asked of a vector, the other comparisons of one value"),
        ({"field": (0, 63), "equals": 1}, "less than or equal to 62"),
        ({"equals": 0.5}, "valid integer"),
    ],
)
def test_impossible_rules_are_refused(rule, message):
    with pytest.raises(ValidationError, match=message):
        Comparison(**rule)


def _flag(document):
    return TypeAdapter(AnyFlag).validate_python(document)


def test_branches_have_a_row_each():
    rows = _flag({"branches": ["a", "b"], "equals": 1, "if_present": True, "source": "s"}).rows("filters")
    expected = {"equals": 1, "if_present": True, "source": "s"}
    assert rows == {"a": (Flag(branch="a", **expected),), "b": (Flag(branch="b", **expected),)}


def test_parts_have_one_row_and_share_what_the_whole_says():
    parts = [{"branch": "a", "equals": 1}, {"branch": ["b", "c"], "min": 2, "if_present": False, "source": "t"}]
    (row,) = _flag({"all_of": parts, "if_present": True, "source": "s"}).rows("all").values()
    assert row[0] == Flag(branch="a", equals=1, if_present=True, source="s")
    assert row[1] == Flag(branch=("b", "c"), min=2, if_present=False, source="t")
    assert row[1].first({"c", "d"}) == "c"
    assert row[1].first({"d"}) is None


@pytest.mark.parametrize(
    "document",
    [
        {"branch": "a", "equals": 1},
        {"branches": ["a"], "equals": 1},
        {"all_of": [{"branch": "a", "equals": 1}]},
        {"branch": "a", "equals": 1, "source": ""},
    ],
)
def test_a_source_is_required(document):
    with pytest.raises(ValidationError, match="source"):
        _flag(document)
