"""Jagged arrays as columns and back, whatever they look like in memory."""

import awkward as ak
import numpy as np
import pytest

from edm.columns import join, keep, keep_events, number, sizes, split
from tests.support.jagged import jagged

EVENTS = [[{"pt": 3.0}, {"pt": 2.0}], [], [{"pt": 1.0}], [{"pt": 5.0}, {"pt": 4.0}, {"pt": 3.5}]]
WHOLE = jagged(EVENTS)


def layouts():
    """The same events in several layouts of awkward."""
    yield "plain", WHOLE, EVENTS
    yield "slice", WHOLE[1:], EVENTS[1:]
    yield "first events", WHOLE[:2], EVENTS[:2]
    yield "mask", WHOLE[np.array([True, False, False, True])], [EVENTS[0], EVENTS[3]]
    yield "taken", WHOLE[[3, 0, 1]], [EVENTS[3], EVENTS[0], EVENTS[1]]
    yield "objects cut", WHOLE[WHOLE.pt > 2.5], [[one for one in event if one["pt"] > 2.5] for event in EVENTS]
    yield "first objects", WHOLE[:, :1], [event[:1] for event in EVENTS]
    yield "regular", ak.to_regular(WHOLE[[0, 0]], axis=1), [EVENTS[0], EVENTS[0]]
    short = ak.index.Index32(np.asarray(WHOLE.layout.offsets).astype(np.int32))
    yield "32-bit offsets", ak.Array(ak.contents.ListOffsetArray(short, WHOLE.layout.content)), EVENTS
    yield "none", WHOLE[:0], []


CASES = list(layouts())


@pytest.mark.parametrize(("array", "events"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_apart_and_together(array, events):
    offsets, columns = split(array)
    assert offsets.tolist() == np.cumsum([0, *map(len, events)]).tolist()
    assert columns["pt"].tolist() == [one["pt"] for event in events for one in event]
    assert set(columns) == set(ak.fields(WHOLE))
    again = join(offsets, columns)
    assert again.pt.to_list() == [[one["pt"] for one in event] for event in events]
    assert again.pt.type.content.content == WHOLE.pt.type.content.content


def test_objects_go_and_events_stay():
    offsets, columns = split(WHOLE)
    left = join(*keep(offsets, columns, columns["pt"] > 3.2))
    assert left.pt.to_list() == [[], [], [], [5.0, 4.0, 3.5]]


def test_nothing_is_left():
    offsets, columns = split(WHOLE)
    assert join(*keep(offsets, columns, np.zeros(6, dtype=bool))).pt.to_list() == [[], [], [], []]


def test_objects_of_events_are_counted():
    offsets, columns = split(WHOLE)
    assert sizes(WHOLE).tolist() == [len(event) for event in WHOLE.pt.to_list()]
    assert number(offsets, columns["pt"] > 3.2).tolist() == [0, 0, 0, 3]


def test_events_go_with_their_objects():
    for chosen in ([True, False, False, True], [False] * 4, [True] * 4):
        assert keep_events(WHOLE, np.array(chosen)).to_list() == WHOLE[chosen].to_list()
