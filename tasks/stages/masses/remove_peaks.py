"""RemovePeaks: the masses again, peaks removed, main and outliers apart."""

import time
from typing import Any

from tasks.framework.recording import recording
from tasks.framework.stage import Stage
from tasks.parameters.histograms import BinningParameters
from tasks.stages.masses.compute_masses import ComputeMasses
from tasks.stages.masses.find_peaks import FindPeaks
from tasks.stages.masses.one_pass import make_missing

__all__ = ["RemovePeaks"]


class RemovePeaks(BinningParameters, Stage):
    """Apply the cuts to the masses of each branch: im_arrays_processed."""

    directory = "im_arrays_processed"
    depends_on_dataset = True
    upstream = (FindPeaks, ComputeMasses)
    suffix = ".npz"

    def run(self) -> None:
        """Apply the cuts to a branch."""
        self.remove()

    def remove(self, *sinks: Any) -> None:
        """Apply the cuts to a branch, and hand on its masses, before and after, as they are."""
        from steps import peaks

        started, branch = time.perf_counter(), self.branch_data
        table = self.upstream_task(FindPeaks).table(branch.dataset)
        source = make_missing(self, ComputeMasses).product(branch)
        with recording(self) as product:
            product.results = peaks.remove(source, product.path, table, self.peak_search(), sinks)
            product.seconds = time.perf_counter() - started - sum(sink.seconds for sink in sinks)
