"""What a run leaves in its folder so that a colleague can make it again: run.cfg and environment.lock.

Both are those of the latest command; earlier ones lie in ``logs/commands``. Files of the user's own that a parameter
names, as a selection, are copied beside run.cfg, which then names the copy.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import luigi

from targets.documents import run_file
from targets.documents.run_file import Option, RunFile
from targets.storage import atomic
from tasks.cli import command_line
from tasks.framework.closing import is_asked_for
from tasks.framework.product import default_text
from tasks.framework.stage import Stage
from tasks.parameters.inputs import SourceParameters
from tasks.parameters.jobs import JobParameters
from tasks.parameters.list_types import ListNames
from tasks.parameters.types import FolderPath, YamlName

__all__ = ["LOCK", "of_task", "record"]

LOCK = "environment.lock"
"""Name of the file with the versions of all packages."""

_EARLIER = Path("logs") / "commands"
_COPIES = "settings"
_NOT_RECORDED = {"base_output_dir", "local_files", "refresh_metadata", "branch", "branches", "download_dir"}
_OF_LAW = ("workflow",)
_COMMENT = "What made the files in this folder. To make them again: pipeline run run.cfg\nRelative paths begin here."


def record(stage: Stage, keep_earlier: bool) -> None:
    """Write both files.

    Args:
        stage: The task that was asked for, as a whole.
        keep_earlier: Whether what they replace, where it says something else, is kept: it is of an earlier command.

    Raises:
        OSError: When the folder cannot be written.
    """
    from steps.environment import lock

    folder = stage.run_directory()
    described, copies = of_task(stage)
    for name, original in copies.items():
        _replace(folder / name, original.read_text(encoding="utf-8"), keep_earlier=False)
    _replace(folder / LOCK, lock(), keep_earlier)
    _replace(folder / run_file.NAME, run_file.to_text(described, _COMMENT), keep_earlier)


def of_task(stage: Stage) -> tuple[RunFile, dict[str, Path]]:
    """Describe the run of a task.

    Args:
        stage: The task that was asked for, as a whole.

    Returns:
        What run.cfg says: all parameters that can change a result, and settings of the machine that are no defaults;
        and the files of the user's own, by the path of their copy in the folder of the run.
    """
    copies: dict[str, Path] = {}
    options = {name: Option(_without_paths(stage, name, copies), group) for name, group in _recorded(stage)}
    names = tuple(getattr(stage, "prefer_params_cli", ()))
    of_tasks = {
        name: {key: Option(text, name) for key, text in command_line.of_task(name, names).items()}
        for name in stage.all_upstream()
    }
    of_tasks = {name: own for name, own in of_tasks.items() if own}
    return RunFile(type(stage).__name__, options, of_tasks, _variants(stage)), copies


def _recorded(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield the parameters that are recorded, and the section of each."""
    machine = {*vars(JobParameters), *_OF_LAW}
    for name, parameter in stage.get_params():
        if name in _NOT_RECORDED or not parameter.description:
            continue
        own = type(parameter).__module__.startswith("tasks.")
        text, default = parameter.serialize(getattr(stage, name)), default_text(parameter)
        if name == "run_name":
            yield name, "run"
        elif name in vars(SourceParameters):
            if text != default:
                yield name, "sources"
        elif own and parameter.significant and name not in machine:
            if text:
                yield name, "selection" if name in _OF_SELECTION else "parameters"
        elif (own or name in _OF_LAW) and text != default:
            yield name, "cluster"


_OF_SELECTION = (
    "schema",
    "selection",
    "good_runs",
    "triggers",
    "streams",
    "duplicates",
    "objects_to_calculate",
    "halves",
)


def _without_paths(stage: Stage, name: str, copies: dict[str, Path]) -> str:
    """Return a parameter as text in which files of the user's own are named by their copies."""
    parameter, value = dict(stage.get_params())[name], getattr(stage, name)
    if not isinstance(parameter, FolderPath | ListNames | YamlName):
        return str(parameter.serialize(value))
    items = value if isinstance(value, tuple) else (value,)
    written = []
    for item in items:
        original = Path(str(item))
        if original.is_absolute() and original.is_file():
            copy = f"{_COPIES}/{name}/{original.name}"
            copies[copy] = original
            written.append(copy)
        else:
            written.append(str(item))
    return ",".join(written)


def _variants(stage: Stage) -> Mapping[str, Mapping[str, str]]:
    """Return the folder of each stage's variant, for each dataset; nothing before the files are known."""
    if not stage.file_list().is_known():
        return {}
    stages = {**stage.all_upstream(), type(stage).__name__: stage}
    listed = {type(stage.file_list()).__name__: stage.file_list().path().parent.name}
    return {
        branch.dataset: listed | {name: task.folder(branch.dataset).name for name, task in stages.items()}
        for branch in stage.branches_of("dataset")
    }


def _replace(path: Path, text: str, keep_earlier: bool) -> None:
    """Write a file where it says something else; what it replaces is kept among the earlier ones."""
    earlier = path.read_text(encoding="utf-8") if path.exists() else None
    if earlier == text:
        return
    if keep_earlier and earlier is not None:
        folder = path.parent / _EARLIER
        number = 1 + sum(1 for _ in folder.glob(f"*_{path.name}"))
        atomic.write_text(folder / f"{number:04}_{path.name}", earlier)
    atomic.write_text(path, text)


_BEGUN: set[str] = set()
_DEPENDENCIES: set[str] = set()


@Stage.event_handler(luigi.Event.DEPENDENCY_DISCOVERED)
def _begin(task: Any, dependency: Any) -> None:
    """Record a run when it begins, so that one that is killed is recorded too."""
    _DEPENDENCIES.add(dependency.task_id)
    if _is_recorded(task) and task.task_id not in _BEGUN:
        _BEGUN.add(task.task_id)
        with suppress(OSError, ValueError):  # what is wrong with files or settings is said by the stage that needs them
            record(task, keep_earlier=True)


@Stage.event_handler(luigi.Event.DEPENDENCY_PRESENT)
@Stage.event_handler(luigi.Event.SUCCESS)
def _end(task: Any) -> None:
    """Record it again when all is there: the variants are known by then."""
    if _is_recorded(task):
        record(task, keep_earlier=task.task_id not in _BEGUN)


def _is_recorded(task: Any) -> bool:
    """Tell whether a task is what a command asked for; in a script, which has no command line, what no task needs."""
    if command_line.is_present():
        return is_asked_for(task)
    return "PIPELINE_JOB" not in os.environ and bool(task.is_workflow()) and task.task_id not in _DEPENDENCIES
