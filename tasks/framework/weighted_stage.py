"""What stages share that work on the weights of simulation."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, ClassVar

from edm.records.branch_records import ParsedFiles
from edm.records.samples import Normalisation, NormalisedBy, SumsOfSample
from targets.catalogue import input_files
from targets.catalogue.branch_files import BranchFiles
from targets.catalogue.input_files import InputFile
from targets.documents.digests import digest
from targets.documents.json import Json
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.product import once_per_dataset
from tasks.framework.stage import Stage

__all__ = ["WeightedStage"]


class WeightedStage(Stage):
    """A stage whose products hold weights, or sums of them, for datasets of simulation."""

    reads_weight_unit: ClassVar[bool] = False
    """Whether its branches ask for the unit of the weights."""

    exclude_index = True

    @once_per_dataset
    def is_weighted(self, dataset: str) -> bool:
        """Tell whether the events of a dataset are weighted, where the selection has weights for their format."""
        of_simulation = self.mc_weights and self.first_file(dataset).data_type == "mc"
        return bool(of_simulation and self.selected().weights is not None)

    def stages_before_chain(self) -> set[str]:
        """Return what is made before: the unit of the weights is found in the first parsed data of a dataset."""
        needs_unit = self.reads_weight_unit and self.mc_weights and "mc" in self.data_types()
        return {self.first_stage().task_family} if needs_unit else set()

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on: of weighted simulation also that it is, and what sets the unit."""
        inputs = super().variant_inputs(dataset)
        if not self.is_weighted(dataset):
            return inputs
        return inputs.with_facts(weights=self.by_sample(dataset, self._describe_unit))

    def _describe_unit(self, sample: str) -> SumsOfSample:
        listed = self.file_list().sample(sample)
        first = digest(input_files.identity(self.first_file(sample)), 16)
        return SumsOfSample((listed.sum_of_weights, listed.n_events), first)

    def by_sample(self, dataset: str, describe: Callable[[str], Any]) -> Json:
        """Describe the sample that a dataset is, or by their names those that it combines, as a variant's name has it.

        Args:
            dataset: The dataset.
            describe: Makes a record of a sample.

        Returns:
            The fields of the record, or those of each sample.
        """
        described = {sample: asdict(describe(sample)) for sample in self.samples(dataset)}
        return described[dataset] if [*described] == [dataset] else described

    def first_file(self, dataset: str) -> InputFile:
        """Return the first file of a dataset."""
        return self.branches_of("dataset", dataset)[0].files[0]

    def weight_unit(self, sample: str) -> float | None:
        """Return the unit in which the weights of a sample are summed; None where its events are counted."""
        from steps.weighting.normalisation import find_unit

        if not self.is_weighted(sample):
            return None
        return find_unit(self.parsed_records(sample), self.file_list().sample(sample))

    def parsed_records(self, sample: str) -> Iterator[ParsedFiles]:
        """Yield what ParseFile recorded of the branches of a sample, in the order of its list."""
        return map(self.parsed_record, self.first_stage().branches_of("group", sample))

    def parsed_record(self, branch: BranchFiles) -> ParsedFiles:
        """Return what ParseFile recorded of a group of files, whose parsed data may be gone.

        A branch that was asked for alone may need the record of another: what was not read yet is read.
        """
        from steps import branch_statistics

        parsing = self.first_stage()
        product = parsing.product(branch)
        record = branch_statistics.load(parsing.location(branch).statistics, ParsedFiles)
        if record is not None and record.product == product.name:
            return record.results
        if not product.exists():
            parsing.task_of_branch(branch).run()
        return branch_statistics.of_parsed_data(parsing.product(branch))

    def normalisation(self, dataset: str) -> dict[str, Normalisation]:
        """Return what the weights of each sample are multiplied with, by its dataset; nothing where events count."""
        units = {sample: self.weight_unit(sample) for sample in self.samples(dataset)}
        return {sample: self._normalise(sample, unit) for sample, unit in units.items() if unit is not None}

    def _normalise(self, sample: str, unit: float) -> Normalisation:
        from steps.weighting.normalisation import SampleSources, normalise

        given, listed = self.given_numbers(self.first_file(sample).sample), self.file_list().sample(sample)
        sources = SampleSources(sample, given, listed, self.file_list().is_whole(sample), self.luminosity_fb)
        return normalise(list(self.parsed_records(sample)), unit, sources)

    def describe_known(self, sample: str) -> NormalisedBy:
        """Return what the normalisation of a sample depends on beside its files."""
        given, listed = self.given_numbers(self.first_file(sample).sample), self.file_list()
        return NormalisedBy(given, listed.sample(sample), listed.is_whole(sample), self.luminosity_fb)
