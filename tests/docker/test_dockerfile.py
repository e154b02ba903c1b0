"""The container's files fit each other and the project; scripts/container builds and runs them for real."""

import json
import os
import re
import shlex
import subprocess
import tomllib

import pytest

from tests.support.runs import PROJECT

DOCKERFILE = (PROJECT / "docker" / "Dockerfile").read_text()
STAGES = re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE)
IGNORED = (PROJECT / ".dockerignore").read_text().split("\n")
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
DEVELOPMENT = json.loads((PROJECT / ".devcontainer" / "devcontainer.json").read_text())


@pytest.fixture
def entry(tmp_path):
    """Run the image's entry point, where luigi, law and pipeline only repeat what they are told."""
    for name in ("luigi", "law", "pipeline"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "$PWD: {name} $@; $LAW_CONFIG_FILE"\n')
        (tmp_path / name).chmod(0o755)

    def run(*words):
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "PIPELINE_BIN": str(tmp_path), "HOME": str(tmp_path)}
        command = [PROJECT / "docker" / "entrypoint", *words]
        said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
        return said.replace(f"; {PROJECT}/law.cfg", "").replace(f"{tmp_path}: ", "").strip()

    return run


@pytest.mark.parametrize(
    ("words", "run"),
    [
        ("", "pipeline demo"),
        ("plan --run-name r", "pipeline plan --run-name r"),
        ("ParseFile --input-files 'a b.root'", "pipeline ParseFile --input-files a b.root"),
        ("--help", "pipeline --help"),
        ("luigi --module tasks Plan", "luigi --module tasks Plan"),
        ("law run Plan", "law run Plan"),
        ("echo hello", "hello"),
    ],
)
def test_the_entry_runs(entry, words, run):
    assert entry(*shlex.split(words)) == run


def test_the_last_stage_is_what_docker_builds():
    assert STAGES == ["build", "dev", "run"]


def test_it_does_not_run_as_root():
    assert re.findall(r"^USER (.*)$", DOCKERFILE.partition(" AS run\n")[2], re.MULTILINE) == ["1000:1000"]


def test_the_base_is_pinned_and_can_be_another():
    assert re.search(r"^ARG BASE=python:3\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+) AS", DOCKERFILE, re.MULTILINE)) == {"${BASE}", "build"}


def test_its_labels_say_what_pyproject_says():
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', DOCKERFILE))
    about = PYPROJECT["project"]
    expected = (about["version"], about["license"], about["description"], about["authors"][0]["name"])
    assert (labels["version"], labels["licenses"], labels["description"], labels["authors"]) == expected


def test_it_is_given_every_package_and_what_is_copied():
    packages = [name.removesuffix("*") for name in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]]
    assert re.search(r"for package in ([\w ]+);", DOCKERFILE)[1].split() == packages
    copied = [*re.findall(r"^COPY ([\w .]+) \./$", DOCKERFILE, re.MULTILINE)[0].split(), "scripts/install"]
    needed = {*packages, *copied, "luigi.cfg", "law.cfg", "docker/entrypoint"}
    assert IGNORED[1] == "*"
    assert needed <= {line[1:] for line in IGNORED if line.startswith("!")}
    assert all((PROJECT / line[1:]).exists() for line in IGNORED if line.startswith("!"))


def test_the_development_container_builds_the_stage_for_it():
    build = DEVELOPMENT["build"]
    folder = PROJECT / ".devcontainer"
    assert (folder / build["dockerfile"]).resolve() == PROJECT / "docker" / "Dockerfile"
    assert (folder / build["context"]).resolve() == PROJECT
    assert build["target"] in STAGES
    assert set(DEVELOPMENT) == {
        "name", "build", "workspaceMount", "workspaceFolder", "remoteUser", "postCreateCommand", "forwardPorts",
        "portsAttributes", "customizations",
    }  # fmt: skip


def test_the_development_container_has_the_places_and_the_extras_of_its_stage():
    stage = DOCKERFILE.partition(" AS dev\n")[2].partition("\nFROM ")[0]
    assert DEVELOPMENT["workspaceFolder"] == "/opt/pipeline"
    assert "target=/opt/pipeline," in DEVELOPMENT["workspaceMount"]
    assert f"useradd --create-home --uid 1000 --shell /bin/bash {DEVELOPMENT['remoteUser']} " in stage
    install = re.search(r"scripts/install /opt/venv/bin/python ([\w,]+)", stage)
    extras = install[1]
    assert set(extras.split(",")) == set(PYPROJECT["project"]["optional-dependencies"])
    assert DEVELOPMENT["postCreateCommand"] == install[0]
    (environment,) = re.findall(r"^ENV PIPELINE_VENV=(\S+)", stage, re.MULTILINE)
    assert DEVELOPMENT["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].startswith(environment)
