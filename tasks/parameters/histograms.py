"""Parameters of histograms."""

from collections.abc import Iterable
from typing import Any

from edm.records.branch_records import ParsedFiles
from edm.records.statistics import FileRecord
from physics import binning
from physics.bins import resolutions
from physics.bins.bins import Bins, ConstantBins, ResolutionBins
from targets.documents.json import Json
from targets.errors import ConfigurationError
from targets.events import schemas
from tasks.parameters.list_types import Numbers
from tasks.parameters.masses import PeakParameters
from tasks.parameters.types import Choice, Flag, Number, PlainName

__all__ = ["WHOLE_FILENAME", "BinningParameters", "HistogramParameters"]

WHOLE_FILENAME = "whole.root"
"""The file of distributions before any removal, beside that of the histograms."""


class BinningParameters(PeakParameters):
    """On which grids masses are counted."""

    bin_width_gev = Numbers(float, default=(10.0,), description="bin widths in GeV, comma-separated")
    binning = Choice(
        ("constant", "resolution"),
        default="constant",
        description="bins of histograms: constant (bin_width_gev wide) or resolution (as wide as the resolution of the "
        "mass, times resolution_factor)",
    )
    resolution_factor = Number(
        float,
        minimum=0,
        default=0.5,
        description="width of bins by resolution, in units of the resolution (dimensionless): 0.5 as in BumpNet's "
        "paper, 1 as in its training",
    )
    resolution_start_gev = Number(float, minimum=0, default=1.0, description="lowest edge of bins by resolution in GeV")
    exclude_outliers = Flag(default=False, description="exclude outliers from histograms")
    whole_distributions = Flag(
        default=True,
        description="write whole.root too: all masses, from 0 to the last filled bin, before any peak is removed",
    )

    def check_parameters(self) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters()
        for width_gev in self.bin_width_gev:
            binning.check_width("bin_width_gev", width_gev, self.max_mass_gev)
        if self.binning == "resolution":
            for experiment in resolutions.RESOLUTIONS:
                self.resolution_bins(experiment).edges("m0")

    def bins(self, parsed: Iterable[ParsedFiles]) -> tuple[Bins, ...]:
        """Return the bins of the histograms; those by resolution are of the experiment whose files were parsed.

        Args:
            parsed: What ParseFile recorded of branches of a dataset.
        """
        return self.bins_of(file for branch in parsed for file in branch.files)

    def bins_of(self, files: Iterable[FileRecord]) -> tuple[Bins, ...]:
        """Return the bins of the histograms of files.

        Args:
            files: What ParseFile recorded of them.
        """
        from steps.counts.histogram_bins import find_experiment

        if self.binning == "constant":
            return tuple(ConstantBins(width_gev) for width_gev in self.bin_width_gev)
        experiments = {schema.name: schema.experiment for schema in schemas.load(self.schema)}
        if self.release_years:  # of ATLAS, all; the demo's toy files come in formats of CMS too
            experiments = dict.fromkeys(experiments, "ATLAS")
        return (self.resolution_bins(find_experiment(files, experiments)),)

    def resolution_bins(self, experiment: str) -> ResolutionBins:
        """Return the bins by resolution of an experiment."""
        return ResolutionBins(experiment, self.resolution_factor, self.resolution_start_gev, self.max_mass_gev)

    def grids(self, files: Iterable[FileRecord]) -> tuple[Bins, ...]:
        """Return the grids on which CountMasses counts masses that are not kept, beside that of the peak search.

        Args:
            files: What ParseFile recorded of files of the branch.
        """
        from steps.counts.cut_counts import find_grids

        if self.keep_masses:
            return ()
        return find_grids(self.bins_of(files), self.widths_before_gev(), self.peak_detection_bin_width_gev)

    def describe_grids(self) -> dict[str, Json]:
        """Return what the grids depend on, as text; nothing where masses are kept."""
        if self.keep_masses:
            return {}
        named = ["binning", *("resolution_factor", "resolution_start_gev") * (self.binning == "resolution")]
        named += ["bin_width_gev"] if self.binning == "constant" or self.whole_distributions else []
        return {name: str(getattr(self, name)) for name in ("keep_masses", *named)}

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

    def check_parameters(self) -> None:
        """Raise for a name of the file of histograms that another file beside it has.

        Raises:
            ConfigurationError: When it is whole.root, and that is written too.
        """
        super().check_parameters()
        if self.whole_distributions and self.output_filename == WHOLE_FILENAME:
            msg = (
                f"output_filename = {WHOLE_FILENAME}: that is the file of the distributions before any removal; choose "
                "another name, or --whole-distributions False"
            )
            raise ConfigurationError(msg)

    def histogram_naming(self) -> Any:
        """Return how steps.histograms names histograms, of whatever experiment."""
        from steps.histograms import HistogramNaming

        labels = self.bin_width_gev if self.binning == "constant" else (self.resolution_bins("").label,)
        return HistogramNaming(labels, self.use_bumpnet_naming)
