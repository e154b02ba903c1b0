"""The outputs of a stage's branches, from the branch map: no task object for each, and one look at each folder."""

from pathlib import Path
from typing import Any

import law
from law.workflow.base import BaseWorkflowProxy

from steps.errors import StageError

__all__ = ["BranchOutputs", "Products"]


class Products(law.TargetCollection):
    """The targets of all branches; it says where they are, which law shows before it removes them."""

    def _repr_pairs(self) -> list[tuple[str, Any]]:
        paths = [Path(target.abspath) for target in self.targets.values()]
        where = {"path": paths} if len(paths) == 1 else {"in": dict.fromkeys(path.parent for path in paths)}
        return [*super()._repr_pairs(), *((name, ", ".join(map(str, places))) for name, places in where.items())]


class BranchOutputs(BaseWorkflowProxy):
    """A proxy that knows its branches' outputs in time linear in their number."""

    def output(self) -> Any:
        """Return the targets of all branches."""
        if not self.task.workflow_condition():
            return law.util.DotDict(collection=law.TargetCollection([law.LocalFileTarget(is_tmp="unknown")]))
        targets = {number: self.task.target(branch) for number, branch in self.task.get_branch_map().items()}
        return law.util.DotDict(collection=Products(targets, threshold=self.threshold(len(targets))))

    def complete(self) -> bool:
        """Tell whether every branch has its product, and the whole is as it should be."""
        if not self.task.workflow_condition() or self.missing():
            return False
        try:
            self.task.check_whole()
        except StageError:  # run() says it
            return False
        return True

    def missing(self) -> list[int]:
        """List the branches without a product."""
        targets = {number: self.task.target(branch) for number, branch in self.task.get_branch_map().items()}
        paths = {number: (Path(target.abspath), *target.companions) for number, target in targets.items()}
        listed = {folder: _names(folder) for folder in {path.parent for parts in paths.values() for path in parts}}
        return [
            number for number, parts in paths.items() if any(part.name not in listed[part.parent] for part in parts)
        ]


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()
