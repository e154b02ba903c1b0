"""MakeHistograms: the histograms of each dataset, for BumpNet. The main job."""

from pathlib import Path

from edm.records import MadeHistograms
from edm.wording import amount
from steps.output import tables
from targets.catalogue.input_files import DEMO_RELEASE
from tasks.framework.branch_files import BranchFiles
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.parameters.histograms import HistogramParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["MakeHistograms"]


class MakeHistograms(HistogramParameters, Stage):
    """Make the histograms of every final state and combination, one file per dataset: the main job."""

    directory = "histograms"
    variant_parameters = ("use_bumpnet_naming", "single_output_file", "output_filename")
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (FillHistograms, RemovePeaks, FindPeaks)
    exclude_index = False

    def product_name(self, branch: BranchFiles) -> str:
        """Return the file of a dataset; with several datasets its name goes before the suffix.

        What an earlier run made of the same files keeps its name, whether or not other datasets stood beside this one.
        """
        name, folder = Path(self.output_filename), self.folder(branch.dataset)
        stems = [name.stem, f"{name.stem}_{branch.dataset}"]
        if len(self.branches_of("dataset")) > 1:
            stems.reverse()
        names = [f"{stem}{name.suffix}" if self.single_output_file else stem for stem in stems]
        return next((made for made in names if (folder / made).exists()), names[0])

    def is_folder(self) -> bool:
        """Tell whether each histogram has a file of its own."""
        return not self.single_output_file

    def run(self) -> None:
        """Make the histograms of a dataset."""
        from steps import histograms, peaks, statistics

        branch, filling, finding = self.branch_data, self.upstream_task(FillHistograms), self.upstream_task(FindPeaks)
        sources = [filling.product(part) for part in filling.branches_of("group", branch.dataset)]
        with recording(self) as product:
            table = peaks.load_table(finding.product(branch))
            filled = histograms.fill(sources, table, self.histogram_naming())
            summed = statistics.of_branches(self.upstream_statistics(branch.dataset))
            histograms.write(product.path, filled, self.single_output_file)
            product.results = histograms.summarize(filled, summed, self.file_list().unavailable(branch.dataset))
        self.announce(branch)

    def announce(self, branch: BranchFiles) -> None:
        """Say how many histograms a dataset has, where they are, what was left out, and what was noted."""
        from steps import branch_statistics
        from steps.statistics import notes

        path = self.location(branch).statistics
        results = branch_statistics.read(path, MadeHistograms).results
        failed = len(results.failures)
        left_out = f", WITHOUT {amount(failed, 'unreadable file')}" if failed else ""
        if unavailable := self.file_list().unavailable(branch.dataset):  # not of this run's list in the record
            left_out += f", WITHOUT {amount(len(unavailable), 'file')} on tape ({tables.first(unavailable)})"
        self.tell(
            f"{branch.dataset}: {amount(results.histograms, 'histogram')}, {results.accepted_by_bumpnet} of them "
            f"with the bins and entries that BumpNet's loader wants{left_out}, in {self.product(branch)}; "
            f"statistics in {path}"
        )
        for note in notes(results):
            self.tell(f"note: {branch.dataset}: {note}")
        if len(results.formats) > 1 and any(file.release != DEMO_RELEASE for file in branch.files):
            mixed = [f"{amount(number, 'file')} of {name}" for name, number in results.formats.items()]
            self.tell(f"note: {branch.dataset} adds up {' and '.join(mixed)}, each with the cuts of its format")
