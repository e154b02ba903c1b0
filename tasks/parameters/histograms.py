"""Parameters of histograms."""

from typing import Any

from physics import binning
from tasks.parameters.masses import PeakParameters
from tasks.parameters.types import Flag, Numbers, PlainName

__all__ = ["BinningParameters", "HistogramParameters"]


class BinningParameters(PeakParameters):
    """On which grids masses are counted."""

    bin_width_gev = Numbers(float, default=(10.0,), description="bin widths in GeV, comma-separated")
    exclude_outliers = Flag(default=False, description="exclude outliers from histograms")

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters(params)
        for width_gev in params["bin_width_gev"]:
            binning.check_width("bin_width_gev", width_gev, params["max_mass_gev"])


class HistogramParameters(BinningParameters):
    """How histograms are stored."""

    use_bumpnet_naming = Flag(
        default=True,
        description="True: names that BumpNet's loader reads; False: <final state>/<combination>",
    )
    single_output_file = Flag(default=True, description="True: one file per dataset; False: one file per histogram")
    output_filename = PlainName(suffix=".root", default="histograms.root", description="name of the histogram file")

    def histogram_naming(self) -> Any:
        """Return how steps.histograms names histograms."""
        from steps.histograms import HistogramNaming

        return HistogramNaming(self.bin_width_gev, self.use_bumpnet_naming)
