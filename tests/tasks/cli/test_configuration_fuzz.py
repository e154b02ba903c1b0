"""Configuration files that somebody spoilt: accepted where luigi takes them, else a sentence; never a key ignored."""

import configparser
from functools import cache

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from luigi.configuration.cfg_parser import LuigiConfigParser

from tasks.cli import configuration
from tasks.cli.configuration import LUIGI_DEFAULTS, Line
from tests.support.runs import finish

MANY = settings(max_examples=150, deadline=None, derandomize=True)  # a loaded machine is no failure
TEXT = LUIGI_DEFAULTS.read_text()
HEAD = "error: the configuration is not valid:\n"
FREE = configuration._FREE_SECTIONS


@cache
def sections():
    return configuration._luigi_sections()


def read_by_luigi(text):
    """Give the keys as luigi itself reads them, or None where it refuses the file."""
    parser = LuigiConfigParser(default_section="", interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {(section, key): value for section in parser.sections() for key, value in parser.items(section)}


def looked_at(path, content):
    """Give the keys that are checked, and the complaints; None for a file that is refused with a sentence."""
    path.write_bytes(content)
    try:
        lines = list(configuration._lines(path))
    except SystemExit as end:
        said = str(end)
    else:
        return lines, list(configuration.problems(lines, sections(), FREE))
    assert said.startswith(f"{HEAD}{path}: ")
    return None


def ends_well(path, content):
    found = looked_at(path, content)
    if found is None:
        return
    lines, complaints = found
    assert all(text.startswith(f"{path}:") for text in complaints)
    if (theirs := read_by_luigi(path.read_text(encoding="utf-8"))) is not None:
        assert {(line.section, line.key) for line in lines} == set(theirs)
        unknown = [key for key in theirs if key[0] not in FREE and key[1].replace("-", "_") not in known(key[0])]
        assert len(complaints) >= len(unknown)


def known(section):
    return sections().get(section, {})


PIECES = ["[ParseFile]", "[core]", "[", "]", "=", ":", "selection", "threads", " ", "\t", "\n", "#", ";", "%", "${x}"]
PIECES += ["\r", "\x0c", "\x85", "\u2028", "\ufeff", "\0", "[DEFAULT]", "none", "3"]


@MANY
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
@example("[ParseFile] ; mine\nselectoin = none\n")
@example("[ParseFile]\n selectoin = none\n")
@example("[ParseFile]\nselection = x\n  threads = 1\n")
def test_any_text(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "luigi.cfg"
    ends_well(path, text.encode("utf-8", "surrogatepass"))


@MANY
@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=3))
def test_the_projects_own_with_a_piece_changed(tmp_path_factory, start, length, new):
    path = tmp_path_factory.mktemp("fuzz") / "luigi.cfg"
    new = new.encode() if isinstance(new, str) else new
    ends_well(path, TEXT[:start].encode() + new + TEXT[start + length :].encode())


KEYS = [(line.section, line.key) for line in configuration._lines(LUIGI_DEFAULTS)]


@MANY
@given(st.sampled_from(KEYS), st.data())
def test_a_misspelt_key_is_never_accepted(tmp_path_factory, named, data):
    section, key = named
    position = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.characters(categories=("Ll", "Lu", "Nd")) | st.sampled_from("_.-/"))
    misspelt = key[:position] + letter + key[position + 1 :]
    assume(misspelt.replace("-", "_") not in known(section))
    found = looked_at(tmp_path_factory.mktemp("fuzz") / "luigi.cfg", f"[{section}]\n{misspelt} = 1\n".encode())
    assert found is None or any(repr(misspelt) in text for text in found[1])


VALUES = ["", "\0", "~nobody", "~nobody/x", "1e400", "9" * 5000, "[" * 20_000, "(1,2", "'", "1,2,,", "nan", "inf", "-1"]
VALUES += ["1..3", "2:x", "\ud800", "①", "none", "true", "3", "100000000000000000000 d", "../../x", "$(touch pwned)"]


@MANY
@given(
    st.sampled_from(sorted({*KEYS, ("worker", "max_keep_alive_idle_duration")})), st.sampled_from(VALUES) | st.text()
)
def test_any_value_is_valid_or_is_said_not_to_be(named, value):
    for text in configuration.problems([Line("f:1", *named, value)], sections(), FREE):
        assert text.startswith(f"f:1: [{named[0]}] {named[1]} = {value!r} is not valid: ")


@pytest.mark.parametrize("value", VALUES)
def test_every_key_of_every_task_survives_every_value(value):
    lines = [Line("f:1", section, key, value) for section, keys in sections().items() for key in keys]
    assert len(list(configuration.problems(lines, sections(), FREE))) <= len(lines)


def test_the_line_of_a_key_is_where_it_stands(tmp_path):
    text = (
        "# mine\n[core] # luigi's\nlog_level = INFO\n\n[ParseFile]\nselection = a\n  b\n   threads : 1\nthreads = 2\n"
    )
    (tmp_path / "luigi.cfg").write_text(text)
    assert [(line.where.rpartition(":")[2], *line[1:]) for line in configuration._lines(tmp_path / "luigi.cfg")] == [
        ("3", "core", "log_level", "INFO"),
        ("6", "ParseFile", "selection", "a\nb\nthreads : 1"),
        ("8", "ParseFile", "threads", "2"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[ParseFile]\nselection = 50%\n", "'%'"),
        (b"[ParseFile]\nselection = ${NOT_SET_HERE}\n", "NOT_SET_HERE"),
        (b"[FetchMetadata] ; mine\n skimm = x\n", ":2: [FetchMetadata] has no key 'skimm'; did you mean 'skim'?"),
        (b"[FetchMetadata]\nskim = \xff\n", "0xff"),
        (b"[FetchMetadata]\nbase_output_dir = a\0b\n", r"the path 'a\x00b' contains a null character"),
        (b"[\x1b[31m]\nx = 1\n", r"[\x1b[31m]"),
    ],
    ids=str,
)
def test_a_run_ends_with_a_sentence(tmp_path, content, sentence):
    (tmp_path / "luigi.cfg").write_bytes(content)
    end = finish(["python", "-c", "import tasks"], tmp_path)
    assert end.status == 1
    assert end.text.startswith(HEAD)
    assert sentence in end.text
    assert "Traceback" not in end.text
    assert "\x1b" not in end.text


def test_a_line_that_goes_on_with_nothing(tmp_path):
    path = tmp_path / "luigi.cfg"
    path.write_text("[ParseFile]\nselection\n  more\n")
    with pytest.raises(SystemExit, match=r"luigi\.cfg: .*(indented line continues a key that has no value|continu)"):
        list(configuration._lines(path))
