"""The work of PlotScan: the table of a scan and its histograms → which figures are drawn of them, and how."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from edm.arrays import Float64
from edm.records.scans import ScanRow
from physics.errors import PhysicsError
from physics.scan import closure
from physics.scan.background import fit_background, make_model
from physics.scan.injection import Signal, signal_counts
from physics.scan.toys import ScanOptions, outside
from plots import scan
from plots.scan import ScannedSpectrum
from plots.style import Label
from steps.output.figure_files import FigurePlan
from steps.scan.spectra import ScanInput

__all__ = ["ScanFigures", "expected_entries", "plan", "refuse_closure"]


@dataclass(frozen=True)
class ScanFigures:
    """What there is to draw of the scan of a dataset.

    Attributes:
        name: The dataset's name.
        label: Where its data come from.
        rows: The table of the scan.
        spectra: Its histograms, by their keys.
        options: How they were scanned.
        excesses: The largest excesses that are drawn.
        max_multiplicity: Objects of a kind in the top bucket; 0 for no limit.
        signal: The signal that was injected; None for none.
        signal_name: The histogram that it was injected into.
        trials: Pseudo-experiments without a signal.
        workers: Pseudo-experiments that are scanned at once.
    """

    name: str
    label: Label
    rows: Sequence[ScanRow]
    spectra: dict[str, ScanInput]
    options: ScanOptions
    excesses: int
    max_multiplicity: int
    signal: Signal | None = None
    signal_name: str = ""
    trials: int = 100
    workers: int = 1


def plan(made: ScanFigures) -> Iterator[FigurePlan]:
    """Plan the figures of a scan: the largest excesses, all histograms together, the closure test of a signal.

    Args:
        made: What there is to draw.

    Yields:
        The figures: of excesses none where no histogram is ranked, of a closure test none where :func:`refuse_closure`
        says why.
    """
    ranked = [row for row in made.rows if row.global_p is not None]
    for place, row in enumerate(ranked[: made.excesses], start=1):
        title = f"{made.name}: excess {place} of {len(ranked)}, {row.name}"
        draw = partial(_excess, made.label, made.spectra[row.name], row, made.options, made.max_multiplicity)
        yield FigurePlan(f"excess_{place}", title, draw)
    if ranked:
        keys = [made.spectra[row.name].key for row in ranked]
        title = f"{made.name}: excesses in all histograms"
        draw = partial(scan.overview, made.label, made.rows, keys, made.max_multiplicity)
        yield FigurePlan("overview", title, draw)
    if made.signal is not None and refuse_closure(made) is None:
        title = f"{made.name}: closure test of a signal in {made.signal_name}"
        spectrum = made.spectra[made.signal_name]
        numbers = (spectrum, made.signal, made.options, made.trials, made.workers, made.max_multiplicity)
        yield FigurePlan("closure", title, partial(_closure, made.label, *numbers))


def _excess(label: Label, spectrum: ScanInput, row: ScanRow, options: ScanOptions, max_multiplicity: int) -> Figure:
    """Draw an excess over the background, which is fitted again."""
    drawn = ScannedSpectrum(
        key=spectrum.key,
        row=row,
        edges_gev=spectrum.edges_gev,
        counts=spectrum.counts,
        expected=expected_entries(spectrum, row, options),
        max_multiplicity=max_multiplicity,
        outlying=spectrum.outlying,
    )
    return scan.excess(label, drawn)


def refuse_closure(made: ScanFigures) -> str | None:
    """Say why a signal has no closure test.

    Args:
        made: What there is to draw.

    Returns:
        The reason: its histogram cannot be scanned, or none of its events is where it is scanned. None where it has a
        test, and without a signal.
    """
    if made.signal is None:
        return None
    row = next(row for row in made.rows if row.name == made.signal_name)
    if row.parameters is None:
        return f"{row.name} is not scanned, it has {row.status}"
    try:
        signal_counts(made.spectra[row.name].edges_gev, made.signal)
    except PhysicsError:
        return (
            f"{row.name} is scanned from {row.from_gev:g} to {row.to_gev:g} GeV, and no event of a signal at "
            f"{made.signal.mass_gev:g} GeV lies there"
        )
    return None


def expected_entries(spectrum: ScanInput, row: ScanRow, options: ScanOptions) -> Float64:
    """Fit the background again that the scan fitted.

    Args:
        spectrum: The histogram.
        row: What the scan says of it.
        options: How it was scanned.

    Returns:
        Expected entries per bin, shape (n_bins,), dimensionless.
    """
    model = make_model(spectrum.edges_gev, options.sqrt_s_gev, spectrum.gaps_gev)
    left_out = None
    if row.left_out_low_gev is not None and row.left_out_high_gev is not None:
        first, stop = np.searchsorted(spectrum.edges_gev, [row.left_out_low_gev, row.left_out_high_gev])
        left_out = int(first), int(stop)
    counts = spectrum.counts.astype(np.float64) * model.weights
    return fit_background(counts, model, outside(len(counts), left_out)).expected


def _closure(
    label: Label,
    spectrum: ScanInput,
    signal: Signal,
    options: ScanOptions,
    trials: int,
    workers: int,
    max_multiplicity: int,
) -> Figure:
    """Throw pseudo-experiments around the background of the histogram without the signal, scan and draw them."""
    edges_gev = spectrum.edges_gev
    model = make_model(edges_gev, options.sqrt_s_gev, spectrum.gaps_gev)
    without = (spectrum.counts - signal_counts(edges_gev, signal)).astype(np.float64) * model.weights
    expected = fit_background(without, model).expected
    experiments = closure.plan(spectrum.name, signal, trials)
    with ThreadPoolExecutor(workers) as pool:
        scans = pool.map(
            lambda trial: closure.scan_pseudo_experiment(trial, edges_gev, expected, signal, options), experiments
        )
        comparison = closure.evaluate(experiments, scans, edges_gev, signal)
    return scan.closure(label, spectrum.key, signal, comparison, max_multiplicity)
