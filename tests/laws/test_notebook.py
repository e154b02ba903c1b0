"""The notebook of the documentation runs from top to bottom on a small run, and draws what it says."""

import json
import shutil

import matplotlib.pyplot as plt

from tests.support.runs import PROJECT

NOTEBOOK = PROJECT / "docs" / "first-plots.ipynb"


def test_the_notebook_runs(finished, tmp_path, monkeypatch):
    text = "\n".join("".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code")
    (tmp_path / "runs").mkdir()
    shutil.copytree(finished.out, tmp_path / "runs" / "demo")
    monkeypatch.chdir(tmp_path)
    assert text.count("1e_1m_0j_0g") == 3
    names = {}
    exec(compile(text.replace("1e_1m_0j_0g", "1e_1m"), str(NOTEBOOK), "exec"), names)
    assert len(plt.get_fignums()) == 2
    assert len(names["masses"]) > 10
    plt.close("all")


def test_no_output_is_stored():
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells())


def cells():
    return json.loads(NOTEBOOK.read_text())["cells"]
