"""Real runs of the graph in a folder of a test's own, and a look at the files that they leave."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import luigi.retcodes
import numpy as np
import uproot
from luigi.task_register import Register

import tasks
from tasks.cli import help_pages, messages
from tasks.framework.product import Product

__all__ = ["LAW", "LUIGI", "PROJECT", "QUICK", "Outcome", "Runs", "clean_environment", "finish", "histograms"]

PROJECT = Path(__file__).resolve().parents[2]
"""The project's folder."""

LUIGI = Path(sys.executable).with_name("luigi")
LAW = Path(sys.executable).with_name("law")
"""The commands beside the Python of these tests."""

QUICK = {
    "run_name": "r",
    "selection": "none",
    "known_resonances": "none",
    "objects_to_calculate": "e,m",
    "max_particles_in_combination": 3,
    "min_events_per_fs": 10,
    "threads": 1,
}
"""Parameters with which the toy files give some ten histograms in a second."""

_RAN = re.compile(r"running +(\w+)\(")
_OF_COMMANDS = ("run.cfg", "environment.lock", "settings", "logs/commands")  # tests/tasks/framework/test_run_record.py
_LONGEST_S = 300


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: Exit status.
        text: All that it said.
        started: Stages that luigi started, in order.
    """

    status: int
    text: str
    started: list[str] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "started", _RAN.findall(self.text))


@dataclass
class Runs:
    """Runs that share a run directory.

    Attributes:
        folder: The test's folder.
        input_files: Their input files, unless a run says otherwise.
        name: The run's name, of which all that is looked at is.
    """

    folder: Path
    input_files: str
    name: str = "r"

    @property
    def out(self) -> Path:
        """The run directory."""
        return self.folder / "out" / self.name

    def __call__(self, *arguments: str, task: str = "MakeHistograms", **parameters: object) -> Outcome:
        """Run a task in this process, by the same function as the command luigi, and expect it to succeed."""
        outcome = self.attempt(*arguments, task=task, **parameters)
        assert outcome.status == 0, outcome.text
        return outcome

    def attempt(self, *arguments: str, task: str = "MakeHistograms", **parameters: object) -> Outcome:
        """Run a task in this process, whatever comes of it."""
        Register.clear_instance_cache()  # a process of its own would have none
        _be_a_command_line()
        with _listening() as said, mock.patch.object(Product, "tell", lambda _task, text, **_: said.append(text)):
            try:
                luigi.retcodes.run_with_retcodes(self.arguments(*arguments, task=task, **parameters))
            except SystemExit as end:
                return Outcome(int(end.code), "\n".join(said))
        raise AssertionError(said)

    def apart(self, *arguments: str, task: str = "MakeHistograms", cwd: Path | None = None, **parameters) -> Outcome:
        """Run a task by the command luigi, in a process of its own and, unless told, a folder without a luigi.cfg."""
        return finish([LUIGI, *self.arguments(*arguments, task=task, **parameters)], cwd or self.folder)

    def arguments(self, *arguments: str, task: str = "MakeHistograms", **parameters: object) -> list[str]:
        """Give the command line; a parameter that is None is left out."""
        given = {"base_output_dir": self.folder / "out", "input_files": self.input_files} | QUICK | parameters
        known = dict(getattr(tasks, task).get_params())
        options = [
            word
            for name, value in given.items()
            if value is not None and (name in known or name in parameters)
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        return ["--module", "tasks", task, "--local-scheduler", "--log-level", "INFO", *options, *arguments]

    def state(self) -> dict[str, tuple[int, int]]:
        """Give inode and time of change of every file of the run directory, by path.

        Temporary ones are left out, the reasons of failures, which go when a branch succeeds, and what every command
        leaves in the run directory.
        """
        found = (path for path in self.out.rglob("*") if path.is_file())
        files = [path for path in found if not path.name.startswith(".") and path.suffix != ".failed"]
        names = {path.relative_to(self.out): path for path in files}
        states = {name: path.stat() for name, path in names.items() if not str(name).startswith(_OF_COMMANDS)}
        return {str(path): (status.st_ino, status.st_mtime_ns) for path, status in sorted(states.items())}

    def made_since(self, before: dict[str, tuple[int, int]]) -> dict[str, int]:
        """Count, by room, the files that are new or were made again; none of the others may be gone."""
        now = self.state()
        assert set(before) <= set(now), "files are gone"
        rooms = [path.split("/")[0] for path in now if before.get(path) != now[path] and "parameters" not in path]
        return {room: rooms.count(room) for room in sorted(set(rooms) - {"logs", "metadata"})}

    def changed_since(self, before: dict[str, tuple[int, int]]) -> list[str]:
        """List the files, statistics aside, that were there and are no longer as they were."""
        now = self.state()
        return [path for path in before if now.get(path) != before[path] and not path.startswith("logs")]

    def products(self, room: str) -> list[Path]:
        """List the products of a stage, in all variants; the distributions beside histograms are no products."""
        found = (self.out / room).glob("*/[!.]*")
        return sorted(path for path in found if path.name != "parameters.json" and not path.name.startswith("whole"))

    def histograms(self) -> dict[str, tuple[float, float, bytes]]:
        """Give the content of the one histogram file that there is."""
        (found,) = self.all_histograms()
        return found

    def all_histograms(self) -> list[dict[str, tuple[float, float, bytes]]]:
        """Give the content of every histogram file, the oldest first."""
        paths = sorted(self.products("histograms"), key=lambda path: path.stat().st_mtime_ns)
        return [histograms(path) for path in paths]

    def newest_histograms(self) -> dict[str, tuple[float, float, bytes]]:
        """Return the content of the histogram file that was made last."""
        return self.all_histograms()[-1]

    def records(self, stage: str) -> list[dict[str, Any]]:
        """Give the statistics of a stage's branches."""
        return [json.loads(path.read_text()) for path in sorted((self.out / "logs" / stage).glob("*/*.json"))]

    def parameters(self, room: str) -> dict[str, Any]:
        """Give what names the one variant of a stage's products."""
        (path,) = (self.out / room).glob("*/parameters.json")
        return json.loads(path.read_text())

    def record(self, stage: str, branch: str) -> dict[str, Any]:
        """Give the statistics of one branch."""
        (path,) = (self.out / "logs" / stage).glob(f"*/{branch}.json")
        return json.loads(path.read_text())

    def leftovers(self) -> list[str]:
        """List what has a temporary name."""
        return [str(path) for path in self.out.rglob(".*")]


