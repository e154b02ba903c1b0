"""ExportArrays: the masses as plain .npy files, one per final state and combination."""

from typing import Any

from tasks.framework.product import FolderTarget
from tasks.framework.stage import Piece
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.compute_masses import ComputeMasses, MassStage

__all__ = ["ExportArrays"]


class ExportArrays(MassStage):
    """Write the masses of a dataset as plain .npy files, one per final state and combination."""

    room = "exported_arrays"
    own = ("tolerated_failures",)
    cut = "dataset"
    merges = True
    needs = (ComputeMasses,)
    exclude_index = False

    def target(self, piece: Piece) -> Any:
        """Give the folder of a dataset."""
        return FolderTarget(str(self.path(piece)))

    def run(self) -> None:
        """Export the masses of a dataset."""
        from targets.products import mass_arrays

        piece = self.branch_data
        upstream = self.upstream(ComputeMasses)
        upstream.upstream(ParseFile).check_failures()
        with self.recording() as (record, path):
            sources = [upstream.product(part) for part in upstream.pieces("group", piece.dataset)]
            entries = mass_arrays.export(path, sources)
            record |= {"arrays": len(entries), "masses": sum(entries.values())}
