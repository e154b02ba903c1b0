"""One histogram in a real browser: what was removed in grey, the fit of the scan, its pulls and its window."""

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains

from physics.scan.significance import pulls
from tests.support.browsers import PHONE
from tests.support.reports import SOME, cut, histogram
from tests.support.scans import row

pytestmark = pytest.mark.browser

COUNTS = [30, 22, 15, 25, 6, 3]
EXPECTED = [29.0, 21.5, 15.8, 11.4, 8.2, 2.9]
BEFORE = [0, 2, 5, 9, 14, 19, 21, 27, 29, 28, *COUNTS]


def fit(counts, expected, **others):
    distances = pulls(np.array(counts, dtype=float), np.array(expected)).round(2)
    return {"expected": expected, "pulls": distances.tolist(), "pseudo_data": False} | others


def scanned(**others):
    """Make a histogram from 100 GeV on, with an excess at 130 GeV, that was scanned."""
    scan = row(low_gev=130.0, high_gev=140.0, local_significance=3.4)
    given = {"scan": scan, "fit": fit(COUNTS, EXPECTED), "before": BEFORE} | others
    return histogram("e0m0", COUNTS, "1e_1m_0j_0g", **given)


def test_what_was_removed_stands_in_grey_behind_the_histogram(show):
    page = show(histograms=[scanned()])
    edges, heights = page.drawn("svg path.before")
    assert edges == pytest.approx([10.0 * n for n in range(len(BEFORE) + 1)], abs=0.01)
    assert heights == pytest.approx(BEFORE, abs=0.01)
    assert page.drawn()[1] == pytest.approx(COUNTS, abs=0.01)
    order = "return [...document.querySelectorAll('svg path')].map((path) => path.classList[0]).join()"
    assert page.run(order).startswith("before,main"), "what is drawn first lies behind"
    grey = page.run("return getComputedStyle(document.querySelector('svg path.before')).stroke").strip("rgb()")
    channels = [int(channel) for channel in grey.split(",")]
    assert max(channels) - min(channels) < 10
    assert f" before removal: {sum(BEFORE)}" in page.texts("#legend li")
    page.find("#before").click()
    assert page.paths("svg path.before") == []
    assert page.find("#before").get_attribute("aria-pressed") == "false"
    assert page.view()[0] > 90, "without it, the histogram alone is in view"


def test_the_fit_of_the_scan_is_drawn_and_its_pulls_below(show):
    page = show(histograms=[scanned()])
    edges, heights = page.drawn("svg path.fit")
    assert edges == pytest.approx([100.0 + 10 * n for n in range(7)], abs=0.01)
    assert heights == pytest.approx(EXPECTED, rel=1e-3)
    edges, heights = page.drawn("svg path.pull", axis="panel")
    assert edges == pytest.approx([100.0 + 10 * n for n in range(7)], abs=0.01)
    assert heights == pytest.approx(pulls(np.array(COUNTS, dtype=float), np.array(EXPECTED)), abs=0.02)
    assert " smooth background" in page.texts("#legend li")
    assert "Pull [σ]" in page.texts("svg .label")


def test_the_fit_ends_where_outliers_begin(show):
    outlying = scanned(outliers_from_gev=140.0, fit=fit(COUNTS[:4], EXPECTED[:4]))
    page = show(histograms=[outlying])
    assert page.drawn("svg path.fit")[0][-1] == pytest.approx(140.0)
    assert page.drawn("svg path.pull", axis="panel")[0][-1] == pytest.approx(140.0)


def test_the_most_significant_window_is_shaded_in_both_panels(show):
    page = show(histograms=[scanned()])
    upper, lower = page.boxes("svg rect.window")
    ((main, width),) = page.boxes("svg .main")
    assert upper == lower == pytest.approx((main + width / 2, width / 6))
    assert " most significant window: 130 to 140 GeV, local 3.4 σ" in page.texts("#legend li")
    low, high = page.run(
        "return [...document.querySelectorAll('svg rect.window')].map((part) => part.getBoundingClientRect().top)"
    )
    assert low < high, "one lies below the other"


@pytest.mark.parametrize("scan", [row(low_gev=None, high_gev=None), row(global_p=None, status="fewer than 10 bins")])
def test_without_a_ranked_excess_nothing_is_shaded(show, scan):
    page = show(histograms=[scanned(scan=scan)])
    assert page.boxes("svg rect.window") == []
    assert not any("window" in text for text in page.texts("#legend li"))


