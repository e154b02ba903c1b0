"""FindPeaks: the table of cuts of each dataset."""

from edm.records.branch_records import FoundPeaks
from edm.records.cut_table import CutTable
from edm.records.documents import to_document
from targets.documents.json import dump_json
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.parameters.histograms import BinningParameters
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_duplicates import ComparingStage, FindDuplicates

__all__ = ["FindPeaks"]


class FindPeaks(BinningParameters, ComparingStage):
    """Find the cuts of every final state and combination of a dataset: the table of cuts."""

    directory = "peaks"
    variant_parameters = ("tolerated_failures", "min_events_per_fs")
    granularity = "dataset"
    depends_on_dataset = True
    makes_on_the_way = True
    upstream = (CountMasses, ComputeMasses)
    suffix = ".json"

    def run(self) -> None:
        """Find the cuts of a dataset."""
        from steps import peaks

        self.first_stage().check_failures()
        dataset, counts = self.branch_data.dataset, self.upstream_task(CountMasses)
        sources = [counts.product(branch) for branch in counts.branches_of("group", dataset)]
        with recording(self) as product:
            table = peaks.find(dataset, sources, self.peak_search(), self._jet_pt_gev(), self._note)
            dump_json(product.path, to_document(table))
            product.results = FoundPeaks(table.final_states, len(table.cuts))

    def table(self, dataset: str) -> CutTable:
        """Return the table of cuts of a dataset, for which they were found."""
        from steps import peaks

        (branch,) = self.branches_of("dataset", dataset)
        return peaks.load_table(self.product(branch))

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:
        """Return the stages whose products it needs: FindDuplicates, too, where copies of events end the run."""
        return super().needed_stages(dataset) + [FindDuplicates] * self.compares("check", dataset)

    def _jet_pt_gev(self) -> set[float]:
        """Return the smallest pT of selected jets, in GeV, in each format of the dataset that cuts on it."""
        from steps import statistics

        parsed = {ParseFile.__name__: self.first_stage().statistics(self.branch_data.dataset)}
        formats, selection = statistics.of_branches(parsed).formats, self.selected()
        thresholds = {selection.smallest_pt("j", name) for name in formats}
        return {pt_gev for pt_gev in thresholds if pt_gev is not None}

    def _note(self) -> str:
        """Say which objects no kind takes, and which files are empty, in case that nothing is left."""
        from steps import statistics

        summed = self.sum_statistics(self.branch_data.dataset)
        return ". ".join([*statistics.warnings(summed), *statistics.notes(summed)])
