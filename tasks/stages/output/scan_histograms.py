"""ScanHistograms: the most significant excess of each histogram, ranked."""

from pathlib import Path
from typing import Any

from edm.records.scans import ScannedHistograms
from targets.catalogue.branch_files import BranchFiles
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.scan import ScanParameters, SignalParameters
from tasks.stages.histograms.make_histograms import MakeHistograms
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.output.inject_signal import InjectSignal

__all__ = ["ScanHistograms"]


class ScanHistograms(SignalParameters, ScanParameters, Stage):
    """Look for narrow excesses over a smooth background in the histograms of each dataset: a ranked table."""

    directory = "scan"
    variant_parameters = ("scan_toys", "scan_most_toys", "scan_seed", "collision_energy_gev")
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (MakeHistograms, FindPeaks)
    suffix = ".json"

    def needed_stages(self, dataset: str | None = None) -> list[type[Stage]]:  # noqa: ARG002 (all need the same)
        """Return the stages whose products are read: with a signal, the histograms that it was added to."""
        return [InjectSignal, FindPeaks] if self.signal_name else [MakeHistograms, FindPeaks]

    def product_name(self, branch: BranchFiles) -> str:
        """Return the table of a dataset."""
        return f"{branch.dataset}.json"

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:
        """Return the same table as CSV."""
        return (self.folder(branch.dataset) / f"{branch.dataset}.csv",)

    def run(self) -> None:
        """Scan the histograms of a dataset."""
        from steps.scan import scanning
        from targets.products import scan_tables

        branch, options = self.branch_data, self.scan_options(self.label(self.branch_data).energy_tev)
        with recording(self) as product:
            rows = scanning.scan_all(self.spectra(branch), options, self.workers(), self.progress("histograms"))
            scan_tables.write(product.path, self.companions(branch)[0], rows)
            product.results = scanning.summarize(rows, options.sqrt_s_gev)

    def spectra(self, branch: BranchFiles) -> list[Any]:
        """Return the histograms of a dataset, as they are scanned."""
        from steps.scan import spectra

        made = self.upstream_task(self.needed_stages()[0])
        paths = [made.product(branch), *made.companions(branch)] if self.signal_name else made.counted(branch)
        table, naming = self.upstream_task(FindPeaks).table(branch.dataset), self.histogram_naming()
        return [spectrum for path in paths for spectrum in spectra.read_spectra(path, table, naming)]

    def label(self, branch: BranchFiles) -> Any:
        """Return where the data of a dataset come from."""
        from steps.output import labels

        summed = self.sum_statistics(branch.dataset)
        return labels.label(branch.files, summed.formats, summed.simulated_files)

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say which excesses are the largest, what they are worth, and where the table is."""
        from physics.scan.wording import describe_scan

        results = recorded(self, branch, ScannedHistograms)
        first, *excesses = describe_scan(results)
        return [f"{branch.dataset}: {first}", *excesses, f"{branch.dataset}: scan in {self.product(branch)} (and .csv)"]
