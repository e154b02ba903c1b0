"""A histogram as a link and as a file, and the table as a file: in a real browser that saves them."""

import csv

import pytest

from targets.report import document as report
from tests.support.reports import SOME, SPLIT, WITHOUT, document, histogram

pytestmark = pytest.mark.browser

NAME = "demo_data_ROI_mass_j0j1_cat_0ex_0mx_2jx_0gx_width_10.0"


@pytest.fixture
def saved(some, tmp_path):
    """Tell the browser where to save, and wait for a file there."""
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path / "saved")}
    some.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)

    def press(button, name):
        some.find(button).click()
        path = tmp_path / "saved" / name
        some.wait(path.exists)
        return path

    return press


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_histogram_is_saved_as_csv(some, saved):
    some.choose("0e_0m_2j_0g/j0j1")
    head, *bins = rows_of(saved("#csv", f"{NAME}.csv"))
    assert head == ["low_gev", "high_gev", "entries"]
    expected = [(100.0 + 10 * n, 110.0 + 10 * n, count) for n, count in enumerate(SPLIT["counts"].tolist())]
    assert [tuple(map(float, line)) for line in bins] == expected


def test_a_histogram_is_saved_as_a_picture(some, saved):
    some.choose("0e_0m_2j_0g/j0j1")
    width, height = some.run(
        "const svg = document.querySelector('svg.histogram'); return [svg.clientWidth, svg.clientHeight]"
    )
    content = saved("#png", f"{NAME}.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(content[16:20], "big") == 2 * width
    lines = 1 + len(some.texts("#legend li"))
    assert int.from_bytes(content[20:24], "big") >= 2 * (height + 16 * lines), "title and legend stand above it"


def test_the_table_is_saved_as_the_filters_leave_it(some, saved):
    some.search("1j")
    head, *rows = rows_of(saved("#table-csv", "histograms.csv"))
    assert head[:3] == ["Histogram", "Combination", "Final state"]
    assert [f"{line[2]}/{line[1]}" for line in rows] == some.names()
    (dropped,) = [line for line in rows if line[1] == "e0e1j0"]
    assert dropped[-1] == "drops it: 2 bins, the loader wants 25", "a comma does not part a field"


def test_a_link_leads_to_one_histogram(page, tmp_path):
    many = [histogram(f"j0j{n}", [100 - n, 1]) for n in range(1, 80)]
    path = tmp_path / "report.html"
    report.write(path, document(histograms=[*SOME, *many], without=WITHOUT))
    page.open(path)
    page.search("j0j70")
    page.choose("2e_0m_1j_0g/j0j70")
    address = page.run("return location.href")
    assert address == page.find("#link").get_attribute("href")
    page.driver.get("about:blank")
    page.driver.get(address)
    page.wait(lambda: page.run("return document.documentElement.dataset.state") == "ready")
    assert page.texts("#drawing-title") == ["j0j70 in 2e_0m_1j_0g, demo_data"]
    assert "j0j70" in page.texts("#table tr[aria-current] th"), "the table turns to its page"
    page.search("j0j71")
    page.run("location.hash = arguments[0]", address.split("#")[1].replace("j0j70", "j0j3"))
    page.wait(lambda: page.texts("#drawing-title") == ["j0j3 in 2e_0m_1j_0g, demo_data"])
    assert page.logs() == []
