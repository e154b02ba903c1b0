"""The report in a real browser: what it shows, and that it asks nobody for anything."""

import numpy as np
import pytest
from selenium.webdriver.support.ui import Select

from targets.report import document as report
from tests.support.browsers import DESKTOP, PHONE
from tests.support.reports import PNG, SOME, WITHOUT, cut, document, histogram
from tests.support.scans import row

pytestmark = pytest.mark.browser


def test_it_opens_from_disk_without_an_error_or_a_request(some):
    assert some.run("return document.documentElement.dataset.state") == "ready"
    assert some.run("return location.protocol") == "file:"
    assert some.texts("#summary li") == [
        "5 histograms",
        "4 of them BumpNet's loader accepts",
        "1 combination without one",
        "2 input files",
        "1 file given up",
        "1 warning",
    ]


def test_luminosity_and_warnings_stand_on_top(some):
    assert some.texts("main section > h2")[0] == "Luminosity and warnings"
    assert some.texts("#headlines h3, #headlines p") == ["d", "40 of 60 events count, ≈ 3.2 1/pb"]
    assert some.texts("#headlines .warnings li") == ["no trigger was asked for"]


def test_where_there_is_no_warning_that_is_said(show):
    page = show(headlines=[{"dataset": "d", "facts": ["all events count"], "warnings": []}])
    assert page.texts("#headlines p") == ["all events count", "No warnings."]
    assert "0 warnings" in page.texts("#summary li")


def test_every_section_shows_what_the_document_says(some):
    body = {name: some.find(f"#{name}").text for name in ("run", "files", "sources", "cutflow", "stages", "figures")}
    assert "bin_width_gev 10, 20" in body["run"]
    assert "uproot 5.7.4" in body["run"]
    assert "root://a//b.root d 2.5 MB adler32:0a1b2c3d 2020e-13tev 1,000 200 kB" in body["files"]
    assert "empty.root d 300 B not given no tree 0 300 B" in body["files"]
    assert "Somebody (2024). Record 1." in body["sources"]
    assert some.find("#sources a").get_attribute("href") == "https://doi.org/10.7483/OPENDATA.X"
    assert "pt 60 30 pt ≥ 25 GeV" in body["cutflow"]
    assert "isolation 60 30 pt ≥ 25 GeV not in this format" in body["cutflow"]
    assert "bad.root bad.root: truncated" in body["cutflow"]
    assert "ParseFile 2 4 1,000 250 – 3 MB 500 kB 200 1" in body["stages"]
    assert "FindPeaks 1 0.5 – – 7,000 – 500 B 90 0" in body["stages"]
    assert "One pixel" in body["figures"]
    some.wait(lambda: some.run("return document.querySelector('figure img').naturalWidth") == 1)


def test_the_order_of_cuts_and_stages_cannot_be_changed(some):
    assert some.texts("#cutflow .fixed thead button, #stages thead button, #run thead button") == []
    assert some.texts("#cutflow .fixed tbody th") == ["pt", "isolation"]


def test_empty_sections_say_so(show):
    nothing = {name: [] for name in ("files", "sources", "failures", "figures", "histograms", "without", "headlines")}
    page = show(run={}, versions={}, cutflow={}, stages={}, **nothing)
    assert page.run("return document.documentElement.dataset.state") == "ready"
    assert page.count() == "no rows"
    for name, text in {
        "headlines": "Nothing was recorded",
        "sources": "No source",
        "cutflow": "No file was given up",
        "figures": "No figure",
    }.items():
        assert text in page.find(f"#{name}").text


def test_the_table_has_a_row_for_each_and_the_largest_first(some):
    assert some.rows()[:2] == [
        ["e0e1", "2e_0m_1j_0g", "demo_data", "10", "820", "3", "100", "130", "100", "", "accepts it"],
        ["m0j0", "0e_1m_1j_0g", "demo_data", "10", "210", "30", "100", "400", "100", "", "accepts it"],
    ]
    last = ["m0m1", "0e_2m_0j_0g", "demo_data", "", "", "", "", "", "", "", "no histogram: no masses"]
    assert some.rows()[-1] == last
    assert some.count() == "6 rows"


@pytest.mark.parametrize("width", [1000, 1200, 1280, 1300, 1399, 1400, 1920])
@pytest.mark.parametrize(("others", "columns"), [({}, 8), ({"dataset": "2024r-pp_data"}, 9), ({"width_gev": 25.0}, 9)])
def test_no_column_is_cut_off_on_any_desk(show, width, others, columns):
    one = {"start_gev": 100.0, "outliers_from_gev": 9870.0, "rejection": "21 bins, the loader wants 25"}
    rows = [histogram("e0e1m0m1", [123_456] * 21, "3e_4m_4j_4g", **one, **other) for other in ({}, others)]
    page = show((width, 1000), histograms=rows)
    assert len(page.texts("#table thead th")) == columns
    table = page.find("#table .table")
    assert table.get_property("scrollWidth") <= table.get_property("clientWidth")


