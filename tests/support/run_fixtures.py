"""Fixtures of the graph's tests: toy files, made once, and runs in a folder of the test's own."""

import shutil

import pytest
from matplotlib.figure import Figure

from steps.output import figures
from steps.output.figure_files import FigurePlan
from tests.support.runs import Runs
from tests.support.toy_files import toy_file

FILES = 10


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """Ten toy files that no test may change, f0.root to f9.root."""
    folder = tmp_path_factory.mktemp("toys")
    return [toy_file(folder / f"f{seed}.root", seed) for seed in range(FILES)]


@pytest.fixture
def files(toys, tmp_path):
    """Three toy files of the test's own, `in/f0.root` to `in/f2.root`."""
    (tmp_path / "in").mkdir()
    return [shutil.copy2(toy, tmp_path / "in" / toy.name) for toy in toys[:3]]


@pytest.fixture
def run(files, tmp_path):
    """Runs over `in/*.root`."""
    return Runs(tmp_path, f"{tmp_path}/in/*.root")


@pytest.fixture
def run_ten(toys, tmp_path):
    """Runs over all ten toy files."""
    return Runs(tmp_path, f"{toys[0].parent}/*.root")


@pytest.fixture
def fresh(tmp_path):
    """Give the histograms of a run that finds nothing done, over the files given."""

    def histograms(files, **parameters):
        number = sum(path.name.startswith("fresh") for path in tmp_path.iterdir())
        undisturbed = Runs(tmp_path / f"fresh{number}", ",".join(map(str, files)))
        undisturbed.folder.mkdir()
        undisturbed(**parameters)
        return undisturbed.histograms()

    return histograms


@pytest.fixture(scope="session")
def finished(toys, tmp_path_factory):
    """A finished run of MakeHistograms over the first three toy files; no test may change it."""
    runs = Runs(tmp_path_factory.mktemp("finished"), ",".join(map(str, toys[:3])))
    runs()
    return runs


@pytest.fixture
def ready(finished, tmp_path):
    """A finished run of MakeHistograms in a folder of the test's own, over toy files that no test may change."""
    shutil.copytree(finished.folder / "out", tmp_path / "out")
    return Runs(tmp_path, finished.input_files)


@pytest.fixture(scope="session")
def two(toys, tmp_path_factory):
    """The histograms of the first two toy files."""
    return _histograms(toys[:2], tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session")
def three(finished):
    """The histograms of the first three toy files."""
    return finished.histograms()


@pytest.fixture(scope="session")
def four(toys, tmp_path_factory):
    """The histograms of the first four toy files."""
    return _histograms(toys[:4], tmp_path_factory.mktemp("four"))


@pytest.fixture(scope="session")
def ten(toys, tmp_path_factory):
    """The histograms of all ten toy files."""
    return _histograms(toys, tmp_path_factory.mktemp("ten"))


@pytest.fixture
def quick_figures(monkeypatch):
    """Draw one small figure in place of all: figures take their time, and most tests do not look at them."""

    def plan(dataset, search, wanted):
        figure = Figure(figsize=(1, 1), dpi=20)
        yield FigurePlan("events", f"{dataset.name}: events", lambda: figure)
        yield FigurePlan("cutflow", f"{dataset.name}: cutflow", lambda: [figure, figure])

    monkeypatch.setattr(figures, "plan", plan)


@pytest.fixture(scope="session")
def drawn(toys, tmp_path_factory):
    """A finished run over the first three toy files with a report, its figures drawn; no test may change it."""
    runs = Runs(tmp_path_factory.mktemp("drawn"), ",".join(map(str, toys[:3])))
    runs(task="MakeReport", plotted_final_states=1, bin_width_gev="10,500", min_events_per_fs=95)
    return runs


def _histograms(files, folder):
    runs = Runs(folder, ",".join(map(str, files)))
    runs()
    return runs.histograms()
