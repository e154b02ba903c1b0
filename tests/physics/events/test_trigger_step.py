"""The trigger row: paths of the menu that an event takes."""

import numpy as np
import pytest

from physics.errors import EventLevelError
from physics.events.trigger_step import Fired
from physics.selection.events import Period, Stream

MENUS = (
    Period(name="a", runs=(1, 9), paths=("p", "q")),
    Period(name="b", runs=(10, 19), paths=("q", "r")),
    Period(name="c", runs=(20, 29), paths=("absent",)),
)
INDEX = np.array([0, 0, 1, 1, -1, 1])
REACHED = np.array([True, True, True, True, True, False])
COLUMNS = {
    "p": np.array([1, 0, 1, 0, 1, 1]),
    "q": np.array([0, 0, 0, 1, 1, 1]),
    "r": np.array([1, 1, 0, 1, 0, 0]),
}


@pytest.fixture
def fired():
    return Fired(MENUS, INDEX, REACHED, "flags", COLUMNS, {})


def test_a_path_counts_in_its_own_period_only(fired):
    assert fired.any().tolist() == [True, False, False, True, False, False]
    assert fired.per_path() == {"p": 1, "q": 1, "r": 1}


def test_paths_of_menus_that_no_event_takes_are_not_missing(fired):
    assert fired.missing() == ()
    without_r = {name: column for name, column in COLUMNS.items() if name != "r"}
    assert Fired(MENUS, INDEX, REACHED, "flags", without_r, {}).missing() == ("r",)


def test_matches_count_for_the_paths_of_the_period(fired):
    always, never = np.ones(6, dtype=np.bool_), np.zeros(6, dtype=np.bool_)
    matched = {"p": always, "q": never, "r": never, "absent": never}
    assert fired.matched(matched).tolist() == [True, True, False, False, False, False]


def test_events_of_a_higher_stream_are_left_out(fired):
    high, low = (Stream(name=name, files=("*",), paths=(path,)) for name, path in (("high", "p"), ("low", "q")))
    assert fired.in_stream(high, (high, low)).tolist() == [True, False, False, False, False, False]
    assert fired.in_stream(low, (high, low)).tolist() == [False, False, False, True, False, False]


def test_a_file_without_any_path_of_a_period_is_refused():
    message = r"no listed trigger path of the period b is in the file \(q, r\): look in its branches .*--triggers none"
    with pytest.raises(EventLevelError, match=message):
        Fired(MENUS, np.array([1]), np.array([True]), "flags", {"p": np.array([1])}, {})
    assert Fired(MENUS, np.array([1]), np.array([False]), "flags", {}, {}).any().tolist() == [False]
