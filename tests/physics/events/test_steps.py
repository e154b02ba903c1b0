"""The event level as a whole, against plain loops and on small columns."""

import json

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edm.jagged import Jagged
from edm.run_lists import RunList
from physics.errors import EventLevelError
from physics.events.result import EventResult
from physics.events.steps import EventFile, EventSettings, event_branches, select_events
from physics.selection.events import EventSelection, Stream
from tests.oracle.event_level import cutflow

LIST = RunList.made_of(
    [(10, 5, 9), (12, 1, 3)], name="mine", experiment="CMS", source="s", sha256="0" * 64, span=(8, 14)
)
ORACLE_LISTS = [((8, 14), {10: [(5, 9)], 12: [(1, 3)]})]
MENUS = [(8, 10, ["HLT_a", "HLT_b"]), (12, 14, ["HLT_b", "HLT_c"])]
PERIODS = [
    {"name": f"p{number}", "runs": [first, last], "paths": paths} for number, (first, last, paths) in enumerate(MENUS)
]
STEPS = [("noise", "flag", {"equals": 1}), ("bits", "word", {"field": [4, 5], "not_equals": 2})]
EVENTS = EventSelection(
    good_runs={"formats": {"f": {"lists": "auto", "if_present": True}}},
    cleaning=[
        {"name": name, "formats": {"f": {"branch": branch, "if_present": True, "source": "s", **rule}}}
        for name, branch, rule in STEPS
    ],
    triggers={"formats": {"f": PERIODS}},
)
PATHS = ("HLT_a", "HLT_b", "HLT_c")
BRANCHES = frozenset({"run", "block", "event", "flag", "word", *PATHS})
FILE = EventFile("f", False, BRANCHES, "run", "block", "event")

events_of_file = st.lists(
    st.fixed_dictionaries(
        {
            "run": st.sampled_from([8, 10, 11, 12]),
            "block": st.integers(0, 10),
            "event": st.integers(-(2**31), 2**31 - 1),
            "flag": st.sampled_from([0, 1, 1, 1]),
            "word": st.integers(0, 255),
            "paths": st.sets(st.sampled_from(PATHS)),
        }
    ),
    max_size=25,
)


def columns_of(events, branches=BRANCHES):
    columns = {
        name: np.array([event[name] for event in events], dtype=np.int32) for name in ("run", "block", "event", "word")
    }
    columns["flag"] = np.array([event["flag"] for event in events], dtype=np.uint8)
    columns |= {path: np.array([path in event["paths"] for event in events], dtype=np.bool_) for path in PATHS}
    return {name: column for name, column in columns.items() if name in branches}


def some_events(n_events, **columns):
    whole = {"run": 10, "block": 5, "event": 1, "flag": 1, "word": 0, "HLT_a": True, "HLT_b": False, "HLT_c": False}
    return {name: np.full(n_events, value) for name, value in whole.items()} | columns


@settings(max_examples=150)
@given(events_of_file, st.sampled_from(["all", "a", "b"]), st.integers(0, 25), st.booleans())
def test_rows_and_events_are_those_of_plain_loops(events, half, cut, with_lists):
    options = EventSettings(EVENTS, lists=(LIST,), good_runs="auto" if with_lists else "none", half=half)
    rows, left = cutflow(events, ORACLE_LISTS if with_lists else None, STEPS, MENUS, half)
    mask, result = select_events(columns_of(events), len(events), FILE, options)
    assert [(row.name, row.passed, row.applied) for row in result.cutflow.rows] == rows
    assert np.flatnonzero(mask).tolist() == left
    parts = [select_events(columns_of(part), len(part), FILE, options) for part in (events[:cut], events[cut:])]
    total = parts[0][1].add(parts[1][1])
    assert np.concatenate([part[0] for part in parts]).tolist() == mask.tolist()
    assert EventResult.from_dict(json.loads(json.dumps(total.as_dict()))).as_dict() == total.as_dict()
    assert total.blocks.as_dict() == result.blocks.as_dict()
    assert total.cutflow == result.cutflow
    assert dict(total.triggers.events_per_path) == dict(result.triggers.events_per_path)
    assert set(total.triggers.missing_paths) == set(result.triggers.missing_paths)


