"""ListRuns: runs and luminosity blocks, those that are good, and the luminosity."""

import re

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.catalogue.run_lists import built_in
from tests.support.runs import Runs
from tests.support.toy_files import BLOCK, RUN
from tests.tasks.stages.output.test_summary import row

HEADER = "#run:fill,ls,time,beamstatus,E(GeV),delivered(/pb),recorded(/pb),avgpu,source\n"


@pytest.fixture
def table(tmp_path):
    """A table of luminosities by block."""
    lines = [f"{RUN}:5199,{block}:{block},x,STABLE BEAMS,6500,0.3,0.{block},20,HFET\n" for block in (16, 17, 18)]
    (tmp_path / "lumi.csv").write_text(HEADER + "".join(lines))
    return tmp_path / "lumi.csv"


def test_runs_blocks_lists_and_the_estimate_are_printed(run):
    outcome = run(task="ListRuns", selection="default")
    assert outcome.started == ["FetchMetadata", "ParseFile", "ListRuns"]
    assert "dataset files: 1 run read, 1 with good luminosity blocks" in outcome.text
    assert row(outcome.text, str(RUN)) == ["1", "1", "cms-2016", str(BLOCK), str(BLOCK)]
    assert "luminosity: 1 of 1 luminosity blocks good (of 234,231 in the lists), ≈ 0.1551 1/pb" in outcome.text
    assert run(task="ListRuns", selection="default").started == ["ListRuns"]


def test_a_table_of_luminosities_gives_the_exact_sum(run, table):
    text = run(task="ListRuns", selection="default", luminosity_table=table).text
    assert "luminosity: 1 of 1 luminosity blocks good, 0.17 1/pb by the table of luminosities" in text


def test_the_exact_sum_stands_in_statistics_and_summary(run, table):
    run(selection="default", min_events_per_fs=1)
    assert run.records("MakeHistograms")[0]["exact_luminosity"] is None
    again = run(selection="default", min_events_per_fs=1, luminosity_table=table)
    assert again.started == ["MakeHistograms"]
    assert "0.17 1/pb by the table of luminosities" in again.text
    numbers = [record["exact_luminosity"] for record in run.records("MakeHistograms")]
    assert {"exact_pb": 0.17, "blocks_without_luminosity": 0} in numbers
    summary = run(task="Summary", selection="default", min_events_per_fs=1, luminosity_table=table)
    assert "0.17 1/pb by the table of luminosities" in summary.text


def test_blocks_that_the_table_lacks_are_counted(run, table):
    table.write_text(table.read_text().replace(f"{BLOCK}:{BLOCK}", "19:19"))
    text = run(task="ListRuns", selection="default", luminosity_table=table).text
    assert "0 1/pb by the table of luminosities (1 good block not in it, counted as 0)" in text


def test_a_table_that_is_none_ends_the_run_at_its_start(run, tmp_path):
    (tmp_path / "lumi.csv").write_text("run,ls\n")
    outcome = run.attempt(task="ListRuns", luminosity_table=tmp_path / "lumi.csv")
    assert "lumi.csv:1: there is no header with a column recorded(/pb)" in outcome.text
    assert not run.out.exists()


def test_without_lists_it_says_so(run):
    text = run(task="ListRuns", selection="none").text
    assert (
        "dataset files: no list of good runs was asked of its files (their format or the options ask for none)" in text
    )


def test_bad_and_unlisted_runs_are_shown(tmp_path):
    listed = built_in()["cms-2016"]
    good = set(listed.runs.tolist())
    unlisted = next(number for number in range(RUN, RUN + 99) if number not in good)
    for number in (RUN, unlisted):
        muons(tmp_path / "in" / f"{number}.root", number)
    text = Runs(tmp_path, f"{tmp_path}/in/*.root")(task="ListRuns", selection="default").text
    assert "dataset files: 2 runs read, 1 with good luminosity blocks" in text
    assert re.search(rf"{RUN} +3 +2 +cms-2016 +15 17-18 +17-18\n", text)
    assert re.search(rf"{unlisted} +3 +0 +not listed +15 17-18 +none\n", text)


def muons(path, run, blocks=(15, 17, 18)):
    """Write a file whose events, each with one muon, are of one run and of some luminosity blocks."""
    path.parent.mkdir(exist_ok=True)
    n_events = len(blocks)
    columns = {"run": np.full(n_events, run, np.uint32), "luminosityBlock": np.array(blocks, np.uint32)}
    columns |= {f"Muon_{name}": ak.Array([[30.0]] * n_events) for name in ("pt", "eta", "phi", "mass")}
    with uproot.recreate(path) as file:
        file.mktree(
            "Events",
            {name: ak.type(column).content if "_" in name else column.dtype for name, column in columns.items()},
        )
        file["Events"].extend(columns)
