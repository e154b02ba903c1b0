"""Stages whose products are folders of figures: drawn by several processes, with progress."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steps.errors import StageError
from targets.catalogue.branch_files import BranchFiles
from tasks.framework.pool import KILLED, open_pool
from tasks.framework.stage import Stage

__all__ = ["DrawingStage"]

_FIGURES_A_WORKER = 4  # at least: it takes as long as drawing some to start a worker


class DrawingStage(Stage):
    """A stage that draws the figures of each dataset."""

    granularity = "dataset"
    depends_on_dataset = True
    exclude_index = True

    def product_name(self, branch: BranchFiles) -> str:
        """Return the folder of a dataset."""
        return branch.dataset

    def draw(self, folder: Path, plans: Iterable[Any], formats: tuple[str, ...]) -> Any:
        """Draw the figures of a branch in the processes that it has, and return the statistics.

        A process has one figure in memory at a time. The files do not depend on the number of processes.

        Raises:
            StageError: When one of the processes was killed.
        """
        from steps.output import figure_files

        planned, progress = list(plans), self.progress("figures")
        workers = min(self.workers(), len(planned) // _FIGURES_A_WORKER)
        if workers <= 1:
            return figure_files.write(folder, planned, formats, progress)
        try:
            with open_pool(workers) as pool:
                return figure_files.write(folder, planned, formats, progress, pool)
        except KILLED as error:
            msg = (
                f"{folder.name}: a process that drew figures was killed (if it ran out of memory, lower threads, here "
                f"{self.threads or 'as many as processors'}); rerun the same command"
            )
            raise StageError(msg) from error
