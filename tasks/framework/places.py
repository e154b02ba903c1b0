"""Where results are, also when all of them were made before."""

from pathlib import Path
from typing import Any

import luigi
from luigi.cmdline_parser import CmdlineParser

from tasks.framework.stage import Stage

__all__ = ["places"]


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


@Stage.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _tell(task: Any) -> None:
    """Print the places when the requested task has nothing to do."""
    parser = CmdlineParser.get_instance()
    if parser is not None and parser.known_args.root_task == task.get_task_family() and task.is_workflow():
        task.tell("\n".join(["Everything is done already:", *places(task)]))
