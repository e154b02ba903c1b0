"""The drawing of a histogram in a real browser: the bins, the marks, and what changes the view."""

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from physics.scan.significance import poisson_intervals
from tests.support.reports import SOME, SPLIT, cut, histogram, of_run
from tests.support.runs import Runs
from tests.support.toy_files import toy_file

pytestmark = pytest.mark.browser

WIDE = [histogram("e0e1", list(range(200, 0, -1)))]


def assert_drawn(page, wanted):
    edges, heights = page.drawn()
    start, width, counts = wanted["start_gev"], wanted["width_gev"], wanted["counts"].tolist()
    assert np.allclose(heights, counts, rtol=0, atol=1e-6 * max(counts))
    assert edges == pytest.approx([start + width * n for n in range(len(counts) + 1)])


def test_the_largest_is_drawn_at_once_and_another_when_it_is_chosen(some):
    assert some.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data"]
    assert_drawn(some, SOME[0])
    some.choose("0e_1m_1j_0g/m0j0")
    assert_drawn(some, SOME[2])
    assert [row.text.split("\n")[0] for row in some.driver.find_elements("css selector", "tr[aria-current] th")] == [
        "m0j0"
    ]


def test_cuts_and_outliers_are_marked(some):
    some.choose("0e_0m_2j_0g/j0j1")
    assert_drawn(some, SPLIT)
    assert [path.count("V") - 1 for path in some.paths()] == [3, 2], "three bins of main, two of outliers"
    (main, _), (outliers, _) = some.boxes("svg path")
    ((cut_at, _),), ((split_at, _),) = some.boxes("svg line.turn-on"), some.boxes("svg line.split")
    assert cut_at == pytest.approx(main + (outliers - main) / 3)
    assert split_at == pytest.approx(outliers)
    legend = some.texts("#legend li")
    assert legend == [" main: 79", " turn-on: 110 GeV", " outliers: 0", " outliers start: 130 GeV"]
    facts = dict(zip(some.texts("#details dt"), some.texts("#details dd"), strict=True))
    assert facts["Removed below the turn-on"] == "100"
    assert facts["Removed in windows of known resonances"] == "7"
    assert facts["Removed above the largest mass"] == "3"


def test_error_bars_are_those_of_poisson(show):
    counts = [1, 0, 4, 25]
    page = show(histograms=[histogram("e0e1", counts)])
    (first, at_first), (last, at_last) = page.ticks("y")
    script = (
        "return [...document.querySelectorAll('svg line.error')]"
        ".map((bar) => ['y1', 'y2'].map((end) => Number(bar.getAttribute(end))))"
    )
    ends = [[first + (y - at_first) / (at_last - at_first) * (last - first) for y in bar] for bar in page.run(script)]
    above_zero = np.array([count for count in counts if count])
    assert np.array(ends) == pytest.approx(np.transpose(poisson_intervals(above_zero)), rel=1e-4)


def test_a_vetoed_gap_is_marked(show):
    vetoed = cut(main=8, start_gev=100.0, vetoed_gev=((110.0, 120.0),))
    page = show(histograms=[histogram("g0g1", [5, 0, 3], cut=vetoed)])
    (gap,), (path,) = page.boxes("svg .gap"), page.boxes("svg path")
    assert gap == pytest.approx([path[0] + path[1] / 3, path[1] / 3])
    assert " vetoed: 110 to 120 GeV" in page.texts("#legend li")


def test_a_combination_without_a_histogram_says_why(some):
    some.choose("0e_2m_0j_0g/m0m1")
    assert some.texts("#readout") == ["no histogram: no masses"]
    assert some.paths() == []
    some.choose("2e_0m_1j_0g/e0e1")
    assert_drawn(some, SOME[0])


