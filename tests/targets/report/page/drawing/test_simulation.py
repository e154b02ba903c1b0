"""Data over simulation in a real browser: the stack, its band, and the ratio below."""

import csv
import re

import numpy as np
import pytest

from physics.scan.significance import poisson_intervals
from tests.support.browsers import PHONE
from tests.support.reports import histogram

pytestmark = pytest.mark.browser

DATA = [4, 9, 0, 12]
LOWER, UPPER = [1.0, 2.0, 0.5, 0.0], [3.5, 6.0, 1.5, 10.0]
ERRORS = [0.5, 1.0, 0.25, 2.0]
SIMULATED = {
    "width_gev": 5.0,
    "counts": DATA,
    "layers": [
        {"name": "10", "events": "3.50 ± 0.42", "color": "#3f90da", "contents": LOWER},
        {"name": "9 Zee", "events": "21.0 ± 2.1", "color": "#ffa90e", "contents": UPPER},
    ],
    "errors": ERRORS,
    "normalised_to": "36.6 fb⁻¹",
}
TOTAL = np.add(LOWER, UPPER)
COMPARED = histogram("e0m0", [9, 0, 12], "1e_1m_0j_0g", width_gev=5.0, start_gev=5.0, simulation=SIMULATED)


@pytest.fixture
def compared(show):
    """Data over simulation, on a linear axis."""
    page = show(histograms=[COMPARED, histogram("e0e1", [1, 2])])
    page.choose("1e_1m_0j_0g/e0m0")
    page.find("#simulation").click()
    if page.find("#scale").get_attribute("aria-pressed") == "true":
        page.find("#scale").click()
    return page


def places(page, selector, *names):
    """Read numbers of parts of the drawing in pixels."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".map((part) => arguments[1].map((name) => Number(part.getAttribute(name))))"
    )
    return page.run(script, selector, list(names))


def heights(page, pixels, axis="y"):
    (first, at_first), (last, at_last) = page.ticks(axis)
    return first + (np.array(pixels) - at_first) / (at_last - at_first) * (last - first)


def test_samples_are_stacked_under_the_data(compared):
    edges, lower = compared.drawn("svg path.layer:nth-of-type(1)")  # there along the top, and back along the bottom
    assert edges[:5] == pytest.approx([0, 5, 10, 15, 20], abs=0.01)
    assert lower == pytest.approx([*LOWER, 0, 0, 0, 0], abs=1e-3)
    assert compared.drawn("svg path.layer:nth-of-type(2)")[1] == pytest.approx([*TOTAL, *LOWER[::-1]], abs=1e-3)
    fills = "return [...document.querySelectorAll('svg path.layer')].map((path) => path.getAttribute('fill'))"
    assert compared.run(fills) == ["#3f90da", "#ffa90e"]
    points = places(compared, "svg clipPath ~ g circle.point", "cy")
    assert heights(compared, [y for (y,) in points][:3]) == pytest.approx([4, 9, 12], abs=1e-3)
    ends = heights(compared, places(compared, "svg line.point", "y1", "y2")[:3])
    assert ends == pytest.approx(np.transpose(poisson_intervals(np.array([4.0, 9.0, 12.0]))), rel=1e-3)


def test_the_band_is_the_error_of_simulation(compared):
    path = compared.paths("svg path.band")[0]
    tops = [float(y) for y in re.findall(r"V([-\d.e]+)", path)]
    edges = heights(compared, tops)
    assert edges[:4] == pytest.approx(TOTAL + ERRORS, abs=1e-3)
    assert edges[4:] == pytest.approx((TOTAL - ERRORS)[::-1], abs=1e-3)


def test_the_panel_below_is_data_divided_by_simulation(compared):
    assert "data / sim." in compared.texts("svg .label")
    points = [y for (y,) in places(compared, "svg circle.point", "cy")][3:]
    filled = np.array(DATA) > 0
    ratio = np.array(DATA)[filled] / TOTAL[filled]
    assert heights(compared, points, "panel") == pytest.approx(ratio, abs=1e-3)
    ends = heights(compared, places(compared, "svg line.point", "y1", "y2")[3:], "panel")
    intervals = poisson_intervals(np.array([4.0, 9.0, 12.0])) / TOTAL[filled]
    assert ends == pytest.approx(np.transpose(intervals), rel=1e-3)
    band = heights(
        compared, [float(y) for y in re.findall(r"V([-\d.e]+)", compared.paths("svg path.band")[1])], "panel"
    )
    assert band == pytest.approx([*(1 + ERRORS / TOTAL), *(1 - ERRORS / TOTAL)[::-1]], abs=1e-3)


def test_the_legend_has_the_numbers_of_the_figure(compared):
    assert compared.texts("#legend li") == [
        " data: 25",
        " 9 Zee: 21.0 ± 2.1",
        " 10: 3.50 ± 0.42",
        " statistical error of simulation",
        "simulation normalised to 36.6 fb⁻¹",
    ]
    key = "return getComputedStyle(document.querySelectorAll('#legend .key.layer')[0]).backgroundColor"
    assert compared.run(key) == "rgb(255, 169, 14)"
    compared.find("svg.histogram").send_keys("\ue014")
    assert compared.texts("#readout") == ["0 ≤ m < 5 GeV: 4 events of data, 4.5 ± 0.5 simulated, ratio 0.889"]


def test_what_lies_beyond_the_axis_of_ratios_is_an_arrow(show):
    far = SIMULATED | {"counts": [4, 9, 9, 12]}
    page = show(histograms=[COMPARED | {"simulation": far}])
    page.find("#simulation").click()
    ((left, width),) = page.boxes("svg path.beyond")
    assert left + width / 2 == pytest.approx(places(page, "svg circle.point", "cx")[2][0], abs=0.1)
    assert page.texts("svg .tick.panel text")[-1] == "2"


def test_where_simulation_is_far_off_the_axis_of_ratios_follows(show):
    far = SIMULATED | {"counts": [100 * count for count in DATA]}
    page = show(histograms=[COMPARED | {"simulation": far}])
    page.find("#simulation").click()
    typical = float(np.median(100 * np.array(DATA)[[0, 1, 3]] / TOTAL[[0, 1, 3]]))
    assert float(page.texts("svg .tick.panel text")[-1]) >= typical
    assert page.boxes("svg path.beyond") == []


def test_the_choice_stays_where_there_is_simulation(compared):
    compared.choose("2e_0m_1j_0g/e0e1")
    assert compared.paths("svg path.layer") == []
    assert not compared.find("#simulation").is_displayed()
    compared.choose("1e_1m_0j_0g/e0m0")
    assert len(compared.paths("svg path.layer")) == 2
    compared.find("#simulation").click()
    assert compared.paths("svg path.layer") == []
    assert compared.drawn()[1] == pytest.approx([9, 0, 12], abs=1e-3)


def test_it_is_saved_as_csv(compared, tmp_path):
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path / "saved")}
    compared.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    compared.find("#csv").click()
    path = tmp_path / "saved" / f"demo_data_{COMPARED['name']}.csv"
    compared.wait(path.exists)
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    assert head == ["low_gev", "high_gev", "data", "simulation", "simulation_error"]
    assert np.array(rows, dtype=float) == pytest.approx(
        np.transpose([[0, 5, 10, 15], [5, 10, 15, 20], DATA, TOTAL, ERRORS])
    )


def test_a_phone_shows_it_whole(show):
    page = show(PHONE, histograms=[COMPARED])
    page.find("#simulation").click()
    assert len(page.paths("svg path.layer")) == 2
    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]
