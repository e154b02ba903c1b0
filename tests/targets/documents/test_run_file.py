"""run.cfg: what is written is read back, and what a user misspells is named with its place."""

import pytest

from targets.documents import run_file
from targets.documents.run_file import Option, RunFile
from targets.errors import ConfigurationError

TASKS = frozenset({"ParseFile", "MakeReport"})


def load(tmp_path, text, tasks=TASKS):
    (path := tmp_path / "run.cfg").write_text(text, encoding="utf-8")
    return run_file.load(path, tasks)


def test_what_is_written_is_read_back(tmp_path):
    options = {"run_name": Option("r", "run"), "skim": Option("4lep", "sources"), "bin_width_gev": Option("5")}
    written = RunFile(
        "MakeReport", options, {"ParseFile": {"workflow": Option("pbs", "ParseFile")}}, {"a_data": {"ParseFile": "01"}}
    )
    text = run_file.to_text(written, "two\nlines")
    (tmp_path / "run.cfg").write_text(text, encoding="utf-8")
    assert text.startswith("# two\n# lines\n\n[run]\ntask = MakeReport\nrun_name = r\n")
    read = run_file.load(tmp_path / "run.cfg", TASKS)
    values = {name: (option.value, option.section) for name, option in read.options.items()}
    assert values == {name: (option.value, option.section) for name, option in options.items()}
    assert read.of_tasks["ParseFile"]["workflow"].value == "pbs"
    assert (read.task, read.variants) == (written.task, written.variants)


def test_dashes_blanks_comments_and_long_lists(tmp_path):
    read = load(
        tmp_path, "# mine\n[sources]\ninput-files = a.root,\n    b.root\n\n[parameters]\n; more\nbin_width_gev: 5\n"
    )
    assert read.options["input_files"].value == "a.root, b.root"
    assert (read.options["bin_width_gev"].value, read.options["bin_width_gev"].line) == ("5", 8)
    assert read.task == "MakeReport"
    assert read.where(read.options["input_files"]) == f"{tmp_path / 'run.cfg'}:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[paramters]\nx = 1\n",
            r"run\.cfg: there is no section \[paramters\]; did you mean 'parameters'\?; use run, ",
        ),
        ("[run]\nrun_name = a\n[sources]\nrun_name = b\n", r"run\.cfg:4: run_name stands in \[run\] too; remove one"),
        ("x = 1\n", r"run\.cfg: .*write sections as \[run\]"),
        ("[run]\na = 1\na = 2\n", r"run\.cfg: .*write sections as \[run\]"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.cfg: cannot be read .*name the run\.cfg of a run"):
        run_file.load(tmp_path / "none.cfg")
