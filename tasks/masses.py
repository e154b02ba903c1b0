"""ComputeMasses: from selected objects to invariant masses, and ExportArrays: the same as plain .npy files."""

from pathlib import Path
from typing import Any

from physics import final_states
from physics.combinations import Rules
from tasks.base import FolderTarget
from tasks.parameters import MassParameters
from tasks.parsing import ParseFile, ParsingStage
from tasks.stage import Piece, Stage

__all__ = ["ComputeMasses", "ExportArrays", "MassStage"]

_RULES = (
    "min_particles_in_combination",
    "max_particles_in_combination",
    "max_subleading_index",
    "max_multiplicity",
)
"""The parameters that decide which combinations are made, in the order of physics.combinations.Rules."""


class MassStage(MassParameters, Stage):
    """A stage with the parameters of masses."""

    exclude_index = True

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for sizes of combinations that contradict each other."""
        super().check_parameters(params)
        Rules(*(params[name] for name in _RULES))

    def rules(self) -> Rules:
        """Give which combinations are made."""
        return Rules(*(getattr(self, name) for name in _RULES))


class ComputeMasses(MassStage, ParsingStage):
    """Compute the masses of every combination of every final state: im_arrays."""

    room = "im_arrays"
    revision = 2
    own = ("objects_to_calculate", *_RULES)
    needs = (ParseFile,)
    suffix = ".npz"
    exclude_index = False

    def run(self) -> None:
        """Compute the masses of a branch."""
        from tasks import compute_masses

        piece = self.branch_data
        source = self.upstream(ParseFile).product(piece)
        kinds = final_states.check_kinds(self.objects_to_calculate)
        with self.recording() as (record, path):
            record |= compute_masses.compute(source, path, kinds, self.rules(), self.chunk_events)

    def destination(self, piece: Piece, record: dict[str, Any]) -> Path:  # noqa: ARG002 (the parsed data tell)
        """Give the path of the whole product, or of the incomplete one where the parsed data are incomplete."""
        return self.product(piece)


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
        from targets import masses

        piece = self.branch_data
        upstream = self.upstream(ComputeMasses)
        upstream.upstream(ParseFile).check_failures()
        with self.recording() as (record, path):
            sources = [upstream.product(part) for part in upstream.pieces("group", piece.dataset)]
            entries = masses.export(path, sources)
            record |= {"arrays": len(entries), "masses": sum(entries.values())}