def test_branches_are_those_that_the_steps_need():
    everything = EventSettings(EVENTS, lists=(LIST,), half="a")
    assert event_branches(FILE, everything) == ["run", "block", "flag", "word", "HLT_a", "HLT_b", "HLT_c", "event"]
    assert event_branches(FILE, EventSettings(EVENTS, good_runs="none", triggers=False)) == ["flag", "word"]
    assert event_branches(FILE, EventSettings(None)) == []


def test_a_selection_without_events_keeps_all():
    mask, result = select_events({}, 3, FILE, EventSettings(None))
    assert mask.all()
    assert [(row.passed, row.applied) for row in result.cutflow.rows] == [(3, 3)] + 5 * [(3, 0)]


def test_simulation_is_asked_neither_for_good_runs_nor_for_what_is_of_data_alone():
    steps = [{"name": "d", "data_only": True, "formats": {"f": {"branch": "flag", "equals": 9, "source": "s"}}}]
    events = EVENTS.model_copy(update={"cleaning": EventSelection(cleaning=steps).cleaning})
    file = EventFile("f", True, BRANCHES, "run", "block", "event")
    _, result = select_events(some_events(2), 2, file, EventSettings(events, lists=(LIST,), mc_period="p0"))
    assert {row.name: row.applied for row in result.cutflow.rows[:3]} == {"events read": 2, "good runs": 0, "d": 0}
    with pytest.raises(EventLevelError, match="no list covers run 99"):
        select_events(some_events(2, run=np.array([99, 99])), 2, FILE, EventSettings(events, lists=(LIST,)))


def test_a_file_without_runs_passes_where_that_is_allowed_and_says_so():
    file = EventFile("f", False, BRANCHES - {"run"}, None, "block", "event")
    mask, result = select_events(some_events(2), 2, file, EventSettings(EVENTS, lists=(LIST,), triggers=False))
    assert (mask.all(), result.not_applied) == (True, {"good runs": ("run",)})
    given_by_parameter = EventSettings(EVENTS, good_runs="lists", lists=(LIST,), triggers=False)
    assert select_events(some_events(2), 2, file, given_by_parameter)[1].not_applied == {"good runs": ("run",)}
    with pytest.raises(
        EventLevelError, match="this f file has no run number, which the lists ask for: --good-runs none"
    ):
        select_events(some_events(2), 2, file, EventSettings(None, good_runs="lists", lists=(LIST,)))


def test_a_run_without_a_luminosity_block_is_an_error():
    file = EventFile("f", False, BRANCHES - {"block"}, "run", None, "event")
    columns = {name: column for name, column in some_events(2).items() if name != "block"}
    with pytest.raises(EventLevelError, match="this f file has no luminosity block, which the lists ask for"):
        select_events(columns, 2, file, EventSettings(EVENTS, lists=(LIST,)))


def test_a_column_of_good_runs_must_be_there():
    events = EventSelection(good_runs={"formats": {"f": {"column": "passGRL", "equals": 1}}})
    passed = {"passGRL": np.array([True, False])}
    file = EventFile("f", False, frozenset(passed))
    assert select_events(passed, 2, file, EventSettings(events))[0].tolist() == [True, False]
    with pytest.raises(EventLevelError, match="good runs: this f file has no branch passGRL: --good-runs none"):
        select_events({}, 2, FILE, EventSettings(events))


