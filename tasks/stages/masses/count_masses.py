"""CountMasses, FindPeaks and RemovePeaks: from masses to the smoothly falling parts of their distributions."""

from pathlib import Path
from typing import Any

from physics import binning, resonances
from tasks.cli.parameters import PeakParameters
from tasks.framework.stage import Piece
from tasks.stages.inputs.parse_file import ParsingStage
from tasks.stages.masses.compute_masses import ComputeMasses, MassStage

__all__ = ["CountMasses", "PeakStage"]


class PeakStage(PeakParameters, MassStage):
    """A stage with the parameters of the peak search."""

    exclude_index = True

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for bins that are too fine for the largest mass."""
        super().check_parameters(params)
        name = "peak_detection_bin_width_gev"
        binning.check_width(name, params[name], params["max_mass_gev"])

    def search(self) -> Any:
        """Give how peaks are searched."""
        from steps.peaks import Search

        return Search(
            min_events=self.min_events_per_fs,
            width_gev=self.peak_detection_bin_width_gev,
            max_mass_gev=self.max_mass_gev,
            resonances=resonances.choose(self.known_resonances),
        )


class CountMasses(PeakStage, ParsingStage):
    """Count the masses of each branch on the grid of the peak search: mass_counts, which add up over branches."""

    room = "mass_counts"
    own = ("peak_detection_bin_width_gev", "known_resonances", "max_mass_gev")
    needs = (ComputeMasses,)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Count the masses of a branch."""
        from steps import peaks

        source = self.upstream(ComputeMasses).product(self.branch_data)
        with self.recording() as (record, path):
            record |= peaks.count(source, path, self.search())

    def destination(self, piece: Piece, record: dict[str, Any]) -> Path:  # noqa: ARG002 (the parsed data tell)
        """Give the path of the whole product, or of the incomplete one where the parsed data are incomplete."""
        return self.product(piece)
