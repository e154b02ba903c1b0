"""Rows of scans and files of histograms, made up."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edm.records.cut_table import Cut, CutTable
from edm.records.scans import ScanRow
from edm.spectra import SpectrumKey
from physics import bumpnet
from targets.products import histograms

__all__ = ["FAST", "KEY", "NAME", "cut", "falling", "row", "table", "write"]

KEY = SpectrumKey("1e_1m_0j_0g", "e0m0")
FAST = {"bin_width_gev": 5, "scan_most_toys": 1000}
"""Parameters with which the histograms of a few thousand toy events are scanned in a second or two."""
NAME = bumpnet.histogram_name(*KEY[:2], 10.0)


@dataclass(frozen=True)
class Bins:
    """A histogram as it is written."""

    start_gev: float
    width_gev: float
    counts: np.ndarray
    contents: np.ndarray | None = None
    variances: np.ndarray | None = None


def falling(seed: int, entries: float = 3000.0, n_bins: int = 50) -> np.ndarray:
    """Throw counts of a smooth falling spectrum in bins of 10 GeV from 100 GeV on."""
    x = (105.0 + 10.0 * np.arange(n_bins)) / 13_000.0
    shape = (1 - x) ** 10 * x**-4.0
    return np.random.default_rng(seed).poisson(entries * shape / shape.sum())


def write(path: Path, counts: dict[str, np.ndarray], weighted: bool = False) -> Path:
    """Write histograms in bins of 10 GeV from 100 GeV on; weighted ones hold half an event for each entry."""
    made = {
        name: Bins(100.0, 10.0, values, 0.5 * values if weighted else None, 0.25 * values if weighted else None)
        for name, values in counts.items()
    }
    histograms.write_file(path, made, dict.fromkeys(counts, "a title"))
    return path


def cut(**others: object) -> Cut:
    """Make the cuts of a histogram that starts at 100 GeV."""
    numbers = dict.fromkeys(("entries", "below", "window", "main", "outliers", "above"), 0)
    return Cut(**numbers | {"start_gev": 100.0, "split_gev": None} | others)


def table(keys: dict[SpectrumKey, Cut]) -> CutTable:
    """Make a table of cuts."""
    return CutTable("files", {}, keys)


def row(name: str = NAME, **others: object) -> ScanRow:
    """Make the row of a ranked histogram with an excess at 390 to 410 GeV."""
    plain = ScanRow(
        name=name, low_gev=390.0, high_gev=410.0, observed=84, expected=30.5, local_p=1e-12, global_p=1 / 1001,
        status="ranked", excess=53.5, local_significance=7.03, global_significance=3.09, expected_at_least=None,
        corrected_p=None, corrected_significance=None, toys=1000, toys_at_least=0, goodness_p=0.4, parameters=3,
        left_out_low_gev=None, left_out_high_gev=None, from_gev=100.0, to_gev=600.0, bins=50, entries=3000,
    )  # fmt: skip
    return replace(plain, **others)
