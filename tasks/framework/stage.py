"""Stages: tasks with branches. One luigi task a stage, and one branch per group of files, dataset or run."""

import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, cast

import law
from luigi.cmdline_parser import CmdlineParser

from edm.records.stage_results import StageResults
from edm.records.statistics import DatasetStatistics
from targets.catalogue.branch_files import BranchFiles, Division, Granularity, divide
from targets.documents.variant_inputs import VariantInputs
from tasks.cli import messages
from tasks.framework.chosen_branches import ChosenBranches
from tasks.framework.cluster import ClusterWorkflow
from tasks.framework.location import Location
from tasks.framework.product import FileTarget, FolderTarget, once_per_dataset
from tasks.framework.progress import Part, listener
from tasks.framework.sources import FileListTask, SourceTask
from tasks.parameters.inputs import ParsingParameters

__all__ = ["Stage"]


class Stage(ParsingParameters, SourceTask, ChosenBranches, ClusterWorkflow):
    """A stage of the pipeline.

    Its ``run()`` makes the product of one branch; which branches there are is known once the files are listed.
    """

    granularity: ClassVar[Granularity] = "group"
    """What a branch is."""

    upstream: ClassVar[tuple[type[SourceTask], ...]] = ()
    """Stages whose products this one reads; of the first stage, the task that lists the files."""

    depends_on_dataset: ClassVar[bool] = False
    """Whether results depend on all files of the dataset, so that their digest is part of the variant."""

    may_lack_files: ClassVar[bool] = False
    """Whether a product may lack files that cannot be read, where failures are tolerated."""

    makes_on_the_way: ClassVar[bool] = False
    """Whether it does without products upstream that are not kept: it makes them itself, or wants their statistics."""

    suffix: ClassVar[str] = ""
    """Suffix of the product's files."""

    combines_samples: ClassVar[bool] = True
    """Whether it has branches of the combined datasets of simulation too, if it depends on datasets."""

    exclude_index = True

    # the branches -----------------------------------------------------------------------------------------------------

    @law.dynamic_workflow_condition(cache_met_condition=False)  # --remove-output may remove the list
    def workflow_condition(self) -> bool:
        """Tell whether the files are known."""
        return self.file_list().is_known()

    @workflow_condition.create_branch_map
    def create_branch_map(self) -> dict[int, BranchFiles]:
        """Number the branches."""
        return dict(enumerate(self.branches_of(self.granularity)))

    @workflow_condition.output
    def output(self) -> Any:
        """Return the target of a branch."""
        return self.target(self.branch_data)

    def branches_of(self, granularity: Granularity, dataset: str | None = None) -> list[BranchFiles]:
        """Divide the run's files among branches.

        Args:
            granularity: What a branch is.
            dataset: Only this one; all by default. Of a combined dataset, a stage that does not depend on datasets
                returns the groups of its samples.

        Returns:
            The files of each branch, in the order of the run's list; those of combined datasets come last.
        """
        division = self._divide(granularity)
        of_groups = granularity == "group" and not self.depends_on_dataset
        combined = division.combined
        if combined and not (self.combines_samples and self.mc_weights and self.selected().weights is not None):
            combined = {}  # only weights make it possible to add samples up
        if dataset is None:
            return [*chain(*division.listed.values(), *(() if of_groups else combined.values()))]
        branches = division._replace(combined=combined).of(dataset)
        return [branch._replace(dataset=branch.sample) for branch in branches] if of_groups else branches

    def _divide(self, granularity: Granularity) -> Division:
        """Divide the run's files; they are compared with those of the last time, which takes less than hashing them."""
        divisions = self.as_workflow().__dict__.setdefault("_divisions", {})
        files, size = self.file_list().files(), self.files_per_branch
        if granularity not in divisions or divisions[granularity][0] != files:
            divisions[granularity] = files, divide(files, granularity, size)
        return cast("Division", divisions[granularity][1])

    def samples(self, dataset: str) -> tuple[str, ...]:
        """Return the datasets of the samples of a combined dataset, in rising order; any other dataset alone."""
        return self._divide("dataset").samples.get(dataset, (dataset,))

    def file_list(self) -> FileListTask:
        """Return the task that lists the run's files."""
        return cast("FileListTask", self._first_of_chain().upstream[0].req(self))

    # where products lie -----------------------------------------------------------------------------------------------

    @once_per_dataset  # many ways lead to a stage, and luigi gives the same object on each
    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what this stage's variant depends on: it and all stages upstream."""
        inputs = self.own_variant_inputs()
        for stage in self.needed_stages(dataset):
            inputs = inputs.with_upstream(self.upstream_task(stage).variant_inputs(dataset))
        if self.depends_on_dataset:
            inputs = inputs.with_facts(files=self.branches_of("dataset", dataset)[0].digest)
        return inputs

    def folder(self, dataset: str) -> Path:
        """Return the folder of this stage's products."""
        return self.variant_folder(self.variant_inputs(dataset))

    def location(self, branch: BranchFiles) -> Location:
        """Return where the product of a branch lies, and what belongs to it."""
        folder = self.folder(branch.dataset if self.depends_on_dataset else branch.sample)
        logs = self.run_directory() / "logs" / type(self).__name__ / folder.name
        return Location(folder, self.product_name(branch), logs / f"{branch.digest}.json")

    def product_name(self, branch: BranchFiles) -> str:
        """Return the file name of a branch's product."""
        return f"{branch.digest}{self.suffix}"

    def is_folder(self) -> bool:
        """Tell whether products are folders."""
        return not self.suffix

    def product(self, branch: BranchFiles) -> Path:
        """Return the path of the whole product, or of the incomplete one where that is all there is."""
        location = self.location(branch)
        return location.incomplete if self.is_incomplete(branch) else location.product

    def is_incomplete(self, branch: BranchFiles) -> bool:
        """Tell whether a group could be read only in part, which counts as done where failures are tolerated."""
        if not self.may_lack_files or self.tolerated_failures == 0:
            return False
        return bool(self.first_stage().is_incomplete(branch))

    def is_kept(self) -> bool:
        """Tell whether its products are kept where a stage that reads them makes them on the way."""
        return True

    def target(self, branch: BranchFiles) -> Any:
        """Return the target of a branch's product."""
        target = (FolderTarget if self.is_folder() else FileTarget)(str(self.product(branch)))
        target.companions = self.companions(branch)
        return target

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:  # noqa: ARG002 (some stages have companions)
        """Return what is made beside the product of a branch: where it is gone, both are made again."""
        return ()

    # what is required -------------------------------------------------------------------------------------------------

    @classmethod
    def upstream_stages(cls) -> "list[type[Stage]]":
        """Return the stages whose products this one reads."""
        return [stage for stage in cls.upstream if issubclass(stage, Stage)]

    def needed_stages(self, dataset: str | None = None) -> "list[type[Stage]]":  # noqa: ARG002 (some look at it)
        """Return the stages whose products this task needs, for one dataset or for any: by default all upstream."""
        return self.upstream_stages()

    def required_stages(self) -> "list[type[Stage]]":
        """Return the stages whose products must be there; one whose products are not kept needs those that it reads."""
        required: dict[type[Stage], None] = {}
        for stage in self.needed_stages():
            task = self.upstream_task(stage)
            is_read = task.is_kept() or not self.makes_on_the_way
            required |= dict.fromkeys([stage] if is_read else task.required_stages())
        return [*required]

    def task_of_branch(self, branch: BranchFiles) -> Any:
        """Return the task of a branch, found by its files: groups of a combined dataset are those of its samples."""
        digests = [listed.digest for listed in self.branches_of(self.granularity)]
        return self.as_branch(digests.index(branch.digest))

    def upstream_task(self, stage: "type[Stage]") -> Any:
        """Return the task of a stage upstream: the same branch where both have it, else the whole."""
        tasks = self.__dict__.setdefault("_upstream_tasks", {})  # req() takes milliseconds, and heeds the command line
        key = stage, CmdlineParser.get_instance()
        if key not in tasks:
            tasks[key] = stage.req(self, **({} if self._has_same_branches(stage) else _WHOLE))
        return tasks[key]

    def first_stage(self) -> Any:
        """Return the task, as a whole, of the stage that reads the input files."""
        stage = self._first_of_chain()
        return self if stage is type(self) else stage.req(self, **_WHOLE)

    @classmethod
    def _first_of_chain(cls) -> "type[Stage]":
        above = cls.upstream_stages()
        return above[0]._first_of_chain() if above else cls

    def all_upstream(self) -> "dict[str, Stage]":
        """Return all stages upstream, directly or not, by name; what they read comes before them."""
        tasks: dict[str, Stage] = {}
        for stage in self.needed_stages():
            if stage.__name__ not in tasks:  # no way leads to another task of the same stage
                task = self.upstream_task(stage)
                tasks = {**tasks, **task.all_upstream(), stage.__name__: task}
        return tasks

    def requires(self) -> dict[str, SourceTask]:
        """Require the stages upstream, and the file list.

        The list comes last: law's --remove-output goes through them in order, and needs it to find their products.
        """
        stages = [self.upstream_task(stage) for stage in self.required_stages()]
        return {type(task).__name__: task for task in (*stages, self.file_list())}

    def workflow_requires(self) -> Any:
        """Require the same for the whole stage."""
        return law.util.DotDict(self.requires_from_branch())

    def worker_parameters(self) -> dict[str, str]:
        """Return the parameters, as text, of this task in a worker: what this run refreshed is fresh there."""
        return self.to_str_params() | {"refresh_metadata": "False"}

    # what is recorded -------------------------------------------------------------------------------------------------

    results: StageResults
    """What was recorded of the branch that was run last."""

    parsed_on_the_way: StageResults | None = None
    """What ParseFile recorded of it, where that was made together with it."""

    def destination(self, branch: BranchFiles, results: StageResults) -> Path:  # noqa: ARG002 (ParseFile looks at them)
        """Return the path of what was made."""
        return self.product(branch)

    def handled(self) -> tuple[int, int]:
        """Return the events of the branch that was run last, and the bytes that it read from input files."""
        totals = (self.parsed_on_the_way or self.results).totals()
        return totals.events or 0, totals.bytes_read or 0

    def failures(self) -> list[str]:
        """Return the reasons of the branches whose last attempt failed."""
        notes = [self.location(branch).failure_note for branch in self.branches_of(self.granularity)]
        return [messages.printable(note.read_text("utf-8", "replace")) for note in notes if note.exists()]

    def statistics(self, dataset: str | None = None) -> list[Path]:
        """Return the paths of the statistics of all branches, of one dataset or of all."""
        return [self.location(branch).statistics for branch in self.branches_of(self.granularity, dataset)]

    def upstream_statistics(self, dataset: str | None = None) -> dict[str, list[Path]]:
        """Return the paths of the statistics of all stages upstream, by stage."""
        return {name: stage.statistics(dataset) for name, stage in self.all_upstream().items()}

    def sum_statistics(self, dataset: str, table: Any = None) -> DatasetStatistics:
        """Return the sum of what all stages upstream recorded of a dataset, with the luminosity by a table if given."""
        from steps import statistics

        return statistics.of_branches(self.upstream_statistics(dataset), table)

    # how a branch does its work ---------------------------------------------------------------------------------------

    def workers(self) -> int:
        """Return how many processes or threads a dataset has: what other datasets leave of the run's processes."""
        return max(1, (self.threads or len(os.sched_getaffinity(0))) // len(self.branches_of("dataset")))

    def progress(self, unit: str) -> Callable[[int, int], None]:
        """Return what is told how many parts of this branch are done, and how many there are: figures, for instance."""
        listen = listener(self)
        return lambda done, total: listen(Part(self.branch, done, total, unit))

    # what happens around the branches ---------------------------------------------------------------------------------

    def outcome(self, branch: BranchFiles) -> list[str]:  # noqa: ARG002 (other stages go on with most products)
        """Return what is said of a branch when a command ends: what was made, warnings, and where it is."""
        return []

    def check_whole(self) -> None:
        """Raise when more files of the run failed than are tolerated: each branch knows only its own."""
        if self.may_lack_files and self.tolerated_failures:
            self.first_stage().check_failures()

    def prepare(self) -> None:
        """Get ready for the branches: remove what killed runs left among the products and statistics."""
        branches = {branch.dataset: branch for branch in self.get_branch_map().values()}.values()
        locations = [self.location(branch) for branch in branches]
        self.sweep(*(folder for place in locations for folder in (place.folder, place.statistics.parent)))


_WHOLE = {"branch": -1, "branches": (), "_exclude": {"branch", "branches"}}