@pytest.mark.parametrize("width", [1000, 1200, 1400])
def test_nor_is_one_of_all_columns(show, width):
    page = show((width, 1000), histograms=SOME, without=WITHOUT)
    assert len(page.texts("#table thead th")) == 11
    table = page.find("#table .table")
    assert table.get_property("scrollWidth") <= table.get_property("clientWidth")


def test_the_turn_on_has_a_column_where_a_histogram_starts_elsewhere(show):
    """With bins of 25 GeV and a peak search on 10 GeV, a turn-on of 90 GeV lies inside a bin."""
    where = {"width_gev": 25.0, "cut": cut(main=6, start_gev=90.0)}
    page = show(histograms=[histogram("e0e1", [3, 2, 1]), histogram("m0j0", [3, 2, 1], **where)])
    assert "Turn-on [GeV]" in page.texts("#table thead th")
    page.search("e0e1")
    assert "Turn-on [GeV]" in page.texts("#table thead th")
    page = show(histograms=[histogram("e0e1", [3, 2, 1])])
    assert "Turn-on [GeV]" not in page.texts("#table thead th")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e0e1", ["2e_0m_1j_0g/e0e1", "2e_0m_1j_0g/e0e1j0", "2e_0m_0j_0g/e0e1"]),
        ("E0E1 1j", ["2e_0m_1j_0g/e0e1", "2e_0m_1j_0g/e0e1j0"]),
        ("loader wants", ["2e_0m_1j_0g/e0e1j0"]),
        ("no masses", ["0e_2m_0j_0g/m0m1"]),
        ("other_data", ["2e_0m_0j_0g/e0e1"]),
        (".*", []),
    ],
)
def test_search_finds_every_word_anywhere(some, text, expected):
    some.search(text)
    assert some.names() == expected


@pytest.mark.parametrize(
    ("field", "choice", "expected"),
    [
        ("final-state", "2e_0m_1j_0g", ["2e_0m_1j_0g/e0e1", "2e_0m_1j_0g/e0e1j0"]),
        ("dataset", "other_data", ["2e_0m_0j_0g/e0e1"]),
        ("width", "5 GeV", ["2e_0m_0j_0g/e0e1"]),
        ("verdict", "drops it", ["2e_0m_1j_0g/e0e1j0"]),
        ("verdict", "there is no histogram", ["0e_2m_0j_0g/m0m1"]),
    ],
)
def test_filters_leave_what_was_asked_for(some, field, choice, expected):
    Select(some.find(f"#{field}")).select_by_visible_text(choice)
    some.wait(lambda: some.names() == expected)
    some.find("#filters button[type=reset]").click()
    some.wait(lambda: some.count() == "6 rows")


def test_filters_by_kind_of_object_work_together(some):
    assert some.texts("#kinds label") == [" electrons", " muons", " jets"]
    some.find("#kinds input[value=j]").click()
    assert some.names() == ["0e_1m_1j_0g/m0j0", "0e_0m_2j_0g/j0j1", "2e_0m_1j_0g/e0e1j0"]
    some.find("#kinds input[value=e]").click()
    assert some.names() == ["2e_0m_1j_0g/e0e1j0"]
    some.search("m0")
    assert some.count() == "no rows"


def test_any_column_sorts_both_ways_and_what_is_not_known_comes_last(some):
    assert some.sort("Bins") == ["30", "5", "3", "2", "2", ""]
    assert some.sort("Bins") == ["2", "2", "3", "5", "30", ""]
    assert some.sort("Combination") == ["e0e1", "e0e1", "e0e1j0", "j0j1", "m0j0", "m0m1"]
    assert some.sort("Combination") == ["m0m1", "m0j0", "j0j1", "e0e1j0", "e0e1", "e0e1"]
    assert some.sort("Entries") == ["820", "210", "81", "65", "3", ""]
    assert some.texts("thead th[aria-sort=descending] button")[0] == "Entries"


