"""Parameters that are lists: as Python code gives them, and what is told of what is no list."""

from pathlib import Path

import luigi
import pytest

from targets.errors import ConfigurationError
from tasks.parameters.scan import EveryParameter

VALUES = {name: value for group in EveryParameter.__mro__ for name, value in vars(group).items()}
DECLARED = {name: value for name, value in VALUES.items() if isinstance(value, luigi.Parameter)}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("release_years", "demo", r"in Python a list is a tuple: write release_years=\('demo',\)"),
        ("objects_to_calculate", "e, m", r"write objects_to_calculate=\('e', 'm'\)"),
        ("input_files", "data/*.root", r"write input_files=\('data/\*\.root',\)"),
        ("input_files", Path("a.root"), r"write input_files=\('a\.root',\)"),
        ("input_files", (1,), "1 is no text"),
        ("bin_width_gev", 10, r"write bin_width_gev=\(10,\)"),
        ("bin_width_gev", "5,10", r"write bin_width_gev=\(5\.0, 10\.0\)"),
        ("bin_width_gev", None, r"in Python a list is a tuple"),
        ("bin_width_gev", ("10",), "'10' is no number"),
        ("bin_width_gev", (True,), "True is no number"),
        ("specific_record_ids", (30522.5,), "30522.5 is no whole number"),
    ],
)
def test_what_is_no_list_is_told(name, value, reason):
    with pytest.raises(ConfigurationError, match=f"^{name} = .*{reason}"):
        DECLARED[name].normalize(value)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("bin_width_gev", [5, 10], "5,10"),
        ("objects_to_calculate", ["e", "m "], "e,m"),
        ("input_files", (Path("a.root"), "b.root"), "a.root,b.root"),
    ],
)
def test_a_list_names_the_same_variant_as_the_command_line(name, value, text):
    of_python, of_text = DECLARED[name].normalize(value), DECLARED[name].normalize(DECLARED[name].parse(text))
    assert of_python == of_text
    assert DECLARED[name].serialize(of_python) == DECLARED[name].serialize(of_text)