def test_without_a_scan_there_is_neither_fit_nor_panel(some):
    assert some.paths("svg path.fit, svg path.pull") == []
    assert some.texts("svg .panel-border") == []
    assert not some.find("#before").is_displayed()
    heights = some.drawn()[1]
    assert heights == pytest.approx(SOME[0]["counts"].tolist(), abs=1e-3)


def test_a_bin_tells_what_was_removed_and_what_was_expected(show):
    page = show(histograms=[scanned(cut=cut(below=154, main=101, start_gev=100.0))])
    page.run("document.querySelector('svg.histogram').scrollIntoView({block: 'center'})")
    svg = page.find("svg.histogram")
    middle = page.run("return document.querySelector('svg.histogram').clientWidth") / 2
    ((before, all_of_it),) = page.boxes("svg .before")
    bin_px = all_of_it / len(BEFORE)
    for number, text in {
        3: "30 ≤ m < 40 GeV: 0 events, removed, 9 before removal",
        13: "130 ≤ m < 140 GeV: 25 events, main; 11.4 expected, pull 3.5 σ",
    }.items():
        place = int(before + (number + 0.5) * bin_px - middle)
        ActionChains(page.driver).move_to_element_with_offset(svg, place, 0).perform()
        assert page.texts("#readout") == [text]


def test_a_removed_peak_that_would_hide_the_histogram_wants_a_logarithmic_axis(show):
    page = show(histograms=[scanned(before=[0, 9000, *BEFORE[2:]])])
    assert page.find("#scale").get_attribute("aria-pressed") == "true"
    assert page.texts("svg .tick.y text") == ["1", "10", "100", "1,000", "10,000"]
    page.find("#scale").click()
    assert page.find("#scale").get_attribute("aria-pressed") == "false"
    assert page.drawn("svg path.before")[1][1] == pytest.approx(9000, rel=1e-3)


def test_weighted_simulation_has_errors_of_its_own_and_may_be_negative(show):
    weighted = histogram("e0m0", [2.5, -0.5, 1.25], errors=[0.5, 0.25, 0.75], entries=9, before=[0.25, 2.5, -0.5, 1.25])
    page = show(histograms=[weighted | {"start_gev": 10.0, "cut": cut(main=9, start_gev=10.0)}])
    (first, at_first), (last, at_last) = page.ticks("y")
    script = (
        "return [...document.querySelectorAll('svg line.error')]"
        ".map((bar) => ['y1', 'y2'].map((end) => Number(bar.getAttribute(end))))"
    )
    ends = [[first + (y - at_first) / (at_last - at_first) * (last - first) for y in bar] for bar in page.run(script)]
    assert np.array(ends) == pytest.approx(np.array([[2.0, 3.0], [-0.75, -0.25], [0.5, 2.0]]))
    assert page.drawn()[1] == pytest.approx([2.5, -0.5, 1.25])
    assert " before removal: 3.5 expected events" in page.texts("#legend li")


def test_a_fit_to_pseudo_data_says_so(show):
    page = show(histograms=[scanned(fit=fit(COUNTS, EXPECTED, pseudo_data=True))])
    assert " smooth background, fitted to pseudo-data" in page.texts("#legend li")


def test_a_phone_shows_both_panels(show):
    page = show(PHONE, histograms=[scanned()])
    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]
    assert len(page.boxes("svg .panel-border")) == 1
    assert page.drawn("svg path.fit")[1] == pytest.approx(EXPECTED, rel=1e-2)


@pytest.mark.parametrize("outliers_from_gev", [None, 140.0])
def test_entries_between_the_turn_on_and_the_first_bin_are_told(show, outliers_from_gev):
    outliers = 9 if outliers_from_gev else 0
    cuts = cut(main=sum(COUNTS) + 4 - outliers, outliers=outliers, start_gev=97.0)
    page = show(histograms=[scanned(cut=cuts, outliers_from_gev=outliers_from_gev), histogram("e0e1", COUNTS)])
    facts = dict(zip(page.texts("#details dt"), page.texts("#details dd"), strict=True))
    assert facts["Between turn-on and first bin"] == "4"
    page.choose("2e_0m_1j_0g/e0e1")
    assert "Between turn-on and first bin" not in page.texts("#details dt")
