"""Where trigger decisions stand, and which menu an event takes."""

import awkward as ak
import numpy as np
import pytest

from edm.jagged import Jagged
from physics.errors import EventLevelError
from physics.events.trigger_menus import match_branch
from physics.events.triggers import (
    DECISION_WORDS,
    MENU_KEY,
    RANDOM_RUN,
    TriggerCounts,
    choose_menus,
    fired_paths,
    trigger_branches,
    trigger_source,
)
from physics.selection.events import OneMenu, Period

PERIODS = (Period(name="a", runs=(10, 19), paths=("HLT_x",)), Period(name="b", runs=(30, 39), paths=("HLT_x", "HLT_y")))


@pytest.mark.parametrize(
    ("branches", "has_menu", "source"),
    [
        ([DECISION_WORDS], True, "decision"),
        ([DECISION_WORDS], False, "match"),
        ([match_branch("HLT_x")], False, "match"),
        (["HLT_x", "Muon_pt"], False, "flags"),
        (["trigE"], False, "flags"),
        (["Muon_pt"], True, "none"),
    ],
)
def test_the_branches_tell_where_decisions_stand(branches, has_menu, source):
    assert trigger_source(branches, has_menu) == source


def test_only_branches_that_are_there_are_read():
    present = {DECISION_WORDS, MENU_KEY, RANDOM_RUN, "HLT_y", match_branch("HLT_x")}
    assert trigger_branches(PERIODS, "decision", present) == [DECISION_WORDS, MENU_KEY, RANDOM_RUN]
    assert trigger_branches(PERIODS, "flags", present) == ["HLT_y", RANDOM_RUN]
    assert trigger_branches(PERIODS, "match", present) == [match_branch("HLT_x"), RANDOM_RUN]
    assert trigger_branches(PERIODS, "none", {"HLT_y"}) == []


RUNS = np.array([9, 10, 19, 20, 39])


def test_the_run_chooses_the_period_of_collisions():
    chosen = choose_menus(PERIODS, RUNS, 5, None)
    assert chosen.menu.tolist() == [-1, 0, 0, -1, 1]
    assert not chosen.by_period.any()


def test_simulation_outside_takes_the_period_that_is_named():
    chosen = choose_menus(PERIODS, RUNS, 5, "b")
    assert chosen.menu.tolist() == [1, 0, 0, 1, 1]
    assert chosen.by_period.tolist() == [True, False, False, True, False]
    without = choose_menus(PERIODS, None, 2, "a")
    assert (without.menu.tolist(), without.by_period.tolist()) == ([0, 0], [False, False])
    with pytest.raises(EventLevelError, match=r"--mc-period c: no period .* is called so; there are a, b"):
        choose_menus(PERIODS, RUNS, 5, "c")


def test_one_menu_for_all_needs_no_run():
    assert choose_menus((OneMenu(paths=("trigE",)),), None, 3, None).menu.tolist() == [0, 0, 0]
    with pytest.raises(EventLevelError, match="chosen by run number, which this file does not have: --triggers none"):
        choose_menus(PERIODS, None, 3, None)


def test_flags_and_matches_tell_what_fired():
    flags = {"HLT_x": np.array([0.0, 2.0, np.nan]), "HLT_y": np.array([True, False, True])}
    fired = fired_paths(("HLT_x", "HLT_y", "HLT_z"), "flags", flags, {})
    assert {path: mask.tolist() for path, mask in fired.items()} == {
        "HLT_x": [False, True, False],
        "HLT_y": [True, False, True],
    }
    lists = Jagged.from_awkward(ak.Array([[], [1], [1, 2]]))
    matched = fired_paths(("HLT_x", "HLT_y"), "match", {match_branch("HLT_x"): lists}, {})
    assert {path: mask.tolist() for path, mask in matched.items()} == {"HLT_x": [False, True, True]}
    with pytest.raises(EventLevelError, match="HLT_x has any number of values an event, not one: --triggers none"):
        fired_paths(("HLT_x",), "flags", {"HLT_x": lists}, {})


def test_counts_add_up_and_the_first_source_stays():
    more = TriggerCounts({"a": 2, "b": 5}, ("d", "c"), "flags", 1, 1, 9)
    total = TriggerCounts({"a": 1}, ("c",), "none", 1, 2, 3).add(more)
    assert total == TriggerCounts({"a": 3, "b": 5}, ("c", "d"), "flags", 2, 3, 12)
