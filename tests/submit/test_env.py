"""submit/env.sh and the luigi that it puts first on PATH, in shells of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.runs import LUIGI, PROJECT, clean_environment

ECHO = '#!/bin/sh\nfor word; do printf "[%s]" "$word"; done\n'


@pytest.fixture
def project(tmp_path):
    """Make a project whose luigi prints its words and whose law makes an index."""
    folder = tmp_path / "a project"
    (folder / "submit" / "bin").mkdir(parents=True)
    for name in ("env.sh", "bin/luigi"):
        shutil.copy(PROJECT / "submit" / name, folder / "submit" / name)
    commands = {"luigi": ECHO, "law": '#!/bin/sh\nmkdir -p "$LAW_HOME" && echo "$1" >"$LAW_HOME/index"\n'}
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name, text in commands.items():
        command = folder / ".venv" / "bin" / name
        command.write_text(text)
        command.chmod(0o755)
    return folder


def run_shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script of bash in an empty folder."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), **variables}
    command = ["bash", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "passed_on"),
    [
        ("MakeHistograms --selection 'a b'", "[--module=tasks][MakeHistograms][--selection][a b]"),
        ("", "[--module=tasks]"),
        ("--module others Task", "[--module][others][Task]"),
        ("Task --module=others", "[Task][--module=others]"),
    ],
)
def test_luigi_gets_the_module_where_none_is_given(project, tmp_path, words, passed_on):
    end = run_shell(f"set -euo pipefail; . '{project}/submit/env.sh'; luigi {words}", tmp_path)
    assert (end.returncode, end.stdout, end.stderr) == (0, passed_on, "")


def test_luigi_does_not_call_itself_under_another_name_of_its_folder(project, tmp_path):
    (tmp_path / "link").symlink_to(project / "submit" / "bin")
    end = run_shell(f". '{project}/submit/env.sh'; export PATH='{tmp_path}/link':\"$PATH\"; luigi Task", tmp_path)
    assert (end.returncode, end.stdout) == (0, "[--module=tasks][Task]")


def test_a_missing_luigi_is_said(project, tmp_path):
    (project / ".venv" / "bin" / "luigi").unlink()
    end = run_shell(f". '{project}/submit/env.sh'; luigi Task", tmp_path)
    assert end.returncode == 127
    assert end.stderr == "luigi: not found on PATH: run scripts/install or scripts/demo first\n"


def test_the_index_of_law_is_made_once(project, tmp_path):
    source, index = f". '{project}/submit/env.sh'", '"$LAW_HOME/index"'
    script = f"{source}; cat {index}; echo kept >{index}; {source}; cat {index}"
    assert run_shell(script, tmp_path).stdout == "index\nkept\n"


def test_a_project_that_is_not_installed_is_said(project, tmp_path):
    shutil.rmtree(project / ".venv")
    end = run_shell(f". '{project}/submit/env.sh'", tmp_path)
    assert end.stderr.startswith("env.sh: the project is not installed in ")


def test_the_real_luigi_without_a_module_ends_in_a_sentence(tmp_path):
    environment = clean_environment() | {"PIPELINE_BIN": str(Path(LUIGI).parent), "LAW_HOME": str(tmp_path / "law")}
    end = run_shell(f". '{PROJECT}/submit/env.sh'; luigi MakeHistogram --local-scheduler", tmp_path, **environment)
    assert end.returncode == 1
    assert end.stderr.startswith("error: ")
    assert "MakeHistograms\n" in end.stderr
