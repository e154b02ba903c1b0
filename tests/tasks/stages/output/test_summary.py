"""Summary: what a run has done so far, in tables; it writes nothing."""

import shutil

from edm.records.cutflow import shown
from tests.support.toy_files import EVENTS, truncate


def summary(run, **parameters):
    return run(task="Summary", **parameters)


def row(text, name):
    """Give the cells behind the first cell of a row."""
    (found,) = [line.split() for line in text.splitlines() if line.startswith(f"{name} ")]
    return found[1:]


def test_before_a_run_it_says_so_and_writes_nothing(run):
    outcome = summary(run)
    assert "there is no file list for these parameters, so nothing has been done yet" in outcome.text
    assert not run.out.parent.exists()


def test_an_unfinished_run_tells_what_is_missing(run):
    run(task="ComputeMasses")
    before = run.state()
    text = summary(run).text
    assert row(text, "ComputeMasses")[:3] == ["3", "3", f"{3 * EVENTS}"]
    assert row(text, "MakeHistograms")[:3] == ["1", "0", "-"]
    assert "missing: " not in text
    stages = (
        "CountMasses, FindPeaks, RemovePeaks, FillHistograms, MakeHistograms, MakePlots, ScanHistograms, PlotScan, "
    )
    stages += "MakeReport"
    assert f"not made: {stages}" in text
    assert run.state() == before
    run.products("im_arrays")[0].unlink()
    text = summary(run).text
    assert "missing: 1 of 3 branches of ComputeMasses\n" in text
    assert f"not made: {stages}" in text


def test_what_a_later_stage_was_made_of_is_missing_although_its_statistics_are_gone_too(ready):
    shutil.rmtree(ready.out / "im_arrays")
    shutil.rmtree(ready.out / "logs" / "ComputeMasses")
    text = summary(ready).text
    assert "missing: 3 of 3 branches of ComputeMasses\n" in text
    assert "not made: MakePlots, ScanHistograms, PlotScan, MakeReport\n" in text


def test_a_finished_run_has_the_sums_of_its_statistics(ready):
    before = ready.state()
    text = summary(ready, plot_formats="png").text
    assert "missing: " not in text
    assert "not made: MakePlots, ScanHistograms, PlotScan, MakeReport\n" in text
    (total,) = ready.records("MakeHistograms")
    branches, done, events, objects, *_ = row(text, "ParseFile")
    assert (branches, done, events) == ("3", "3", f"{total['events']['read']:,}")
    assert objects == f"{sum(total['objects'].values()):,}"
    assert row(text, "ComputeMasses")[4] == f"{total['masses']['masses']:,}"
    assert f"{total['events']['written']:,} kept for masses" in text
    for state, number in list(total["final_states"].items())[:3]:
        assert row(text, state) == [f"{number:,}"]
    for cut in total["cutflow"]["m"]:
        assert f"{cut['objects']:,}" in next(
            line for line in text.splitlines() if line.startswith("muon") and shown(cut["cut"]) in line
        )
    assert not any("invalid" in line for line in text.splitlines())
    assert ready.state() == before


def test_what_is_not_kept_is_not_missing(run):
    run(keep_parsed=False, keep_masses=False)
    text = summary(run, keep_parsed=False, keep_masses=False).text
    assert row(text, "ParseFile")[:2] == row(text, "ComputeMasses")[:2] == ["3", "3"]
    assert "missing: " not in text
    assert "not made: MakePlots, ScanHistograms, PlotScan, MakeReport\n" in text


def test_it_is_made_anew_each_time(ready):
    assert summary(ready).started == summary(ready).started == ["Summary"]


def test_tolerated_failures_are_named(run, files):
    truncate(files[1])
    run(tolerated_failures=1)
    text = summary(run, tolerated_failures=1).text
    assert f"given up: {files[1]}: " in text
    assert row(text, "ParseFile")[-1] == "1"


def test_a_failed_branch_is_named_until_it_succeeds(run, files):
    truncate(files[1])
    run.attempt()
    text = summary(run).text
    assert "missing: 1 of 3 branches of ParseFile" in text
    assert "ParseFile failed: " in text
    assert f"{files[1]}: events 0 to" in text
    run(tolerated_failures=1)
    assert "failed: " not in summary(run, tolerated_failures=1).text


def test_deleted_statistics_are_counted(ready):
    (ready.out / "logs" / "ParseFile").rename(ready.out / "logs" / "gone")
    assert "statistics of 3 finished branches of ParseFile in logs/" in summary(ready).text
