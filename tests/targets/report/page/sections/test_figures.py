"""The figures in a real browser: the largest excesses on top, each with the way to its histogram."""

import pytest

from tests.support.browsers import PHONE
from tests.support.reports import PNG, histogram

pytestmark = pytest.mark.browser

ROWS = [histogram(f"e0j{n}", [n + 1, 1]) for n in range(1, 80)]


def excess(number, row):
    plain = {"name": f"excess_{number}", "title": f"excess {number}", "png": PNG}
    return plain | {"dataset": row["dataset"], "histogram": row["name"]}


def test_the_five_largest_excesses_stand_on_top(show):
    drawn = [{"name": f"excess_{n}", "title": f"excess {n}", "png": PNG} for n in range(1, 8)]
    page = show(figures=[{"name": "events", "title": "events", "png": PNG}, *drawn])
    assert page.texts("#headlines figcaption") == [f"excess {n}" for n in range(1, 6)]
    assert page.texts("#figures figcaption") == ["events", "excess 6", "excess 7"]
    assert page.texts("figure a") == []


@pytest.mark.parametrize("size", [(1280, 900), PHONE], ids=str)
def test_from_its_picture_one_comes_to_the_histogram(show, size):
    page = show(size, histograms=ROWS, figures=[excess(1, ROWS[4]), excess(2, ROWS[60])])
    page.search("e0j70")
    first, second = page.driver.find_elements("css selector", "#headlines figure a")
    second.click()
    page.wait(lambda: page.texts("#drawing-title") == ["e0j61 in 2e_0m_1j_0g, demo_data"])
    page.wait(lambda: "e0j61" in page.texts("#table tr[aria-current] th"))
    top = "return document.getElementById('histograms').getBoundingClientRect().top"
    page.wait(lambda: -10 < page.run(top) < size[1] / 2)
    page.run("window.scrollTo(0, 0)")
    first.click()
    page.wait(lambda: page.texts("#drawing-title") == ["e0j5 in 2e_0m_1j_0g, demo_data"])


def test_the_way_is_there_a_second_time(show):
    """The arrow keys leave the address as it is: the link then names what it names already."""
    page = show(histograms=ROWS, figures=[excess(1, ROWS[4])])
    link = page.find("#headlines figure a")
    link.click()
    page.wait(lambda: page.texts("#drawing-title") == ["e0j5 in 2e_0m_1j_0g, demo_data"])
    page.find("#table tr[aria-current] button").send_keys("\ue013")  # the arrow upwards
    assert page.texts("#drawing-title") != ["e0j5 in 2e_0m_1j_0g, demo_data"]
    page.run("window.scrollTo(0, 0)")
    link.click()
    page.wait(lambda: page.texts("#drawing-title") == ["e0j5 in 2e_0m_1j_0g, demo_data"])
