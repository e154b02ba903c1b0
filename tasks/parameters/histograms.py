"""Parameters of histograms."""

from typing import Any

from physics import binning
from targets.errors import ConfigurationError
from tasks.parameters.masses import PeakParameters
from tasks.parameters.types import Flag, Numbers, PlainName

__all__ = ["WHOLE_FILENAME", "BinningParameters", "HistogramParameters"]

WHOLE_FILENAME = "whole.root"
"""The file of distributions before any removal, beside that of the histograms."""


class BinningParameters(PeakParameters):
    """On which grids masses are counted."""

    bin_width_gev = Numbers(float, default=(10.0,), description="bin widths in GeV, comma-separated")
    exclude_outliers = Flag(default=False, description="exclude outliers from histograms")
    whole_distributions = Flag(
        default=True,
        description="write whole.root too: all masses, from 0 to the last filled bin, before any peak is removed",
    )

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters(params)
        for width_gev in params["bin_width_gev"]:
            binning.check_width("bin_width_gev", width_gev, params["max_mass_gev"])

    def widths_before_gev(self) -> tuple[float, ...]:
        """Return the bin widths in GeV on which masses are counted before any removal: the peak search has its own."""
        widths_gev = self.bin_width_gev if self.whole_distributions else ()
        return tuple(width_gev for width_gev in widths_gev if width_gev != self.peak_detection_bin_width_gev)


class HistogramParameters(BinningParameters):
    """How histograms are stored."""

    use_bumpnet_naming = Flag(
        default=True,
        description="True: names that BumpNet's loader reads; False: <final state>/<combination>",
    )
    single_output_file = Flag(default=True, description="True: one file per dataset; False: one file per histogram")
    output_filename = PlainName(suffix=".root", default="histograms.root", description="name of the histogram file")

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for a name of the file of histograms that another file beside it has.

        Raises:
            ConfigurationError: When it is whole.root, and that is written too.
        """
        super().check_parameters(params)
        if params["whole_distributions"] and params["output_filename"] == WHOLE_FILENAME:
            msg = (
                f"output_filename = {WHOLE_FILENAME}: that is the file of the distributions before any removal; choose "
                "another name, or --whole-distributions False"
            )
            raise ConfigurationError(msg)

    def histogram_naming(self) -> Any:
        """Return how steps.histograms names histograms."""
        from steps.histograms import HistogramNaming

        return HistogramNaming(self.bin_width_gev, self.use_bumpnet_naming)
