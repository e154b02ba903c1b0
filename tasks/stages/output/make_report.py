"""MakeReport: one HTML file for the whole run, with a browser of all histograms."""

from dataclasses import replace
from typing import Any

from edm.records.branch_records import MadeHistograms, MadeReport
from edm.records.statistics import DatasetStatistics
from edm.wording import amount
from targets.catalogue.branch_files import BranchFiles
from targets.documents import models
from targets.documents.variant_inputs import VariantInputs
from targets.errors import ConfigurationError
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.scan import ReportParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.inputs.parse_file import ParseFile
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.output.make_plots import MakePlots
from tasks.stages.output.plot_scan import PlotScan
from tasks.stages.output.scan_histograms import ScanHistograms

__all__ = ["MakeReport"]


class MakeReport(ReportParameters, Stage):
    """Make the report of a run: one HTML file over all datasets that opens from disk and needs no network."""

    directory = "report"
    revision = 6
    variant_parameters = ("report_scan",)
    granularity = "run"
    depends_on_dataset = True
    upstream = (MakePlots, PlotScan, ScanHistograms, MakeHistograms, FillHistograms, FindPeaks, CountMasses)
    suffix = ".html"

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:  # noqa: ARG002 (all need the same)
        """Return the stages whose products are read: the scan and counts of simulation only where they are shown."""
        left_out = set() if self.report_scan else {PlotScan, ScanHistograms}
        if len(self.data_types()) < 2 or not self.mc_weights:
            left_out |= {FillHistograms, CountMasses}
        left_out |= set() if self.keep_masses else {FillHistograms}
        return [stage for stage in self.upstream_stages() if stage not in left_out]

    def check_parameters(self) -> None:
        """Raise when figures are not made in the format that the report shows.

        Raises:
            ConfigurationError: When png is not among plot_formats.
        """
        super().check_parameters()
        if "png" not in self.plot_formats:
            msg = (
                f"plot_formats = {','.join(self.plot_formats)}: the report shows figures as png; "
                "add png to plot_formats"
            )
            raise ConfigurationError(msg)

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the report depends on: all stages upstream, and the files of every dataset."""
        branches, plots = self.branches_of("dataset"), self.upstream_task(MakePlots)
        files = {branch.dataset: branch.digest for branch in branches}
        inputs = super().variant_inputs(dataset).with_facts(files=files)
        if len(branches) > 1:
            figures = {branch.dataset: plots.folder(branch.dataset).name for branch in branches}
            inputs = inputs.with_facts(figures=figures)
        return inputs

    def product_name(self, branch: BranchFiles) -> str:  # noqa: ARG002 (there is one branch)
        """Return the name of the report."""
        return "report.html"

    def run(self) -> None:
        """Make the report."""
        from steps.report import report
        from targets.report import document

        with recording(self) as product:
            datasets = [self.dataset(branch) for branch in self.branches_of("dataset")]
            content = report.build(self.whole(), datasets, self.progress("histograms"))
            document.write(product.path, content)
            warnings = sum(len(dataset["warnings"]) for dataset in content["headlines"])
            product.results = MadeReport(len(content["histograms"]), len(content["figures"]), warnings)

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say what the report shows, and where it is."""
        results = recorded(self, branch, MadeReport)
        shows = f"{results.histograms} histograms and {results.figures} figures"
        on_top = f" ({amount(results.warnings, 'warning')} on top)" if results.warnings else ""
        return [f"report of {shows}{on_top}: {self.product(branch)}"]

    def whole(self) -> Any:
        """Return what there is to report of the run as a whole."""
        from physics.selection.selection import Selection
        from steps import statistics
        from steps.report.histograms import HistogramOptions
        from steps.report.report import Run

        paths = self.upstream_statistics()
        return Run(
            parameters=self.readable(),
            selection=models.load_model(self.selection_path(), Selection),
            skim=self.skim,
            read=statistics.files_read(paths[ParseFile.__name__]),
            stages=statistics.of_stages(paths),
            histograms=HistogramOptions(
                self.histogram_naming(), self.rules(), self.min_events_per_fs, self.exclude_outliers
            ),
        )

    def dataset(self, branch: BranchFiles) -> Any:
        """Return what there is to report of a dataset."""
        from steps.report.report import Dataset

        summed = self.sum_statistics(branch.dataset, self.luminosity_by_block())
        return Dataset(
            name=branch.dataset,
            files=branch.files,
            unavailable=self.file_list().unavailable(branch.dataset),
            statistics=summed,
            headlines=self.headlines(branch, summed),
            histograms=self.histograms(branch),
            figures=self.upstream_task(MakePlots).product(branch),
            scan_figures=self.upstream_task(PlotScan).product(branch) if self.report_scan else None,
        )

    def histograms(self, branch: BranchFiles) -> Any:
        """Return what there is to show of the histograms of a dataset."""
        from steps.report.histograms import DatasetHistograms, Scanned, UnderData
        from targets.products import scan_tables

        making, counting = self.upstream_task(MakeHistograms), self.upstream_task(CountMasses)
        scanning, simulation = (
            self.upstream_task(ScanHistograms),
            self.upstream_task(MakePlots).simulation(branch.dataset),
        )
        scan = under_data = None
        if self.report_scan:
            options = self.scan_options(scanning.label(branch).energy_tev)
            scan = Scanned(scan_tables.read(scanning.product(branch)), options, making.counted(branch))
        if simulation and simulation.has_data:
            before = [counting.product(part) for part in counting.branches_of("group", branch.dataset)]
            under_data = UnderData(simulation, before, self.peak_detection_bin_width_gev)
        return DatasetHistograms(
            dataset=branch.dataset,
            table=self.upstream_task(FindPeaks).table(branch.dataset),
            made=making.files_of(branch),
            whole=making.files_of(branch, "whole"),
            scan=scan,
            under_data=under_data,
        )

    def headlines(self, branch: BranchFiles, summed: DatasetStatistics) -> Any:
        """Return what stands on top of the report, and of Summary, of a dataset."""
        from steps import branch_statistics
        from steps.output.headlines import headlines

        record = branch_statistics.load(self.upstream_task(MakeHistograms).location(branch).statistics, MadeHistograms)
        first = headlines(summed, self.event_request(), record.results.normalisation if record else None)
        warnings = self.upstream_task(MakePlots).luminosity_warnings(branch.dataset)
        return replace(first, warnings=(*first.warnings, *warnings))

    def readable(self) -> dict[str, str]:
        """Return the parameters that can change a result or choose files, and where the histograms are."""
        names = {name for declared in ReportParameters.__mro__ for name in vars(declared)} - {"local_files"}
        texts = {
            name: parameter.serialize(getattr(self, name)) or "not set"
            for name, parameter in self.get_params()
            if parameter.significant and name in names
        }
        made = self.upstream_task(MakeHistograms)
        products = {
            f"histograms of {branch.dataset}": str(made.product(branch)) for branch in self.branches_of("dataset")
        }
        return texts | products
