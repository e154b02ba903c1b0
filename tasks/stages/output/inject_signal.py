"""InjectSignal: a copy of the histograms with a signal in one of them, to see whether the scan finds it."""

from pathlib import Path

from targets.catalogue.branch_files import BranchFiles
from targets.errors import ConfigurationError
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.scan import SignalParameters
from tasks.stages.histograms.make_histograms import MakeHistograms

__all__ = ["InjectSignal"]


class InjectSignal(SignalParameters, Stage):
    """Copy the histograms of each dataset with a Gaussian signal added to one of them, for ScanHistograms."""

    directory = "injected"
    revision = 2
    variant_parameters = ("signal_name", "signal_mass_gev", "signal_width_gev", "signal_events")
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (MakeHistograms,)

    def check_parameters(self) -> None:
        """Raise where there is no signal.

        Raises:
            ConfigurationError: When no histogram is named.
        """
        super().check_parameters()
        if not self.signal_name:
            msg = "no signal is given: set signal_name, signal_mass_gev, signal_width_gev and signal_events"
            raise ConfigurationError(msg)

    def product_name(self, branch: BranchFiles) -> str:
        """Return the name that the histograms of a dataset have."""
        return str(self.upstream_task(MakeHistograms).product_name(branch))

    def is_folder(self) -> bool:
        """Tell whether each histogram has a file of its own."""
        return not self.single_output_file

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:
        """Return where the histograms of masses with the missing transverse momentum are, where there are any."""
        _, *of_met = self.upstream_task(MakeHistograms).files_of(branch)
        return tuple(self.folder(branch.dataset) / path.name for path in of_met)

    def run(self) -> None:
        """Add the signal to the histograms of a dataset."""
        from steps.scan import injection

        branch = self.branch_data
        with recording(self) as product:
            made = (product.path, *self.companions(branch))
            paths = dict(zip(self.upstream_task(MakeHistograms).counted(branch), made, strict=True))
            product.results = injection.inject(paths, self.signal_name, self.signal(), self.single_output_file)

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say what was added, and where the histograms are."""
        from edm.records.scans import InjectedSignal

        results = recorded(self, branch, InjectedSignal)
        outside = f" ({results.outside} more lie outside of its bins)" if results.outside else ""
        added = f"{results.injected} events added to {self.signal_name}{outside}"
        return [f"{branch.dataset}: {added}, {results.histograms} histograms in {self.product(branch)}"]
