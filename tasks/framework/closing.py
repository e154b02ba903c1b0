"""The last lines of a command: what was made, warnings, where it is, and what comes next."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import luigi

from targets.catalogue.input_files import DEMO_RELEASE
from targets.documents import run_file
from tasks.cli import command_line
from tasks.framework.stage import Stage

__all__ = ["closing", "is_asked_for", "places"]

_REPORT = "MakeReport"


def is_asked_for(task: Any) -> bool:
    """Tell whether a task is what a command line asked for, as a whole, and not a job of it."""
    asked_for = command_line.is_root(task.get_task_family())
    return asked_for and "PIPELINE_JOB" not in os.environ and bool(task.is_workflow())


def closing(stage: Any) -> list[str]:
    """Say what came out of a command.

    Args:
        stage: The task that was asked for, as a whole; all is done.

    Returns:
        Lines of text: those of every stage, then the next command.
    """
    lines = []
    for task in (*stage.all_upstream().values(), stage):
        for branch in task.branches_of(task.granularity):
            if task.location(branch).statistics.exists():  # it was needed, and nobody deleted its statistics
                lines += task.outcome(branch)
    return [*lines, *_next(stage)]


def places(stage: Any) -> list[str]:
    """Say where the products of a stage are.

    Args:
        stage: The task of the whole stage; its files must be known.

    Returns:
        A line for each dataset: the file or folder of the product where there is one, else the folder of all.
    """
    branches = {branch.dataset: branch for branch in stage.branches_of(stage.granularity)}
    several = stage.granularity == "group"
    paths = {
        dataset: stage.folder(dataset) if several else Path(stage.target(branch).abspath)
        for dataset, branch in branches.items()
    }
    return [f"{stage.get_task_family()} of {dataset}: {path}" for dataset, path in paths.items()]


def _next(stage: Any) -> Iterator[str]:
    name, folder, working_directory = stage.get_task_family(), stage.run_directory(), Path.cwd()
    if folder.is_relative_to(working_directory):
        folder = folder.relative_to(working_directory)
    if name == _REPORT:
        read = "docs/first-analysis.md" if DEMO_RELEASE in stage.release_years else "docs/results.md"
        yield f"next: open the report in a browser, and read {read}; in Python: results.open_run({str(folder)!r})"
    else:
        yield f"next: pipeline report {folder / run_file.NAME}"


@Stage.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _repeat(task: Any) -> None:
    """Say the same when there is nothing to do."""
    if is_asked_for(task):
        task.tell("\n".join(["Everything is done already:", *places(task), *closing(task)]))


@Stage.event_handler(luigi.Event.SUCCESS)
def _end(task: Any) -> None:
    if is_asked_for(task):
        task.tell("\n".join(closing(task)))
