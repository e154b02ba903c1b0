"""Runs that the tests of results look at."""

import shutil

import pytest

from tests.support.runs import Runs


@pytest.fixture(scope="session")
def twice(finished, tmp_path_factory):
    """A run that was made twice, with other bins the second time."""
    folder = tmp_path_factory.mktemp("twice")
    shutil.copytree(finished.folder / "out", folder / "out")
    run = Runs(folder, finished.input_files)
    run(bin_width_gev="20")
    return run
