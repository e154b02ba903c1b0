"""Figures of the scan: what is drawn are the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import StepPatch

from physics.errors import PhysicsError
from physics.scan.closure import Closure
from physics.scan.injection import Signal
from plots import scan
from plots.scan import ScannedSpectrum
from plots.style import Label
from tests.support.scans import KEY, falling, row

LABEL = Label("ATLAS Open Data", "2020e-13tev", 13.0)
EDGES_GEV = np.arange(100.0, 601.0, 10.0)
SPECTRUM = ScannedSpectrum(KEY, row(), EDGES_GEV, falling(1), falling(2).astype(float) + 0.5, 4)


def test_counts_fit_pulls_and_window_are_drawn():
    upper, lower = scan.excess(LABEL, SPECTRUM).axes
    (bars,) = upper.containers
    shown = SPECTRUM.counts > 0
    np.testing.assert_array_equal(bars[0].get_ydata(), SPECTRUM.counts[shown])
    fits = [patch for patch in upper.patches if isinstance(patch, StepPatch)]
    np.testing.assert_allclose(fits[0].get_data().values, SPECTRUM.expected)
    assert fits[0].get_label() == "smooth background, 3 parameters"
    for axes in (upper, lower):
        boxes = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
        assert any((round(box.x0), round(box.x1)) == (390, 410) for box in boxes)
    assert upper.get_title("left").startswith("390–410 GeV: 84 events, 30.5 expected\nlocal 7.0 σ")
    assert upper.get_ylabel() == "Events / 10 GeV"
    assert lower.get_xlim() == (100.0, 600.0)


def test_figures_say_what_they_show_in_words():
    figure = scan.excess(LABEL, SPECTRUM)
    text = figure.get_suptitle()
    assert "ATLAS Open Data   √s = 13 TeV" in text
    assert "e + µ, no jets: mass of leading e and leading µ   (e0m0 in 1e_1m_0j_0g)" in text


def test_bins_of_different_widths_are_drawn_as_densities():
    edges = 100.0 * 1.04 ** np.arange(51)
    upper, _ = scan.excess(LABEL, replace(SPECTRUM, edges_gev=edges)).axes
    assert upper.get_ylabel() == "Events / GeV"
    np.testing.assert_allclose(upper.containers[0][0].get_ydata()[0], SPECTRUM.counts[0] / 4.0)


def test_outliers_are_mentioned_and_no_window_is_none():
    without = row(low_gev=None, high_gev=None, local_significance=None)
    upper, lower = scan.excess(LABEL, replace(SPECTRUM, outlying=12, row=without)).axes
    assert lower.get_xlabel() == "Invariant mass [GeV]   (12 outliers beyond, not scanned)"
    assert "most significant window" not in upper.get_legend_handles_labels()[1]


def test_all_histograms_against_their_expectation():
    rows = [
        row(f"h{number}", global_p=number / 20, expected_at_least=number, corrected_p=0.5) for number in range(1, 21)
    ]
    apart = row("short", global_p=None, status="fewer than 10 bins")
    upper, lower = scan.overview(LABEL, [*rows, apart], [KEY] * 20, 4).axes
    observed = next(line for line in upper.lines if line.get_label() == "observed")
    np.testing.assert_allclose(observed.get_xdata(), np.arange(1, 21) / 20)
    np.testing.assert_allclose(observed.get_ydata(), np.arange(1, 21))
    expected = next(line for line in upper.lines if "expected" in line.get_label())
    np.testing.assert_allclose(expected.get_ydata(), 20 * expected.get_xdata())
    assert upper.get_title("left").startswith("20 histograms ranked, 1 listed apart")
    cells = lower.tables[0].get_celld()
    assert cells[1, 0].get_text().get_text() == "e + µ, no jets   (e0m0 in 1e_1m_0j_0g)"
    assert [cells[1, column].get_text().get_text() for column in range(1, 5)] == ["390–410", "84", "30.5", "7.0 σ"]
    assert max(line for line, _ in cells) == 8


def test_nothing_ranked_is_no_figure():
    with pytest.raises(PhysicsError, match=r"no histogram is ranked.*leave this figure out"):
        scan.overview(LABEL, [row(global_p=None)], [])


def test_the_closure_test_shows_found_and_injected():
    injected = np.array([0.0, 0.0, 50.0, 50.0, 100.0])
    made = Closure(injected, np.array([5.0, np.nan, 40.0, np.nan, 95.0]), np.array([0.2, 0.7]))
    left, right = scan.closure(LABEL, KEY, Signal(300.0, 6.0, 50), made).axes
    means = next(container for container in left.containers)[0]
    assert means.get_xydata().tolist() == [[50.0, 40.0], [100.0, 95.0]]
    assert [text.get_text() for text in left.texts] == ["50%", "100%"]
    coverage = next(line for line in right.lines if line.get_label() == "2 pseudo-experiments")
    assert coverage.get_xydata().tolist() == [[0.0, 0.0], [0.2, 0.5], [0.7, 1.0], [1.0, 1.0]]
