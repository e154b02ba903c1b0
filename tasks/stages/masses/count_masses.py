"""CountMasses: the masses of each branch, counted on the grid of the peak search."""

from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.masses import PeakParameters
from tasks.stages.masses.compute_masses import ComputeMasses

__all__ = ["CountMasses"]


class CountMasses(PeakParameters, WeightedStage):
    """Count the masses of each branch on the grid of the peak search: mass_counts, which add up over branches."""

    directory = "mass_counts"
    variant_parameters = ("peak_detection_bin_width_gev", "known_resonances", "max_mass_gev")
    upstream = (ComputeMasses,)
    may_lack_files = True
    reads_weight_unit = True
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Count the masses of a branch."""
        from steps import peaks

        source = self.upstream_task(ComputeMasses).product(self.branch_data)
        with recording(self) as product:
            unit = self.weight_unit(self.branch_data.sample)
            product.results = peaks.count(source, product.path, self.peak_search(), unit)
