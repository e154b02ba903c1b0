"""requirements.lock: what is installed is what was tested, on every machine; scripts/lock makes it from the ranges."""

import re
import subprocess
import tomllib

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.runs import PROJECT

LOCK = (PROJECT / "requirements.lock").read_text()
ABOUT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
EXTRAS = ABOUT["project"]["optional-dependencies"]
PARTS = {"build": ABOUT["build-system"]["requires"], "run": ABOUT["project"]["dependencies"]} | {
    extra: EXTRAS[extra] for extra in ("test", "lint", "xrootd")
}
BLOCK = re.compile(
    r"^([\w.-]+)==([\w.!+]+)(?: ; (.+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def sections():
    """Give what the lock file holds: part or extra -> package -> version and marker."""
    held = {part: {} for part in PARTS}
    for section in re.split(r"^## ", LOCK, flags=re.MULTILINE)[1:]:
        head, _, text = section.partition("\n")
        for name, version, marker, _ in BLOCK.findall(text):
            for part in head.split():
                held[part][name] = version, marker
    return held


@pytest.mark.parametrize("part", PARTS)
def test_it_has_what_pyproject_asks_for_within_its_ranges(part):
    held = sections()
    for wanted in map(Requirement, PARTS[part]):
        versions = held[part] | held["run"]  # what the run has, an extra has too
        version, marker = versions[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{wanted} is locked at {version}: run scripts/lock"
        assert marker == ""  # the same version on every Python


def test_every_package_has_hashes_and_nothing_else_is_in_it():
    rest = BLOCK.sub("", LOCK)
    assert [line for line in rest.split("\n") if line and not line.startswith("#")] == []


def test_it_names_no_index():
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", LOCK)


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0"])
def test_every_package_has_one_version_on_every_python(python):
    names = [
        name
        for name, _, marker, _ in BLOCK.findall(LOCK)
        if not marker or Marker(marker).evaluate({"python_full_version": python, "sys_platform": "linux"})
    ]
    assert len(names) == len(set(names)) > 50


@pytest.fixture
def pip(tmp_path):
    """Stand in for a Python whose pip only says what it is asked for, and which packages its files name."""
    path = tmp_path / "python"
    path.write_text(
        '#!/bin/sh\nshift 5\necho "$@"\n'
        'while [ $# -gt 0 ]; do [ "$1" = --requirement ] && grep -o "^[a-z][^=]*==" "$2"; shift; done; true\n'
    )
    path.chmod(0o755)

    def install(*extras):
        command = [PROJECT / "scripts" / "install", path, *extras]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return install


@pytest.mark.parametrize("extras", ["", "test", "test,lint,xrootd"])
def test_the_sections_that_are_asked_for_are_installed(pip, extras):
    text = pip(extras)
    held = sections()
    wanted = {name for part in ("build", "run", *extras.split(",")) if part for name in held[part]}
    assert set(re.findall(r"^(.+)==$", text, re.MULTILINE)) == wanted
    asked = [line for line in text.split("\n") if line.startswith("--")]
    assert [line.startswith("--require-hashes --no-deps ") for line in asked] == [True, True, False]
    assert asked[-1] == "--no-deps --no-build-isolation --editable ."


def test_what_is_not_locked_is_resolved_beside_it(pip):
    assert re.search(r"^--constraint \S+ --no-build-isolation --editable \.\[bench\]$", pip("bench"), re.MULTILINE)


def test_nothing_installs_past_the_lock():
    for path in ("scripts/demo", "scripts/test", "scripts/lint", "scripts/bench"):
        assert re.search(r"^need ", (PROJECT / path).read_text(), re.MULTILINE)
    for path in ("scripts/environment", "submit/bootstrap.sh", "docker/Dockerfile", ".devcontainer/devcontainer.json"):
        text = (PROJECT / path).read_text()
        assert "scripts/install" in text, path
        assert "-m pip install" not in text, path
