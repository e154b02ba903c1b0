"""Figures as the report holds them: every page, in order, and none that is not what was written."""

import json

import pytest
from matplotlib.figure import Figure

from steps.output import figure_files
from steps.output.figure_files import INDEX, FigurePlan
from steps.report.figures import read_figures
from targets.errors import FileFormatError, UnreadableFileError


@pytest.fixture
def folder(tmp_path):
    page = Figure(figsize=(1, 1), dpi=20)
    plans = [FigurePlan("events", "events", lambda: page), FigurePlan("masses", "masses", lambda: [page, page])]
    figure_files.write(tmp_path / "plots", plans, ("png", "pdf"), lambda *_: None)
    return tmp_path / "plots"


def test_every_page_is_a_figure(folder):
    pages = list(read_figures(folder, set()))
    assert [page["title"] for page in pages] == ["events", "masses, page 1 of 2", "masses, page 2 of 2"]
    assert pages[0]["png"] == (folder / "events.png").read_bytes()
    assert [page["title"] for page in read_figures(folder, {"masses"})] == ["events"]


def test_what_is_damaged_is_refused(folder):
    (folder / "events.png").write_bytes(b"x")
    with pytest.raises(FileFormatError, match=r"events\.png: damaged, its content is not what was written; delete"):
        list(read_figures(folder, set()))
    (folder / "events.png").unlink()
    with pytest.raises(UnreadableFileError, match=r"events\.png: cannot be read"):
        list(read_figures(folder, set()))
    (folder / INDEX).write_text("{}")
    with pytest.raises(FileFormatError, match="not a list of figures as this project writes it"):
        list(read_figures(folder, set()))


def test_lists_of_older_versions_are_read(folder):
    entries = [{"name": "events", "title": "events", "files": ["events.png"]}]
    for listed in (entries, {"figures": entries}):
        (folder / INDEX).write_text(json.dumps(listed))
        assert [page["title"] for page in read_figures(folder, set())] == ["events"]


@pytest.mark.parametrize("entry", ["events", {"name": "events"}, {"name": 1, "title": "", "files": []}], ids=str)
def test_a_list_of_something_else_is_refused(folder, entry):
    (folder / INDEX).write_text(json.dumps({"figures": [entry]}))
    with pytest.raises(FileFormatError, match=r"figures\.json: not a list of figures as this .*; delete"):
        list(read_figures(folder, set()))
