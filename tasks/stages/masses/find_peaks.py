"""FindPeaks: the table of cuts of each dataset."""

from targets.documents.json import dump_json
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.count_masses import CountMasses, PeakStage

__all__ = ["FindPeaks"]


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
        from steps import peaks

        piece, upstream = self.branch_data, self.upstream(CountMasses)
        self.upstream(ComputeMasses).upstream(ParseFile).check_failures()
        sources = [upstream.product(part) for part in upstream.pieces("group", piece.dataset)]
        with self.recording() as (record, path):
            table = peaks.find(piece.dataset, sources, self.search(), self._note)
            record |= {"final_states": table["final_states"], "combinations": len(table["cuts"])}
            dump_json(path, table)

    def _note(self) -> str:
        """Say which objects no kind takes, and which files are empty, in case that nothing is left."""
        from steps import statistics

        return ". ".join(statistics.notes(statistics.of_branches(self.logs_above(self.branch_data.dataset))))
