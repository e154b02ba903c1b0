"""Which command of a run is looked at."""

import pytest

import results
import tasks
from results import commands
from targets.errors import ConfigurationError
from tasks import OTHERS, STAGES


def test_every_directory_is_that_of_the_stage():
    made = {name: getattr(tasks, name).directory for name in (*STAGES, *OTHERS) if name != "MakeDemo"}
    assert {name: directory for name, directory in made.items() if directory} == commands.DIRECTORIES


def test_folders_and_variants_that_are_not_there_are_named(twice, tmp_path):
    with pytest.raises(ConfigurationError, match=r"run\.cfg: there is no such file; name the directory of a run"):
        results.open_run(tmp_path)
    with pytest.raises(ConfigurationError, match="no command that made the variant 00000000; variants of MakeHist"):
        results.open_run(twice.out, variant="00000000")
