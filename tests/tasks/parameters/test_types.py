"""The kinds of parameters: what a good value becomes, and what a bad one is told."""

from pathlib import Path

import luigi
import numpy as np
import pytest

import tasks
from targets.errors import ConfigurationError
from tasks.parameters.scan import EveryParameter

VALUES = {name: value for group in EveryParameter.__mro__ for name, value in vars(group).items()}
DECLARED = {name: value for name, value in VALUES.items() if isinstance(value, luigi.Parameter)}


def value_of(name: str, text: str):
    return DECLARED[name].normalize(DECLARED[name].parse(text))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("min_events_per_fs", "many", "it is not a whole number"),
        ("min_events_per_fs", "1.5", "it is not a whole number"),
        ("min_events_per_fs", "-1", "it must be 0 or more"),
        ("threads", "-2", "it must be 0 or more"),
        ("max_files_to_process", "-1", "it must be 0 or more"),
        ("files_per_branch", "0", "it must be 1 or more"),
        ("chunk_events", "0", "it must be 1 or more"),
        ("read_attempts", "0", "it must be 1 or more"),
        ("tolerated_failures", "-1", "it must be 0 or more"),
        ("max_mass_gev", "nan", "it must be a finite number"),
        ("max_mass_gev", "inf", "it must be a finite number"),
        ("max_mass_gev", "much", "it is not a number"),
        ("bin_width_gev", "10,ten", "'ten' is not a number: write numbers separated by commas"),
        ("bin_width_gev", "10,0", "each must be above 0"),
        ("bin_width_gev", "-5", "each must be above 0"),
        ("bin_width_gev", "nan", "each must be above 0"),
        ("bin_width_gev", "10,10.0", "each may appear only once"),
        ("specific_record_ids", "30522a", "'30522a' is not a whole number: write whole numbers separated by commas"),
        ("specific_record_ids", "0", "each must be above 0"),
        ("data_type", "Data", "it must be one of data, mc"),
        ("parsed_format", "root", "it must be one of rntuple, ttree"),
        ("use_bumpnet_naming", "maybe", "it must be True or False"),
        ("exclude_outliers", "1", "it must be True or False"),
        ("objects_to_calculate", "e,x", "names 'x', which is no kind of object"),
        ("objects_to_calculate", "e,e", "objects_to_calculate"),
        ("known_resonances", "higs", "names 'higs': the table has jpsi, psi2s, upsilon, z, higgs"),
        ("run_name", "../elsewhere", "it may contain letters, digits and . _ + -"),
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
    ("name", "value", "reason"),
    [
        ("min_events_per_fs", 1.5, "it is not a whole number"),
        ("min_events_per_fs", "10", "it must be a finite number"),
        ("min_events_per_fs", True, "it must be a finite number"),
        ("exclude_outliers", 0, "it must be True or False"),
        ("skim", None, "it must be text"),
        ("run_name", 5, "it must be text"),
        ("selection", 5, "it must be text"),
    ],
)
def test_what_python_code_gives_is_told_too(name, value, reason):
    with pytest.raises(ConfigurationError, match=f"^{name} = .*{reason}"):
        DECLARED[name].normalize(value)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("max_mass_gev", 5000, "5000"),
        ("max_mass_gev", np.float32(5000), "5000"),
        ("min_events_per_fs", np.int64(5), "5"),
        ("base_output_dir", Path("out"), "out"),
        ("selection", Path("my.yaml"), "my.yaml"),
        ("use_bumpnet_naming", False, "False"),
    ],
)
def test_what_python_code_gives_names_the_same_variant_as_the_command_line(name, value, text):
    of_python = DECLARED[name].normalize(value)
    assert DECLARED[name].serialize(of_python) == DECLARED[name].serialize(value_of(name, text))
    assert type(of_python) is type(value_of(name, text))


def test_a_parameter_that_does_not_exist_is_told_the_nearest():
    with pytest.raises(
        ConfigurationError, match=r"MakePlots has no parameter 'bin_width'; did you mean 'bin_width_gev'"
    ):
        tasks.MakePlots(release_years=("demo",), bin_width=5)
