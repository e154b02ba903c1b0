"""MakeHistograms: the histograms of each dataset, for BumpNet. The main job."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from edm.records.branch_records import MadeHistograms, ParsedFiles
from edm.wording import amount, first_few
from targets.catalogue.branch_files import BranchFiles
from targets.catalogue.input_files import DEMO_RELEASE
from targets.documents.variant_inputs import VariantInputs
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.framework.weighted_stage import WeightedStage
from tasks.parameters.histograms import WHOLE_FILENAME, HistogramParameters
from tasks.stages.histograms.fill_histograms import FillHistograms
from tasks.stages.masses.count_masses import CountMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.remove_peaks import RemovePeaks

__all__ = ["MakeHistograms"]

_Content = Literal["histograms", "whole", "pseudo_data"]
"""What is in a file of a dataset: the histograms, the distributions before any removal, or pseudo-data."""


class MakeHistograms(HistogramParameters, WeightedStage):
    """Make the histograms of every final state and combination, one file per dataset: the main job."""

    directory = "histograms"
    variant_parameters = ("use_bumpnet_naming", "single_output_file", "output_filename", "whole_distributions")
    described_parameters = (
        "luminosity_fb",
        "cross_sections",
        "pseudo_data",
        "pseudo_data_seed",
        "luminosity_table",
    )
    left_out_at: ClassVar[Mapping[str, Any]] = {"whole_distributions": False}
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (FillHistograms, RemovePeaks, FindPeaks, CountMasses)

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
            summed = self.sum_with_cuts(branch)
            filled = self.fill(branch, histograms.describe_simulation(summed), normalisation)
            self.write(branch, product.path, filled)
            product.results = histograms.summarize(filled, summed, tape, normalisation)

    def sum_with_cuts(self, branch: BranchFiles) -> Any:
        """Return the sum of the statistics of a dataset, with what cuts leave of masses where these are not kept."""
        from steps import statistics

        summed = self.sum_statistics(branch.dataset, self.luminosity_by_block())
        if self.keep_masses:
            return summed
        return statistics.with_cuts(summed, self.upstream_task(FindPeaks).table(branch.dataset))

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:
        """Return the stages whose products it needs: without masses, their counts and the cuts."""
        kept_masses = (FillHistograms, RemovePeaks)
        return [stage for stage in super().needed_stages(dataset) if self.keep_masses or stage not in kept_masses]

    def fill(self, branch: BranchFiles, note: str, normalisation: Mapping[str, Any]) -> Any:
        """Fill the histograms of a dataset, and what is asked for before any removal."""
        from steps import histograms
        from steps.weighting import counts

        table = self.upstream_task(FindPeaks).table(branch.dataset)
        options = (self.bins(self.parsed_of_dataset(branch.dataset)), self.use_bumpnet_naming, note)
        summed = counts.add_up(*self.filled(branch.dataset, normalisation))
        if not self.whole_distributions or self.peak_detection_bin_width_gev not in self.bin_width_gev:
            return histograms.fill(summed, table, *options)
        return histograms.fill(summed, table, *options, self.sources(CountMasses, branch.dataset, normalisation))

    def filled(self, dataset: str, normalisation: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return where the counts on the grids of the histograms are, and what adds them up."""
        from steps.counts.cut_counts import CountCuts
        from targets.products import mass_counts

        if self.keep_masses:
            return self.sources(FillHistograms, dataset, normalisation), mass_counts.add_up
        cuts = CountCuts(
            self.upstream_task(FindPeaks).table(dataset),
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

    def write(self, branch: BranchFiles, path: Path, filled: Any) -> None:
        """Write the histograms of a dataset at a path, and what stands beside them where it goes."""
        from steps import histograms

        made: dict[_Content, Any] = {"histograms": filled, "whole": replace(filled, histograms=filled.whole)}
        if self.has_pseudo_data(branch.dataset):
            made["pseudo_data"] = histograms.throw_pseudo_data(filled, self.pseudo_data_seed)
        for content, of_content in made.items():
            for place, of_met in zip(self.files_of(branch, content), (False, True), strict=False):
                written = path if place == self.product(branch) else place
                histograms.write(written, of_content, self.single_output_file, of_met)

    def files_of(self, branch: BranchFiles, content: _Content = "histograms") -> list[Path]:
        """Return the file of one kind of histograms of a dataset, and the second for masses with missing momentum.

        Args:
            branch: The dataset.
            content: What is in it.

        Returns:
            One path, or two where masses with missing momentum are made; none where such histograms are not made.
        """
        stem = Path(self.output_filename).stem
        stems: dict[_Content, str] = {"histograms": stem}
        if self.whole_distributions:
            stems["whole"] = Path(WHOLE_FILENAME).stem
        if self.has_pseudo_data(branch.dataset):
            stems["pseudo_data"] = f"{stem}_pseudo"
        folder, endings = self.folder(branch.dataset), ("", "_met") if self.met_combinations else ("",)
        return [folder / self._file_name(branch, stems[content] + end) for end in endings if content in stems]

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:
        """Return what stands beside the histograms: other contents, and masses with missing momentum."""
        _, *beside = (path for content in get_args(_Content) for path in self.files_of(branch, content))
        return tuple(beside)

    def has_pseudo_data(self, dataset: str) -> bool:
        """Tell whether pseudo-data are made: of simulation, where they are asked for."""
        return bool(self.pseudo_data and self.first_file(dataset).data_type == "mc")

    def counted(self, branch: BranchFiles) -> list[Path]:
        """Return where the counts of a dataset are; of weighted simulation the pseudo-data, where these are made."""
        are_thrown = self.has_pseudo_data(branch.dataset) and self.is_weighted(branch.dataset)
        return self.files_of(branch, "pseudo_data" if are_thrown else "histograms")

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
        from steps.output.headlines import headlines
        from steps.statistics import notes

        name, results = branch.dataset, recorded(self, branch, MadeHistograms)
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
            left_out += f", WITHOUT {amount(len(unavailable), 'file')} on tape ({first_few(unavailable)})"
        _, *of_met = self.files_of(branch)
        with_met = f" (those with missing momentum in {of_met[0]})" if of_met else ""
        made = f"{amount(results.histograms, 'histogram')}, {results.accepted_by_bumpnet} of them with the bins and"
        lines.append(
            f"{name}: {made} entries that BumpNet's loader wants{left_out}, in {self.product(branch)}{with_met}"
        )
        return lines
