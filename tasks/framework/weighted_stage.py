"""What stages share that work on the weights of simulation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from targets.catalogue import input_files
from targets.catalogue.input_files import InputFile
from targets.documents.digests import digest
from tasks.framework.stage import Stage

__all__ = ["WeightedStage"]


class WeightedStage(Stage):
    """A stage whose products hold weights, or sums of them, for datasets of simulation."""

    exclude_index = True

    def is_weighted(self, dataset: str) -> bool:
        """Tell whether the events of a dataset are weighted, where the selection has weights for their format."""
        whole = self.as_workflow()
        if whole is not self:
            return bool(whole.is_weighted(dataset))
        known = self.__dict__.setdefault("_is_weighted", {})
        if dataset not in known:
            of_simulation = self.mc_weights and self.first_file(dataset).data_type == "mc"
            known[dataset] = of_simulation and self.selected().weights is not None
        return bool(known[dataset])

    def variant_inputs(self, dataset: str) -> dict[str, Any]:
        """Return what the variant depends on: of weighted simulation also that it is, and what sets the unit."""
        inputs = super().variant_inputs(dataset)
        if not self.is_weighted(dataset):
            return inputs
        sample = self.file_list().sample(dataset)
        first = digest(input_files.identity(self.first_file(dataset)), 16)
        return inputs | {"weights": {"catalogue": [sample.sum_of_weights, sample.n_events], "first_file": first}}

    def first_file(self, dataset: str) -> InputFile:
        """Return the first file of a dataset."""
        return self.branches_of("dataset", dataset)[0].files[0]

    def weight_unit(self, dataset: str) -> float | None:
        """Return the unit in which the weights of a dataset are summed; None where its events are counted."""
        from steps.weighting.normalisation import find_unit

        if not self.is_weighted(dataset):
            return None
        return find_unit(self.parsed_paths(dataset), self.file_list().sample(dataset))

    def parsed_paths(self, dataset: str) -> Iterator[Path]:
        """Yield the parsed data of the branches of a dataset, in the order of its list."""
        parsing = self.first_stage()
        return (parsing.product(branch) for branch in parsing.branches_of("group", dataset))
