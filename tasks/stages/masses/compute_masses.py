"""ComputeMasses: from selected objects to invariant masses."""

from physics import final_states
from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.masses import RULES, MassParameters
from tasks.stages.inputs.parse_file import ParseFile

__all__ = ["ComputeMasses"]


class ComputeMasses(MassParameters, WeightedStage):
    """Compute the masses of every combination of every final state: im_arrays."""

    directory = "im_arrays"
    revision = 2
    variant_parameters = ("objects_to_calculate", *RULES)
    upstream = (ParseFile,)
    may_lack_files = True
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Compute the masses of a branch."""
        from steps import masses

        source = self.upstream_task(ParseFile).product(self.branch_data)
        kinds = final_states.check_kinds(self.objects_to_calculate)
        with recording(self) as product:
            weighted = self.is_weighted(self.branch_data.dataset)
            product.results = masses.compute(source, product.path, kinds, self.rules(), self.chunk_events, weighted)
