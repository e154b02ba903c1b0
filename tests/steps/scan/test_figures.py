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
    rows = scanning.scan_all(list(spectra.values()), OPTIONS, 1, lambda _: None)
    return ScanFigures("files", Label("Toy data", "demo"), rows, spectra, OPTIONS, 2, 4)


def test_the_largest_excesses_and_all_together_are_drawn(made):
    drawn = list(figures.draw(made))
    assert [figure.name for figure in drawn] == ["excess_1", "excess_2", "overview"]
    assert drawn[0].title == "files: excess 1 of 4, h3"


def test_the_fit_that_is_drawn_is_the_scans(made):
    for row in made.rows:
        scan = scan_histogram(row.name, EDGES_GEV, made.spectra[row.name].counts, OPTIONS)
        expected = figures.expected_entries(made.spectra[row.name], row, OPTIONS)
        np.testing.assert_array_equal(expected, scan.background.expected)


def test_a_signal_has_a_closure_test(made):
    with_signal = replace(made, signal=SIGNAL, signal_name="h3", trials=10, excesses=0)
    drawn = list(figures.draw(with_signal))
    assert [figure.name for figure in drawn] == ["overview", "closure"]
    assert drawn[1].title == "files: closure test of a signal in h3"


def test_nothing_that_is_ranked_is_no_figure(made):
    rows = [replace(row, global_p=None, status="fewer than 10 bins") for row in made.rows]
    assert list(figures.draw(replace(made, rows=rows))) == []
