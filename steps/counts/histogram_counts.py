"""The work of FillHistograms: the masses of a branch, after peak removal and before → counts on grids of histograms."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from edm.records.branch_records import FilledCounts
from edm.records.cut_table import CutTable
from edm.spectra import Distribution, SpectrumKey
from physics import binning, peaks
from physics.bins.bins import Bins
from physics.resonances import Windows
from steps.weighting.masses import read_masses
from targets.products import mass_counts
from targets.products.mass_counts import Row

__all__ = ["BEFORE", "WholeMasses", "count"]

BEFORE = "before"
"""The part of a spectrum that holds its masses before any removal, beside what peak removal left of them."""

_Rows = dict[tuple[SpectrumKey, float], Distribution]


class WholeMasses(NamedTuple):
    """What is counted before any removal, where that is asked for on other grids than that of the peak search.

    Attributes:
        source: The masses of the branch.
        widths_gev: Bin widths in GeV.
        max_mass_gev: Masses above this are set aside, in GeV; the table of cuts says how many.
        table: The table of cuts of the dataset: final states with too few events are left out.
    """

    source: Path
    widths_gev: tuple[float, ...]
    max_mass_gev: float
    table: CutTable


def count(
    source: Path,
    path: Path,
    bins: Sequence[Bins],
    exclude_outliers: bool,
    unit: float | None = None,
    whole: WholeMasses | None = None,
) -> FilledCounts:
    """Count the masses of one branch on the grids of the histograms.

    Args:
        source: The processed masses of the branch.
        path: The file of counts to make.
        bins: The bins of the histograms, one histogram for each; no two of the same size.
        exclude_outliers: Whether outliers are left out.
        unit: The unit of sums of weights, in the generator's unit; None where masses have no weights.
        whole: What is counted before any removal, as the part BEFORE of spectra; None for nothing.

    Returns:
        The statistics: masses counted after peak removal.
    """
    rows: _Rows = {}
    entries = 0
    for key, masses, weighting in read_masses(source, unit):
        if key.part == "outliers" and exclude_outliers:
            continue
        entries += len(masses)
        for binned in bins:
            part = binning.distribution(binned.index(masses, key.combination), weighting)
            _add(rows, key.whole(), binned.size, part)
    if whole is not None:
        _count_whole(rows, whole, unit)
    mass_counts.write(path, (Row(*row, distribution) for row, distribution in rows.items()))
    return FilledCounts(entries)


def _count_whole(rows: _Rows, whole: WholeMasses, unit: float | None) -> None:
    for key, masses, weighting in read_masses(whole.source, unit):
        if key in whole.table.cuts:
            for width_gev in whole.widths_gev:
                part = peaks.measure(masses, Windows(), width_gev, whole.max_mass_gev, weighting)
                _add(rows, key._replace(part=BEFORE), width_gev, part)


def _add(rows: _Rows, key: SpectrumKey, size: float, part: Distribution) -> None:
    row = key, size
    rows[row] = rows[row] + part if row in rows else part
