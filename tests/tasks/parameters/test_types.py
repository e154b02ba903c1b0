"""The parameters: defaults, what luigi.cfg says of them, and what a bad value is told."""

import re
from configparser import ConfigParser
from pathlib import Path

import luigi
import pytest

import tasks
from targets.errors import ConfigurationError
from tasks.cli.configuration import LUIGI_DEFAULTS
from tasks.parameters.output import PlotParameters

UNHANDLED = 4
VALUES = {name: value for group in PlotParameters.__mro__ for name, value in vars(group).items()}
DECLARED = {name: value for name, value in VALUES.items() if isinstance(value, luigi.Parameter)}
SET_BY_THE_PIPELINE = {"local_files"}
OF_JOBS = {"tasks_per_job", "retries", "poll_interval"}  # law's, of stages that can run as jobs
KNOWN = DECLARED | {name: getattr(tasks.ParseFile, name) for name in OF_JOBS}


def value_of(name: str, text: str):
    parameter = KNOWN[name]
    return parameter.normalize(parameter.parse(text))


def default_of(name: str):
    return KNOWN[name].normalize(KNOWN[name]._default)


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
        assert not default
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


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("min_events_per_fs", "many", "this is not a whole number"),
        ("min_events_per_fs", "1.5", "this is not a whole number"),
        ("min_events_per_fs", "-1", "it must be 0 or more"),
        ("threads", "-2", "it must be 0 or more"),
        ("max_files_to_process", "-1", "it must be 0 or more"),
        ("files_per_branch", "0", "it must be 1 or more"),
        ("chunk_events", "0", "it must be 1 or more"),
        ("read_attempts", "0", "it must be 1 or more"),
        ("tolerated_failures", "-1", "it must be 0 or more"),
        ("max_mass_gev", "nan", "a finite number is needed"),
        ("max_mass_gev", "inf", "a finite number is needed"),
        ("max_mass_gev", "much", "this is not a number"),
        ("bin_width_gev", "10,ten", "'ten' is no number: write numbers with commas between them"),
        ("bin_width_gev", "10,0", "each must be above 0"),
        ("bin_width_gev", "-5", "each must be above 0"),
        ("bin_width_gev", "nan", "each must be above 0"),
        ("bin_width_gev", "10,10.0", "each may stand there once"),
        ("specific_record_ids", "30522a", "'30522a' is no whole number: write whole numbers with commas"),
        ("specific_record_ids", "0", "each must be above 0"),
        ("data_type", "Data", "it must be one of data, mc"),
        ("parsed_format", "root", "it must be one of rntuple, ttree"),
        ("use_bumpnet_naming", "maybe", "it must be True or False"),
        ("exclude_outliers", "1", "it must be True or False"),
        ("objects_to_calculate", "e,x", "names 'x', which is no kind of object"),
        ("objects_to_calculate", "e,e", "objects_to_calculate"),
        ("known_resonances", "higs", "names 'higs': the table has jpsi, psi2s, upsilon, z, higgs"),
        ("run_name", "../elsewhere", "it may have letters, digits and . _ + -"),
        ("output_filename", "h.pdf", "it must end with .root"),
    ],
)
def test_a_bad_value_is_told_its_parameter_the_reason_and_what_may_stand_there(name, text, reason):
    with pytest.raises(ConfigurationError, match=f"^{name} = '?") as caught:
        value_of(name, text)
    assert reason in str(caught.value)
    assert DECLARED[name].description in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("objects_to_calculate", " e , j ", ("e", "j")),
        ("bin_width_gev", "10, 2.5", (10.0, 2.5)),
        ("known_resonances", "none", ("none",)),
        ("use_bumpnet_naming", "false", False),
        ("run_name", "2024-run.3_a+b", "2024-run.3_a+b"),
        ("run_name", "x" * 128, "x" * 128),
        ("min_events_per_fs", "0", 0),
        ("input_files", "https://x.org/a.root, root://y//b.root", ("https://x.org/a.root", "root://y//b.root")),
    ],
)
def test_a_good_value_is_taken(name, text, value):
    assert value_of(name, text) == value


@pytest.mark.parametrize("name", ["base_output_dir", "selection", "schema"])
def test_paths_become_absolute(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert value_of(name, "some/own.yaml") == str(tmp_path / "some" / "own.yaml")
    assert value_of(name, "~/own.yaml") == str(Path.home() / "own.yaml")


def test_input_files_become_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert value_of("input_files", "a.root,*.root") == (str(tmp_path / "a.root"), str(tmp_path / "*.root"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"min_events_per_fs": "many"}, "min_events_per_fs = 'many': this is not a whole number"),
        ({"bin_width_gev": "0"}, "bin_width_gev = '0.0': each must be above 0"),
        (
            {"min_particles_in_combination": 5},
            "max_particles_in_combination is 3, below min_particles_in_combination 5",
        ),
        ({"peak_detection_bin_width_gev": 0}, "peak_detection_bin_width_gev"),
        ({"max_mass_gev": 0}, "max_mass_gev is 0: it must be above 0 GeV"),
        ({"workflow": "PBS"}, "workflow = 'PBS': it must be one of local, pbs, slurm, htcondor"),
        ({"min_particles_in_combination": 1}, "min_particles_in_combination = 1: it must be 2 or more"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_bad_value_on_the_command_line_ends_the_run_before_anything_is_done(run, wrong, reason):
    end = run.attempt(**wrong)
    assert end.status == UNHANDLED
    assert reason in end.text
    assert "Traceback" not in end.text
    assert not run.out.exists()
