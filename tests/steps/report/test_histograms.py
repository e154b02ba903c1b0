"""What the browser of the report gets: fits, distributions before removal and simulation, with the figures' numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from edm.spectra import Distribution, SpectrumKey
from physics.combinations import Rules
from physics.scan.significance import pulls
from physics.scan.toys import ScanOptions
from plots.style import SAMPLE_COLORS
from steps.counts.histogram_counts import BEFORE
from steps.histograms import HistogramNaming
from steps.output.simulation import Simulation
from steps.report.histograms import DatasetHistograms, HistogramOptions, Scanned, UnderData, browse
from steps.scan import scanning, spectra
from steps.scan.figures import expected_entries
from steps.weighting.counts import SampleCounts
from targets.products import histograms, mass_counts
from targets.products.mass_counts import Row
from tests.steps.output.test_simulation import WHOLE, weighted
from tests.support import scans
from tests.support.scans import KEY, NAME, cut, falling, table

NAMING = HistogramNaming((10.0,), bumpnet_naming=True)
OPTIONS = HistogramOptions(NAMING, Rules(2, 4, 0, 4), 100, exclude_outliers=False)
SCAN = ScanOptions(13_000.0, 1000, 1000, 0)


@pytest.fixture
def falling_dataset(tmp_path):
    """A dataset of one histogram, with an excess, and outliers from 500 GeV on."""
    counts = falling(1)
    counts[20] += 60
    path = scans.write(tmp_path / "histograms.root", {NAME: counts})
    return DatasetHistograms("files", table({KEY: cut(split_gev=500.0)}), [path])


def browsed(dataset, options=OPTIONS):
    told = []
    ((histogram,), without) = browse([dataset], options, lambda *numbers: told.append(numbers))
    assert told == [(1, 1)]
    assert without == []
    return histogram


def scan(dataset, paths):
    found = [spectrum for path in paths for spectrum in spectra.read_spectra(path, dataset.table, NAMING)]
    return found, Scanned(scanning.scan_all(found, SCAN, 1, lambda _done, _of: None), SCAN, paths)


def test_without_scan_or_anything_else_there_is_the_histogram_alone(falling_dataset):
    histogram = browsed(falling_dataset)
    assert histogram["counts"].sum() == histogram["entries"] == falling(1).sum() + 60
    assert {name: histogram[name] for name in ("scan", "fit", "before", "simulation", "errors")} == dict.fromkeys(
        ("scan", "fit", "before", "simulation", "errors")
    )


def test_the_fit_is_that_of_the_scan_up_to_the_outliers(falling_dataset):
    (spectrum,), scanned = scan(falling_dataset, falling_dataset.made)
    histogram = browsed(replace(falling_dataset, scan=scanned))
    expected = expected_entries(spectrum, scanned.rows[0], SCAN)
    assert scanned.rows[0].left_out_low_gev is not None, "the fit leaves the excess out"
    assert len(histogram["fit"]["expected"]) == 40
    assert histogram["fit"]["expected"] == pytest.approx(expected, rel=1e-4)
    assert histogram["fit"]["pulls"] == pytest.approx(pulls(spectrum.counts.astype(float), expected), abs=0.0051)
    assert histogram["fit"]["pseudo_data"] is False
    assert histogram["scan"] is scanned.rows[0]
    assert len(json.dumps(histogram["fit"]["expected"].tolist())) < 40 * 9, "no digits that nobody sees"


def test_of_weighted_simulation_the_fit_is_of_its_pseudo_data(tmp_path):
    counts = falling(2)
    made = scans.write(tmp_path / "histograms.root", {NAME: 2 * counts}, weighted=True)
    pseudo = scans.write(tmp_path / "histograms_pseudo.root", {NAME: counts})
    dataset = DatasetHistograms("mc", table({KEY: cut()}), [made])
    (spectrum,), scanned = scan(dataset, [pseudo])
    histogram = browsed(replace(dataset, scan=scanned))
    assert histogram["fit"]["pseudo_data"] is True
    expected = expected_entries(spectrum, scanned.rows[0], SCAN)
    assert histogram["fit"]["pulls"] == pytest.approx(pulls(counts.astype(float), expected), abs=0.0051)
    assert histogram["errors"] == pytest.approx(np.sqrt(0.5 * counts), rel=1e-4)
    refused = scan(dataset, [made])[1]
    assert browsed(replace(dataset, scan=refused))["fit"] is None, "expected events are not scanned"


def test_what_was_removed_is_read_beside_the_histogram(falling_dataset, tmp_path):
    counts = falling(3)
    whole = scans.write(tmp_path / "whole.root", {NAME: counts})
    assert browsed(replace(falling_dataset, whole=[whole]))["before"].tolist() == counts.tolist()


def test_what_was_removed_is_not_drawn_under_bins_that_vary_in_width(tmp_path):
    plain = HistogramNaming(("res0.5",), bumpnet_naming=False)
    name = plain.key(KEY, "res0.5")
    edges = np.array([100.0, 110.0, 125.0, 145.0])
    made = scans.Bins(100.0, 10.0, np.array([5, 4, 3]))
    object.__setattr__(made, "edges_gev", edges)
    histograms.write_file(tmp_path / "histograms.root", {name: made}, {name: "a title"})
    whole = scans.write(tmp_path / "whole.root", {name: falling(3)})
    dataset = DatasetHistograms("files", table({KEY: cut()}), [tmp_path / "histograms.root"], [whole])
    histogram = browsed(dataset, replace(OPTIONS, naming=plain))
    assert histogram["edges_gev"].tolist() == edges.tolist()
    assert histogram["before"] is None


def simulation(tmp_path, samples, stacked=True):
    listed = []
    for number, contents in enumerate(samples):
        mass_counts.write(tmp_path / f"{number}.npz", [Row(KEY, 10.0, weighted(*contents))])
        listed.append(SampleCounts([tmp_path / f"{number}.npz"], WHOLE))
    names = [f"sample {number}" for number in range(len(samples))]
    mass_counts.write(tmp_path / "data.npz", [Row(KEY, 10.0, Distribution(np.array([4, 5, 0, 2])))])
    compared = Simulation(listed, listed, names, 5.0, stacked, has_data=True)
    return UnderData(compared, [tmp_path / "data.npz"], 10.0)


def test_simulation_under_data_is_that_of_the_figures(falling_dataset, tmp_path):
    under = simulation(tmp_path, [(700, 800, 0), (10, 20, 30)])
    compared = browsed(replace(falling_dataset, under_data=under))["simulation"]
    assert compared["width_gev"] == 10.0
    assert compared["counts"].tolist() == [4, 5, 0, 2]
    assert [layer["name"] for layer in compared["layers"]] == ["sample 1", "sample 0"], "the smallest at the bottom"
    assert [layer["color"] for layer in compared["layers"]] == list(SAMPLE_COLORS[:2])
    assert [layer["contents"].tolist() for layer in compared["layers"]] == [[15, 30, 45, 0], [1050, 1200, 0, 0]]
    assert compared["layers"][1]["events"].startswith("2,250 ± ")
    one_entry = 1024 * 0.5 * 3  # S2 in units, as the support writes it, is 1 for each bin of a sample
    assert compared["errors"] == pytest.approx([one_entry * 2**0.5] * 3 + [0], rel=1e-4)
    assert compared["normalised_to"] == "5 fb⁻¹"


def test_samples_that_are_not_stacked_are_one_layer(falling_dataset, tmp_path):
    under = simulation(tmp_path, [(700, 800), (10, 20)], stacked=False)
    (layer,) = browsed(replace(falling_dataset, under_data=under))["simulation"]["layers"]
    assert layer["name"] == "simulation"
    assert layer["contents"].tolist() == [1065, 1230, 0, 0]


def test_in_finer_bins_the_data_are_those_before_removal(tmp_path):
    fine = HistogramNaming((5.0,), bumpnet_naming=True)
    name = fine.key(SpectrumKey(*KEY[:2]), 5.0)
    made = scans.write(tmp_path / "histograms.root", {name: falling(1)})
    whole = scans.write(tmp_path / "whole.root", {name: np.array([1, 3, 5])})
    under = simulation(tmp_path, [(1, 2)])
    rows = [Row(KEY._replace(part=BEFORE), 5.0, weighted(2, 5, 4, 4))]
    mass_counts.write(tmp_path / "fine.npz", rows)
    filled = [SampleCounts([tmp_path / "fine.npz"], WHOLE)]
    under = replace(under, simulation=replace(under.simulation, filled=filled))
    dataset = DatasetHistograms("files", table({KEY: cut()}), [made], [whole], under_data=under)
    compared = browsed(dataset, replace(OPTIONS, naming=fine))["simulation"]
    assert compared["width_gev"] == 5.0
    assert compared["counts"].tolist() == [1, 3, 5, 0]
    assert compared["layers"][0]["contents"].tolist() == [3, 7.5, 6, 6]
