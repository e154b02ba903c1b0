"""ExportArrays: the masses as plain .npy files, one per final state and combination."""

from edm.records.branch_records import ExportedArrays
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.parameters.masses import MassParameters
from tasks.stages.masses.compute_masses import ComputeMasses

__all__ = ["ExportArrays"]


class ExportArrays(MassParameters, Stage):
    """Write the masses of a dataset as plain .npy files, one per final state and combination."""

    directory = "exported_arrays"
    variant_parameters = ("tolerated_failures",)
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (ComputeMasses,)
    exclude_index = False

    def run(self) -> None:
        """Export the masses of a dataset."""
        from targets.products import mass_arrays

        self.first_stage().check_failures()
        masses = self.upstream_task(ComputeMasses)
        sources = [masses.product(branch) for branch in masses.branches_of("group", self.branch_data.dataset)]
        with recording(self) as product:
            entries = mass_arrays.export(product.path, sources)
            product.results = ExportedArrays(len(entries), sum(entries.values()))
