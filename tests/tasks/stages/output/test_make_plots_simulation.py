"""MakePlots of simulation: data over samples of the same release, whose numbers are the normalised weights."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
from matplotlib.figure import Figure

from plots import comparison as comparisons
from steps.output import figures
from targets.catalogue import atlas_releases
from targets.catalogue.input_files import Catalogue, InputFile
from tests.support.preloaded import draw_nothing
from tests.support.rootfiles_made import events, write
from tests.support.simulated import RELEASE, Sample, Simulation

SAMPLES = (Sample(9, (150, 90)), Sample(10, (120,), cross_section_pb=2.0))
DATA = f"{RELEASE}_data"
COMBINED = f"{RELEASE}_mc"
WIDTH_GEV = 5.0
FEW = {"plotted_final_states": 2, "plotted_combinations": 1, "plot_formats": "png", "data_type": "data,mc"}
FEW |= {"bin_width_gev": WIDTH_GEV}


class Drawings:
    """What was compared, by dataset, and how."""

    def __init__(self):
        self.drawn = []

    def __call__(self, label, comparison, stacked, max_multiplicity):
        self.drawn.append((label, comparison, stacked))
        return Figure(figsize=(1, 1), dpi=20)

    def with_data(self):
        return [(label, comparison) for label, comparison, _ in self.drawn if comparison.data is not None]


@pytest.fixture
def drawings(monkeypatch):
    draw_nothing(monkeypatch.setattr)
    made = Drawings()
    monkeypatch.setattr(comparisons, "compare", made)
    monkeypatch.setattr(figures, "_overview", lambda *_: iter(()))
    return made


@pytest.fixture
def runs(tmp_path, monkeypatch):
    made = Simulation(tmp_path, SAMPLES, monkeypatch)
    path = tmp_path / "data.root"
    write(path, RELEASE, events(200, seed=77))
    made.listed.insert(0, InputFile(str(path), None, None, None, RELEASE, None, DATA, "data"))
    made.said[f"{RELEASE}_mc_9"]["physics_short"] = "ninth"

    def release_files(_release, _skim, data_type, _ids):
        of_type = [file for file in made.listed if file.data_type == data_type]
        return Catalogue(of_type, [], (), {file.dataset: made.said.get(file.dataset, {}) for file in of_type})

    monkeypatch.setattr(atlas_releases, "release_files", release_files)
    return made


def masses(runs, dataset, key):
    """Give the masses of a spectrum of a dataset, and their weights where they have any."""
    pairs = []
    for path in (runs.out / "im_arrays").glob("*/*.npz"):
        (log,) = (runs.out / "logs" / "ComputeMasses").glob(f"*/{path.stem}.json")
        if json.loads(log.read_text())["dataset"] != dataset:
            continue
        with np.load(path) as arrays:
            weights = arrays["weights"] if "weights" in arrays else np.ones(len(arrays["masses"]))
            names = arrays["names"].tolist()
            if str(key) in names:
                start, stop = arrays["offsets"][names.index(str(key)) :][:2]
                pairs += zip(arrays["masses"][start:stop].tolist(), weights[start:stop].tolist(), strict=True)
    return pairs


def binned(pairs, n_bins):
    contents, squares = np.zeros(n_bins), np.zeros(n_bins)
    for mass, weight in pairs:
        contents[int(mass // WIDTH_GEV)] += weight
        squares[int(mass // WIDTH_GEV)] += weight**2
    return contents, squares


def check_numbers(runs, comparison):
    """Compare what is drawn with the masses and weights of im_arrays, in plain loops."""
    (record,) = [record for record in runs.records("MakeHistograms") if record["dataset"] == COMBINED]
    n_bins = len(comparison.edges_gev) - 1
    assert np.diff(comparison.edges_gev) == pytest.approx(np.full(n_bins, WIDTH_GEV))
    assert comparison.data.tolist() == binned(masses(runs, DATA, comparison.key), n_bins)[0].tolist()
    assert [sample.name for sample in comparison.samples] == ["9 ninth", "10"]
    assert comparison.normalised_to == "36.6 fb⁻¹"
    for sample, number in zip(comparison.samples, (9, 10), strict=True):
        name = f"{RELEASE}_mc_{number}"
        factor = record["normalisation"][name]["factor"]
        contents, squares = binned(masses(runs, name, comparison.key), n_bins)
        assert sample.contents == pytest.approx(factor * contents, rel=1e-4, abs=1e-4 * abs(factor))
        assert sample.variances == pytest.approx(factor**2 * squares, rel=1e-2)


def check_report(runs, drawn):
    """Find the numbers of the figures in the report, which has those of all other histograms of the data too."""
    runs(task="MakeReport", report_scan=False, **FEW)
    (path,) = runs.products("report")
    text = re.search(r'id="data">([^<]*)<', path.read_text())[1]
    rows = json.loads(zlib.decompress(base64.b64decode(text)))["histograms"]
    compared = {(row["final_state"], row["combination"]): row["simulation"] for row in rows if row["dataset"] == DATA}
    assert len(compared) > len(drawn)
    assert all(compared.values())
    assert {row["simulation"] for row in rows if row["dataset"] != DATA} == {None}
    for comparison in drawn:
        shown = compared[comparison.key[:2]]
        n_bins = len(shown["counts"])
        assert not comparison.data[n_bins:].any()
        assert shown["counts"] == comparison.data[:n_bins].tolist()
        layers = {layer["name"]: layer["contents"] for layer in shown["layers"]}
        assert {sample.name for sample in comparison.samples} == layers.keys()
        for sample in comparison.samples:
            assert layers[sample.name] == pytest.approx(sample.contents[:n_bins], rel=1e-4)
        assert shown["errors"] == pytest.approx(np.sqrt(comparison.total().variances[:n_bins]), rel=1e-4)
        assert shown["normalised_to"] == comparison.normalised_to


def test_simulation_under_data_and_alone(runs, drawings):
    runs(task="MakePlots", **FEW)
    compared = drawings.with_data()
    assert len(compared) == 2
    assert not any(label.simulated for label, _ in compared)
    for _, comparison in compared:
        check_numbers(runs, comparison)
    alone = [(label, comparison) for label, comparison, _ in drawings.drawn if comparison.data is None]
    assert all(label.simulated and label.luminosity_pb == 36646.74 for label, _ in alone)
    names = [[sample.name for sample in comparison.samples] for _, comparison in alone]
    assert [names[0], names[-1]] == [["9 ninth"], ["9 ninth", "10"]]
    assert all(stacked for _, _, stacked in drawings.drawn)
    (folder,) = [path for path in runs.products("plots") if path.name == DATA]
    listed = {entry["name"] for entry in json.loads((folder / "figures.json").read_text())["figures"]}
    assert len([name for name in listed if name.startswith("simulation_")]) == 2

    check_report(runs, [comparison for _, comparison in compared])

    # what is drawn under data is in the name of their figures
    drawings.drawn.clear()
    end = runs(task="MakePlots", luminosity_fb=5, stack_samples=False, **FEW)
    assert len([path for path in runs.products("plots") if path.name == DATA]) == 2
    assert f"warning: {DATA}: the simulation drawn under the data" not in end.text  # all files are read
    assert {comparison.normalised_to for _, comparison in drawings.with_data()} == {"5 fb⁻¹"}
    assert not any(stacked for _, _, stacked in drawings.drawn)


def test_where_events_are_counted_no_simulation_is_drawn(runs, drawings):
    runs(task="MakePlots", mc_weights=False, **FEW)
    assert drawings.drawn == []
