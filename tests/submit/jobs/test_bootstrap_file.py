"""The file that a job sources first is written whole, for nobody else, and again only when it would differ."""

import sys
from pathlib import Path

from submit.jobs.bootstrap_file import write_bootstrap


def test_it_names_the_environment_of_the_submitting_command(tmp_path, monkeypatch):
    monkeypatch.setenv("LAW_CONFIG_FILE", "law.cfg")
    monkeypatch.chdir(tmp_path)
    write_bootstrap(path := tmp_path / "jobs" / "bootstrap.sh")
    lines = path.read_text().splitlines()
    assert f"export LAW_CONFIG_FILE='{tmp_path}/law.cfg'" in lines
    assert f"export PIPELINE_BIN='{Path(sys.executable).parent}'" in lines
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_ino
    write_bootstrap(path)
    assert path.stat().st_ino == before
    monkeypatch.setenv("LAW_CONFIG_FILE", "other.cfg")
    write_bootstrap(path)
    assert "other.cfg" in path.read_text()
