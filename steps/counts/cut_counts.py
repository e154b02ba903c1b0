"""What cuts leave of counts: the histograms' counts where masses are not kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edm.arrays import Int64, Mask
from edm.records.cut_table import CutTable
from edm.spectra import Distribution, SpectrumKey
from physics import peaks
from physics.bins import shared_grids
from physics.bins.bins import Bins, ConstantBins
from steps.counts.histogram_counts import BEFORE
from targets.products import mass_counts
from targets.products.mass_counts import Row

__all__ = ["CountCuts", "find_grids"]


def find_grids(bins: Sequence[Bins], widths_before_gev: Sequence[float], search_width_gev: float) -> tuple[Bins, ...]:
    """Find the grids on which masses that are not kept are counted, beside that of the peak search.

    Args:
        bins: The bins of the histograms.
        widths_before_gev: Bin widths in GeV on which masses are counted before any removal.
        search_width_gev: Bin width of the peak search in GeV.

    Returns:
        The grids, each once.
    """
    wanted = dict.fromkeys([*bins, *map(ConstantBins, widths_before_gev)])
    return tuple(binned for binned in wanted if binned != ConstantBins(search_width_gev))


@dataclass(frozen=True)
class CountCuts:
    """The cuts of a dataset, for counts of its masses.

    Attributes:
        table: The table of cuts.
        bins: The bins of the histograms.
        exclude_outliers: Whether outliers are left out.
        widths_before_gev: Bin widths in GeV, other than that of the peak search, of distributions before any removal.
        search_width_gev: Bin width of the peak search in GeV.
    """

    table: CutTable
    bins: Sequence[Bins]
    exclude_outliers: bool
    widths_before_gev: Sequence[float]
    search_width_gev: float

    def add_up(self, paths: Iterable[Path], weighted: bool = True) -> Iterator[Row]:
        """Add the counts of branches up, and cut them: what FillHistograms would have counted.

        Args:
            paths: Files of counts with the grids that :func:`find_grids` gives.
            weighted: As for :func:`targets.products.mass_counts.add_up`.

        Yields:
            The rows of histograms, and as part BEFORE those before any removal, in alphabetical order.

        Raises:
            UnreadableFileError: When a file is not there or damaged.
        """
        rows = [cut for row in mass_counts.add_up(paths, weighted) for cut in self._cut(row)]
        yield from sorted(rows, key=lambda row: row[:2])

    def _cut(self, row: Row) -> Iterator[Row]:
        key = row.key.whole()
        if key not in self.table.cuts:
            return
        for binned in find_grids(self.bins, self.widths_before_gev, self.search_width_gev):
            if (shared_grids.part_of(binned), binned.size) == (row.key.part, row.width_gev):
                of_search, of_histogram = shared_grids.find_bins(
                    len(row.distribution.counts), key.combination, binned, self.search_width_gev
                )
                yield from self._rows(key, binned, row.distribution, of_search, of_histogram)
        if not row.key.part and (searched := ConstantBins(self.search_width_gev)) in self.bins:
            own = np.arange(len(row.distribution.counts))
            yield from self._rows(key, searched, row.distribution, own, own)

    def _rows(
        self, key: SpectrumKey, binned: Bins, counted: Distribution, of_search: Int64, of_histogram: Int64
    ) -> Iterator[Row]:
        if binned in self.bins and self.table.cuts[key].reason is None:
            main, outliers = peaks.find_parts_of_bins(of_search, self.table.cuts[key], self.search_width_gev)
            kept = main if self.exclude_outliers else main | outliers
            yield Row(key, binned.size, _regroup(counted, of_histogram, kept))
        if binned in [ConstantBins(width_gev) for width_gev in self.widths_before_gev]:
            everything = np.ones(len(of_search), dtype=np.bool_)
            yield Row(key._replace(part=BEFORE), binned.size, _regroup(counted, of_histogram, everything))


def _regroup(counted: Distribution, bins: Int64, kept: Mask) -> Distribution:
    """Add up the cells that lie in the same bin, of those that are kept."""
    n_bins = int(bins[kept].max(initial=-1)) + 1
    columns = [counted.counts] if counted.sums is None else [counted.counts, *counted.sums]
    counts, *sums = np.zeros((len(columns), n_bins), dtype=np.int64)
    for total, column in zip((counts, *sums), columns, strict=True):
        np.add.at(total, bins[kept], column[kept])
    return Distribution(counts, sums=np.array(sums) if sums else None, unit=counted.unit)
