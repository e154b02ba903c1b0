"""The histograms of a dataset as the scan takes them: edges, counts, and where the falling part ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edm.arrays import Float64, Int64
from edm.records.cut_table import Cut, CutTable
from edm.spectra import SpectrumKey
from steps.errors import StageError
from steps.histograms import HistogramNaming
from targets.errors import FileFormatError
from targets.products import histograms
from targets.products.histograms import Stored

__all__ = ["ScanInput", "read_spectra", "require_counts", "up_to_outliers"]

_NOT_COUNTS = "expected events of weighted simulation, not counts"
_ROUNDING = 1e-9  # of a bin: edges are sums of floats


@dataclass(frozen=True)
class ScanInput:
    """A histogram up to the start of its outliers.

    Attributes:
        name: Its key in the file.
        key: Its final state and combination.
        edges_gev: Edges of its bins in GeV, shape (n_bins + 1,).
        counts: Entries per bin, shape (n_bins,), dimensionless.
        outlying: Entries from the start of the outliers on, which are not scanned.
        gaps_gev: Ranges in GeV, (low, high), that vetoed resonances have emptied.
        refusal: Why it cannot be scanned, whatever it holds; None where it can.
    """

    name: str
    key: SpectrumKey
    edges_gev: Float64
    counts: Int64
    outlying: int
    gaps_gev: tuple[tuple[float, float], ...]
    refusal: str | None = None


def read_spectra(path: Path, table: CutTable, naming: HistogramNaming) -> Iterator[ScanInput]:
    """Read the histograms of a dataset.

    Args:
        path: Their file, or the folder of their files.
        table: The dataset's table of cuts.
        naming: How histograms are named.

    Yields:
        The histograms, in the order of the file.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
        FileFormatError: When it holds a histogram that is not in the table of cuts.
    """
    keys = {naming.key(key, label): key for key in table.cuts for label in naming.labels}
    for stored in histograms.read(path):
        if stored.key not in keys:
            msg = (
                f"{path}: it holds {stored.key}, which is not in the table of cuts; delete it, the next run remakes it"
            )
            raise FileFormatError(msg)
        yield up_to_outliers(stored, keys[stored.key], table.cuts[keys[stored.key]])


def require_counts(path: Path, stored: Stored) -> None:
    """Raise for a histogram of weighted simulation.

    Args:
        path: Where it was read.
        stored: The histogram.

    Raises:
        StageError: When it holds expected events in place of counts.
    """
    if stored.variances is not None:
        msg = (
            f"{path}: {stored.key} holds {_NOT_COUNTS}: add "
            "--pseudo-data True, to use what an experiment might have counted, or --mc-weights False"
        )
        raise StageError(msg)


def up_to_outliers(stored: Stored, key: SpectrumKey, cut: Cut) -> ScanInput:
    """Return a histogram as the scan takes it.

    Args:
        stored: The histogram as it stands in its file.
        key: Its final state and combination.
        cut: Its cuts.
    """
    edges_gev = stored.edges()
    split_gev = np.inf if cut.split_gev is None else cut.split_gev
    below = edges_gev[:-1] < split_gev - _ROUNDING * np.diff(edges_gev)
    n_bins = int(np.count_nonzero(below))
    counts, outlying = stored.counts[:n_bins], int(stored.counts[n_bins:].sum())
    refusal = None if stored.variances is None else _NOT_COUNTS
    return ScanInput(stored.key, key, edges_gev[: n_bins + 1], counts, outlying, cut.vetoed_gev, refusal)
