"""ComputeMasses: from selected objects to invariant masses."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tasks.framework.stage import Stage
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.masses import RULES, MassParameters
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.find_duplicates import ComparingStage, FindDuplicates
from tasks.stages.masses.one_pass import make_masses

__all__ = ["ComputeMasses"]


class ComputeMasses(MassParameters, ComparingStage, WeightedStage):
    """Compute the masses of every combination of every final state: im_arrays."""

    directory = "im_arrays"
    revision = 2
    variant_parameters = ("objects_to_calculate", *RULES, "z_candidates", "z_window_gev", "charge_categories")
    described_parameters = ("mc_weights",)
    left_out_at: ClassVar[Mapping[str, Any]] = {"z_candidates": False, "charge_categories": False}
    upstream = (ParseFile,)
    may_lack_files = True
    suffix = ".npz"

    def run(self) -> None:
        """Compute the masses of a branch, of which the input files are parsed on the way where they are not yet."""
        make_masses(self.upstream_task(ParseFile), self)

    def is_kept(self) -> bool:
        """Tell whether masses are kept where CountMasses makes them on the way."""
        return bool(self.keep_masses)

    def options(self) -> Any:
        """Return how masses are made."""
        from steps.masses import MassOptions

        weighted = self.is_weighted(self.branch_data.dataset)
        return MassOptions(self.kinds(), self.rules(), self.categories(), weighted, self.chunk_events, self.copies())

    def is_left_out(self, name: str) -> bool:
        """Tell whether a parameter does not name variants: a window without candidates either."""
        return super().is_left_out(name) or (name == "z_window_gev" and not self.z_candidates)

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:
        """Return the stages whose products it needs: where copies of events are removed, also the list of these."""
        return super().needed_stages(dataset) + [FindDuplicates] * self.compares("remove", dataset)

    def copies(self) -> Any:
        """Return which entries of the branch's parsed data are copies of others; None where these are not removed."""
        from targets.products import event_keys

        branch = self.branch_data
        if not self.compares("remove", branch.dataset):
            return None
        (dataset,) = self.branches_of("dataset", branch.dataset)
        first = dataset.files.index(branch.files[0])
        product = self.upstream_task(FindDuplicates).product(dataset)
        return event_keys.read_copies(product, first, first + len(branch.files) - 1)
