"""What is said of events, and its sums."""

import json

import numpy as np
import pytest

from edm.records.event_level import EventRow
from physics.errors import EventLevelError
from physics.events.cutflow import EventCutflow
from physics.events.good_runs import Blocks
from physics.events.result import EventResult
from physics.events.triggers import TriggerCounts


def result(passed, path, branch, runs, no_menu=0):
    rows = EventCutflow((EventRow("events read", 10, 10), EventRow("trigger", passed, 10)))
    good = np.ones(len(runs), dtype=np.bool_)
    blocks = Blocks.of_events(np.array(runs), np.array(runs) + 1, good)
    counts = TriggerCounts({path: passed}, (f"no {path}",), "flags", 1, no_menu, 10)
    return EventResult(rows, counts, blocks, {"jets": (branch,)})


def test_sums_unite_sets_and_add_numbers():
    total = result(4, "a", "x", [1, 1, 2]).add(result(5, "b", "y", [2, 3])).add(EventResult())
    document = total.as_dict()
    assert document["event_cutflow"] == [
        {"name": "events read", "passed": 20, "applied": 20},
        {"name": "trigger", "passed": 9, "applied": 20},
    ]
    assert document["events_per_path"] == {"a": 4, "b": 5}
    assert document["missing_paths"] == ["no a", "no b"]
    assert document["not_applied"] == {"jets": ["x", "y"]}
    assert document["blocks"]["seen"] == {"1": [[2, 2]], "2": [[3, 3]], "3": [[4, 4]]}
    assert (document["chosen_by_mc_period"], document["asked_for_menu"], document["trigger_source"]) == (2, 20, "flags")


def test_it_survives_json():
    document = result(4, "a", "x", [1, 2]).as_dict()
    assert EventResult.from_dict(json.loads(json.dumps(document))).as_dict() == document


def test_more_than_half_without_a_menu_is_refused():
    result(5, "a", "x", [1], no_menu=5).check()
    with pytest.raises(EventLevelError, match="no menu for 6 of the 10 events that reach this row"):
        result(4, "a", "x", [1], no_menu=6).check()
