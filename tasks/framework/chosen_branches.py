"""``--branch`` and ``--branches``: kept until the branches are known, and refused where none of them exists."""

from typing import Any

from law.workflow.base import BaseWorkflow

from targets.errors import ConfigurationError
from tasks.cli import command_line

__all__ = ["ChosenBranches"]


class ChosenBranches(BaseWorkflow):
    """A workflow whose branches may be known only once it runs, of which a user may choose some."""

    exclude_index = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = command_line.of_root("branch" if self.is_branch() else "branches")
        if chosen and command_line.is_root(type(self).__name__) and self.workflow_condition():
            self._check_chosen(self.create_branch_map())  # at the start: what is above would be run first

    @property
    def branch_data(self) -> Any:
        """Return what a branch is.

        Raises:
            ConfigurationError: When there is no such branch.
        """
        if self.is_branch() and self.branch not in (
            branches := self.get_branch_map()
        ):  # asked for each of many branches
            self._check_chosen(branches)
        return super().branch_data

    def _reset_branch_boundaries(self, full_branch_map: Any) -> None:
        """Keep ``--branches`` until the branches are known, and where none of them exists: law would run all."""
        if self.workflow_condition():
            self._check_chosen(full_branch_map)
            super()._reset_branch_boundaries(full_branch_map)

    def _reduce_branch_map(self, branch_map: Any) -> None:
        if self.workflow_condition():
            super()._reduce_branch_map(branch_map)

    def _check_chosen(self, branch_map: Any) -> None:
        """Raise when none of the chosen branches exists."""
        total = max(branch_map, default=-1) + 1
        asked = f"branch = {self.branch}" if self.is_branch() else f"branches = {self.to_str_params()['branches']}"
        firsts = [self.branch] if self.is_branch() else [first or 0 for first, *_ in self.branches]
        if firsts and min(firsts) >= total:
            numbers = f"branches 0 to {total - 1}" if total > 1 else "only branch 0"
            msg = f"{asked}: for these files {self.task_family} has {numbers}; choose among them"
            raise ConfigurationError(msg)

    def _has_same_branches(self, stage: Any) -> bool:
        """Tell whether a stage upstream is cut like this one, and has the branches that are chosen.

        Groups of combined datasets, which come last, only stages have that depend on datasets.
        """
        if stage.granularity != self.granularity:
            return False
        if stage.depends_on_dataset or not self.depends_on_dataset or self.granularity != "group":
            return True
        chosen = [self.branch] if self.is_branch() else [bound for bounds in self.branches for bound in bounds]
        if not chosen:
            return True
        listed = self._divide("group").listed.values() if self.file_list().is_known() else ()
        number = sum(map(len, listed))
        return all(bound is not None and bound < number for bound in chosen)
