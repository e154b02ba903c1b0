"""CountMasses, FindPeaks and RemovePeaks: from masses to the smoothly falling parts of their distributions."""

from pathlib import Path
from typing import Any

from physics import binning, resonances
from targets import documents
from tasks.masses import ComputeMasses, MassStage
from tasks.parameters import PeakParameters
from tasks.parsing import ParseFile, ParsingStage
from tasks.stage import Piece

__all__ = ["CountMasses", "FindPeaks", "PeakStage", "RemovePeaks"]


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
        from tasks.find_peaks import Search

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
        from tasks import find_peaks

        source = self.upstream(ComputeMasses).product(self.branch_data)
        with self.recording() as (record, path):
            record |= find_peaks.count(source, path, self.search())

    def destination(self, piece: Piece, record: dict[str, Any]) -> Path:  # noqa: ARG002 (the parsed data tell)
        """Give the path of the whole product, or of the incomplete one where the parsed data are incomplete."""
        return self.product(piece)


class FindPeaks(PeakStage):
    """Find the cuts of every final state and combination of a dataset: the table of cuts."""

    room = "peaks"
    own = ("tolerated_failures", "min_events_per_fs")
    cut = "dataset"
    merges = True
    needs = (CountMasses, ComputeMasses)
    suffix = ".json"
    exclude_index = False

    def run(self) -> None:
        """Find the cuts of a dataset."""
        from tasks import find_peaks

        piece, upstream = self.branch_data, self.upstream(CountMasses)
        self.upstream(ComputeMasses).upstream(ParseFile).check_failures()
        sources = [upstream.product(part) for part in upstream.pieces("group", piece.dataset)]
        with self.recording() as (record, path):
            table = find_peaks.find(piece.dataset, sources, self.search(), self._note)
            record |= {"final_states": table["final_states"], "combinations": len(table["cuts"])}
            documents.dump_json(path, table)

    def _note(self) -> str:
        """Say which objects no kind takes, and which files are empty, in case that nothing is left."""
        from tasks import sum_statistics

        return ". ".join(sum_statistics.notes(sum_statistics.of_branches(self.logs_above(self.branch_data.dataset))))


class RemovePeaks(PeakStage):
    """Apply the cuts to the masses of each branch: im_arrays_processed."""

    room = "im_arrays_processed"
    merges = True
    needs = (FindPeaks, ComputeMasses)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Apply the cuts to a branch."""
        from tasks import find_peaks

        piece, found = self.branch_data, self.upstream(FindPeaks)
        table = find_peaks.load_table(found.path(found.pieces("dataset", piece.dataset)[0]))
        with self.recording() as (record, path):
            source = self.upstream(ComputeMasses).product(piece)
            record |= find_peaks.remove(source, path, table, self.search())