def test_hover_tells_the_bin_and_what_is_in_it(some):
    some.choose("0e_0m_2j_0g/j0j1")
    some.run("document.querySelector('svg.histogram').scrollIntoView({block: 'center'})")
    svg = some.find("svg.histogram")
    middle = some.run("return document.querySelector('svg.histogram').clientWidth") / 2
    places = some.boxes("svg path")
    ActionChains(some.driver).move_to_element_with_offset(svg, int(places[0][0] + 5 - middle), 0).perform()
    assert some.texts("#readout") == ["100 ≤ m < 110 GeV: 9 events, main"]
    ActionChains(some.driver).move_to_element_with_offset(svg, int(sum(places[1]) - 5 - middle), 0).perform()
    assert some.texts("#readout") == ["140 ≤ m < 150 GeV: 2 events, outliers"]


def test_a_logarithmic_axis_has_decades(some):
    some.find("#scale").click()
    assert some.texts("svg .tick.y text") == ["1", "10", "100", "1,000"]
    places = some.run("return [...document.querySelectorAll('svg .tick.y')].map((tick) => Number(tick.dataset.at))")
    assert np.diff(places) == pytest.approx([np.diff(places)[0]] * 3), "decades are equally far apart"
    height = float(some.paths()[0].split("V")[1].split("H")[0])
    expected = places[0] + np.log10(500) * (places[1] - places[0])
    assert height == pytest.approx(expected)
    some.find("#scale").click()
    assert_drawn(some, SOME[0])


def test_wheel_buttons_and_double_click_zoom(show):
    page = show(histograms=WIDE)
    whole = page.view()
    svg = page.find("svg.histogram")
    ActionChains(page.driver).scroll_from_origin(ScrollOrigin.from_element(svg), 0, -100).perform()
    page.wait(lambda: page.view() != whole)
    closer = page.view()
    assert (closer[1] - closer[0]) == pytest.approx((whole[1] - whole[0]) / 1.25)
    page.find("[data-zoom=in]").click()
    page.find("[data-zoom=right]").click()
    assert page.view()[0] > closer[0]
    heights = page.drawn()[1]
    assert heights == pytest.approx([float(n) for n in WIDE[0]["counts"] if n in np.round(heights)])
    ActionChains(page.driver).double_click(svg).perform()
    assert page.view() == pytest.approx(whole)
    page.find("[data-zoom=out]").click()
    assert page.view() == pytest.approx(whole), "there is nothing beyond the whole range"


def test_a_drag_zooms_to_what_it_went_over(show):
    page = show(histograms=WIDE)
    low, high = page.view()
    svg = page.find("svg.histogram")
    ((_, width),) = page.boxes("svg .border")
    drag = ActionChains(page.driver).move_to_element(svg).click_and_hold()
    drag.move_by_offset(int(width / 4), 0).release().perform()
    after = page.view()
    assert (after[1] - after[0]) == pytest.approx((high - low) / 4, rel=0.02)
    page.find("[data-zoom=reset]").click()
    assert page.view() == pytest.approx([low, high])


def test_the_keyboard_does_it_all(some):
    some.find("#table tbody button").send_keys(Keys.ARROW_DOWN)
    assert some.texts("#drawing-title") == ["m0j0 in 0e_1m_1j_0g, demo_data"]
    some.driver.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert some.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data"]
    some.choose("0e_1m_1j_0g/m0j0")
    svg, whole = some.find("svg.histogram"), some.view()
    svg.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert some.texts("#readout") == ["110 ≤ m < 120 GeV: 7 events, main"]
    svg.send_keys("+")
    assert some.view() != pytest.approx(whole)
    svg.send_keys("0")
    assert some.view() == pytest.approx(whole)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A real run over toy files, on a narrow grid so that there are outliers."""
    folder = tmp_path_factory.mktemp("run")
    toys = [toy_file(folder / "in" / f"f{seed}.root", seed) for seed in range(3)]
    made = Runs(folder, ",".join(map(str, toys)))
    made(objects_to_calculate="e,m,j")
    return made


def test_the_drawn_bins_are_those_of_the_root_file(show, run):
    whole = of_run(run)["histograms"]
    assert len(whole) > 20
    assert any(one["outliers_from_gev"] for one in whole)
    page = show(histograms=whole)
    expected = {f"{one['final_state']}/{one['combination']}": one for one in whole}
    seen = page.names()
    for name in seen:
        page.choose(name)
        assert_drawn(page, expected[name])
    assert len(seen) == min(50, len(whole))
