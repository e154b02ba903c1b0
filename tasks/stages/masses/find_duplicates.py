"""FindDuplicates: the events that a dataset holds more than once."""

from functools import cached_property
from pathlib import Path
from typing import Any

from edm.records.branch_records import FoundDuplicates
from targets.catalogue import local_files
from targets.catalogue.branch_files import BranchFiles, Granularity
from targets.documents.variant_inputs import VariantInputs
from targets.errors import ConfigurationError
from tasks.cli import command_line
from tasks.framework.location import is_record
from tasks.framework.product import once_per_dataset
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.datasets import DatasetParameters
from tasks.stages.inputs.parse_file import ParseFile

__all__ = ["ComparingStage", "FindDuplicates"]


class ComparingStage(DatasetParameters, Stage):
    """A stage whose products depend on whether the events of its datasets are compared."""

    exclude_index = True

    @once_per_dataset
    def duplicates_mode(self, dataset: str) -> str:
        """Tell what is done about events that a dataset holds more than once: check, remove or ignore."""
        branch = Stage.branches_of(self, "dataset", dataset)[0]
        if branch.files[0].data_type == "mc":
            return "ignore"
        if self.duplicates != "auto":
            return str(self.duplicates)
        several_records = len({file.record for file in branch.files}) > 1
        return "check" if several_records or self._are_several([file.uri for file in branch.files]) else "ignore"

    def compares(self, mode: str, dataset: str | None) -> bool:
        """Tell whether events are compared in one way.

        Args:
            mode: check or remove.
            dataset: The dataset; None for any of the run. Before the files are known, a run says yes when it may have
                such a dataset, since what a task requires is settled when luigi first sees it.
        """
        if dataset is not None:
            return self.duplicates_mode(dataset) == mode
        if self.file_list().is_known():
            return any(self.duplicates_mode(branch.dataset) == mode for branch in Stage.branches_of(self, "dataset"))
        if self.duplicates != "auto":
            return bool(self.duplicates == mode)
        return mode == "check" and self._may_be_several

    @cached_property  # local files are looked at once
    def _may_be_several(self) -> bool:
        from steps.events.event_options import formats_of_streams

        if len(self.specific_record_ids) > 1 or formats_of_streams(self.selected().events) & {*self.release_years}:
            return True
        listed = local_files.local_files(self.input_files, self.other_data_type()).files if self.input_files else ()
        return self._are_several([file.uri for file in listed])

    def _are_several(self, addresses: list[str]) -> bool:
        from steps.events.event_options import are_several_streams

        return bool(are_several_streams(self.selected().events, addresses))


class FindDuplicates(ComparingStage):
    """Compare the events of a dataset, and list those that it holds more than once: duplicates."""

    directory = "duplicates"
    variant_parameters = ("duplicates", "tolerated_failures")
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (ParseFile,)
    suffix = ".npy"
    priority = 1  # a run that it ends should end before masses are computed

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Check where nobody said what is to be done: who asks for this task wants the events to be compared.

        Raises:
            ConfigurationError: When they are to be counted as they are.
        """
        is_root = command_line.is_root(cls.__name__) and not params["local_files"]
        params = super().modify_param_values(params)
        if is_root and params["duplicates"] == "auto":
            params["duplicates"] = "check"
        if is_root and params["duplicates"] == "ignore":
            msg = "duplicates = ignore: FindDuplicates compares nothing then; use --duplicates check or remove"
            raise ConfigurationError(msg)
        return params

    def branches_of(self, granularity: Granularity, dataset: str | None = None) -> list[BranchFiles]:
        """Divide the files of those datasets whose events are compared among branches."""
        branches = super().branches_of(granularity, dataset)
        return [branch for branch in branches if self.duplicates_mode(branch.dataset) != "ignore"]

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on: what is done, whether the user said it or not."""
        inputs, mode = super().variant_inputs(dataset), self.duplicates_mode(dataset)
        return inputs.with_settings(type(self).__name__, duplicates=mode)

    def run(self) -> None:
        """Compare the events of a dataset."""
        from steps.events import duplicates

        self.first_stage().check_failures()
        branch, parsing = self.branch_data, self.upstream_task(ParseFile)
        sources = [self._source(parsing, part) for part in parsing.branches_of("group", branch.dataset)]
        files, mode = [file.uri for file in branch.files], self.duplicates_mode(branch.dataset)
        asked = duplicates.Comparison(branch.dataset, files, mode, self.chunk_events, self.memory_limit_mb)
        with recording(self) as product:
            product.results = duplicates.find(asked, sources, product.path)

    def _source(self, parsing: Any, part: BranchFiles) -> Path:
        """Return where the numbers of events are; parsed data that were not kept, without these, are made again."""
        from targets.products import event_keys

        source = parsing.product(part)
        if is_record(source) and not event_keys.has_event_numbers(source):
            parsing.task_of_branch(part).run()
        return Path(parsing.product(part))

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say how many events were compared, and how many are copies."""
        from steps.events.event_statistics import describe_duplicates

        results = recorded(self, branch, FoundDuplicates)
        return [f"{branch.dataset}: {describe_duplicates(results)}"]
