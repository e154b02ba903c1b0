"""The statistics of branches and their sum: every event and object is somewhere."""

import json
from collections import Counter

import numpy as np
import pytest

from edm.records import kinematics
from tests.support.toy_files import EVENTS, truncate

ROOMS = {"ParseFile": "parsed_data", "ComputeMasses": "im_arrays", "RemovePeaks": "im_arrays_processed"}
ROOMS |= {"FindPeaks": "peaks", "MakeHistograms": "histograms"}
ROOMS |= {"CountMasses": "mass_counts", "FillHistograms": "histogram_counts"}


def test_every_branch_has_statistics_that_name_its_product(finished):
    for stage, room in ROOMS.items():
        records = finished.records(stage)
        assert {record["product"] for record in records} == {path.name for path in finished.products(room)}
        assert {(record["stage"], record["dataset"]) for record in records} == {(stage, "files")}
        assert all(record["seconds"] > 0 and record["peak_memory_mb"] > 0 for record in records)


def test_every_event_is_written_or_has_too_few_objects(finished):
    (total,) = finished.records("MakeHistograms")
    for record in finished.records("ParseFile"):
        assert record["events"]["read"] == EVENTS == sum(file["events"] for file in record["files"])
    for events in [total["events"], *(record["events"] for record in finished.records("ParseFile"))]:
        assert events["read"] == events["written"] + sum(events["few_objects"].values())
        assert sum(events["few_objects"].values()) > 0
    assert total["events"]["read"] == 3 * EVENTS == sum(total["final_states"].values())


def test_every_object_is_selected_or_removed_by_a_row(finished):
    (total,) = finished.records("MakeHistograms")
    for kind in "emj":
        objects = {row["cut"]: row["objects"] for row in total["cutflow"][kind]}
        assert objects["all"] == objects["selected"] > 0


def test_the_sum_is_the_sum_of_the_branches(finished):
    (total,) = finished.records("MakeHistograms")
    states = Counter()
    for record in finished.records("ComputeMasses"):
        states.update(record["final_states"])
    assert total["final_states"] == states
    removed = finished.records("RemovePeaks")
    for what in ("masses", "main", "outliers"):
        assert total["masses"][what] == sum(record[what] for record in removed)
    assert total["masses"]["masses"] == sum(record["masses"] for record in finished.records("ComputeMasses"))
    stages = {stage: one["branches"] for stage, one in total["stages"].items()}
    of_groups = ["ParseFile", "ComputeMasses", "CountMasses", "RemovePeaks", "FillHistograms"]
    assert stages == dict.fromkeys(of_groups, 3) | {"FindPeaks": 1}
    assert (total["failures"], total["missing_statistics"]) == ([], 0)


def test_the_sum_does_not_depend_on_the_groups(run):
    run()
    run(files_per_branch=3, run_name="other")
    (one,) = run.records("MakeHistograms")
    run.name = "other"
    (other,) = run.records("MakeHistograms")
    for what in ("events", "cutflow", "final_states", "masses", "rows"):
        assert one[what] == other[what]


def test_a_file_left_out_stands_in_the_sum(run, files):
    truncate(files[1])
    run(tolerated_failures=1)
    (total,) = run.records("MakeHistograms")
    assert [failure["uri"] for failure in total["failures"]] == [str(files[1])]
    assert total["events"]["read"] == 2 * EVENTS


def test_each_stage_is_summed_by_hand(finished):
    (total,) = finished.records("MakeHistograms")
    for stage, summed in total["stages"].items():
        records = finished.records(stage)
        assert summed["seconds"] == pytest.approx(sum(record["seconds"] for record in records), abs=1e-3)
        assert summed["peak_memory_mb"] == max(record["peak_memory_mb"] for record in records)
        assert summed["bytes_written"] == sum(path.stat().st_size for path in finished.products(ROOMS[stage]))
    assert total["stages"]["ParseFile"]["events"] == total["stages"]["ComputeMasses"]["events"] == 3 * EVENTS
    assert (
        total["stages"]["ParseFile"]["bytes_read"]
        == sum(one["bytes_read"] for one in finished.records("ParseFile"))
        > 0
    )
    assert total["stages"]["FindPeaks"]["events"] is None, "it repeats what the stages above it counted"
    assert total["stages"]["CountMasses"]["masses"] == total["masses"]["masses"]


def test_every_selected_object_is_in_the_kinematics(run):
    run(selection="default", objects_to_calculate="e,m,j", good_runs="none", triggers="none")
    (total,) = run.records("MakeHistograms")
    found = kinematics.from_dict(total["kinematics"])
    for kind in "emj":
        assert total["objects"][kind] > 0
        assert {found[kind][name].entries() for name in ("pt", "eta", "phi")} == {total["objects"][kind]}
        assert found[kind]["n"].entries() == total["events"]["read"]
        numbers = found[kind]["n"].counts
        assert numbers @ np.arange(len(numbers)) == total["objects"][kind]


def test_runs_of_before_have_no_kinematics(run):
    run()
    for path in (run.out / "logs" / "ParseFile").glob("*/*.json"):
        record = json.loads(path.read_text())
        del record["kinematics"], record["bytes_written"], record["content_xxh3"]
        path.write_text(json.dumps(record))
    run.products("histograms")[0].unlink()
    run()
    (total,) = run.records("MakeHistograms")
    assert total["kinematics"] is None
    assert total["stages"]["ParseFile"]["bytes_written"] is None
    assert total["events"]["read"] == 3 * EVENTS


def test_selected_b_jets_are_counted(run):
    run()
    rows = {"j": [{"cut": "selected", "objects": 7}], "b": [{"cut": "selected jets", "objects": 7}]}
    rows["b"].append({"cut": "b_tag", "objects": 2})
    for path in (run.out / "logs" / "ParseFile").glob("*/*.json"):
        record = json.loads(path.read_text())
        del record["content_xxh3"]
        more = {"removed": 0, "applied": True, "reasons": []}
        record["cutflow"] = {kind: [row | more for row in listed] for kind, listed in rows.items()}
        path.write_text(json.dumps(record))
    run.products("histograms")[0].unlink()
    run()
    (total,) = run.records("MakeHistograms")
    assert total["objects"] == {"j": 21, "b": 6}
    assert total["stages"]["ParseFile"]["objects"] == 21  # a b-jet is a jet