def test_a_missing_branch_is_refused_or_said():
    rule = {"branch": "flags", "equals": 1, "source": "s"}
    strict = EventSelection(cleaning=[{"name": "n", "formats": {"f": rule}}])
    with pytest.raises(
        EventLevelError, match=r"cleaning 'n': there is no branch flags in this f file: .*\(there is flag\)"
    ):
        select_events(some_events(1), 1, FILE, EventSettings(strict))
    gentle = EventSelection(cleaning=[{"name": "n", "formats": {"f": rule | {"if_present": True}}}])
    _, result = select_events(some_events(1), 1, FILE, EventSettings(gentle))
    assert result.not_applied == {"n": ("flags",)}
    assert (result.cutflow.rows[2].name, result.cutflow.rows[2].applied) == ("n", 0)


def test_of_several_parts_those_that_are_there_are_asked():
    parts = [{"branch": name, "equals": 1} for name in ("flag", "other")]
    rule = {"all_of": parts, "if_present": True, "source": "s"}
    events = EventSelection(cleaning=[{"name": "n", "formats": {"f": rule}}])
    columns = some_events(2, flag=np.array([0, 1]))
    mask, result = select_events(columns, 2, FILE, EventSettings(events))
    assert (mask.tolist(), result.not_applied) == ([False, True], {"n": ("other",)})
    assert result.cutflow.rows[2].applied == 2


def test_more_than_half_without_a_menu_is_an_error_of_the_whole_file():
    options = EventSettings(EVENTS, good_runs="none")
    _, lost = select_events(some_events(3, run=np.full(3, 11)), 3, FILE, options)
    _, kept = select_events(some_events(3), 3, FILE, options)
    lost.add(kept).check()
    _, another = select_events(some_events(1, run=np.array([11])), 1, FILE, options)
    message = (
        r"trigger: no menu for 4 of the 7 events that reach this row: .* add one with their runs and paths, or --trig"
    )
    with pytest.raises(EventLevelError, match=message):
        lost.add(kept).add(another).check()


def test_a_missing_path_has_not_fired_and_no_path_is_an_error():
    columns = {name: column for name, column in some_events(2).items() if name != "HLT_b"}
    file = EventFile("f", False, BRANCHES - {"HLT_b"}, "run", "block", "event")
    _, result = select_events(columns, 2, file, EventSettings(EVENTS, good_runs="none"))
    assert (result.triggers.missing_paths, dict(result.triggers.events_per_path)) == (("HLT_b",), {"HLT_a": 2})
    other = EventFile("f", False, frozenset({"run", "flag", "word", "HLT_x"}), "run")
    message = r"no listed trigger path of the period p0 is in the file \(HLT_a, HLT_b\): look in its branches .*--trigg"
    with pytest.raises(EventLevelError, match=message):
        select_events(_without_paths(other), 2, other, EventSettings(EVENTS, good_runs="none"))


def _without_paths(file):
    return {name: column for name, column in some_events(2).items() if name in file.branches}


def test_a_path_of_two_menus_is_counted_over_both():
    columns = some_events(3, run=np.array([10, 12, 14]), HLT_b=np.array([True, True, False]))
    _, result = select_events(columns, 3, FILE, EventSettings(EVENTS, good_runs="none"))
    assert dict(result.triggers.events_per_path) == {"HLT_a": 1, "HLT_b": 2, "HLT_c": 0}


def test_a_file_without_any_trigger_branch_is_not_asked():
    file = EventFile("f", False, frozenset({"run", "flag", "word"}), "run")
    mask, result = select_events(_without_paths(file), 2, file, EventSettings(EVENTS, good_runs="none"))
    assert mask.all()
    assert result.not_applied == {"trigger": PATHS}
    assert result.triggers.source == "none"


def test_an_event_that_does_not_reach_the_trigger_asks_for_no_path():
    columns = some_events(2, run=np.array([10, 12]), flag=np.array([1, 0]))
    columns = {name: column for name, column in columns.items() if name not in ("HLT_b", "HLT_c")}
    file = EventFile("f", False, frozenset(columns), "run", "block", "event")
    mask, result = select_events(columns, 2, file, EventSettings(EVENTS, good_runs="none"))
    assert (mask.tolist(), result.triggers.missing_paths) == ([True, False], ("HLT_b",))


