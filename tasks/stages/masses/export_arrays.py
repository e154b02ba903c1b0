"""ExportArrays: the masses as plain .npy files, one per final state and combination."""

from dataclasses import asdict

from edm.records.branch_records import ExportedArrays
from edm.records.documents import to_document
from targets.documents.json import dump_json
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.masses import MassParameters
from tasks.stages.masses.compute_masses import ComputeMasses

__all__ = ["ExportArrays"]


class ExportArrays(MassParameters, WeightedStage):
    """Write the masses of a dataset as plain .npy files, one per combination; of simulation with weights."""

    directory = "exported_arrays"
    variant_parameters = ("tolerated_failures",)
    granularity = "dataset"
    depends_on_dataset = True
    combines_samples = False
    upstream = (ComputeMasses,)

    def run(self) -> None:
        """Export the masses of a dataset."""
        from targets.products import mass_arrays

        self.first_stage().check_failures()
        masses, dataset = self.upstream_task(ComputeMasses), self.branch_data.dataset
        sources = [masses.product(branch) for branch in masses.branches_of("group", dataset)]
        with recording(self) as product:
            normalisation = self.normalisation(dataset)
            entries = mass_arrays.export(product.path, sources, weighted=bool(normalisation))
            if normalisation:
                dump_json(product.path / "normalisation.json", to_document(normalisation[dataset]))
            product.results = ExportedArrays(len(entries), sum(entries.values()))

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on: of weighted simulation also its normalisation."""
        inputs = super().variant_inputs(dataset)
        if not self.is_weighted(dataset):
            return inputs
        return inputs.with_facts(normalisation=asdict(self.describe_known(dataset)))
