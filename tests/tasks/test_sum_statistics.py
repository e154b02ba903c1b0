"""The statistics of branches and their sum: every event and object is somewhere."""

from collections import Counter

from tests.toy_files import EVENTS, truncate

ROOMS = {"ParseFile": "parsed_data", "ComputeMasses": "im_arrays", "RemovePeaks": "im_arrays_processed"}
ROOMS |= {"FindPeaks": "peaks", "MakeHistograms": "histograms"}


def test_every_branch_has_statistics_that_name_its_product(run):
    run()
    for stage, room in ROOMS.items():
        records = run.records(stage)
        assert {record["product"] for record in records} == {path.name for path in run.products(room)}
        assert {(record["stage"], record["dataset"]) for record in records} == {(stage, "files")}
        assert all(record["seconds"] > 0 and record["peak_memory_mb"] > 0 for record in records)


def test_every_event_is_written_or_has_too_few_objects(run):
    run()
    (total,) = run.records("MakeHistograms")
    for record in run.records("ParseFile"):
        assert record["events"]["read"] == EVENTS == sum(file["events"] for file in record["files"])
    for events in [total["events"], *(record["events"] for record in run.records("ParseFile"))]:
        assert events["read"] == events["written"] + sum(events["few_objects"].values())
        assert sum(events["few_objects"].values()) > 0
    assert total["events"]["read"] == 3 * EVENTS == sum(total["final_states"].values())


def test_every_object_is_selected_or_removed_by_a_row(run):
    run(selection="none")
    (total,) = run.records("MakeHistograms")
    for kind in "emj":
        objects = {row["cut"]: row["objects"] for row in total["cutflow"][kind]}
        assert objects["all"] == objects["selected"] > 0


def test_the_sum_is_the_sum_of_the_branches(run):
    run()
    (total,) = run.records("MakeHistograms")
    states = Counter()
    for record in run.records("ComputeMasses"):
        states.update(record["final_states"])
    assert total["final_states"] == states
    removed = run.records("RemovePeaks")
    for what in ("masses", "main", "outliers"):
        assert total["masses"][what] == sum(record[what] for record in removed)
    assert total["masses"]["masses"] == sum(record["masses"] for record in run.records("ComputeMasses"))
    assert total["branches"] == {"ParseFile": 3, "ComputeMasses": 3, "RemovePeaks": 3}
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
