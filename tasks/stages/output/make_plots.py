"""MakePlots: figures of the pipeline, the data, the final states and the masses of each dataset."""

from typing import Any

from edm.records.branch_records import DrawnFigures
from targets.catalogue.branch_files import BranchFiles
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.parameters.output import PlotParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks

__all__ = ["MakePlots"]


class MakePlots(PlotParameters, Stage):
    """Draw pipeline performance, data overview, final states and masses, as files in a folder per dataset."""

    directory = "plots"
    revision = 3
    variant_parameters = ("plotted_final_states", "plotted_combinations", "plot_formats")
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (MakeHistograms, FillHistograms, FindPeaks, CountMasses)
    exclude_index = False

    def product_name(self, branch: BranchFiles) -> str:
        """Return the folder of a dataset."""
        return branch.dataset

    def run(self) -> None:
        """Draw a dataset."""
        from steps.output import figures

        branch, options = self.branch_data, self.figure_options()
        with recording(self) as product:
            drawn = figures.draw(self.dataset(branch), self.peak_search(), options)
            product.results = figures.write(product.path, drawn, options.formats)
        self.announce(branch)

    def announce(self, branch: BranchFiles) -> None:
        """Say how many figures a dataset has, and where they are."""
        from steps import branch_statistics

        results = branch_statistics.read(self.location(branch).statistics, DrawnFigures).results
        self.tell(f"{branch.dataset}: {results.figures} figures in {self.product(branch)}")

    def dataset(self, branch: BranchFiles) -> Any:
        """Return what there is to draw of a dataset."""
        from steps import peaks, statistics
        from steps.output import labels
        from steps.output.figures import Dataset

        making, filling = self.upstream_task(MakeHistograms), self.upstream_task(FillHistograms)
        counting = self.upstream_task(CountMasses)
        branches = counting.branches_of("group", branch.dataset)
        summed = statistics.of_branches(self.upstream_statistics(branch.dataset))
        return Dataset(
            name=branch.dataset,
            label=labels.label(branch.files, summed.formats, summed.simulated_files),
            statistics=summed,
            table=peaks.load_table(self.upstream_task(FindPeaks).product(branch)),
            before=[counting.product(part) for part in branches],
            after=[filling.product(part) for part in branches],
            bins=self.bins(making.parsed_of_dataset(branch.dataset))[0],
        )
