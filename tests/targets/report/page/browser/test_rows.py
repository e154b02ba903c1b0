"""The rows of the histogram browser: what a search finds, and what a click on one does."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from tests.support.browsers import PHONE
from tests.support.reports import PNG, histogram
from tests.support.scans import row

pytestmark = pytest.mark.browser

SCANNED = [
    histogram("e0m0", [3, 2, 1], "1e_1m_0j_0g", scan=row(low_gev=390.0, high_gev=410.0)),
    histogram("m0j0", [3, 2, 1], "0e_1m_1j_0g", scan=row(low_gev=200.0, high_gev=230.0)),
    histogram("j0j1", [3, 2, 1], "0e_0m_2j_0g", start_gev=390.0),
]
WORDS = {"1e_1m_0j_0g": "e + µ, no jets", "e0m0": "leading e and leading µ"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e0m0", ["1e_1m_0j_0g/e0m0"]),
        ("electron", ["1e_1m_0j_0g/e0m0"]),
        ("emu", ["1e_1m_0j_0g/e0m0"]),
        ("muons jet", ["1e_1m_0j_0g/e0m0", "0e_1m_1j_0g/m0j0"]),
        ("400", ["1e_1m_0j_0g/e0m0", "0e_0m_2j_0g/j0j1"]),
        ("215.5", ["0e_1m_1j_0g/m0j0"]),
        ("no jets", ["1e_1m_0j_0g/e0m0"]),
        ("leading μ", ["1e_1m_0j_0g/e0m0"]),
        ("ROI_mass_m0j0_cat_0ex_1mx_1jx_0gx_width_10.0", ["0e_1m_1j_0g/m0j0"]),
    ],
)
def test_search_finds_kinds_masses_words_and_whole_names(show, text, expected):
    page = show(histograms=SCANNED, words=WORDS)
    page.search(text)
    assert sorted(page.names()) == sorted(expected)


def test_names_are_explained_in_words(show):
    page = show(histograms=SCANNED, words=WORDS)
    page.choose("1e_1m_0j_0g/e0m0")
    assert page.texts("#drawing-words") == ["e + µ, no jets: mass of leading e and leading µ"]
    script = "return [...document.querySelectorAll('#table [data-words]')].map((cell) => cell.dataset.words)"
    assert page.run(script) == ["leading e and leading µ", "e + µ, no jets"]


def test_the_first_click_after_a_search_chooses(some):
    """The press ends the search's field, which tells of a change before the button is let go."""
    some.find("#search").send_keys("m0j0")
    some.wait(lambda: some.names() == ["0e_1m_1j_0g/m0j0"])
    line = some.find("#table tbody tr")
    ActionChains(some.driver).move_to_element(line).click_and_hold().pause(0.2).release().perform()
    assert some.texts("#drawing-title") == ["m0j0 in 0e_1m_1j_0g, demo_data"]


def test_with_a_scan_the_most_significant_comes_first(show):
    ranked = [("j0j1", 0.2, 2.0), ("e0m0", 0.001, 4.0), ("m0j0", 0.001, 7.0), ("j0j2", None, None)]
    rows = [
        histogram(name, [9, 2, 1], scan=row(global_p=p, local_significance=local, status="too few"))
        for name, p, local in ranked
    ]
    page = show(histograms=rows)
    first = ["m0j0", "e0m0", "j0j1", "j0j2"]
    assert [cells[0] for cells in page.rows()] == first
    assert page.texts("#drawing-title") == ["m0j0 in 2e_0m_1j_0g, demo_data"]
    page.sort("Entries")
    assert page.sort("Global p")[0] == "0.0010", "the smallest is the first"


def test_a_phone_shows_a_page_that_can_be_scrolled_through(show):
    """Long sections are folded, tables have ten rows a page, and figures lie side by side."""
    rows = [histogram(f"e0j{n}", [n + 1, 1]) for n in range(60)]
    parameters = {f"parameter_{n}": "value" for n in range(40)}
    figures = [{"name": f"mass_{n}", "title": f"ROI_mass_e0m0_cat_{n}", "png": PNG} for n in range(30)]
    page = show(PHONE, histograms=rows, run=parameters, figures=figures)
    assert len(page.rows()) == 10
    assert page.run("return document.documentElement.scrollHeight") < 8000
    parts = page.run("return [...document.querySelector('figcaption').childNodes].map((part) => part.textContent)")
    assert [part for part in parts if part] == ["ROI_", "mass_", "e0m0_", "cat_", "0"], "it breaks behind underscores"
    page.find("#cutflow summary").click()
    line = "return ['th', 'tr'].map((tag) => document.querySelector(`#cutflow tbody ${tag}`).offsetWidth)"
    cut_px, line_px = page.run(line)
    assert cut_px == line_px, "the name of a cut has all the room"
    page.find("#run summary").click()
    assert "parameter_39" in page.find("#run").text
