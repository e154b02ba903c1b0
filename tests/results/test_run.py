"""A run directory as Python objects: what they say is what the files hold; another command's results are found too."""

import json

import numpy as np
import pytest
import uproot

import results
from results.histograms import parse
from targets.errors import ConfigurationError
from tests.support.simulated import RELEASE, Sample, Simulation


@pytest.fixture
def opened(twice):
    return results.open_run(twice.out)


def test_numbers_are_those_of_the_statistics(twice, opened):
    record = json.loads(
        max((twice.out / "logs" / "MakeHistograms").glob("*/*.json"), key=lambda p: p.stat().st_mtime_ns).read_text()
    )
    assert opened.datasets == ("files",)
    assert (
        dict(zip(*(opened.final_states()[name] for name in ("final_state", "events")), strict=True))
        == record["final_states"]
    )
    assert opened.cutflow()["events"] == [row["passed"] for row in record["event_cutflow"]]
    assert sum(row["left"] for row in opened.object_cutflow() if row["cut"] == "selected") == sum(
        record["objects"].values()
    )
    assert {row["name"]: row["entries"] for row in opened.histograms()} == {
        name: row["entries"] for name, row in record["rows"].items()
    }


def test_the_latest_histograms_are_given_and_earlier_ones_by_their_variant(twice, opened):
    newest, *_ = sorted(twice.products("histograms"), key=lambda path: -path.stat().st_mtime_ns)
    contents = opened.contents()
    with uproot.open(newest) as file:
        assert {name: file[name].values().tolist() for name in file.keys(cycle=False)} == {
            name: bins.tolist() for name, (bins, _) in contents.items()
        }
    state, combination = "1e_1m", "e0m0"
    assert opened.histogram(state, combination).axes[0].edges()[1] % 20 == 0
    (first,) = {path.parent.name for path in twice.products("histograms")} - {newest.parent.name}
    earlier = results.open_run(twice.out, variant=first)
    assert np.diff(earlier.histogram(state, combination).axes[0].edges())[0] == 10
    entries = {row["name"]: row["entries"] for row in earlier.histograms()}
    assert earlier.histogram(state, combination).values().sum() == entries["ROI_mass_e0m0_cat_1ex_1mx_width_10.0"]


def test_directories_are_those_of_the_latest_command(twice, opened):
    newest, *_ = sorted(twice.products("histograms"), key=lambda path: -path.stat().st_mtime_ns)
    assert opened.directory("MakeHistograms") == newest.parent
    with pytest.raises(ConfigurationError, match="did not make MakePlots; run a task that does"):
        opened.directory("MakePlots")


def test_masses_are_those_of_all_branches_and_of_the_objects(opened):
    state, combination = "1e_1m", "e0m0"
    masses = opened.masses(state, combination)
    assert (
        len(masses)
        == dict(zip(opened.final_states()["final_state"], opened.final_states()["events"], strict=True))[state]
    )
    assert opened.weights(state, combination).tolist() == [1.0] * len(masses)
    e, m = opened.objects("e"), opened.objects("m")
    chosen = (np.array([len(x) for x in e]) == 1) & (np.array([len(x) for x in m]) == 1)
    pairs = (e[chosen][:, 0] + m[chosen][:, 0]).mass
    assert np.allclose(np.sort(pairs.to_numpy()), np.sort(masses), rtol=1e-4)


def test_hist_and_boost_histogram_take_them(opened):
    hist = pytest.importorskip("hist")
    histogram = opened.histogram("1e_1m", "e0m0")
    assert hist.Hist(histogram).values().tolist() == histogram.values().tolist()


def test_the_table_of_the_scan(ready):
    ready(task="ScanHistograms", scan_toys=1000, scan_most_toys=1000)
    table = results.open_run(ready.out).scan()
    (path,) = (ready.out / "scan").glob("*/files.json")
    assert [row["name"] for row in table] == [row["name"] for row in json.loads(path.read_text())]
    assert table.columns[:3] == ("name", "low_gev", "high_gev")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda run: run.histogram("1e_1m", "e0m1"), "there is no histogram of 1e_1m/e0m1; did you mean"),
        (lambda run: run.masses("1e_1n", "e0m0"), "there are no masses of 1e_1n/e0m0; did you mean"),
        (lambda run: run.objects("x"), "'x' is no kind of objects that is stored: use one of e, m"),
        (lambda run: run.cutflow("flies"), "dataset = 'flies': the run has files; .*did you mean 'files'"),
        (lambda run: run.scan(), "did not make ScanHistograms"),
    ],
)
def test_what_is_not_there_is_named(opened, ask, message):
    with pytest.raises(ConfigurationError, match=message):
        ask(opened)


def test_samples_of_simulation_and_their_combined_dataset(tmp_path, monkeypatch):
    runs = Simulation(tmp_path, (Sample(1, (60,)), Sample(2, (0, 60))), monkeypatch, "r")
    runs(min_events_per_fs=1)
    opened = results.open_run(runs.out)
    combined = f"{RELEASE}_mc"
    assert sorted(opened.datasets) == [combined, f"{combined}_1", f"{combined}_2"]
    state = opened.final_states(combined)[0]["final_state"]
    name = opened.histograms(combined)[0]["name"]
    key = parse(name)
    assert opened.histogram(*key[:2], combined).values().sum() != 0
    samples = [
        row for part in (1, 2) for row in opened.final_states(f"{combined}_{part}") if row["final_state"] == state
    ]
    assert sum(row["events"] for row in samples) == opened.final_states(combined)[0]["events"]
    masses = opened.masses(*key[:2], combined)
    assert len(masses) == len(opened.weights(*key[:2], combined)) > 0
    assert set(opened.weights(*key[:2], combined)) != {1.0}
