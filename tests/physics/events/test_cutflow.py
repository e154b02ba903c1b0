"""Event cutflows and their sums."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.records.event_level import EventRow
from physics.errors import PhysicsError
from physics.events.cutflow import EventCutflow

NAMES = ("events read", "good runs", "Flag_a", "Flag_b", "trigger")


def flow(*rows):
    return EventCutflow(tuple(EventRow(*row) for row in rows))


def drawn_flow(names, numbers):
    """Make a cutflow; a row that is asked of no event passes all that reach it."""
    rows = []
    for name, (passed, applied) in zip(NAMES, numbers, strict=True):
        if name == NAMES[0] or name in names:
            rows.append((name, passed if applied or not rows else rows[-1][1], applied))
    return flow(*rows)


numbers = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=5)
flows = st.builds(drawn_flow, st.sets(st.sampled_from(NAMES[1:])), numbers)


def test_rows_add_up():
    total = flow(("events read", 5, 5), ("trigger", 2, 5)).add(flow(("events read", 7, 7), ("trigger", 7, 0)))
    assert total.as_dict() == [
        {"name": "events read", "passed": 12, "applied": 12},
        {"name": "trigger", "passed": 9, "applied": 5},
    ]


def test_a_row_that_one_file_lacks_passes_its_events():
    cms = flow(("events read", 5, 5), ("Flag_a", 4, 5), ("trigger", 1, 4))
    atlas = flow(("events read", 9, 9), ("jets", 8, 9), ("trigger", 2, 8))
    expected = flow(("events read", 14, 14), ("Flag_a", 13, 5), ("jets", 12, 9), ("trigger", 3, 12))
    assert cms.add(atlas) == atlas.add(cms) == expected


@pytest.mark.parametrize("applied", [5, 0])
def test_a_step_that_is_not_asked_of_a_format_gives_way_to_the_rows_of_another(applied):
    cms = flow(("events read", 5, 5), ("Flag_a", 5, applied), ("Flag_b", 4, applied), ("trigger", 1, 4))
    atlas = flow(("events read", 9, 9), ("noise filters", 9, 0), ("trigger", 2, 9))
    expected = flow(("events read", 14, 14), ("Flag_a", 14, applied), ("Flag_b", 13, applied), ("trigger", 3, 13))
    assert cms.add(atlas) == atlas.add(cms) == expected
    assert atlas.add(atlas).rows[1].name == "noise filters"
    assert atlas.add(cms).add(atlas) == atlas.add(atlas).add(cms)


def test_other_orders_cannot_be_added():
    one, two = flow(("a", 1, 1), ("b", 1, 1), ("c", 1, 1)), flow(("a", 1, 1), ("c", 1, 1), ("b", 1, 1))
    with pytest.raises(PhysicsError, match="different orders of steps cannot be added"):
        one.add(two)


@given(flows, flows)
def test_adding_knows_no_order_and_counts_all(one, two):
    total = one.add(two)
    assert total == two.add(one)
    assert total.rows[-1].passed == one.rows[-1].passed + two.rows[-1].passed
    names, both = {row.name for row in total.rows}, (*one.rows, *two.rows)
    assert {row.name for row in both if row.applied} <= names <= {row.name for row in both}


@given(flows)
def test_nothing_is_neutral_and_json_keeps_all(cutflow):
    assert EventCutflow().add(cutflow) == cutflow.add(EventCutflow()) == cutflow
    assert EventCutflow.from_dict(json.loads(json.dumps(cutflow.as_dict()))) == cutflow
