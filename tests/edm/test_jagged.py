"""Columns with any number of values an event."""

import awkward as ak
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edm.jagged import Jagged

lists = st.lists(st.lists(st.integers(-5, 5), max_size=4), max_size=8)


def jagged(rows):
    return Jagged.from_awkward(ak.values_astype(ak.Array([*rows, [0]])[:-1], np.int64))


@given(lists)
def test_any_says_which_events_have_a_chosen_value(rows):
    column = jagged(rows)
    assert column.any(column.values > 2).tolist() == [any(value > 2 for value in row) for row in rows]
    assert column.counts.tolist() == list(map(len, rows))


@given(lists, st.integers(0, 3))
def test_at_gives_one_place_of_every_event(rows, index):
    values, enough = jagged(rows).at(index)
    assert enough.tolist() == [len(row) > index for row in rows]
    assert values.tolist() == [row[index] if len(row) > index else 0 for row in rows]


@given(lists, st.data())
def test_keep_keeps_whole_events(rows, data):
    chosen = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    kept = jagged(rows).keep(np.array(chosen, dtype=bool))
    expected = [row for row, keep in zip(rows, chosen, strict=True) if keep]
    assert (kept.counts.tolist(), kept.values.tolist()) == (
        [len(row) for row in expected],
        [value for row in expected for value in row],
    )


def test_of_deeper_lists_the_lengths_matter():
    column = Jagged.from_awkward(ak.Array([[[1, 2], []], [], [[3]]]))
    assert (column.counts.tolist(), column.values.tolist()) == ([2, 0, 1], [2, 0, 1])
