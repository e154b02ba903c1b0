"""MakeReport: one page for the whole run, whose numbers are those of the ROOT file, the tables and the statistics."""

import base64
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
import uproot

from edm.records.cutflow import shown
from steps.environment import commit
from tests.support.browsers import chromium
from tests.support.scans import FAST
from tests.support.toy_files import EVENTS, toy_file, truncate

ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.usefixtures("quick_figures")


def report(run, **parameters):
    return run(task="MakeReport", plot_formats="png", **parameters)


def document(run):
    """Read the document back that the one report holds."""
    (path,) = run.products("report")
    assert path.name == "report.html"
    text = path.read_text()
    assert text.rstrip().endswith("</html>")
    return json.loads(zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', text)[1])))


def names(rows):
    return [f"{row['final_state']}/{row['combination']}" for row in rows]


@pytest.mark.parametrize("layout", [{}, {"use_bumpnet_naming": False}, {"single_output_file": False}], ids=str)
def test_the_histograms_are_those_of_the_root_file(run, layout):
    report(run, bin_width_gev="10,20", **layout)
    found = {(name, one["width_gev"]): one for one in document(run)["histograms"] for name in names([one])}
    (product,) = run.products("histograms")
    files = sorted(product.rglob("*.root")) if product.is_dir() else [product]
    stored = {}
    for path in files:
        with uproot.open(path) as file:
            for key in file.keys(cycle=False, filter_classname="TH1D"):
                values, edges = file[key].to_numpy()
                stored[file[key].title.replace(" ", "/"), round(edges[1] - edges[0], 6)] = (values, edges)
    assert found.keys() == stored.keys()
    assert {width for _, width in found} == {10.0, 20.0}
    for key, (values, edges) in stored.items():
        one = found[key]
        assert one["counts"] == values.tolist()
        assert one["start_gev"] + one["width_gev"] * np.arange(len(values) + 1) == pytest.approx(edges)
        assert one["entries"] == values.sum()


def test_every_combination_has_a_histogram_or_a_reason(drawn):
    whole = document(drawn)
    (record,) = drawn.records("MakeHistograms")
    (table,) = [json.loads(path.read_text()) for path in drawn.products("peaks")]
    assert {one["rejection"] for one in whole["histograms"]} == {
        row["bumpnet_rejection"] for row in record["rows"].values()
    }
    assert {one["name"] for one in whole["histograms"]} == record["rows"].keys()
    rows = [*whole["histograms"], *whole["without"]]
    assert whole["words"].keys() == {row[part] for row in rows for part in ("final_state", "combination")}
    with_one = [(*one, width["width_gev"]) for one, width in zip(
        [tuple(name.split("/")) for name in names(whole["histograms"])], whole["histograms"], strict=True)]  # fmt: skip
    without = {(row["final_state"], row["combination"], row["width_gev"]): row["reason"] for row in whole["without"]}
    for name, cut in table["cuts"].items():
        state, combination = name.split("/")
        for width in (10.0, 500.0):
            reason = without.get((state, combination, None)) or without.get((state, combination, width))
            assert ((state, combination, width) in with_one) is (reason is None)
            assert cut["reason"] in (None, reason)
    small = {state: found["events"] for state, found in table["final_states"].items() if not found["kept"]}
    assert small
    for state, events in small.items():
        said = {reason for (one, _, _), reason in without.items() if one == state}
        assert said == {f"its final state has {events} events, min_events_per_fs is 95"}


def test_beside_each_histogram_stands_what_it_was_before_removal(drawn):
    made = {one["name"]: one for one in document(drawn)["histograms"]}
    (whole,) = (drawn.out / "histograms").glob("*/whole*.root")
    with uproot.open(whole) as file:
        assert {name: one["before"] for name, one in made.items()} == {
            name: file[name].values().tolist() for name in made
        }


def test_beside_each_histogram_stands_what_the_scan_fitted(own):
    report(own, plotted_final_states=0, **FAST)
    whole = document(own)
    made = {one["name"]: one for one in whole["histograms"]}
    (table,) = [json.loads(path.read_text()) for path in (own.out / "scan").glob("*/files.json")]
    fitted = {row["name"]: row for row in table if row["parameters"]}
    assert fitted
    assert {name for name, one in made.items() if one["fit"]} == fitted.keys()
    for name, row in fitted.items():
        expected, counts = np.array(made[name]["fit"]["expected"]), np.array(made[name]["counts"])
        assert len(expected) == len(made[name]["fit"]["pulls"]) == row["bins"]
        edges = made[name]["start_gev"] + made[name]["width_gev"] * np.arange(row["bins"])
        inside = (edges > row["low_gev"] - 1e-6) & (edges < row["high_gev"] - 1e-6)
        assert counts[: row["bins"]][inside].sum() == row["observed"]
        assert expected[inside].sum() == pytest.approx(row["expected"], rel=1e-3)
    excesses = [one["histogram"] for one in whole["figures"] if one["name"].startswith("excess_")]
    assert excesses == [row["name"] for row in table if row["global_p"] is not None][: len(excesses)] != []


def test_cuts_statistics_and_files_are_those_of_the_run(drawn, toys):
    whole = document(drawn)
    (total,) = drawn.records("MakeHistograms")
    (table,) = [json.loads(path.read_text()) for path in drawn.products("peaks")]
    assert [row["cut"] for row in whole["cutflow"]["files"]["m"]][:2] == ["all", "valid"]
    said = {
        kind: [{"cut": shown(row.pop("cut")), "reason": "; ".join(row.pop("reasons")) or None, **row} for row in rows]
        for kind, rows in total["cutflow"].items()
    }
    asks = [row.pop("asks") for rows in whole["cutflow"]["files"].values() for row in rows]
    assert set(asks) == {None}  # the selection `none` asks nothing
    steps = whole["cutflow"]["files"].pop("events")
    assert [(step["cut"], step["objects"]) for step in steps][:2] == [("events read", 900), ("good runs", 900)]
    assert whole["cutflow"] == {"files": said}
    stages = {one["stage"]: one for one in whole["stages"]}
    assert stages["ParseFile"]["events"] == 3 * EVENTS
    assert stages["ParseFile"]["bytes_read"] == sum(one["bytes_read"] for one in drawn.records("ParseFile"))
    assert set(total["stages"]) | {"MakeHistograms", "MakePlots", "ScanHistograms", "PlotScan"} == set(stages)
    assert [file["uri"] for file in whole["files"]] == [str(file) for file in toys[:3]]
    assert {(file["schema"], file["events"]) for file in whole["files"]} == {("cms-nanoaod", EVENTS)}
    for name, one in zip(names(whole["histograms"]), whole["histograms"], strict=True):
        row = table["cuts"][name]
        assert {key: one["cut"][key] for key in ("below", "window", "main", "outliers", "above")} == {
            key: row[key] for key in ("below", "window", "main", "outliers", "above")
        }
        assert one["outliers_from_gev"] == row["split_gev"]
    assert whole["run"]["min_events_per_fs"] == "95"
    assert whole["run"]["selection"] == "none"
    assert whole["versions"]["atlas-open-data-pipeline"].endswith(f"commit {commit(ROOT)}" if commit(ROOT) else "0.1.0")
    assert {"python", "uproot", "numpy", "law"} <= set(whole["versions"])
    assert "CC0" in whole["sources"][-1]["citation"]


def test_its_pictures_are_those_of_make_plots(drawn):
    pictures = {base64.b64decode(one["png"]) for one in document(drawn)["figures"]}
    folders = [*drawn.products("plots"), *drawn.products("scan_plots")]
    assert pictures == {path.read_bytes() for folder in folders for path in folder.glob("*.png")}


def test_a_second_run_does_nothing_and_a_new_bin_width_makes_a_new_report(run):
    last = {"MakePlots", "ScanHistograms", "PlotScan", "MakeReport"}
    first = report(run)
    assert set(first.started[-4:]) == last
    assert re.search(r"MakeReport: 1 of 1 branches, (\d+) of \1 histograms\n", first.text)
    assert report(run).started == []
    before = run.state()
    assert set(report(run, bin_width_gev=20).started[-4:]) == last
    assert len(run.products("report")) == 2
    assert run.changed_since(before) == []


def test_a_deleted_intermediate_is_made_again(run):
    report(run)
    run.products("report")[0].unlink()
    run.products("histograms")[0].unlink()
    assert report(run).started == ["MakeHistograms", "MakeReport"]


def test_tolerated_failures_stand_in_it(run, files):
    truncate(files[1])
    report(run, tolerated_failures=1)
    whole = document(run)
    ((uri, reason),) = [(one["uri"], one["reason"]) for one in whole["failures"]]
    assert uri == str(files[1])
    assert "cannot be read" in reason
    events = {file["uri"]: file["events"] for file in whole["files"]}
    assert events == {str(files[0]): EVENTS, str(files[1]): None, str(files[2]): EVENTS}


def test_several_datasets_stand_in_one_report(run, tmp_path, monkeypatch):
    from targets.catalogue import local_files

    toy_file(tmp_path / "in" / "other.root", 7)
    listed = local_files.local_files

    def in_two(patterns, data_type):
        found = listed(patterns, data_type)
        files = [
            file if "other" not in file.uri else type(file)(**(file.as_dict() | {"dataset": "others"}))
            for file in found.files
        ]
        return found._replace(files=files)

    monkeypatch.setattr(local_files, "local_files", in_two)
    report(run)
    whole = document(run)
    assert {one["dataset"] for one in whole["histograms"]} == {"files", "others"}
    assert set(whole["cutflow"]) == {"files", "others"}
    titles = [one["title"] for one in whole["figures"]]
    assert titles[0] == "Events of each dataset"
    assert not {"files: events", "others: events"} & set(titles)
    assert {"files: cutflow, page 2 of 2", "others: cutflow, page 2 of 2"} <= set(titles)
    assert sum(one["events"] for one in whole["stages"] if one["stage"] == "ParseFile") == 4 * EVENTS


def test_figures_in_another_format_are_refused(run):
    outcome = run.attempt(task="MakeReport", plot_formats="pdf")
    assert outcome.status != 0
    assert "plot_formats = pdf: the report shows figures as png; add png" in outcome.text
    assert not run.out.exists()


@pytest.mark.browser
def test_a_browser_shows_a_row_for_each_and_draws_the_bins_of_the_root_file(drawn, tmp_path):
    whole = document(drawn)
    (path,) = drawn.products("report")
    largest = max((one for one in whole["histograms"] if one["width_gev"] == 10), key=lambda one: one["entries"])
    (product,) = drawn.products("histograms")
    with uproot.open(product) as file:
        (values, edges) = next(
            file[key].to_numpy()
            for key in file.keys(cycle=False)
            if [file[key].title.replace(" ", "/")] == names([largest]) and key.endswith("width_10.0")
        )
    with chromium(tmp_path / "profile") as page:
        page.open(path)
        assert page.count() == f"{len(whole['histograms']) + len(whole['without'])} rows"
        page.search(f"{largest['final_state']} {largest['combination']}")
        row = [row[:2] for row in page.rows()].index([largest["combination"], largest["final_state"]])
        page.driver.find_elements("css selector", "#table tbody button")[row].click()
        drawn_edges, heights = page.drawn()
        assert page.logs() == []
    assert drawn_edges == pytest.approx(edges, abs=1.0)
    assert heights == pytest.approx(values, abs=0.02 * max(values))
