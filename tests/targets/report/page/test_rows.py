"""The rows of the histogram browser: what a search finds, and what a click on one does."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from tests.support.reports import histogram
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
