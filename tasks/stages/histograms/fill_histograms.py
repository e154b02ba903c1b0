"""FillHistograms: the processed masses of each branch, counted on the histograms' grids."""

from tasks.framework.recording import recording
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.histograms import BinningParameters
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["FillHistograms"]


class FillHistograms(BinningParameters, WeightedStage):
    """Count the processed masses of each branch on the histograms' grids: histogram_counts, which add up."""

    directory = "histogram_counts"
    variant_parameters = ("bin_width_gev", "exclude_outliers")
    depends_on_dataset = True
    upstream = (RemovePeaks,)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Count the masses of a branch."""
        from steps import histograms

        source = self.upstream_task(RemovePeaks).product(self.branch_data)
        with recording(self) as product:
            unit = self.weight_unit(self.branch_data.dataset)
            product.results = histograms.count(source, product.path, self.bin_width_gev, self.exclude_outliers, unit)
