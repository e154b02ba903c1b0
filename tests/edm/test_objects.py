"""Objects of events: selected, counted, sorted and joined as plain lists are, whatever they look like in memory."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edm.objects import Objects
from tests.support.jagged import jagged, plain

EVENTS = [[{"pt": 3.0}, {"pt": 2.0}], [], [{"pt": 1.0}], [{"pt": 5.0}, {"pt": 4.0}, {"pt": 3.5}]]
WHOLE = jagged(EVENTS).to_awkward()


def pts(objects):
    return [[each["pt"] for each in event] for event in plain(objects)]


def layouts():
    """The same events in several layouts of awkward."""
    yield "plain", WHOLE, EVENTS
    yield "slice", WHOLE[1:], EVENTS[1:]
    yield "first events", WHOLE[:2], EVENTS[:2]
    yield "mask", WHOLE[np.array([True, False, False, True])], [EVENTS[0], EVENTS[3]]
    yield "taken", WHOLE[[3, 0, 1]], [EVENTS[3], EVENTS[0], EVENTS[1]]
    yield "objects cut", WHOLE[WHOLE.pt > 2.5], [[each for each in event if each["pt"] > 2.5] for event in EVENTS]
    yield "objects in another order", WHOLE[ak.argsort(WHOLE.pt)], [event[::-1] for event in EVENTS]
    yield "first objects", WHOLE[:, :1], [event[:1] for event in EVENTS]
    yield "regular", ak.to_regular(WHOLE[[0, 0]], axis=1), [EVENTS[0], EVENTS[0]]
    short = ak.index.Index32(np.asarray(WHOLE.layout.offsets).astype(np.int32))
    yield "32-bit offsets", ak.Array(ak.contents.ListOffsetArray(short, WHOLE.layout.content)), EVENTS
    yield "none", WHOLE[:0], []


CASES = list(layouts())


@pytest.mark.parametrize(("array", "events"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_awkward_arrays_are_taken_apart_and_put_together(array, events):
    objects = Objects.from_awkward(array)
    assert objects.offsets.tolist() == np.cumsum([0, *map(len, events)]).tolist()
    assert objects["pt"].tolist() == [each["pt"] for event in events for each in event]
    assert list(objects.columns) == ak.fields(WHOLE)
    assert (objects.n_events, objects.n_objects) == (len(events), sum(map(len, events)))
    again = objects.to_awkward()
    assert again.pt.to_list() == [[each["pt"] for each in event] for event in events]
    assert again.pt.type.content.content == WHOLE.pt.type.content.content


def test_columns_keep_their_types_and_are_not_copied():
    given = jagged([[{"n": 7}], []], n="int8")
    again = Objects.from_awkward(given.to_awkward())
    assert {name: column.dtype for name, column in again.columns.items()} == {
        name: column.dtype for name, column in given.columns.items()
    }
    assert np.shares_memory(again["n"], given["n"])


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"the offsets end at 3 objects, but .* other lengths: \{'eta': 2\}"):
        Objects(np.array([0, 3]), {"pt": np.zeros(3), "eta": np.zeros(2)})


def test_events_without_any_object():
    objects = Objects.none(3)
    assert plain(objects) == [[], [], []]
    assert {name: column.dtype for name, column in objects.columns.items()} == dict.fromkeys(
        ("pt", "eta", "phi", "mass"), np.float32
    )


def test_memory_is_counted():
    assert jagged([[{}, {}], []]).n_bytes == 3 * 8 + 4 * 2 * 4


events_ = st.lists(st.lists(st.fixed_dictionaries({"pt": st.integers(1, 4).map(float), "n": st.integers(-9, 9)})))


@settings(deadline=None)
@given(events_)
def test_objects_that_are_selected_stay_in_their_events(events):
    objects = jagged(events, n="int32")
    chosen = objects["n"] > 0
    expected = [[each["n"] for each in event if each["n"] > 0] for event in events]
    assert [[each["n"] for each in event] for event in plain(objects.select(chosen))] == expected
    assert objects.counts(chosen).tolist() == [len(event) for event in expected]
    assert objects.counts().tolist() == [len(event) for event in events]


@settings(deadline=None)
@given(events_, st.data())
def test_events_go_with_their_objects(events, data):
    chosen = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    objects = jagged(events, n="int32").select_events(np.array(chosen, dtype=bool))
    expected = [event for event, stays in zip(events, chosen, strict=True) if stays]
    assert plain(objects) == plain(jagged(expected, n="int32"))


@settings(deadline=None)
@given(events_, st.data())
def test_events_after_others_keep_their_objects(events, data):
    n_events = data.draw(st.integers(0, len(events)))
    assert plain(jagged(events, n="int32").after(n_events)) == plain(jagged(events[n_events:], n="int32"))


@settings(deadline=None)
@given(events_)
def test_objects_are_sorted_by_falling_pt_and_ties_keep_their_order(events):
    expected = [sorted(event, key=lambda each: -each["pt"]) for event in events]
    assert plain(jagged(events, n="int32").sort_by_pt()) == plain(jagged(expected, n="int32"))


@settings(deadline=None)
@given(st.lists(events_, min_size=1, max_size=4))
def test_parts_are_joined_in_their_order(parts):
    joined = Objects.concatenate([jagged(part, n="int32") for part in parts])
    assert plain(joined) == plain(jagged([event for part in parts for event in part], n="int32"))
    assert (joined.offsets.dtype, joined["n"].dtype) == (np.int64, np.int32)


def test_what_is_shared_is_not_changed():
    objects = jagged(EVENTS)
    before = plain(objects)
    objects.select(objects["pt"] > 2).sort_by_pt().select_events(np.array([True, False, True, False]))
    assert plain(objects) == before
