"""FindDuplicates: when the events of a dataset are compared, and what becomes of copies."""

import json
import re
import shutil
import zlib

import numpy as np
import pytest
import uproot

from edm.event_keys import EVENT_KEY
from tests.support import faults, portals
from tests.support.portals import Records, record_file
from tests.support.runs import Runs
from tests.support.toy_files import toy_file
from tests.tasks.stages.output.test_summary import row

portal = portals.portal  # a fixture


def parsed_in_order(run):
    """Give the parsed data in the order of the run's files."""
    by_file = {record["files"][0]["uri"]: record["product"] for record in run.records("ParseFile")}
    products = {path.name: path for path in run.products("parsed_data")}
    return [products[by_file[uri]] for uri in sorted(by_file)]


def test_copies_end_a_checked_run_before_peaks_are_searched(run, files):
    outcome = run.attempt(duplicates="check")
    assert outcome.status != 0
    assert "FindDuplicates" in outcome.started
    assert "FindPeaks" not in outcome.started
    assert "Traceback" not in outcome.text
    assert re.search(
        rf"files: \d+ of \d+ events are there already: \d+ in {files[0]} and {files[2]}; .*For example run 278820, "
        r"block 17, event \d+; .*--duplicates remove keeps the copy that comes first",
        outcome.text,
    )
    assert run.products("duplicates") == []
    assert "FindDuplicates failed: files: " in run(task="Summary", duplicates="check").text


def test_removed_copies_are_in_no_mass(run):
    run(duplicates="remove")
    seen, expected = set(), 0
    for path in parsed_in_order(run):
        events = uproot.open(path)["events"].arrays(["event"])["event"].to_numpy()
        new = [event not in seen for event in events.tolist()]
        seen |= set(events.tolist())
        expected += sum(new)
    (found,) = run.records("FindDuplicates")
    assert (found["mode"], found["events"] - found["copies"]) == ("remove", expected)
    computed = run.records("ComputeMasses")
    assert sum(record["left_out"] for record in computed) == found["copies"] > 0
    few = sum(sum(record["events"]["few_objects"].values()) for record in run.records("ParseFile"))
    assert sum(record["events"] for record in computed) == expected + few
    (made,) = run.records("MakeHistograms")
    assert made["duplicates"]["copies"] == found["copies"]
    assert sum(made["final_states"].values()) == expected + few
    assert f"{found['copies']:,} are copies of others and left out" in run(task="Summary", duplicates="remove").text


def test_a_dataset_without_copies_gives_the_same_histograms_in_every_mode(tmp_path):
    path = toy_file(tmp_path / "in" / "f0.root", 0)
    run = Runs(tmp_path, str(path))
    ignored = run(duplicates="ignore")
    before = run.state()
    assert run().started == []  # auto: one stream, no record
    checked = run(duplicates="check")
    assert "FindDuplicates" not in ignored.started
    assert checked.started == ["FindDuplicates", "FindPeaks", "FillHistograms", "MakeHistograms"]
    assert "events compared, none is there twice" in checked.text
    removed = run(duplicates="remove")
    assert "CountMasses" in removed.started
    assert run.changed_since(before) == []
    assert len({str(histograms) for histograms in run.all_histograms()}) == 1


def test_masses_without_copies_depend_on_the_whole_list(run, files, tmp_path):
    run(task="ComputeMasses", duplicates="remove", input_files=f"{files[0]},{files[1]}")
    run(task="ComputeMasses", duplicates="remove", input_files=f"{files[1]},{files[0]}")
    folders = {path.parent for path in run.products("im_arrays")}
    assert len(folders) == 2  # the same four files of parsed data, in another order
    assert len(run.products("parsed_data")) == 2
    documents = [json.loads((folder / "parameters.json").read_text()) for folder in folders]
    assert all(document["FindDuplicates"]["duplicates"] == "remove" for document in documents)
    assert len({document["files"] for document in documents}) == 2
    run(task="ComputeMasses", duplicates="check", input_files=f"{files[0]},{files[1]}")
    (plain,) = {path.parent for path in run.products("im_arrays")} - folders
    assert "files" not in json.loads((plain / "parameters.json").read_text())


