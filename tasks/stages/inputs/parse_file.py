"""ParseFile: from input files to selected objects."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from edm.records.branch_records import ParsedFiles
from edm.records.stage_results import StageResults
from targets.catalogue.branch_files import BranchFiles
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.location import is_record
from tasks.framework.product import FileTarget, once_per_dataset
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.stages.inputs.fetch_metadata import FetchMetadata

__all__ = ["ParseFile"]


class ParseFile(Stage):
    """Read input files and keep their selected objects: parsed_data."""

    directory = "parsed_data"
    revision = 4
    variant_parameters = ("schema", "selection", "parsed_format", "halves", "met_combinations")
    described_parameters = ("good_runs", "triggers", "streams", "mc_period")
    left_out_at: ClassVar[Mapping[str, Any]] = {"halves": "all", "met_combinations": False}
    upstream = (FetchMetadata,)
    may_lack_files = True
    suffix = ".root"

    def run(self) -> None:
        """Read the files of a branch."""
        from steps import parse

        branch = self.branch_data
        with recording(self) as product:
            product.results = parse.parse(branch.files, self.options(branch.dataset), product.path, self.parsed_format)

    def product(self, branch: BranchFiles) -> Path:
        """Return the path of parsed data, or of their record; of a group that lacks files where there is no other."""
        whole, lacking = self._places(branch)
        return next((path for path in (*whole, *lacking) if path.exists()), whole[0])

    def is_incomplete(self, branch: BranchFiles) -> bool:
        """Tell whether a group could be read only in part, which counts as done where failures are tolerated."""
        return self.product(branch) in self._places(branch)[1]

    def _places(self, branch: BranchFiles) -> tuple[list[Path], list[Path]]:
        """Return where the product of a branch may be, whole and without the files that failed."""
        place, tolerated = self.location(branch), bool(self.tolerated_failures)
        return [place.product, place.record], [place.incomplete, place.incomplete_record] * tolerated

    def has_objects(self, branch: BranchFiles) -> bool:
        """Tell whether there are parsed data of a branch, not their record alone."""
        product = self.product(branch)
        return product.exists() and not is_record(product)

    def target(self, branch: BranchFiles) -> Any:
        """Return the target of a branch: parsed data, in whose place a record will do where they are not kept."""
        product = self.product(branch)
        if self.keep_parsed and is_record(product):
            product = self.location(branch).product
        return FileTarget(str(product))

    def destination(self, branch: BranchFiles, results: StageResults) -> Path:
        """Return the path of the whole product, or of the incomplete one when files failed."""
        location = self.location(branch)
        return location.incomplete if isinstance(results, ParsedFiles) and results.failures else location.product

    def check_failures(self) -> None:
        """Raise when more files of the run failed than are tolerated.

        Raises:
            StageError: It names all of them.
        """
        from steps import parse

        branches = [branch for branch in self.branches_of("group") if self.is_incomplete(branch)]
        if branches:
            parse.check_failures([self.product(branch) for branch in branches], self.tolerated_failures)

    def prepare(self) -> None:
        """Check the selection and the schemas once, before every branch stumbles over them."""
        super().prepare()
        for branch in self.branches_of("dataset"):
            self.options(branch.dataset)

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on, among it the lists of good runs and the streams of the dataset."""
        return super().variant_inputs(dataset).with_facts(events=self.asked_of_events(dataset))

    @once_per_dataset
    def asked_of_events(self, dataset: str) -> Any:
        """Return what names a variant by the events of a dataset that count."""
        return self.describe_events(self.addresses(dataset))

    def ignored_schema_keys(self) -> tuple[str, ...]:
        """Return the keys of schemas on which results do not depend: branches that are not read."""
        return () if self.met_combinations else ("met",)

    def options(self, dataset: str) -> Any:
        """Return how the files of a dataset are read."""
        options = self.read_options(self.run_directory().parent / "downloads", self.addresses(dataset))
        return replace(options, weights=self.weight_options(self.branches_of("dataset", dataset)[0].files[0].sample))

    def addresses(self, dataset: str) -> list[str]:
        """Return where the files of a dataset are."""
        return [file.uri for branch in self.branches_of("dataset", dataset) for file in branch.files]
