"""FillHistograms and MakeHistograms: from processed masses to histograms for BumpNet. The main job."""

from typing import Any

from physics import binning
from tasks.cli.parameters import BinningParameters
from tasks.stages.masses.count_masses import PeakStage
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["BinningStage", "FillHistograms"]


class BinningStage(BinningParameters, PeakStage):
    """A stage with the parameters of the histograms' grids; its results depend on the whole dataset."""

    merges = True
    exclude_index = True

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters(params)
        for width_gev in params["bin_width_gev"]:
            binning.check_width("bin_width_gev", width_gev, params["max_mass_gev"])


class FillHistograms(BinningStage):
    """Count the processed masses of each branch on the histograms' grids: histogram_counts, which add up."""

    room = "histogram_counts"
    own = ("bin_width_gev", "exclude_outliers")
    needs = (RemovePeaks,)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Count the masses of a branch."""
        from steps import histograms

        source = self.upstream(RemovePeaks).path(self.branch_data)
        with self.recording() as (record, path):
            record |= histograms.count(source, path, self.bin_width_gev, self.exclude_outliers)
