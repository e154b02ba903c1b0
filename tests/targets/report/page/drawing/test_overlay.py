"""Two histograms over each other, in a real browser."""

import csv

import pytest

from tests.support.browsers import PHONE
from tests.support.reports import histogram

pytestmark = pytest.mark.browser

FIRST, SECOND = histogram("e0e1", [50, 30, 20]), histogram("m0j0", [2, 7, 1, 5], "0e_1m_1j_0g", start_gev=110.0)
COARSE = histogram("j0j1", [40, 20], "0e_0m_2j_0g", width_gev=20.0)
ALL = [FIRST, SECOND, COARSE]
BOTH = (
    "#histogram=demo_data/ROI_mass_e0e1_cat_2ex_0mx_1jx_0gx_width_10.0"
    "&with=demo_data/ROI_mass_m0j0_cat_0ex_1mx_1jx_0gx_width_10.0"
)


def add(page, name):
    """Add the row of a histogram to the one that is drawn."""
    page.find("#second").click()
    page.choose(name)


def counts(page, style):
    return page.drawn(f"svg path.{style}")


def test_a_second_histogram_is_drawn_over_the_first(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    add(page, "0e_1m_1j_0g/m0j0")
    assert counts(page, "first")[0] == pytest.approx([100, 110, 120, 130])
    assert counts(page, "first")[1] == pytest.approx([50, 30, 20])
    assert counts(page, "second")[0] == pytest.approx([110, 120, 130, 140, 150])
    assert counts(page, "second")[1] == pytest.approx([2, 7, 1, 5], abs=1e-3)
    assert page.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data and m0j0 in 0e_1m_1j_0g, demo_data"]
    assert page.texts("#legend li") == [
        " e0e1 in 2e_0m_1j_0g, demo_data: 100 entries (2 e + jet: mass of two leading e)",
        " m0j0 in 0e_1m_1j_0g, demo_data: 15 entries (leading µ and leading jet)",
    ]
    colours = "return [...document.querySelectorAll('#legend .key')].map((key) => getComputedStyle(key).borderColor)"
    strokes = (
        "return ['first', 'second'].map((name) => getComputedStyle(document.querySelector(`path.${name}`)).stroke)"
    )
    assert page.run(colours) == page.run(strokes)
    assert len(set(page.run(colours))) == 2
    assert [cells.split("\n")[0] for cells in page.texts("#table tr[aria-current] th button")] == ["e0e1", "m0j0"]


def test_the_second_goes_away_again(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    add(page, "0e_1m_1j_0g/m0j0")
    assert page.texts("#second") == ["Remove the second"]
    page.find("#second").click()
    assert page.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data"]
    assert page.paths("svg path.second") == []
    assert page.run("return location.hash") == BOTH.split("&")[0]
    add(page, "0e_1m_1j_0g/m0j0")
    page.choose("0e_0m_2j_0g/j0j1")
    assert page.texts("#drawing-title") == ["j0j1 in 0e_0m_2j_0g, demo_data"], "another row is shown alone"


def test_who_asked_for_a_second_may_think_again(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    page.find("#second").click()
    assert page.texts("#readout") == ["Choose the second histogram in the table."]
    page.find("#second").click()
    assert page.texts("#readout") == [""]
    page.choose("0e_1m_1j_0g/m0j0")
    assert page.texts("#drawing-title") == ["m0j0 in 0e_1m_1j_0g, demo_data"]


def test_the_address_names_both_and_leads_to_both(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    add(page, "0e_1m_1j_0g/m0j0")
    address = page.run("return location.href")
    assert address.endswith(BOTH)
    assert page.find("#link").get_attribute("href") == address
    page.driver.get("about:blank")
    page.driver.get(address)
    page.wait(lambda: page.run("return document.documentElement.dataset.state") == "ready")
    assert page.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data and m0j0 in 0e_1m_1j_0g, demo_data"]
    page.driver.get(address.split("&")[0])
    page.wait(lambda: page.texts("#drawing-title") == ["e0e1 in 2e_0m_1j_0g, demo_data"])


def test_bins_of_other_widths_are_compared_by_gev(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    add(page, "0e_0m_2j_0g/j0j1")
    assert "Events / GeV" in page.texts("svg .label")
    assert counts(page, "first")[1] == pytest.approx([5, 3, 2])
    assert counts(page, "second")[1] == pytest.approx([2, 1])
    page.find("svg.histogram").send_keys("\ue014")  # the arrow to the right: the first bin
    assert page.texts("#readout") == [
        "100 ≤ m < 110 GeV: e0e1 in 2e_0m_1j_0g 50 events; j0j1 in 0e_0m_2j_0g 40 events (100 ≤ m < 120 GeV)"
    ]


def test_shapes_are_compared_with_the_same_area(show):
    page = show(histograms=ALL)
    page.choose("2e_0m_1j_0g/e0e1")
    assert not page.find("#area").is_displayed()
    add(page, "0e_1m_1j_0g/m0j0")
    page.find("#area").click()
    assert counts(page, "second")[1] == pytest.approx([count * 100 / 15 for count in (2, 7, 1, 5)], rel=1e-3)
    assert counts(page, "first")[1] == pytest.approx([50, 30, 20])
    assert " 15 entries × 6.67 " in page.texts("#legend li")[1]


def test_both_are_saved(show, tmp_path):
    page = show(histograms=ALL)
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "saved")}
    )
    page.choose("2e_0m_1j_0g/e0e1")
    add(page, "0e_1m_1j_0g/m0j0")
    page.find("#csv").click()
    names = [f"demo_data_{one['name']}" for one in (FIRST, SECOND)]
    path = tmp_path / "saved" / f"{'_and_'.join(names)}.csv"
    page.wait(path.exists)
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    assert head == ["dataset", "histogram", "low_gev", "high_gev", "entries"]
    assert [row[2:] for row in rows if row[1] == SECOND["name"]] == [
        *(["110", "120", "2"], ["120", "130", "7"], ["130", "140", "1"], ["140", "150", "5"]),
    ]
    assert len(rows) == 7


def test_on_a_phone_the_table_comes_into_view_and_then_both(show):
    many = [histogram(f"e0j{n}", [n + 1, 1]) for n in range(40)]
    page = show(PHONE, histograms=many)
    page.choose("2e_0m_1j_0g/e0j39")
    page.find("#second").click()
    row = "return document.querySelector('tr[aria-current]').getBoundingClientRect().top"
    page.wait(lambda: 0 <= page.run(row) < PHONE[1])
    page.choose("2e_0m_1j_0g/e0j35")
    top = "return document.getElementById('drawing').getBoundingClientRect().top"
    page.wait(lambda: 0 <= page.run(top) < PHONE[1] / 2)
    assert counts(page, "second")[1] == pytest.approx([36, 1], rel=1e-2)
    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]
