"""The work of FillHistograms and MakeHistograms: processed masses → counts of each branch → histograms of their sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edm.cut_table import CutTable
from edm.records import FilledCounts, HistogramRow, MadeHistograms
from edm.spectra import Distribution, SpectrumKey
from edm.statistics import DatasetStatistics
from physics import binning, bumpnet
from physics.binning import Histogram
from steps.errors import EmptyResultError
from targets.products import histograms, mass_arrays, mass_counts
from targets.products.mass_counts import Row

__all__ = ["FilledHistograms", "HistogramNaming", "count", "fill", "no_bin", "summarize", "write"]


@dataclass(frozen=True)
class HistogramNaming:
    """How histograms are named.

    Attributes:
        widths_gev: Bin widths in GeV; one histogram each.
        bumpnet_naming: Whether names are those that BumpNet's loader reads.
    """

    widths_gev: tuple[float, ...]
    bumpnet_naming: bool

    def key(self, spectrum: SpectrumKey, width_gev: float) -> str:
        """Return the key of a histogram in its file."""
        state, combination, _ = spectrum
        if self.bumpnet_naming:
            return bumpnet.histogram_name(state, combination, width_gev)
        return bumpnet.plain_name(state, combination, width_gev, len(self.widths_gev) > 1)


@dataclass(frozen=True)
class FilledHistograms:
    """The histograms of a dataset.

    Attributes:
        histograms: Histogram by key.
        titles: Title by key.
        rows: Statistics by key.
        without: Why there is no histogram, by spectrum, or by key where only this width has none.
    """

    histograms: dict[str, Histogram]
    titles: dict[str, str]
    rows: dict[str, HistogramRow]
    without: dict[str, str]


def count(source: Path, path: Path, widths_gev: Iterable[float], exclude_outliers: bool) -> FilledCounts:
    """Count the processed masses of one branch on the grids of the histograms.

    Args:
        source: The processed masses of the branch.
        path: The file of counts to make.
        widths_gev: Bin widths in GeV.
        exclude_outliers: Whether outliers are left out.

    Returns:
        The statistics.
    """
    distributions: dict[tuple[SpectrumKey, float], Distribution] = {}
    entries = 0
    for key, masses in mass_arrays.read(source):
        if key.part == "outliers" and exclude_outliers:
            continue
        entries += len(masses)
        for width_gev in widths_gev:
            row, part = (key.whole(), width_gev), Distribution(binning.counts(masses, width_gev))
            distributions[row] = distributions[row] + part if row in distributions else part
    mass_counts.write(path, (Row(*row, distribution) for row, distribution in distributions.items()))
    return FilledCounts(entries)


def fill(sources: Iterable[Path], table: CutTable, naming: HistogramNaming) -> FilledHistograms:
    """Fill the histograms of a dataset.

    Args:
        sources: The counts of all its branches.
        table: Its table of cuts.
        naming: How histograms are named.

    Returns:
        The histograms, in alphabetical order of their names.

    Raises:
        EmptyResultError: When there is none.
    """
    filled = FilledHistograms({}, {}, {}, {str(key): cut.reason for key, cut in table.cuts.items() if cut.reason})
    for spectrum, width_gev, distribution in mass_counts.add_up(sources):
        key, start_gev = naming.key(spectrum, width_gev), table.cuts[spectrum].start_gev
        histogram = None if start_gev is None else binning.cut_out(distribution.counts, width_gev, start_gev)
        if histogram is None:
            filled.without[key] = no_bin(width_gev)
            continue
        filled.histograms[key] = histogram
        filled.titles[key] = f"{spectrum.final_state} {spectrum.combination}"
        filled.rows[key] = _row(histogram)
    if not filled.histograms:
        raise EmptyResultError(_describe_too_wide_bins(table, min(naming.widths_gev)))
    return filled


def _describe_too_wide_bins(table: CutTable, width_gev: float) -> str:
    """Say that bins are too wide, even those of the smallest width."""
    lowest_gev = min(cut.start_gev for cut in table.cuts.values() if cut.start_gev is not None)
    return (
        f"dataset {table.dataset} gives no histogram: bin_width_gev = {width_gev:g} is too wide, no filled bin "
        f"starts at or above the turn-on of its combination (the lowest turn-on is {lowest_gev:g} GeV, and the first "
        f"bin from there on starts at {binning.first_edge(lowest_gev, width_gev):g} GeV). Choose narrower bins: a "
        "width that divides peak_detection_bin_width_gev always fits"
    )


def no_bin(width_gev: float) -> str:
    """Say why a combination with masses above its turn-on has no histogram of a width, given in GeV."""
    return f"no filled bin of {width_gev:g} GeV starts at or above the turn-on"


def write(path: Path, filled: FilledHistograms, single_file: bool) -> None:
    """Write histograms, whole or not at all.

    Args:
        path: The file to make, or the folder when each histogram has a file of its own.
        filled: The histograms.
        single_file: Whether all go into one file.
    """
    writer = histograms.write_file if single_file else histograms.write_folder
    writer(path, filled.histograms, filled.titles)


def summarize(filled: FilledHistograms, statistics: DatasetStatistics, unavailable: Iterable[str]) -> MadeHistograms:
    """Put together what is recorded of a dataset.

    Args:
        filled: Its histograms.
        statistics: The sum of the statistics of its branches.
        unavailable: The addresses of its files on tape.

    Returns:
        What MakeHistograms records.
    """
    return MadeHistograms(
        **vars(statistics),
        histograms=len(filled.rows),
        accepted_by_bumpnet=sum(row.bumpnet_rejection is None for row in filled.rows.values()),
        rows=filled.rows,
        without_histogram=filled.without,
        unavailable=tuple(unavailable),
    )


def _row(histogram: Histogram) -> HistogramRow:
    return HistogramRow(
        entries=int(histogram.counts.sum()),
        bins=len(histogram.counts),
        start_gev=histogram.start_gev,
        end_gev=histogram.start_gev + histogram.width_gev * len(histogram.counts),
        trimmed=histogram.trimmed,
        bumpnet_rejection=bumpnet.rejection(histogram.counts),
    )
