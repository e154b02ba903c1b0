"""Figures of a scan: which are drawn, and that their fit is the scan's."""

from dataclasses import replace

import numpy as np
import pytest

from physics.scan.injection import Signal, signal_counts
from physics.scan.toys import ScanOptions, scan_histogram
from plots.style import Label
from steps.scan import figures, scanning
from steps.scan.figures import ScanFigures
from steps.scan.spectra import ScanInput
from tests.support.scans import KEY, falling

EDGES_GEV = np.arange(100.0, 601.0, 10.0)
OPTIONS = ScanOptions(13_000.0, toys=100, most_toys=100)
SIGNAL = Signal(300.0, 6.0, 100)


@pytest.fixture(scope="module")
def made():
    counts = {f"h{seed}": falling(seed) for seed in range(4)}
    counts["h3"] = counts["h3"] + signal_counts(EDGES_GEV, SIGNAL)
    spectra = {name: ScanInput(name, KEY, EDGES_GEV, values, 0, ()) for name, values in counts.items()}
    rows = scanning.scan_all(list(spectra.values()), OPTIONS, 1, lambda *_: None)
    return ScanFigures("files", Label("Toy data", "demo"), rows, spectra, OPTIONS, 2, 4)


def test_the_largest_excesses_and_all_together_are_drawn(made):
    drawn = list(figures.plan(made))
    assert [figure.name for figure in drawn] == ["excess_1", "excess_2", "overview"]
    assert drawn[0].title == "files: excess 1 of 4, h3"


def test_the_fit_that_is_drawn_is_the_scans(made):
    for row in made.rows:
        scan = scan_histogram(row.name, EDGES_GEV, made.spectra[row.name].counts, OPTIONS)
        expected = figures.expected_entries(made.spectra[row.name], row, OPTIONS)
        np.testing.assert_array_equal(expected, scan.background.expected)


def test_a_signal_has_a_closure_test(made):
    with_signal = replace(made, signal=SIGNAL, signal_name="h3", trials=10, excesses=0)
    drawn = list(figures.plan(with_signal))
    assert [figure.name for figure in drawn] == ["overview", "closure"]
    assert figures.refuse_closure(with_signal) is None
    assert drawn[1].title == "files: closure test of a signal in h3"


def test_nothing_that_is_ranked_is_no_figure(made):
    rows = [replace(row, global_p=None, status="fewer than 10 bins") for row in made.rows]
    assert list(figures.plan(replace(made, rows=rows))) == []


def test_a_signal_among_the_outliers_has_no_closure_test_and_the_other_figures_are_drawn(made):
    beyond = replace(made, signal=Signal(900.0, 6.0, 100), signal_name="h3", trials=10, excesses=1)
    assert [figure.name for figure in figures.plan(beyond)] == ["excess_1", "overview"]
    assert figures.refuse_closure(beyond) == (
        "h3 is scanned from 100 to 600 GeV, and no event of a signal at 900 GeV lies there"
    )


def test_a_signal_in_a_histogram_of_few_bins_has_no_closure_test(made):
    edges_gev = EDGES_GEV[:3]
    spectra = {"h3": ScanInput("h3", KEY, edges_gev, np.array([300, 200]), 0, ())}
    rows = scanning.scan_all(list(spectra.values()), OPTIONS, 1, lambda *_: None)
    short = replace(made, rows=rows, spectra=spectra, signal=Signal(110.0, 6.0, 100), signal_name="h3", trials=10)
    assert figures.refuse_closure(short) == "h3 is not scanned, it has fewer than 10 bins"
    assert list(figures.plan(short)) == []