def test_ten_thousand_histograms(show):
    random = np.random.default_rng(1)
    counts = random.poisson(2000 * np.exp(-np.arange(60) / 8), (10_000, 60))
    states = [f"{n % 5}e_{n // 5 % 5}m_{n // 25 % 5}j_0g" for n in range(125)]
    many = [histogram(f"e0j{n // 125}", row.tolist(), states[n % 125]) for n, row in enumerate(counts)]
    page = show(histograms=many)
    assert page.count() == "1 to 50 of 10,000 rows"
    assert len(page.rows()) == 50
    page.search("e0j17 4e_4m")
    assert sorted(page.names()) == sorted(f"4e_4m_{n}j_0g/e0j17" for n in range(5))
    page.choose("4e_4m_3j_0g/e0j17")
    (wanted,) = [one for one in many if one["combination"] == "e0j17" and one["final_state"] == "4e_4m_3j_0g"]
    assert page.drawn()[1] == pytest.approx(wanted["counts"].tolist())
    page.search("")
    next_page = "#table .pager button:nth-child(3)"
    page.find(next_page).click()
    assert page.count() == "51 to 100 of 10,000 rows"
    page.find("#table .pager button:nth-child(4)").click()
    assert page.count() == "9,951 to 10,000 of 10,000 rows"
    assert not page.find(next_page).is_enabled()


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"><svg onload='window.hacked = 1'>",
    "{{script}} {{document}} \\u003c \u2028 \u202e \x00 é 𝄞",
    "javascript:window.hacked = 1",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_and_nothing_else(show, name):
    row = {"cut": name, "objects": 1, "removed": 0, "applied": True, "reason": name}
    page = show(
        title=name,
        run={name: name},
        versions={name: name},
        files=[{"uri": name, "dataset": name, "size": 1, "checksum": name}],
        sources=[{"name": name, "doi": name, "citation": name}],
        cutflow={name: {name: [row]}},
        failures=[{"uri": name, "reason": name}],
        stages={name: document()["stages"]["ParseFile"]},
        figures=[{"title": name, "png": PNG}],
        histograms=[histogram(name, [3, 2, 1], name, dataset=name, rejection=name)],
        without=[{"dataset": name, "final_state": name, "combination": name, "width_gev": None, "reason": name}],
    )
    page.choose(f"{name}/{name}")
    assert page.run("return window.hacked") is None
    elements = {tag: len(page.texts(tag)) for tag in ("script", "img", "svg", "#sources a", "b")}
    assert elements == {"script": 2, "img": 1, "svg": 1, "#sources a": 0, "b": 0}
    assert page.rows()[0][:2] == [name, name]
    assert name in page.run("return document.getElementById('drawing-title').textContent")
    if "\x00" not in name:
        assert page.texts("h1") == [name]


def test_the_policy_forbids_scripts_and_the_network(some):
    """Were there a hole, this is what would still hold it shut."""
    add = "const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
    some.run(f"{add} document.body.append(one)")
    some.run("const one = new Image(); one.src = 'https://example.org/x.png'; document.body.append(one)")
    fetching = "fetch('https://example.org').then(() => arguments[0]('sent'), (error) => arguments[0](error.name))"
    assert some.driver.execute_async_script(fetching) == "TypeError"
    assert some.run("return window.hacked") is None
    said = some.logs()
    assert sum("Content Security Policy" in one for one in said) >= 3
    assert [one for one in said if one.startswith("request")] == ["request (csp): https://example.org/x.png"]


def test_a_damaged_report_says_so(page, tmp_path):
    path = tmp_path / "report.html"
    report.write(path, document())
    path.write_text(path.read_text().replace('id="data">eJ', 'id="data">AAAA'))
    page.open(path)
    assert page.run("return document.documentElement.dataset.state") == "failed"
    assert page.find("#problem").text.startswith("The report cannot be shown:")
    page.logs()


LONG = "a_very_long_name_that_nobody_would_like_to_read_on_a_phone_" * 3


@pytest.mark.parametrize("size", [PHONE, DESKTOP, (320, 640)])
def test_no_page_is_wider_than_its_screen(show, size):
    files = [{"uri": f"root://host//{LONG}.root", "dataset": LONG, "size": None, "checksum": None}]
    wide = [*SOME, histogram("e0e1m0m1", [3, 2, 1], LONG, rejection=LONG)]
    page = show(size, histograms=wide, without=WITHOUT, files=files, title=LONG, run={LONG: LONG})
    assert page.run("return document.documentElement.scrollWidth") <= size[0]
    page.choose(f"{LONG}/e0e1m0m1")
    assert page.run("return document.documentElement.scrollWidth") <= size[0]
    assert page.run("return document.querySelector('svg.histogram').clientWidth") > 200


def test_on_a_phone_the_drawing_comes_into_view(show):
    page = show(PHONE, histograms=[histogram(f"e0j{n}", [n + 1, 1]) for n in range(40)])
    page.choose("2e_0m_1j_0g/e0j32")
    top = "return document.getElementById('drawing').getBoundingClientRect().top"
    page.wait(lambda: 0 <= page.run(top) < PHONE[1] / 2)
    page.find("#back").click()
    row = "return document.querySelector('tr[aria-current]').getBoundingClientRect().top"
    page.wait(lambda: 0 <= page.run(row) < PHONE[1])


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_colours_follow_the_reader(show, scheme, dark):
    page = show(scheme=scheme)
    red = page.run("return Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
    assert (red < 128) == dark


def test_what_the_scan_says_stands_beside_the_histograms(show):
    scanned = histogram("e0m0", [3, 2, 1], scan=row(global_p=0.0001))
    apart = histogram("e0j0", [3, 2, 1], scan=row(global_p=None, status="fewer than 10 bins"))
    page = show(histograms=[scanned, apart])
    titles = page.texts("#table thead th")
    assert {"Largest excess [GeV]", "Local [σ]", "Global p"} <= set(titles)
    rows = {cells[0]: dict(zip(titles, cells, strict=True)) for cells in page.rows()}
    assert [rows["e0m0"][title] for title in ("Largest excess [GeV]", "Local [σ]", "Global p")] == [
        *("390–410", "7.0", "1.0e-4"),
    ]
    assert rows["e0j0"]["Largest excess [GeV]"] == "not ranked: fewer than 10 bins"
    assert "Global p" not in show(histograms=[histogram("e0e1", [3, 2, 1])]).texts("#table thead th")
