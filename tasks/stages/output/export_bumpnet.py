"""ExportBumpNet: the histograms that BumpNet takes, as its loader reads them."""

from pathlib import Path

from edm.records.branch_records import ExportedHistograms
from edm.wording import amount
from targets.catalogue.branch_files import BranchFiles
from targets.errors import ConfigurationError
from tasks.framework.recording import recorded, recording
from tasks.framework.stage import Stage
from tasks.parameters.histograms import HistogramParameters
from tasks.stages.histograms.make_histograms import MakeHistograms

__all__ = ["ExportBumpNet"]


class ExportBumpNet(HistogramParameters, Stage):
    """Write what BumpNet reads: root/rebinned.root, a folder of .npy files, and gate.json with what was left out."""

    directory = "bumpnet"
    revision = 2
    granularity = "dataset"
    depends_on_dataset = True
    upstream = (MakeHistograms,)
    suffix = ".json"

    def check_parameters(self) -> None:
        """Raise for names that BumpNet's loader does not read.

        Raises:
            ConfigurationError: When use_bumpnet_naming is False.
        """
        super().check_parameters()
        if not self.use_bumpnet_naming:
            msg = (
                "use_bumpnet_naming = False: BumpNet's loader reads no other names than its own; leave the option out "
                "to export histograms"
            )
            raise ConfigurationError(msg)

    def product_name(self, branch: BranchFiles) -> str:  # noqa: ARG002 (each dataset has a folder of its own)
        """Return the name of the list of verdicts."""
        return "gate.json"

    def companions(self, branch: BranchFiles) -> tuple[Path, ...]:
        """Return the folders of the two formats, beside the list."""
        return tuple(self.folder(branch.dataset) / name for name in ("root", "npy"))

    def run(self) -> None:
        """Export the histograms of a dataset."""
        from steps.output import bumpnet_folder

        branch = self.branch_data
        source, *_ = self.upstream_task(MakeHistograms).counted(branch)
        with recording(self) as product:
            product.results = bumpnet_folder.export(source, self.folder(branch.dataset), product.path)

    def outcome(self, branch: BranchFiles) -> list[str]:
        """Say how many histograms BumpNet takes, and where they are."""
        results = recorded(self, branch, ExportedHistograms)
        longer = f", {results.warnings} of them longer than those of its training" if results.warnings else ""
        made = f"{branch.dataset}: {results.accepted} of {amount(results.histograms, 'histogram')} for BumpNet{longer}"
        return [f"{made}, in {self.folder(branch.dataset)}; the reasons of the others are in {self.product(branch)}"]
