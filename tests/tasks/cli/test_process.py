"""Importing tasks changes nothing of a process that is not luigi's or law's command line; steps know neither."""

import subprocess
import sys

import pytest

from tasks.cli.process import is_command_line
from tests.support.runs import PROJECT

UNTOUCHED = """
import sys
from luigi.cmdline_parser import CmdlineParser
hook, build, leave = sys.excepthook, CmdlineParser._build_parser, CmdlineParser._possibly_exit_with_help
import tasks
assert sys.excepthook is hook
assert CmdlineParser._build_parser is build
assert CmdlineParser._possibly_exit_with_help is leave
"""
WITHOUT_LUIGI = """
import sys
import steps.parse, steps.masses, steps.peaks, steps.histograms, steps.demo, steps.statistics
import steps.output.figures, steps.output.report
assert not {"luigi", "law"} & set(sys.modules)
"""


@pytest.mark.parametrize("code", [UNTOUCHED, WITHOUT_LUIGI])
def test_a_process_of_ones_own(code, tmp_path):
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("/usr/bin/luigi", True),
        ("law", True),
        ("/x/site-packages/luigi/__main__.py", True),
        ("/x/site-packages/pytest/__main__.py", False),
        ("/usr/bin/jupyter-lab", False),
        ("-c", False),
        ("", False),
    ],
)
def test_the_name_of_the_program_tells(monkeypatch, program, answer):
    monkeypatch.setattr(sys, "argv", [program, "--module", "tasks"])
    assert is_command_line() is answer
