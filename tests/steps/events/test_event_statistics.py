"""The event level in runs of toy files: sums over branches, and what Summary and the announcement say of them."""

import pytest

from edm.records.event_level import EventLevel, LuminosityNumbers
from steps.events.event_statistics import describe_luminosity, warnings
from tests.support.toy_files import EVENTS


def test_blocks_that_several_branches_saw_count_once(run):
    outcome = run(selection="default", min_events_per_fs=1)
    (record,) = run.records("MakeHistograms")
    assert record["luminosity"] == {
        "blocks_seen": 1,
        "blocks_good": 1,
        "blocks_in_list": 234231,
        "estimate_pb": pytest.approx(36330.0 / 234231),
    }
    rows = {row["name"]: (row["passed"], row["applied"]) for row in record["event_cutflow"]}
    assert rows["events read"] == rows["good runs"] == (3 * EVENTS, 3 * EVENTS)
    assert rows["trigger"] == (3 * EVENTS, 0)
    assert "files: 900 of 900 events count; 1 of 1 luminosity blocks good" in outcome.text
    assert "no trigger was asked for: the files have no trigger branch at all" in outcome.text
    assert "the branches are in no file of the dataset (perhaps misspelt)" in outcome.text
    text = run(task="Summary", selection="default", min_events_per_fs=1).text
    assert "900 of 900 events count; 1 of 1 luminosity blocks good (of 234,231 in the lists), ≈ 0.1551 1/pb" in text


def test_lists_are_part_of_the_variant(run):
    run(task="ParseFile", selection="default")
    run(task="ParseFile", selection="default", good_runs="cms-2016")
    run(task="ParseFile", selection="default", good_runs="none")
    run(task="ParseFile", selection="default", triggers="none")
    assert len({path.parent for path in run.products("parsed_data")}) == 4


def test_nothing_is_said_where_no_list_was_asked():
    assert describe_luminosity(EventLevel()) == ""
    assert describe_luminosity(EventLevel(luminosity=LuminosityNumbers(0, 0, 0, None))) == ""


def test_runs_without_good_blocks_and_silent_paths_are_warned_of():
    class Statistics(EventLevel):
        simulated_files, formats = 1, {"cms-nanoaod": 3}

    statistics = Statistics(
        blocks={"seen": {"1": ((1, 2),), "2": ((1, 1),)}, "good": {"2": ((1, 1),)}},
        events_per_path={"HLT_a": 0, "HLT_b": 3},
        missing_paths=("HLT_c",),
        no_score=2,
    )
    assert warnings(statistics) == [
        "1 run without a good luminosity block, all events left out: 1",
        "trigger paths that never fired: HLT_a",
        "trigger paths that files lack: HLT_c",
        "2 jets without a score of the b-tagger, taken for no b-jets",
        "a mixture: 1 of 3 files are simulation, the others collisions",
    ]
