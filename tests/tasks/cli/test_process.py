"""Importing tasks changes nothing of a process that is not luigi's or law's command line; steps know neither."""

import subprocess
import sys
import threading
from types import ModuleType

import pytest

from tasks.cli.process import is_command_line, unguarded_line
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
import steps.output.figures, steps.report.report
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


def run_as_script(monkeypatch, path, text):
    """Run text as the script of this process, which has `look` to ask what is unguarded; give the answers."""
    path.write_text(text)
    script, answers = ModuleType("__main__"), []
    script.__file__, script.look = str(path), lambda: answers.append(unguarded_line())
    monkeypatch.setitem(sys.modules, "__main__", script)
    exec(compile(text, str(path), "exec"), vars(script))
    monkeypatch.undo()
    return answers


def test_a_line_of_a_script_that_workers_would_run_again(monkeypatch, tmp_path):
    script = tmp_path / "make.py"
    text = "def main():\n    look()\n\nlook()\nmain()\nif 'a' == 'b':\n    pass\nelse:\n    look()\n"
    assert run_as_script(monkeypatch, script, text) == [f"{script}:{line}" for line in (4, 5, 9)]


@pytest.mark.parametrize("condition", ["__name__ == '__main__'", "'__main__' == __name__"])
def test_a_guarded_line_is_run_once(monkeypatch, tmp_path, condition):
    text = f"def main():\n    look()\n\nif {condition}:\n    look(\n    )\n    for _ in 'a':\n        main()\n"
    assert run_as_script(monkeypatch, tmp_path / "make.py", text) == [None] * 2


def test_what_no_worker_imports_needs_no_guard(monkeypatch, tmp_path):
    assert run_as_script(monkeypatch, tmp_path / "make.py", "del __file__\nlook()\n") == [None]  # as in notebooks
    assert unguarded_line() is None  # pytest's own script has a guard
    answers = []
    thread = threading.Thread(target=lambda: answers.append(unguarded_line()))
    thread.start()
    thread.join()
    assert answers == [None]
