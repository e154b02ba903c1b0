"""Every parameter: its description states default and unit, and luigi.cfg holds examples that are valid."""

import re
from configparser import ConfigParser

import luigi
import pytest

import tasks
from tasks.cli.configuration import LUIGI_DEFAULTS
from tasks.parameters.scan import EveryParameter

VALUES = {name: value for group in EveryParameter.__mro__ for name, value in vars(group).items()}
DECLARED = {name: value for name, value in VALUES.items() if isinstance(value, luigi.Parameter)}
SET_BY_THE_PIPELINE = {"local_files"}
OF_JOBS = {"tasks_per_job", "retries", "poll_interval"}  # law's, of stages that can run as jobs
PARAMETERS = DECLARED | {name: getattr(tasks.ParseFile, name) for name in OF_JOBS}


def value_of(name: str, text: str):
    return PARAMETERS[name].normalize(PARAMETERS[name].parse(text))


def default_of(name: str):
    return PARAMETERS[name].normalize(PARAMETERS[name]._default)


def examples_of_luigi_cfg():
    """Read the commented examples as if they were not."""
    text = re.sub(r"^# ?(\[\w+\]|\w+ = .*)$", r"\1", LUIGI_DEFAULTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    config = ConfigParser(interpolation=None)
    config.read_string(text)
    return [
        (section, key, value) for section in tasks.STAGES if section in config for key, value in config[section].items()
    ]


@pytest.mark.parametrize("name", sorted(set(DECLARED) - SET_BY_THE_PIPELINE))
def test_a_description_states_the_default(name):
    said = re.search(r"default: (\S+)", DECLARED[name].description)
    assert said, DECLARED[name].description
    default = default_of(name)
    if said[1] in ("none", "all", "the", "each"):
        assert not default or default == said[1].rstrip(";")
    else:
        assert value_of(name, said[1].rstrip(";")) == default


@pytest.mark.parametrize("name", [name for name in sorted(DECLARED) if "_gev" in name])
def test_a_description_states_the_unit(name):
    assert "GeV" in DECLARED[name].description


@pytest.mark.parametrize(("section", "key", "text"), examples_of_luigi_cfg())
def test_the_examples_in_luigi_cfg_are_valid_and_stand_where_they_first_matter(section, key, text):
    assert value_of(key, text) != default_of(key)
    takers = [stage for stage in tasks.STAGES if key in dict(getattr(tasks, stage).get_params())]
    naming = [stage for stage in tasks.STAGES if key in getattr(tasks, stage).variant_parameters]
    assert section in (*takers[:2], *naming[:2])


def test_luigi_cfg_sets_no_parameter_of_a_run():
    config = ConfigParser(interpolation=None)
    config.read(LUIGI_DEFAULTS)
    assert set(config.sections()) == {"core", "worker", "retcode"}


def test_a_failure_has_an_exit_status_of_its_own():
    config = ConfigParser()
    config.read(LUIGI_DEFAULTS)
    status = {key: int(text) for key, text in config["retcode"].items()}
    kinds = {name for name, _ in luigi.retcodes.retcode.get_params()}
    assert set(status) == kinds
    assert min(status.values()) > 0
    assert len(set(status.values())) == len(kinds)