def test_simulation_takes_the_menu_of_its_random_run_or_of_the_period():
    random_run = "EventInfoAuxDyn.RandomRunNumber"
    file = EventFile("f", True, BRANCHES | {random_run}, "run", "block", "event")
    columns = some_events(3) | {random_run: np.array([13, 9, 0]), "HLT_c": np.ones(3, dtype=bool)}
    options = EventSettings(EVENTS, mc_period="p1")
    mask, result = select_events(columns, 3, file, options)
    assert mask.all()
    assert dict(result.triggers.events_per_path) == {"HLT_a": 1, "HLT_b": 0, "HLT_c": 2}
    assert (result.triggers.chosen_by_mc_period, result.triggers.source) == (1, "flags")
    with pytest.raises(
        EventLevelError, match=r"--mc-period 2018: no period of the selection's triggers is called so; there"
    ):
        select_events(columns, 3, file, EventSettings(EVENTS, mc_period="2018"))


def test_collisions_without_a_run_number_have_no_menu_to_choose():
    file = EventFile("f", False, BRANCHES - {"run"}, None, "block", "event")
    with pytest.raises(EventLevelError, match="the menu is chosen by run number, which this file does not have"):
        select_events(some_events(1), 1, file, EventSettings(EVENTS, good_runs="none"))


def test_physlite_decisions_and_matches():
    words = {"xTrigDecisionAux.efPassedPhysics": Jagged.from_awkward(ak.values_astype(ak.Array([[2], [1]]), np.uint32))}
    keys = {"TrigConfKeys.m_smk": np.array([5, 5])}
    match = {"AnalysisTrigMatch_HLT_aAuxDyn.TrigMatchedObjects": Jagged.from_awkward(ak.Array([[], [[1]]]))}
    base = {name: some_events(2)[name] for name in ("run", "flag", "word")}
    options = EventSettings(EVENTS, good_runs="none")
    decided = EventFile("f", False, frozenset(base | words | keys), "run", menus={5: {"HLT_a": 1}})
    assert event_branches(decided, options) == ["flag", "word", "run", *words, *keys]
    mask, result = select_events(base | words | keys, 2, decided, options)
    assert (mask.tolist(), result.triggers.source, result.triggers.missing_paths) == (
        [True, False],
        "decision",
        ("HLT_b",),
    )
    matched = EventFile("f", False, frozenset(base | words | keys | match), "run")
    assert event_branches(matched, options) == ["flag", "word", "run", *match]
    mask, result = select_events(base | match, 2, matched, options)
    assert (mask.tolist(), result.triggers.source) == ([False, True], "match")
    lost = EventFile("f", False, frozenset(base | words | keys), "run")
    with pytest.raises(
        EventLevelError, match=r"no listed trigger path of the period p0 .*AnalysisTrigMatch_\* branches"
    ):
        select_events(base, 2, lost, options)


def test_the_veto_of_streams_has_a_row():
    high = Stream(name="high", files=("*",), paths=("HLT_b",))
    low = Stream(name="low", files=("*",), paths=("HLT_a",))
    columns = some_events(3, HLT_a=np.array([True, True, False]), HLT_b=np.array([False, True, True]))
    kept = {}
    for own in (high, low):
        file = EventFile("f", False, BRANCHES, "run", "block", "event", stream=own)
        mask, result = select_events(columns, 3, file, EventSettings(EVENTS, good_runs="none", streams=(high, low)))
        kept[own.name] = mask.tolist()
        assert [(row.passed, row.applied) for row in result.cutflow.rows if row.name == "stream"] == [(mask.sum(), 3)]
    assert kept == {"high": [False, True, True], "low": [True, False, False]}


def test_halves_need_numbers():
    file = EventFile("f", False, frozenset({"run"}), "run")
    with pytest.raises(
        EventLevelError, match="halves: this f file has no event number, which the half depends on: --halves"
    ):
        select_events({"run": np.array([1])}, 1, file, EventSettings(None, half="a"))
