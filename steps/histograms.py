"""The work of FillHistograms and MakeHistograms: processed masses → counts of each branch → histograms of their sum."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edm.arrays import Float64, Int64
from edm.records.branch_records import FilledCounts, HistogramRow, MadeHistograms
from edm.records.cut_table import CutTable
from edm.records.samples import Normalisation
from edm.records.statistics import DatasetStatistics
from edm.spectra import Distribution, SpectrumKey, add_bins
from physics import binning, bumpnet, weights
from physics.binning import Histogram
from physics.errors import PhysicsError
from physics.simulation.pseudo_data import pseudo_data
from steps.errors import EmptyResultError
from steps.weighting.masses import read_masses
from targets.products import histograms, mass_counts
from targets.products.mass_counts import Row

__all__ = [
    "FilledHistograms",
    "HistogramNaming",
    "SampleCounts",
    "count",
    "describe_simulation",
    "fill",
    "no_bin",
    "summarize",
    "throw_pseudo_data",
    "write",
]


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


class SampleCounts(NamedTuple):
    """The counts of a sample of simulation.

    Attributes:
        paths: Those of all its branches.
        normalisation: What its sums of weights are multiplied with.
    """

    paths: Sequence[Path]
    normalisation: Normalisation


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


def count(
    source: Path, path: Path, widths_gev: Iterable[float], exclude_outliers: bool, unit: float | None = None
) -> FilledCounts:
    """Count the processed masses of one branch on the grids of the histograms.

    Args:
        source: The processed masses of the branch.
        path: The file of counts to make.
        widths_gev: Bin widths in GeV.
        exclude_outliers: Whether outliers are left out.
        unit: The unit of sums of weights, in the generator's unit; None where masses have no weights.

    Returns:
        The statistics.
    """
    distributions: dict[tuple[SpectrumKey, float], Distribution] = {}
    entries = 0
    for key, masses, weighting in read_masses(source, unit):
        if key.part == "outliers" and exclude_outliers:
            continue
        entries += len(masses)
        for width_gev in widths_gev:
            row, part = (key.whole(), width_gev), binning.distribution(masses, width_gev, weighting)
            distributions[row] = distributions[row] + part if row in distributions else part
    mass_counts.write(path, (Row(*row, distribution) for row, distribution in distributions.items()))
    return FilledCounts(entries)


def fill(
    sources: Iterable[Path] | Sequence[SampleCounts], table: CutTable, naming: HistogramNaming, note: str = ""
) -> FilledHistograms:
    """Fill the histograms of a dataset.

    Args:
        sources: The counts of all its branches; of weighted simulation those of each sample, which are normalised and
            added in this order.
        table: Its table of cuts.
        naming: How histograms are named.
        note: What stands in titles behind final state and combination, as ``simulation``.

    Returns:
        The histograms, in alphabetical order of their names.

    Raises:
        EmptyResultError: When there is none.
    """
    filled = FilledHistograms({}, {}, {}, {str(key): cut.reason for key, cut in table.cuts.items() if cut.reason})
    for spectrum, width_gev, counts, expected in _add_up(list(sources)):
        key, start_gev = naming.key(spectrum, width_gev), table.cuts[spectrum].start_gev
        histogram = None if start_gev is None else binning.cut_out(counts, width_gev, start_gev, expected)
        if histogram is None:
            filled.without[key] = no_bin(width_gev)
            continue
        filled.histograms[key] = histogram
        filled.titles[key] = f"{spectrum.final_state} {spectrum.combination}{note and f' ({note})'}"
        filled.rows[key] = _row(histogram)
    if not filled.histograms:
        raise EmptyResultError(_describe_too_wide_bins(table, min(naming.widths_gev)))
    return filled


def _add_up(
    sources: Sequence[Path | SampleCounts],
) -> Iterator[tuple[SpectrumKey, float, Int64, Float64 | None]]:
    """Add counts up, and the expected events of samples in their order."""
    samples = [source for source in sources if isinstance(source, SampleCounts)]
    if not samples:
        paths = [source for source in sources if isinstance(source, Path)]
        for spectrum, width_gev, distribution in mass_counts.add_up(paths):
            yield spectrum, width_gev, distribution.counts, None
        return
    totals: dict[tuple[SpectrumKey, float], tuple[Int64, Float64]] = {}
    for sample in samples:
        for spectrum, width_gev, distribution in mass_counts.add_up(sample.paths):
            counts, expected = distribution.counts, _expected(distribution, sample.normalisation)
            row = spectrum, width_gev
            if row in totals:
                counts, expected = add_bins(totals[row][0], counts), add_bins(totals[row][1], expected)
            totals[row] = counts, expected
    for (spectrum, width_gev), (counts, expected) in sorted(totals.items(), key=lambda item: item[0]):
        yield spectrum, width_gev, counts, expected


def _expected(distribution: Distribution, normalisation: Normalisation) -> Float64:
    """Return the expected events per bin and their squared errors, shape (2, n_bins)."""
    if distribution.sums is None or distribution.unit != normalisation.unit:
        msg = f"sums of weights in units of {distribution.unit!r}, where {normalisation.unit!r} is expected"
        raise PhysicsError(msg)
    weights.check_exact(distribution.sums)
    sums = weights.WeightSums(distribution.sums[0], distribution.sums[1], distribution.counts)
    numbers = normalisation.factor, normalisation.unit
    return np.stack([sums.contents(*numbers), sums.variances(*numbers)])


def throw_pseudo_data(filled: FilledHistograms, seed: int) -> FilledHistograms:
    """Throw what an experiment might have counted.

    Args:
        filled: The histograms of simulation.
        seed: The run's seed.

    Returns:
        Histograms of the same ranges, with counts.
    """
    thrown = {
        key: replace(
            histogram,
            counts=pseudo_data(
                histogram.counts.astype(np.float64) if histogram.contents is None else histogram.contents, key, seed
            ),
            contents=None,
            variances=None,
        )
        for key, histogram in filled.histograms.items()
    }
    titles = {key: f"{title[:-1]}, pseudo-data)" for key, title in filled.titles.items()}
    return replace(filled, histograms=thrown, titles=titles)


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


def summarize(
    filled: FilledHistograms,
    statistics: DatasetStatistics,
    unavailable: Iterable[str],
    normalisation: Mapping[str, Normalisation] | None = None,
) -> MadeHistograms:
    """Put together what is recorded of a dataset.

    Args:
        filled: Its histograms.
        statistics: The sum of the statistics of its branches.
        unavailable: The addresses of its files on tape.
        normalisation: What the weights of each sample were multiplied with, by its dataset.

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
        normalisation=normalisation or {},
    )


def describe_simulation(statistics: DatasetStatistics) -> str:
    """Say, for titles, whether files are simulation by their own marks; empty for collisions."""
    if not statistics.simulated_files:
        return ""
    return "simulation" if statistics.simulated_files >= sum(statistics.formats.values()) else "data and simulation"


def _row(histogram: Histogram) -> HistogramRow:
    return HistogramRow(
        entries=int(histogram.counts.sum()),
        bins=len(histogram.counts),
        start_gev=histogram.start_gev,
        end_gev=histogram.start_gev + histogram.width_gev * len(histogram.counts),
        trimmed=histogram.trimmed,
        bumpnet_rejection=bumpnet.rejection(histogram.counts),
    )