def finish(command: list[object], cwd: Path, **environment: str) -> Outcome:
    """Run a command to its end."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)


def clean_environment() -> dict[str, str]:
    """Give the environment without what points luigi and law at some configuration."""
    mine = ("LUIGI_", "LAW_")
    path = os.pathsep.join([str(LUIGI.parent), os.environ.get("PATH", "")])
    return {name: value for name, value in os.environ.items() if not name.startswith(mine)} | {"PATH": path}


def histograms(path: Path) -> dict[str, tuple[float, float, bytes]]:
    """Give low edge, high edge and the bytes of the counts of every histogram of a file."""
    with uproot.open(path) as file:
        found = {key: file[key] for key in file.keys(cycle=False, filter_classname="TH1D")}
        return {
            key: (*map(float, one.axis().edges()[[0, -1]]), one.values().astype(np.int64).tobytes())
            for key, one in found.items()
        }


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect what luigi logs."""
    said: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: said.append(handler.format(record))
    logger = logging.getLogger("luigi-interface")
    logger.setLevel(logging.INFO)  # luigi sets it once in a process, to what the first of all tests asked for
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)  # luigi sets it up once a process, and another test may have been quiet
    try:
        yield said
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def _be_a_command_line() -> None:
    """Install what importing tasks installs in a process of luigi's or law's alone."""
    messages.install()
    help_pages.install(tasks.STAGES, tasks.OTHERS)
