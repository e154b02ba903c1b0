"""The last lines of a command: what was made, warnings, where it is, what comes next; a second one repeats them."""

import shutil

from tests.support.runs import Runs


def said(outcome):
    """Give the lines behind the progress of the last stage."""
    return [line for line in outcome.text.splitlines() if line.startswith(("files: ", "note: ", "warning: ", "next: "))]


def test_the_last_lines_say_what_was_made_and_what_comes_next(run):
    first = said(run())
    assert first[-1] == f"next: pipeline report {run.out / 'run.cfg'}"
    assert first[-2].startswith(f"files: {len(run.histograms())} histograms, ")
    assert first[-2].endswith(f" in {run.products('histograms')[0]}")
    assert said(run()) == first


def test_a_stage_in_the_middle_leads_to_the_report(run):
    assert said(run(task="ParseFile")) == [f"next: pipeline report {run.out / 'run.cfg'}"]


def test_the_run_directory_is_named_from_here(run, monkeypatch):
    monkeypatch.chdir(run.folder)
    assert said(run(task="ParseFile")) == ["next: pipeline report out/r/run.cfg"]


def test_a_branch_or_a_job_of_a_cluster_ends_without_a_word(run, monkeypatch):
    assert said(run("--branch", "0", task="ParseFile")) == []
    monkeypatch.setenv("PIPELINE_JOB", "1")
    assert said(run(task="ParseFile")) == []


def test_the_report_is_the_last(drawn, tmp_path):
    shutil.copytree(drawn.folder / "out", tmp_path / "out")
    again = Runs(tmp_path, drawn.input_files)(
        task="MakeReport", plotted_final_states=1, bin_width_gev="10,500", min_events_per_fs=95
    )
    assert again.started == []
    lines = again.text.split("Everything is done already:\n")[1].splitlines()
    ends = [line.split()[0] for line in lines if line.startswith(("MakeReport ", "files: ", "report ", "next: "))]
    assert list(dict.fromkeys(ends)) == ["MakeReport", "files:", "report", "next:"]
