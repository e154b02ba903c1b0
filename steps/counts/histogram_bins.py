"""Whose resolutions decide about the bins of histograms."""

from collections.abc import Iterable, Mapping

from edm.records.statistics import FileRecord
from steps.errors import BinningError

__all__ = ["find_experiment"]


def find_experiment(files: Iterable[FileRecord], experiments: Mapping[str, str | None]) -> str:
    """Find the experiment whose files were parsed.

    Args:
        files: What ParseFile recorded of files of a dataset.
        experiments: The experiment of each format; None for one of neither.

    Returns:
        ATLAS or CMS; empty where no file had any events.

    Raises:
        BinningError: When files are of several experiments, or of a format that names none.
    """
    by_experiment = {experiments.get(str(file.schema)): file for file in files if file.schema}
    if unknown := by_experiment.get(None):
        msg = (
            f"{unknown.uri}: its format {unknown.schema} names no experiment, and bins by resolution need one: "
            "add the key experiment (ATLAS or CMS) to the schema, or --binning constant"
        )
        raise BinningError(msg)
    if len(by_experiment) > 1:
        pairs = " and ".join(f"{file.uri} of {name}" for name, file in sorted(by_experiment.items(), key=str))
        msg = (
            f"a dataset holds {pairs}: bins by resolution need one experiment; read the files in separate runs, or "
            "--binning constant"
        )
        raise BinningError(msg)
    return next(iter(by_experiment), None) or ""
