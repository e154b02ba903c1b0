"""Fixtures for everything that asks a portal (a server on loopback, no waiting between tries), and for the report."""

import tempfile

import pytest

from targets.report import document as report
from tests.support import faults
from tests.support.browsers import DESKTOP, chromium
from tests.support.portals import AtlasCatalogue, Records, portal
from tests.support.reports import SOME, WITHOUT, document

__all__ = ["portal"]


@pytest.fixture
def atlas(portal):
    """Make the portal answer with a catalogue of releases; the unmodified atlasopenmagic asks it."""

    def lists(releases, **settings):
        portal.answer = AtlasCatalogue(releases, **settings)
        return portal

    return lists


@pytest.fixture
def opendata(portal):
    """Make the portal answer with records of the CERN Open Data portal."""

    def lists(records, **settings):
        portal.answer = Records(records, **settings)
        return portal

    return lists


@pytest.fixture
def slots(tmp_path, monkeypatch):
    """Keep the slots for connections in a folder of the test's own, for its processes too."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def web(slots):
    """A web server that fails on request."""
    with faults.serving() as server:
        yield server


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A browser of the module's own."""
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def show(page, tmp_path):
    """Open a report with the sections given, and find that nobody was asked and nothing went wrong."""

    def open_it(size=DESKTOP, scheme="light", **sections):
        report.write(tmp_path / "report.html", document(**sections))
        page.open(tmp_path / "report.html", size, scheme)
        return page

    yield open_it
    assert page.logs() == []


@pytest.fixture
def some(show):
    """A report with five histograms and a combination without one."""
    return show(histograms=SOME, without=WITHOUT)
