"""Histograms as the report's browser shows them: with what was removed, the scan's fit, and simulation under data."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from edm.arrays import Float64, Int64
from edm.records.cut_table import CutTable
from edm.records.scans import ScanRow
from edm.spectra import SpectrumKey
from physics import bumpnet, combinations, final_states
from physics.combinations import Rules
from physics.scan.significance import pulls
from physics.scan.toys import ScanOptions
from plots import comparison as comparisons
from plots.comparison import Comparison
from steps.histograms import HistogramNaming, no_bin
from steps.output.simulation import Simulation, compare_spectra
from steps.scan.figures import expected_entries
from steps.scan.spectra import up_to_outliers
from targets.errors import FileFormatError
from targets.products import histograms
from targets.products.histograms import Stored
from targets.report.document import Fit, Histogram, Simulated, Without

__all__ = ["DatasetHistograms", "HistogramOptions", "Scanned", "UnderData", "browse"]

_DIGITS = 5  # of numbers that are no counts: more than a screen can show
_PULL_DECIMALS = 2


@dataclass(frozen=True)
class HistogramOptions:
    """What histograms were asked for.

    Attributes:
        naming: How they are named.
        rules: Which combinations are made.
        min_events: Events that a final state needs in a dataset.
        exclude_outliers: Whether outliers are left out.
    """

    naming: HistogramNaming
    rules: Rules
    min_events: int
    exclude_outliers: bool


@dataclass(frozen=True)
class Scanned:
    """The scan of the histograms of a dataset.

    Attributes:
        rows: What it says of each.
        options: How they were scanned.
        counts: The files of the counts that were scanned: of weighted simulation those of pseudo-data.
    """

    rows: Sequence[ScanRow]
    options: ScanOptions
    counts: Sequence[Path]


@dataclass(frozen=True)
class UnderData:
    """The simulation that is shown under the data of a dataset.

    Attributes:
        simulation: The simulation.
        before: The counts of the data on the grid of the peak search, before any removal.
        width_gev: The bin width of that grid in GeV.
    """

    simulation: Simulation
    before: Sequence[Path]
    width_gev: float


@dataclass(frozen=True)
class DatasetHistograms:
    """What there is to show of the histograms of a dataset.

    Attributes:
        dataset: The dataset's name.
        table: Its table of cuts.
        made: The files or folders of its histograms.
        whole: Those of its distributions before any removal; empty where these are not kept.
        scan: The scan of its histograms; None where they were not scanned.
        under_data: The simulation to compare its data with; None where there is none.
    """

    dataset: str
    table: CutTable
    made: Sequence[Path]
    whole: Sequence[Path] = ()
    scan: Scanned | None = None
    under_data: UnderData | None = None


class _Name(NamedTuple):
    """The spectrum of a histogram, and what its name tells of its bins: their width in GeV, or a text."""

    key: SpectrumKey
    label: float | str

    @property
    def width_gev(self) -> float | None:
        """The bin width in GeV; None for bins that vary in width."""
        return None if isinstance(self.label, str) else self.label


class _Whole(NamedTuple):
    """The entries of a spectrum before any removal, per bin from 0 on."""

    key: SpectrumKey
    width_gev: float
    before: Int64


def browse(
    datasets: Sequence[DatasetHistograms], options: HistogramOptions, progress: Callable[[int, int], None]
) -> tuple[list[Histogram], list[Without]]:
    """Put together what the browser of the report shows.

    Args:
        datasets: What there is to show of each dataset.
        options: What histograms were asked for.
        progress: Is told after each histogram how many are done, and how many there are at most.

    Returns:
        The histograms as they stand in their files, with what is known of each; and the combinations without one.

    Raises:
        UnreadableFileError: When a file is not there or damaged.
        FileFormatError: When it holds a histogram that is not in the table of cuts.
    """
    made: list[Histogram] = []
    without: list[Without] = []
    total = sum(len(_expected(dataset, options.naming)) for dataset in datasets)
    for dataset in datasets:
        stored = _read(dataset, options.naming)
        for histogram in _histograms(dataset, options, stored):
            made.append(histogram)
            progress(len(made), total)
        without += _without(dataset, options, stored.keys())
    return made, without


def _read(dataset: DatasetHistograms, naming: HistogramNaming) -> dict[_Name, Stored]:
    """Read the histograms of a dataset, once, and tell what each is of."""
    expected = {naming.key(*name): name for name in _expected(dataset, naming)}
    stored = _by_key(dataset.made)
    if unknown := sorted(stored.keys() - expected.keys()):
        msg = (
            f"{dataset.made[0]}: it holds {unknown[0]}, which is not in the table of cuts; delete it: "
            "the next run remakes it"
        )
        raise FileFormatError(msg)
    return {expected[key]: histogram for key, histogram in stored.items()}


def _by_key(paths: Sequence[Path]) -> dict[str, Stored]:
    return {stored.key: stored for path in paths for stored in histograms.read(path)}


def _histograms(
    dataset: DatasetHistograms, options: HistogramOptions, stored: Mapping[_Name, Stored]
) -> Iterator[Histogram]:
    """Yield the histograms as they stand in the file, with what is known of each."""
    whole = _by_key(dataset.whole)
    simulated = _simulated(dataset, whole, options.naming, stored)
    counted = _counted(dataset, stored)
    scanned = {row.name: row for row in dataset.scan.rows} if dataset.scan else {}
    for name, histogram in stored.items():
        (key, label), edges, cut = name, histogram.edges(), dataset.table.cuts[name.key]
        before = whole.get(histogram.key) if histogram.edges_gev is None else None  # what is kept has equal widths
        variances = histogram.variances
        yield {
            "dataset": dataset.dataset,
            "name": histogram.key,
            "final_state": key.final_state,
            "combination": key.combination,
            "width_gev": float(edges[1] - edges[0]) if isinstance(label, str) else label,
            "edges_gev": histogram.edges_gev,
            "start_gev": histogram.start_gev,
            "counts": histogram.counts,
            "errors": None if variances is None else _shortened(np.sqrt(variances)),
            "outliers_from_gev": None if options.exclude_outliers else cut.split_gev,
            "cut": cut,
            "entries": histogram.entries,
            "rejection": bumpnet.rejection(histogram.counts, histogram.key),
            "scan": scanned.get(histogram.key),
            "fit": _fit(dataset, key, counted[histogram.key]) if histogram.key in counted else None,
            "before": None if before is None else before.counts,
            "simulation": simulated.get(name),
        }


class _Counted(NamedTuple):
    """The counts of a histogram that the scan fitted, and what it says of them."""

    row: ScanRow
    stored: Stored
    pseudo_data: bool


def _counted(dataset: DatasetHistograms, stored: Mapping[_Name, Stored]) -> dict[str, _Counted]:
    """Return what the scan fitted, by the names of the histograms."""
    if (scan := dataset.scan) is None:
        return {}
    pseudo_data = list(scan.counts) != list(dataset.made)
    counts = _by_key(scan.counts) if pseudo_data else {histogram.key: histogram for histogram in stored.values()}
    return {row.name: _Counted(row, counts[row.name], pseudo_data) for row in scan.rows if row.parameters is not None}


def _fit(dataset: DatasetHistograms, key: SpectrumKey, counted: _Counted) -> Fit | None:
    """Fit the background of a histogram again as the scan did."""
    if (scan := dataset.scan) is None:
        return None
    spectrum = up_to_outliers(counted.stored, key, dataset.table.cuts[key])
    expected = expected_entries(spectrum, counted.row, scan.options)
    distances = pulls(spectrum.counts.astype(np.float64), expected).round(_PULL_DECIMALS)
    return {"expected": _shortened(expected), "pulls": distances, "pseudo_data": counted.pseudo_data}


def _simulated(
    dataset: DatasetHistograms, whole: Mapping[str, Stored], naming: HistogramNaming, stored: Iterable[_Name]
) -> dict[_Name, Simulated]:
    """Compare the data with simulation as the figures do, before any removal, in bins of each width."""
    if (under := dataset.under_data) is None:
        return {}
    simulated, nothing = {}, np.zeros(0, dtype=np.int64)
    for label in naming.labels:
        width_gev = under.width_gev if isinstance(label, str) else label
        kept = {name.key: whole.get(naming.key(*name)) for name in stored if name.label == label}
        spectra = [
            _Whole(key, width_gev, nothing if histogram is None else histogram.counts)
            for key, histogram in kept.items()
        ]
        for compared in compare_spectra(under.simulation, spectra, under.before, under.width_gev):
            simulated[_Name(compared.key, label)] = _compared(compared, under.simulation.stacked)
    return simulated


def _compared(comparison: Comparison, stacked: bool) -> Simulated:
    """Give a comparison as the browser shows it, up to the last bin that holds anything."""
    total, data = comparison.total(), comparison.data
    counted = np.zeros(len(total.contents), dtype=np.int64) if data is None else data
    end = int(np.flatnonzero((counted != 0) | (total.contents != 0) | (total.variances != 0))[-1:].sum()) + 1
    return {
        "width_gev": float(comparison.edges_gev[1] - comparison.edges_gev[0]),
        "counts": counted[:end],
        "layers": [
            {"name": name, "events": events, "color": color, "contents": _shortened(contents[:end])}
            for name, events, color, contents in comparisons.layers(comparison, stacked)
        ],
        "errors": _shortened(np.sqrt(total.variances[:end])),
        "normalised_to": comparison.normalised_to,
    }


def _shortened(values: Float64) -> Float64:
    """Round numbers to as many digits as are of use, so that the report stays small."""
    sizes = np.abs(np.where(values == 0, 1.0, values))
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(sizes)))
    return np.rint(values * scale) / scale


def _without(dataset: DatasetHistograms, options: HistogramOptions, stored: Set[_Name]) -> Iterator[Without]:
    """Name the combinations without a histogram, and why: those of final states with too few events too."""
    for key, cut in dataset.table.cuts.items():
        if cut.reason:
            yield _reason(dataset, key, None, cut.reason)
    for name in _expected(dataset, options.naming):
        if name not in stored:
            yield _reason(dataset, name.key, name.width_gev, no_bin(name.label))
    for state, counted in dataset.table.final_states.items():
        if not counted.kept:
            reason = f"its final state has {counted.events} events, min_events_per_fs is {options.min_events}"
            for combination in combinations.of_final_state(final_states.parse(state), options.rules):
                yield _reason(dataset, SpectrumKey(state, combinations.name(combination)), None, reason)


def _expected(dataset: DatasetHistograms, naming: HistogramNaming) -> list[_Name]:
    cuts = dataset.table.cuts.items()
    return [_Name(key, label) for key, cut in cuts if not cut.reason for label in naming.labels]


def _reason(dataset: DatasetHistograms, key: SpectrumKey, width_gev: float | None, reason: str) -> Without:
    return {
        "dataset": dataset.dataset,
        "final_state": key.final_state,
        "combination": key.combination,
        "width_gev": width_gev,
        "reason": reason,
    }
