"""PlotScan: figures of the scan of each dataset."""

from typing import Any

from edm.records.scans import DrawnScan
from targets.catalogue.branch_files import BranchFiles
from targets.documents.json import Json
from tasks.framework.recording import recorded, recording
from tasks.parameters.scan import ClosureParameters
from tasks.stages.output.drawing_stage import DrawingStage
from tasks.stages.output.scan_histograms import ScanHistograms

__all__ = ["PlotScan"]


class PlotScan(ClosureParameters, DrawingStage):
    """Draw the largest excesses of each dataset, all histograms together, and the closure test of a signal."""

    directory = "scan_plots"
    variant_parameters = ("plotted_excesses", "plot_formats")
    upstream = (ScanHistograms,)

    def own_settings(self) -> dict[str, Json]:
        """Return what names the variant: with a signal, also how many pseudo-experiments test the scan."""
        return super().own_settings() | ({"closure_trials": self.closure_trials} if self.signal_name else {})

    def run(self) -> None:
        """Draw the scan of a dataset."""
        from steps.scan import figures

        with recording(self) as product:
            made = self.made(self.branch_data)
            drawn = self.draw(product.path, figures.plan(made), self.plot_formats)
            product.results = DrawnScan(drawn.figures, drawn.files, figures.refuse_closure(made))

    def made(self, branch: BranchFiles) -> Any:
        """Return what there is to draw of a dataset."""
        from steps.scan.figures import ScanFigures
        from targets.products import scan_tables

        scanning = self.upstream_task(ScanHistograms)
        label = scanning.label(branch)
        return ScanFigures(
            name=branch.dataset,
            label=label,
            rows=scan_tables.read(scanning.product(branch)),
            spectra={spectrum.name: spectrum for spectrum in scanning.spectra(branch)},
            options=self.scan_options(label.energy_tev),
            excesses=self.plotted_excesses,
            max_multiplicity=self.max_multiplicity,
            signal=self.signal(),
            signal_name=self.signal_name,
            trials=self.closure_trials,
            workers=self.workers(),
        )

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say how many figures of the scan there are, and where the first is."""
        folder = self.product(branch)
        drawn = recorded(self, branch, DrawnScan)
        first = folder / f"excess_1.{self.plot_formats[0]}"
        figure = f", the largest excess in {first.name}" if first.exists() else ""
        lines = [f"{branch.dataset}: {drawn.figures} figures of the scan in {folder}{figure}"]
        return lines + [f"warning: {branch.dataset}: no closure test: {drawn.no_closure}"] * bool(drawn.no_closure)
