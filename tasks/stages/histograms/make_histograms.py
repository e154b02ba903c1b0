"""MakeHistograms: the histograms of each dataset, for BumpNet. The main job."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from edm.records.branch_records import MadeHistograms, ParsedFiles
from edm.wording import amount
from steps.output import tables
from targets.catalogue.branch_files import BranchFiles
from targets.catalogue.input_files import DEMO_RELEASE
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.histograms import WHOLE_FILENAME, HistogramParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["MakeHistograms"]


class MakeHistograms(HistogramParameters, WeightedStage):
    """Make the histograms of every final state and combination, one file per dataset: the main job."""

    directory = "histograms"
    variant_parameters = ("use_bumpnet_naming", "single_output_file", "output_filename", "whole_distributions")
    described_parameters = (
        *("luminosity_fb", "cross_sections", "pseudo_data", "pseudo_data_seed"),
        "luminosity_table",
    )
    left_out_at: ClassVar[Mapping[str, Any]] = {"whole_distributions": False}
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (FillHistograms, RemovePeaks, FindPeaks, CountMasses)
    exclude_index = False

    def product_name(self, branch: BranchFiles) -> str:
        """Return the file of a dataset; with several datasets its name goes before the suffix.

        What an earlier run made of the same files keeps its name, whether or not other datasets stood beside this one.
        """
        return self._file_name(branch, Path(self.output_filename).stem)

    def _file_name(self, branch: BranchFiles, stem: str) -> str:
        name, folder = Path(self.output_filename), self.folder(branch.dataset)
        suffix = name.suffix if self.single_output_file else ""
        endings = ["", f"_{branch.dataset}"]
        if len(self.branches_of("dataset")) > 1:
            endings.reverse()
        ending = next((made for made in endings if (folder / f"{name.stem}{made}{suffix}").exists()), endings[0])
        return f"{stem}{ending}{suffix}"

    def is_folder(self) -> bool:
        """Tell whether each histogram has a file of its own."""
        return not self.single_output_file

    def run(self) -> None:
        """Make the histograms of a dataset."""
        from steps import histograms

        branch = self.branch_data
        with recording(self) as product:
            normalisation, tape = self.normalisation(branch.dataset), self.file_list().unavailable(branch.dataset)
            summed = self.summed_statistics(branch)
            filled = self.fill(branch, histograms.describe_simulation(summed), normalisation)
            histograms.write(product.path, filled, self.single_output_file)
            self.write_companions(branch, filled)
            product.results = histograms.summarize(filled, summed, tape, normalisation)

    def summed_statistics(self, branch: BranchFiles) -> Any:
        """Return the sum of the statistics of a dataset."""
        from steps import peaks, statistics

        summed = statistics.of_branches(self.upstream_statistics(branch.dataset), self.luminosity_by_block())
        if self.keep_masses:
            return summed
        return statistics.with_cuts(summed, peaks.load_table(self.upstream_task(FindPeaks).product(branch)))

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:
        """Return the stages whose products it needs: without masses, their counts and the cuts."""
        kept_masses = (FillHistograms, RemovePeaks)
        return [stage for stage in super().needed_stages(dataset) if self.keep_masses or stage not in kept_masses]

    def fill(self, branch: BranchFiles, note: str, normalisation: Mapping[str, Any]) -> Any:
        """Fill the histograms of a dataset, and what is asked for before any removal."""
        from steps import histograms, peaks
        from steps.weighting import counts

        table = peaks.load_table(self.upstream_task(FindPeaks).product(branch))
        options = (self.bins(self.parsed_of_dataset(branch.dataset)), self.use_bumpnet_naming, note)
        summed = counts.add_up(*self.filled(branch.dataset, normalisation))
        if not self.whole_distributions or self.peak_detection_bin_width_gev not in self.bin_width_gev:
            return histograms.fill(summed, table, *options)
        return histograms.fill(summed, table, *options, self.sources(CountMasses, branch.dataset, normalisation))

    def filled(self, dataset: str, normalisation: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return where the counts on the grids of the histograms are, and what adds them up."""
        from steps import peaks
        from steps.counts.cut_counts import CountCuts
        from targets.products import mass_counts

        if self.keep_masses:
            return self.sources(FillHistograms, dataset, normalisation), mass_counts.add_up
        (branch,) = self.branches_of("dataset", dataset)
        cuts = CountCuts(
            peaks.load_table(self.upstream_task(FindPeaks).product(branch)),
            self.bins(self.parsed_of_dataset(dataset)),
            self.exclude_outliers,
            self.widths_before_gev(),
            self.peak_detection_bin_width_gev,
        )
        return self.sources(CountMasses, dataset, normalisation), cuts.add_up

    def parsed_of_dataset(self, dataset: str) -> Iterator[ParsedFiles]:
        """Yield what ParseFile recorded of the branches of a dataset, of a combined one sample by sample."""
        return (record for sample in self.samples(dataset) for record in self.parsed_records(sample))

    def sources(self, stage: type[Stage], dataset: str, normalisation: Mapping[str, Any]) -> Any:
        """Return the counts that a stage made of a dataset, of weighted simulation those of each sample."""
        from steps.weighting.counts import SampleCounts

        counting = self.upstream_task(stage)
        parts = counting.branches_of("group", dataset)
        if not normalisation:
            return [counting.product(part) for part in parts]
        return [
            SampleCounts([counting.product(part) for part in parts if part.sample == sample], of_sample)
            for sample, of_sample in normalisation.items()
        ]

    def write_companions(self, branch: BranchFiles, filled: Any) -> None:
        """Write what stands beside the histograms: masses before any removal, pseudo-data, those with missing momentum.

        Each file has a second one for masses with the missing transverse momentum, where these are made.
        """
        from steps import histograms

        stem = Path(self.output_filename).stem
        made = {stem: filled}
        if self.whole_distributions:
            made[Path(WHOLE_FILENAME).stem] = histograms.take_whole(filled)
        if self.has_pseudo_data(branch.dataset):
            made[f"{stem}_pseudo"] = histograms.throw_pseudo_data(filled, self.pseudo_data_seed)
        for name, of_name in made.items():
            if name != stem:
                histograms.write(self.companion(branch, name), of_name, self.single_output_file)
            if self.met_combinations:
                histograms.write(self.companion(branch, f"{name}_met"), of_name, self.single_output_file, of_met=True)

    def companion(self, branch: BranchFiles, stem: str) -> Path:
        """Return where a file beside the histograms of a dataset is."""
        return self.folder(branch.dataset) / self._file_name(branch, stem)

    def met_path(self, branch: BranchFiles) -> Path:
        """Return where the histograms of masses with the missing transverse momentum are."""
        return self.companion(branch, f"{Path(self.output_filename).stem}_met")

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:
        """Return what stands beside the histograms."""
        stem = Path(self.output_filename).stem
        stems = [Path(WHOLE_FILENAME).stem] * self.whole_distributions
        stems += [f"{stem}_pseudo"] * self.has_pseudo_data(branch.dataset)
        stems += [f"{name}_met" for name in (stem, *stems)] * self.met_combinations
        return tuple(self.companion(branch, name) for name in stems)

    def has_pseudo_data(self, dataset: str) -> bool:
        """Tell whether pseudo-data are made: of simulation, where they are asked for."""
        return bool(self.pseudo_data and self.first_file(dataset).data_type == "mc")

    def counted(self, branch: BranchFiles) -> list[Path]:
        """Return where the counts of a dataset are, those with missing momentum in the second file, where there is one.

        Of weighted simulation they are the pseudo-data, where these are made.
        """
        stem = Path(self.output_filename).stem
        stem += "_pseudo" * (self.has_pseudo_data(branch.dataset) and self.is_weighted(branch.dataset))
        return self.files_of(branch, stem)

    def files_of(self, branch: BranchFiles, stem: str) -> list[Path]:
        """Return a file of histograms of a dataset, and that with missing momentum where there is one."""
        return [self.companion(branch, name) for name in [stem, *[f"{stem}_met"] * self.met_combinations]]

    def whole(self, branch: BranchFiles) -> list[Path]:
        """Return where the distributions before any removal are; nothing where they are not asked for."""
        return self.files_of(branch, Path(WHOLE_FILENAME).stem) if self.whole_distributions else []

    def variant_inputs(self, dataset: str) -> VariantInputs:
        """Return what the variant depends on: the luminosities of its statistics, of simulation its normalisation.

        Where masses are not kept, it depends on what FillHistograms would add too.
        """
        inputs = super().variant_inputs(dataset).with_facts(**self.luminosity_inputs())
        if not self.keep_masses:
            inputs = inputs.with_facts(exclude_outliers=str(self.exclude_outliers))
        if self.is_weighted(dataset):
            inputs = inputs.with_facts(normalisation=self.by_sample(dataset, self.describe_known))
        if self.has_pseudo_data(dataset):
            inputs = inputs.with_facts(pseudo_data=self.pseudo_data_seed)
        return inputs

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say which events of a dataset count, what was noted, how many histograms there are, and where."""
        from steps import branch_statistics
        from steps.output.headlines import headlines
        from steps.statistics import notes

        path, name = self.location(branch).statistics, branch.dataset
        results = branch_statistics.read(path, MadeHistograms).results
        first = headlines(results, self.event_request(), results.normalisation)
        lines = [f"{name}: {fact}" for fact in first.facts]
        lines += [f"note: {name}: {note}" for note in notes(results)]
        if len(results.formats) > 1 and any(file.release != DEMO_RELEASE for file in branch.files):
            mixed = [f"{amount(number, 'file')} of {schema}" for schema, number in results.formats.items()]
            lines.append(f"note: {name} adds up {' and '.join(mixed)}, each with the cuts of its format")
        lines += [f"warning: {name}: {warning}" for warning in first.warnings]
        failed, unavailable = len(results.failures), self.file_list().unavailable(name)  # not of this run in the record
        left_out = f", WITHOUT {amount(failed, 'unreadable file')}" if failed else ""
        if unavailable:
            left_out += f", WITHOUT {amount(len(unavailable), 'file')} on tape ({tables.first(unavailable)})"
        with_met = f" (those with missing momentum in {self.met_path(branch)})" if self.met_combinations else ""
        made = f"{amount(results.histograms, 'histogram')}, {results.accepted_by_bumpnet} of them with the bins and"
        lines.append(
            f"{name}: {made} entries that BumpNet's loader wants{left_out}, in {self.product(branch)}{with_met}"
        )
        return lines
