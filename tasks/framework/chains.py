"""Chains: the stages that one job of a cluster makes of its branch, and what luigi waits for because of them."""

from typing import Any

from tasks.framework.cluster import ENGINES, ClusterWorkflow

__all__ = ["ChainWorkflow"]


class ChainWorkflow(ClusterWorkflow):
    """A workflow whose jobs make the stages upstream on the way, where these have the same branches.

    A stage has `granularity`, `upstream_stages()`, `upstream_task(stage)` and `file_list()`.
    """

    exclude_index = True

    def stages_before_chain(self) -> set[str]:
        """Return the names of stages upstream that no job of this one can make: a branch reads all their products."""
        return set()

    def chain(self) -> list[Any]:
        """Return the stages that a job makes of its branches, in their order, this one last.

        These are the stages upstream, directly or not, that have a branch for each group of files too and are jobs of
        the same batch system. On this machine every stage is made alone.
        """
        if self.workflow not in ENGINES or self.is_branch() or self.granularity != "group":
            return [self]
        before = self.stages_before_chain()
        while True:
            members = self._collect_chain(before)
            more = {name for stage in members.values() for name in stage.stages_before_chain()}
            if more <= before:
                return [*members.values()]
            before |= more

    def _collect_chain(self, before: set[str]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for stage in self.upstream_stages():
            if stage.granularity == "group" and stage.__name__ not in before:
                task = self.upstream_task(stage)
                members |= task._collect_chain(before) if task.workflow == self.workflow else {}
        return members | {self.task_family: self}

    def deps(self) -> list[Any]:
        """Return what luigi makes before this task; `requires` names all that it reads.

        Of a chain, the jobs of its last stage make the others: nothing waits for these as a whole, neither the chain
        nor a stage that requires its last stage too.
        """
        if self.is_branch() or self.is_controlling_remote_jobs():
            return list(super().deps())
        chain = self.chain()
        tasks = {stage: member.upstream_task(stage) for member in chain for stage in member.upstream_stages()}
        made = {stage.task_family for task in tasks.values() for stage in task.chain()[:-1]}
        made = made - self.stages_before_chain() | {stage.task_family for stage in chain}
        return [*(task for stage, task in tasks.items() if stage.__name__ not in made), self.file_list()]
