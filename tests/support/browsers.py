"""Debian's chromium without a window, and a look at what a page does in it."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

__all__ = ["CHROMIUM", "DESKTOP", "DRIVER", "PHONE", "Page", "chromium"]

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
"""Debian's packages chromium and chromium-driver: one source, so that they always fit each other."""

DESKTOP, PHONE = (1400, 1000), (390, 844)
"""Width and height in CSS pixels."""

BINS = "svg path.main, svg path.outliers"
"""The outlines of a histogram in the drawing."""

_LONGEST_S = 20


class Page:
    """A report in the browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, path: Path, size: tuple[int, int] = DESKTOP, scheme: str = "light") -> None:
        """Open a report from disk and wait until it is there."""
        self.logs()
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get(path.as_uri())
        self.wait(lambda: self.run("return document.documentElement.dataset.state") != "loading")

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: Any) -> None:
        """Wait until something holds."""
        WebDriverWait(self.driver, _LONGEST_S, poll_frequency=0.02).until(lambda _: condition())

    def find(self, selector: str) -> Any:
        """Find the first element that a CSS selector names."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Give the text of each element that a CSS selector names, shown or not."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return list(self.run(script, selector))

    def rows(self) -> list[list[str]]:
        """Give the cells of the rows that the histogram browser shows."""
        script = (
            "return [...document.querySelectorAll('#table tbody tr')]"
            ".map((row) => [...row.children].map((cell) => cell.textContent))"
        )
        return list(self.run(script))

    def names(self) -> list[str]:
        """Give combination and final state of the rows that the histogram browser shows."""
        return [f"{row[1]}/{row[0]}" for row in self.rows()]

    def count(self) -> str:
        """Give what the histogram browser says of the number of its rows."""
        return self.texts("#table .count")[0]

    def search(self, text: str) -> None:
        """Type into the search box and wait until the table follows."""
        self.run(
            "const box = document.getElementById('search'); box.value = arguments[0];"
            "box.dispatchEvent(new Event('input', {bubbles: true}))",
            text,
        )
        self.driver.execute_async_script("setTimeout(arguments[0], 150)")  # the page waits while somebody types

    def choose(self, name: str) -> None:
        """Click on the row of ``final_state/combination`` that the table shows."""
        self.driver.find_elements(By.CSS_SELECTOR, "#table tbody button")[self.names().index(name)].click()

    def sort(self, title: str) -> list[str]:
        """Click on the heading of a column and give what stands in it then."""
        titles = self.texts("#table thead button")
        self.driver.find_elements(By.CSS_SELECTOR, "#table thead button")[titles.index(title)].click()
        return [row[titles.index(title)] for row in self.rows()]

    def paths(self, selector: str = BINS) -> list[str]:
        """Give the outlines in the drawing: main, outliers."""
        script = "return [...document.querySelectorAll(arguments[0])].map((path) => path.getAttribute('d'))"
        return list(self.run(script, selector))

    def boxes(self, selector: str) -> list[tuple[float, float]]:
        """Give left edge and width, in pixels, of each part of the drawing that a CSS selector names."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((one) => one.getBBox()).map((box) => [box.x, box.width])"
        )
        return [(left, width) for left, width in self.run(script, selector)]

    def view(self) -> tuple[float, float]:
        """Give the masses at the ends of the axis in GeV, measured against its ticks."""
        ((left, width),) = self.boxes("svg .border")
        ticks = self.ticks("x")
        return _measure(left, ticks), _measure(left + width, ticks)

    def drawn(self, selector: str = BINS, axis: str = "y") -> tuple[list[float], list[float]]:
        """Read edges (GeV) and heights back from outlines in the drawing, measured against its own ticks.

        Args:
            selector: A CSS selector of the outlines, closed ones or lines.
            axis: The axis of the heights: y, or panel for the panel below.
        """
        ticks = {"x": self.ticks("x"), "y": self.ticks(axis)}
        edges, heights = [], []
        for path in self.paths(selector):
            start, *corners = re.match(r"M([-\d.e]+),[-\d.e]+((?:V[-\d.e]+H[-\d.e]+)+)", path).groups()
            steps = re.findall(r"V([-\d.e]+)H([-\d.e]+)", corners[0])
            edges += [_measure(float(start), ticks["x"])] if not edges else []
            edges += [_measure(float(x), ticks["x"]) for _, x in steps]
            heights += [_measure(float(y), ticks["y"]) for y, _ in steps]
        return edges, heights

    def ticks(self, axis: str) -> tuple[tuple[float, float], tuple[float, float]]:
        """Give the first and the last tick of the axis x, y or panel: its number, and where it lies in pixels."""
        found = self.run(
            "return [...document.querySelectorAll(`svg .tick.${arguments[0]}`)]"
            ".map((tick) => [tick.querySelector('text').textContent, Number(tick.dataset.at)])",
            axis,
        )
        pairs = [(float(text.replace(",", "")), place) for text, place in found]
        return pairs[0], pairs[-1]

    def logs(self) -> list[str]:
        """Give what the console and the network have had to say since the last time: nothing, if all is well."""
        said = [f"{one['level']}: {one['message']}" for one in self.driver.get_log("browser")]
        events = [json.loads(one["message"])["message"] for one in self.driver.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        stopped = {event["params"]["requestId"]: event["params"].get("blockedReason") for event in events
                   if event["method"] == "Network.loadingFailed"}  # fmt: skip
        return said + [
            f"request ({stopped.get(one['requestId'], 'sent')}): {one['request']['url'][:100]}"
            for one in sent
            if not _local(one)
        ]


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Start chromium with a profile of its own, and end it.

    Args:
        folder: Where the profile lies.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # chromium's sandbox does not work for root
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    for argument in ("--headless=new", "--disable-dev-shm-usage", f"--user-data-dir={folder}", *root, *quiet):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    driver.set_script_timeout(_LONGEST_S)
    try:
        driver.get("about:blank")  # the page that chromium starts with has much to say
        yield Page(driver)
    finally:
        driver.quit()


def _measure(place: float, ticks: tuple[tuple[float, float], tuple[float, float]]) -> float:
    (first, at_first), (last, at_last) = ticks
    return first + (place - at_first) / (at_last - at_first) * (last - first)


def _local(request: dict[str, Any]) -> bool:
    """Tell whether a request is that for the report itself, or for what the report holds."""
    url = request["request"]["url"]
    return url.startswith("data:") or (url.startswith("file:") and request.get("type") == "Document")
