"""CountMasses: the masses of each branch, counted on the grid of the peak search."""

from targets.documents.json import Json
from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.histograms import BinningParameters
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.one_pass import make_masses

__all__ = ["CountMasses"]


class CountMasses(BinningParameters, WeightedStage):
    """Count the masses of each branch on the grid of the peak search: mass_counts, which add up over branches.

    Masses that are not kept are counted on the grids of the histograms too.
    """

    directory = "mass_counts"
    variant_parameters = ("peak_detection_bin_width_gev", "known_resonances", "max_mass_gev")
    upstream = (ComputeMasses,)
    may_lack_files = True
    makes_on_the_way = True
    reads_weight_unit = True
    suffix = ".npz"

    def run(self) -> None:
        """Count the masses of a branch, which are made on the way where they are not there yet."""
        from steps.counts import mass_counter

        branch, computing = self.branch_data, self.upstream_task(ComputeMasses)
        source, unit = computing.product(branch), self.weight_unit(branch.sample)
        if not source.exists():
            make_masses(computing.upstream_task(ParseFile), computing, self)
            return
        grids = () if self.keep_masses else self.grids(self.parsed_record(branch).files)
        with recording(self) as product:
            product.results = mass_counter.count(source, product.path, self.peak_search(), unit, grids)

    def own_settings(self) -> dict[str, Json]:
        """Return what names the variant: of masses that are not kept also the grids of the histograms."""
        return super().own_settings() | self.describe_grids()
