"""The work of FillHistograms: the masses of a branch, after peak removal and before → counts on grids of histograms."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from edm.arrays import Float32, Float64
from edm.records.branch_records import FilledCounts
from edm.records.cut_table import CutTable
from edm.spectra import Distribution, SpectrumKey
from physics import binning, peaks
from physics.bins.bins import Bins
from physics.resonances import Windows
from physics.weights import Weighting
from steps.weighting.masses import read_masses
from targets.products import mass_counts
from targets.products.mass_counts import Row

__all__ = ["BEFORE", "HistogramCounter", "WholeMasses", "count"]

BEFORE = "before"
"""The part of a spectrum that holds its masses before any removal, beside what peak removal left of them."""


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


class HistogramCounter:
    """Counts masses on the grids of the histograms as peak removal hands them on.

    Args:
        bins: The bins of the histograms, one histogram for each; no two of the same size.
        exclude_outliers: Whether outliers are left out.
        unit: The unit of sums of weights, in the generator's unit; None where masses have no weights.
        whole: What is counted before any removal, as the part BEFORE of spectra; None for nothing.

    Attributes:
        seconds: Time that counting took so far, in seconds.
    """

    def __init__(
        self,
        bins: Sequence[Bins],
        exclude_outliers: bool,
        unit: float | None = None,
        whole: WholeMasses | None = None,
    ) -> None:
        self._bins, self._exclude_outliers, self._unit, self._whole = bins, exclude_outliers, unit, whole
        self._rows: dict[tuple[SpectrumKey, float], Distribution] = {}
        self._entries, self.seconds = 0, 0.0

    def add(self, key: SpectrumKey, masses: Float32, weights: Float64 | None = None) -> None:
        """Count masses of a spectrum.

        Args:
            key: The spectrum; its part is main or outliers after peak removal, empty before it.
            masses: Masses in GeV, shape (n_masses,).
            weights: w of each, in the generator's unit, shape (n_masses,); None where masses have no weights.
        """
        started = time.perf_counter()
        weighting = None if weights is None or self._unit is None else Weighting(weights, self._unit)
        if not key.part:
            self._count_whole(key, masses, weighting)
        elif key.part != "outliers" or not self._exclude_outliers:
            self._entries += len(masses)
            for binned in self._bins:
                part = binning.distribution(binned.index(masses, key.combination), weighting)
                self._add(key.whole(), binned.size, part)
        self.seconds += time.perf_counter() - started

    def read(self, source: Path) -> None:
        """Count masses that are kept.

        Args:
            source: The processed masses of the branch; those before any removal are read too where they are counted.

        Raises:
            UnreadableFileError: When a file is not there or damaged.
        """
        sources = [source, self._whole.source] if self._whole else [source]
        for path in sources:
            for key, masses, weighting in read_masses(path, self._unit):
                self.add(key, masses, None if weighting is None else weighting.weights)

    def write(self, path: Path) -> FilledCounts:
        """Write the counts.

        Args:
            path: The file to make, whole or not at all.

        Returns:
            The statistics: masses counted after peak removal.
        """
        started = time.perf_counter()
        mass_counts.write(path, (Row(*row, distribution) for row, distribution in self._rows.items()))
        self.seconds += time.perf_counter() - started
        return FilledCounts(self._entries)

    def _count_whole(self, key: SpectrumKey, masses: Float32, weighting: Weighting | None) -> None:
        if self._whole and key in self._whole.table.cuts:
            for width_gev in self._whole.widths_gev:
                part = peaks.measure(masses, Windows(), width_gev, self._whole.max_mass_gev, weighting)
                self._add(key._replace(part=BEFORE), width_gev, part)

    def _add(self, key: SpectrumKey, size: float, part: Distribution) -> None:
        row = key, size
        self._rows[row] = self._rows[row] + part if row in self._rows else part


def count(
    source: Path,
    path: Path,
    bins: Sequence[Bins],
    exclude_outliers: bool,
    unit: float | None = None,
    whole: WholeMasses | None = None,
) -> FilledCounts:
    """Count the masses of one branch that are kept; see :class:`HistogramCounter` for the rest.

    Args:
        source: The processed masses of the branch.
        path: The file of counts to make.
        bins: The bins of the histograms.
        exclude_outliers: Whether outliers are left out.
        unit: The unit of sums of weights.
        whole: What is counted before any removal.

    Returns:
        The statistics.
    """
    counter = HistogramCounter(bins, exclude_outliers, unit, whole)
    counter.read(source)
    return counter.write(path)
