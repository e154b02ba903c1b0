"""RemovePeaks: the masses again, peaks removed, main and outliers apart."""

from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.count_masses import PeakStage
from tasks.stages.masses.find_peaks import FindPeaks

__all__ = ["RemovePeaks"]


class RemovePeaks(PeakStage):
    """Apply the cuts to the masses of each branch: im_arrays_processed."""

    room = "im_arrays_processed"
    merges = True
    needs = (FindPeaks, ComputeMasses)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Apply the cuts to a branch."""
        from steps import peaks

        piece, found = self.branch_data, self.upstream(FindPeaks)
        table = peaks.load_table(found.path(found.pieces("dataset", piece.dataset)[0]))
        with self.recording() as (record, path):
            source = self.upstream(ComputeMasses).product(piece)
            record |= peaks.remove(source, path, table, self.search())
