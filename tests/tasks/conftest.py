"""Fixtures of the graph's tests: toy files, made once, and runs in a folder of the test's own."""

import shutil

import pytest

from tests.runs import Runs
from tests.toy_files import toy_file

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
def three(toys, tmp_path_factory):
    """The histograms of the first three toy files."""
    return _histograms(toys[:3], tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="session")
def ten(toys, tmp_path_factory):
    """The histograms of all ten toy files."""
    return _histograms(toys, tmp_path_factory.mktemp("ten"))


def _histograms(files, folder):
    runs = Runs(folder, ",".join(map(str, files)))
    runs()
    return runs.histograms()
