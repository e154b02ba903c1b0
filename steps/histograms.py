"""The work of MakeHistograms: the counts of all branches of a dataset → its histograms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from edm.records.branch_records import MadeHistograms
from edm.records.cut_table import CutTable
from edm.records.histograms import HistogramRow
from edm.records.samples import Normalisation
from edm.records.statistics import DatasetStatistics
from edm.spectra import SpectrumKey
from physics import binning, bumpnet
from physics.binning import Histogram
from physics.bins.bins import Bins, ResolutionBins
from physics.simulation.pseudo_data import pseudo_data
from steps.counts.histogram_counts import BEFORE
from steps.errors import EmptyResultError
from steps.weighting.counts import Sources, Summed, add_up
from targets.products import histograms

__all__ = [
    "FilledHistograms",
    "HistogramNaming",
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
        labels: What names tell of the bins, one histogram for each: widths in GeV, or a text such as ``res0.5``.
        bumpnet_naming: Whether names are those that BumpNet's loader reads.
    """

    labels: tuple[float | str, ...]
    bumpnet_naming: bool

    def key(self, spectrum: SpectrumKey, label: float | str) -> str:
        """Return the key of a histogram in its file."""
        state, combination, _ = spectrum
        if self.bumpnet_naming:
            return bumpnet.histogram_name(state, combination, label)
        return bumpnet.plain_name(state, combination, label, len(self.labels) > 1)


@dataclass(frozen=True)
class FilledHistograms:
    """The histograms of a dataset.

    Attributes:
        histograms: Histogram by key.
        titles: Title by key.
        rows: Statistics by key.
        without: Why there is no histogram, by spectrum, or by key where only this width has none.
        whole: Distribution before any removal by key, where they are asked for: of all combinations of final states
            with enough events, also those without a histogram.
    """

    histograms: dict[str, Histogram]
    titles: dict[str, str]
    rows: dict[str, HistogramRow]
    without: dict[str, str]
    whole: dict[str, Histogram] = field(default_factory=dict)


def fill(
    summed_counts: Iterable[Summed],
    table: CutTable,
    bins: Sequence[Bins],
    bumpnet_naming: bool,
    note: str = "",
    counted: Sources = (),
) -> FilledHistograms:
    """Fill the histograms of a dataset.

    Args:
        summed_counts: The counts of all its branches, as :func:`steps.weighting.counts.add_up` yields them. The part
            BEFORE of spectra gives distributions before any removal.
        table: Its table of cuts.
        bins: The bins of the histograms, one histogram for each.
        bumpnet_naming: Whether names are those that BumpNet's loader reads.
        note: What stands in titles behind final state and combination, as ``simulation``.
        counted: Counts before any removal on the grid of the peak search, where that is the grid of a histogram too.

    Returns:
        The histograms, in alphabetical order of their names.

    Raises:
        EmptyResultError: When there is none.
    """
    filled = FilledHistograms({}, {}, {}, {str(key): cut.reason for key, cut in table.cuts.items() if cut.reason})
    before = [summed for summed in add_up(counted) if summed.key in table.cuts]
    naming = HistogramNaming(tuple(binned.label for binned in bins), bumpnet_naming)
    of_size = {binned.size: binned for binned in bins}
    for summed in summed_counts:
        if summed.key.part == BEFORE:
            before.append(summed._replace(key=summed.key.whole()))
        else:
            key, binned = naming.key(summed.key, of_size[summed.size].label), of_size[summed.size]
            _add(filled, key, summed, binned, table.cuts[summed.key].start_gev)
            filled.titles.update({key: _title(summed.key, note)} if key in filled.histograms else {})
    if not filled.histograms:
        raise EmptyResultError(_describe_too_wide_bins(table, bins))
    _add_whole(filled, before, bumpnet_naming, note)
    return filled


def _add(filled: FilledHistograms, key: str, summed: Summed, binned: Bins, start_gev: float | None) -> None:
    """Add the histogram of a spectrum, or why there is none."""
    masses = summed.counts, summed.key.combination
    histogram = None if start_gev is None else binned.cut_out(*masses, start_gev, summed.expected)
    if histogram is None:
        filled.without[key] = no_bin(binned.label)
    else:
        filled.histograms[key], filled.rows[key] = histogram, _row(histogram, key)


def _add_whole(filled: FilledHistograms, before: Iterable[Summed], bumpnet_naming: bool, note: str) -> None:
    """Add the distributions before any removal, in alphabetical order, each in bins of one width."""
    rows = sorted(before, key=lambda summed: summed[:2])
    naming = HistogramNaming(tuple({summed.size for summed in rows}), bumpnet_naming)
    for spectrum, width_gev, counts, expected in rows:
        if (whole := binning.from_zero(counts, width_gev, expected)) is not None:
            key = naming.key(spectrum, width_gev)
            filled.whole[key], filled.titles[key] = whole, _title(spectrum, note)


def _title(spectrum: SpectrumKey, note: str) -> str:
    return f"{spectrum.final_state} {spectrum.combination}{note and f' ({note})'}"


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


def _describe_too_wide_bins(table: CutTable, bins: Sequence[Bins]) -> str:
    """Say that bins are too wide, even the narrowest."""
    lowest_gev = min(cut.start_gev for cut in table.cuts.values() if cut.start_gev is not None)
    narrowest = min(bins, key=lambda binned: binned.size)
    start = f"(the lowest turn-on is {lowest_gev:g} GeV"
    if isinstance(narrowest, ResolutionBins):
        setting, remedy = "resolution_factor", "smaller resolution_factor"
    else:
        setting, remedy = "bin_width_gev", "width that divides peak_detection_bin_width_gev always fits"
        start += f", and the first bin from there on starts at {binning.first_edge(lowest_gev, narrowest.size):g} GeV"
    return (
        f"dataset {table.dataset} gives no histogram: {setting} = {narrowest.size:g} is too wide, no filled bin starts "
        f"at or above the turn-on of its combination {start}). Choose narrower bins: a {remedy}"
    )


def no_bin(label: float | str) -> str:
    """Say why a combination with masses above its turn-on has no histogram in bins of a label."""
    kind = "by resolution" if isinstance(label, str) else f"of {label:g} GeV"
    return f"no filled bin {kind} starts at or above the turn-on"


def write(path: Path, filled: FilledHistograms, single_file: bool, of_met: bool = False) -> None:
    """Write histograms, whole or not at all.

    Args:
        path: The file to make, or the folder when each histogram has a file of its own.
        filled: The histograms.
        single_file: Whether all go into one file.
        of_met: Whether those of masses with the missing transverse momentum are written, or all others.
    """
    writer = histograms.write_file if single_file else histograms.write_folder
    chosen = {key: made for key, made in filled.histograms.items() if bumpnet.has_met(key) == of_met}
    writer(path, chosen, filled.titles)


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
        whole_distributions=len(filled.whole),
    )


def describe_simulation(statistics: DatasetStatistics) -> str:
    """Say, for titles, whether files are simulation by their own marks; empty for collisions."""
    if not statistics.simulated_files:
        return ""
    return "simulation" if statistics.simulated_files >= sum(statistics.formats.values()) else "data and simulation"


def _row(histogram: Histogram, key: str) -> HistogramRow:
    return HistogramRow(
        entries=int(histogram.counts.sum()),
        bins=len(histogram.counts),
        start_gev=histogram.start_gev,
        end_gev=float(histogram.edges()[-1]),
        trimmed=histogram.trimmed,
        bumpnet_rejection=bumpnet.rejection(histogram.counts, key),
    )