def test_several_files_a_branch_change_nothing(tmp_path, toys):
    totals = []
    for per_branch in (1, 2, 3):
        run = Runs(tmp_path / str(per_branch), ",".join(map(str, toys[:3])))
        run.folder.mkdir()
        run(duplicates="remove", files_per_branch=per_branch)
        totals.append(run.histograms())
    assert totals[0] == totals[1] == totals[2]


@pytest.mark.parametrize(
    ("folders", "compared"),
    [(("DoubleMuon", "SingleMuon"), True), (("DoubleMuon", "DoubleMuon"), False), (("other", "SingleMuon"), False)],
)
def test_streams_are_checked_unless_told_otherwise(tmp_path, toys, folders, compared):
    for number, folder in enumerate(folders):
        (tmp_path / "in" / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy2(toys[number], tmp_path / "in" / folder / f"f{number}.root")
    run = Runs(tmp_path, f"{tmp_path}/in/*/*.root")
    outcome = run.attempt(selection="default", streams="none", min_events_per_fs=1)
    assert ("FindDuplicates" in outcome.started) == compared
    assert (outcome.status != 0) == compared
    if compared:
        assert "events are there already" in outcome.text


def test_the_streams_of_2016_are_checked_though_their_rank_is_not_known(tmp_path, toys):
    for number, name in enumerate(("DataEgamma", "DataMuons")):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy2(toys[number], tmp_path / "in" / f"{name}.root")
    outcome = Runs(tmp_path, f"{tmp_path}/in/*.root").attempt(task="FindPeaks")
    assert "events are there already" in outcome.text


def test_simulation_is_not_compared(run):
    outcome = run.attempt(task="ComputeMasses", duplicates="check", data_type="mc")
    assert "a file of collisions by its own marks" in outcome.text
    assert "FindDuplicates" not in outcome.started


def test_who_asks_for_the_task_wants_a_comparison(run, files):
    outcome = run.attempt(task="FindDuplicates")
    assert "events are there already" in outcome.text
    run(task="FindDuplicates", duplicates="remove")
    assert np.load(run.products("duplicates")[0]).dtype == EVENT_KEY
    refused = run.attempt(task="FindDuplicates", duplicates="ignore")
    assert "duplicates = ignore: FindDuplicates compares nothing then; use --duplicates check or remove" in refused.text
    run(task="FindDuplicates", input_files=files[0])


def test_plan_and_summary_list_the_stage_where_it_is_needed(run):
    assert "FindDuplicates" not in run(task="Plan").text
    assert row(run(task="Plan", duplicates="remove").text, "FindDuplicates") == ["1", "0", "1"]
    run(duplicates="remove")
    assert row(run(task="Plan", duplicates="remove").text, "FindDuplicates") == ["1", "1", "0"]
    assert row(run(task="Summary", duplicates="remove").text, "FindDuplicates")[:2] == ["1", "1"]
    assert "FindDuplicates" not in run(task="Summary").text


def test_tolerated_failures_do_not_shift_entries(run, files):
    files[1].write_bytes(files[1].read_bytes()[:3000])
    run(duplicates="remove", tolerated_failures=1, files_per_branch=3)
    (found,) = run.records("FindDuplicates")
    assert {pair["second"] for pair in found["pairs"]} == {str(files[2])}


@pytest.mark.parametrize("records", [(7,), (7, 8)])
def test_several_records_are_checked(tmp_path, toys, portal, records):
    with faults.serving() as web:
        served = {}
        for record, toy in zip(records, toys, strict=False):
            content = toy.read_bytes()
            url = web.host(f"{record}.root", content)
            served[record] = {"files": [record_file(url, len(content), f"adler32:{zlib.adler32(content):08x}")]}
        portal.answer = Records(served)
        given = {"input_files": None, "specific_record_ids": ",".join(map(str, records))}
        outcome = Runs(tmp_path, "").attempt(task="FindPeaks", **given)
    assert ("events are there already" in outcome.text) == (len(records) > 1)
    assert ("FindDuplicates" in outcome.started) == (len(records) > 1)
