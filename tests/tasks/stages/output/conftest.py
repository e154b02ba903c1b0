"""A finished scan."""

import shutil

import pytest

from tests.support.runs import Runs
from tests.support.scans import FAST
from tests.support.toy_files import toy_file


@pytest.fixture(scope="session")
def scanned(tmp_path_factory):
    """A finished scan over two files with enough events; no test may change it."""
    folder = tmp_path_factory.mktemp("scanned")
    files = [toy_file(folder / "in" / f"f{seed}.root", seed, 5000) for seed in range(2)]
    runs = Runs(folder, ",".join(map(str, files)))
    runs(task="ScanHistograms", **FAST)
    return runs


@pytest.fixture
def own(scanned, tmp_path):
    """The same in a folder of the test's own."""
    shutil.copytree(scanned.folder / "out", tmp_path / "out")
    return Runs(tmp_path, scanned.input_files)
