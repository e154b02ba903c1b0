"""MakePlots: figures of the pipeline, the data, the final states and the masses of each dataset."""

from collections.abc import Mapping
from typing import Any, ClassVar

from edm.records.branch_records import DrawnFigures, MadeHistograms
from targets.catalogue.branch_files import BranchFiles
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.output import PlotParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.output.drawing_stage import DrawingStage

__all__ = ["MakePlots"]


class MakePlots(PlotParameters, DrawingStage):
    """Draw pipeline performance, data overview, final states and masses, as files in a folder per dataset."""

    directory = "plots"
    revision = 4
    variant_parameters = ("plotted_final_states", "plotted_combinations", "plot_formats", "stack_samples")
    left_out_at: ClassVar[Mapping[str, Any]] = {"stack_samples": True}
    upstream = (MakeHistograms, FillHistograms, FindPeaks, CountMasses)

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:
        """Return the stages whose products it needs: without masses, their counts in place of the filled ones."""
        return [stage for stage in super().needed_stages(dataset) if self.keep_masses or stage is not FillHistograms]

    def run(self) -> None:
        """Draw a dataset."""
        from steps.output import figures

        branch, options = self.branch_data, self.figure_options()
        with recording(self) as product:
            plans = figures.plan(self.dataset(branch), self.peak_search(), options)
            product.results = self.draw(product.path, plans, options.formats)

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say how many figures a dataset has, where they are, and whether simulation fits the data."""
        results = recorded(self, branch, DrawnFigures)
        warnings = [f"warning: {branch.dataset}: {warning}" for warning in self.luminosity_warnings(branch.dataset)]
        return [*warnings, f"{branch.dataset}: {results.figures} figures in {self.product(branch)}"]

    def luminosity_warnings(self, dataset: str) -> list[str]:
        """Warn where simulation is drawn under data of another luminosity."""
        from steps import branch_statistics
        from steps.output.headlines import compare_luminosities

        simulated, making = self.simulated_dataset(dataset), self.upstream_task(MakeHistograms)
        if simulated in (None, dataset):
            return []
        (branch,) = self.branches_of("dataset", simulated)
        record = branch_statistics.load(making.location(branch).statistics, MadeHistograms)
        normalised_to = [sample.luminosity_fb for sample in (record.results.normalisation if record else {}).values()]
        summed, is_whole = self.sum_statistics(dataset), self.file_list().is_whole(dataset)
        return compare_luminosities(summed, is_whole, normalised_to[0]) if normalised_to else []

    def dataset(self, branch: BranchFiles) -> Any:
        """Return what there is to draw of a dataset."""
        from steps.output import labels
        from steps.output.figures import Dataset

        making, counting = self.upstream_task(MakeHistograms), self.upstream_task(CountMasses)
        branches = counting.branches_of("group", branch.dataset)
        after, add_after = making.filled(branch.dataset, {})
        summed = self.sum_statistics(branch.dataset)
        simulation = self.simulation(branch.dataset)
        is_simulation = simulation is not None and not simulation.has_data
        label = labels.label(branch.files, summed.formats, summed.simulated_files)
        return Dataset(
            name=branch.dataset,
            label=labels.with_luminosity(label, summed, simulation.luminosity_fb if is_simulation else None),
            statistics=summed,
            table=self.upstream_task(FindPeaks).table(branch.dataset),
            before=[counting.product(part) for part in branches],
            after=after,
            add_after=add_after,
            bins=self.bins(making.parsed_of_dataset(branch.dataset))[0],
            simulation=simulation,
        )

    def simulated_dataset(self, dataset: str) -> str | None:
        """Return the weighted simulation that is drawn of a dataset: itself, or for data that of the same release."""
        making, branches = self.upstream_task(MakeHistograms), self.branches_of("dataset")
        if making.first_file(dataset).data_type == "mc":
            return dataset if making.is_weighted(dataset) else None
        release = making.first_file(dataset).release
        of_release = [
            branch.dataset for branch in branches if release and branch.files[0].combined_dataset == f"{release}_mc"
        ]
        simulated = of_release[-1] if of_release else None  # the combined dataset comes last
        return simulated if simulated and making.is_weighted(simulated) else None

    def simulation(self, dataset: str) -> Any:
        """Return the simulation that is drawn of a dataset; None where there is none."""
        from steps.output.simulation import Simulation

        simulated = self.simulated_dataset(dataset)
        if simulated is None:
            return None
        making = self.upstream_task(MakeHistograms)
        normalisation = making.normalisation(simulated)
        if not normalisation:
            return None
        filled, add_filled = making.filled(simulated, normalisation)
        return Simulation(
            counted=making.sources(CountMasses, simulated, normalisation),
            filled=filled,
            add_filled=add_filled,
            names=[self.file_list().sample_name(sample) for sample in normalisation],
            luminosity_fb=next(iter(normalisation.values())).luminosity_fb,
            stacked=self.stack_samples,
            has_data=simulated != dataset,
        )

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on: for data also the simulation that is drawn under them."""
        inputs, simulated = super().variant_inputs(dataset), self.simulated_dataset(dataset)
        if simulated in (None, dataset):
            return inputs
        return inputs.with_facts(simulation=self.upstream_task(MakeHistograms).variant_inputs(simulated).digest(16))
