"""FillHistograms: the processed masses of each branch, counted on the histograms' grids."""

from collections.abc import Mapping
from typing import Any, ClassVar

from targets.documents.json import Json
from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.histograms import BinningParameters
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.one_pass import make_missing
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["FillHistograms"]


class FillHistograms(BinningParameters, WeightedStage):
    """Count the processed masses of each branch on the histograms' grids: histogram_counts, which add up."""

    directory = "histogram_counts"
    variant_parameters = (
        "bin_width_gev",
        "exclude_outliers",
        "binning",
        "resolution_factor",
        "resolution_start_gev",
    )
    left_out_at: ClassVar[Mapping[str, Any]] = {
        "binning": "constant",
        "resolution_factor": 0.5,
        "resolution_start_gev": 1.0,
    }
    depends_on_dataset = True
    reads_weight_unit = True
    upstream = (RemovePeaks, FindPeaks, ComputeMasses)
    suffix = ".npz"

    def run(self) -> None:
        """Count the masses of a branch, from which peaks are removed on the way where that was not done yet."""
        removing, counter = self.upstream_task(RemovePeaks), self.counter()
        processed = removing.product(self.branch_data)
        with recording(self) as product:
            if processed.exists():
                counter.read(processed)
            else:
                removing.remove(counter)
            product.results, product.seconds = counter.write(product.path), counter.seconds

    def counter(self) -> Any:
        """Return what counts the masses of a branch."""
        from steps.counts.histogram_counts import HistogramCounter

        unit = self.weight_unit(self.branch_data.sample)
        bins = self.bins(map(self.parsed_record, [self.branch_data]))
        return HistogramCounter(bins, self.exclude_outliers, unit, self.whole_masses())

    def whole_masses(self) -> Any:
        """Return what is counted before any removal; None where nothing is, or CountMasses does it."""
        from steps.counts.histogram_counts import WholeMasses

        if not (widths_gev := self.widths_before_gev()):
            return None
        branch = self.branch_data
        table = self.upstream_task(FindPeaks).table(branch.dataset)
        masses = make_missing(self, ComputeMasses).product(branch)
        return WholeMasses(masses, widths_gev, self.max_mass_gev, table)

    def own_settings(self) -> dict[str, Json]:
        """Return what names the variant: also whether masses are counted before any removal."""
        return super().own_settings() | ({"before_removal": "True"} if self.widths_before_gev() else {})
