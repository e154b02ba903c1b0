"""The work of PlotScan: the table of a scan and its histograms → figures."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

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
from steps.output.figures import Drawn
from steps.scan.spectra import ScanInput

__all__ = ["ScanFigures", "draw", "expected_entries", "refuse_closure"]


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


def draw(made: ScanFigures) -> Iterator[Drawn]:
    """Draw the scan of a dataset: the largest excesses, all histograms together, the closure test of a signal.

    Args:
        made: What there is to draw.

    Yields:
        The figures: of excesses none where no histogram is ranked, of a closure test none where :func:`refuse_closure`
        says why.
    """
    ranked = [row for row in made.rows if row.global_p is not None]
    for place, row in enumerate(ranked[: made.excesses], start=1):
        spectrum = made.spectra[row.name]
        title = f"{made.name}: excess {place} of {len(ranked)}, {row.name}"
        expected = expected_entries(spectrum, row, made.options)
        drawn = ScannedSpectrum(
            *(spectrum.key, row, spectrum.edges_gev, spectrum.counts, expected),
            max_multiplicity=made.max_multiplicity,
            outlying=spectrum.outlying,
        )
        yield Drawn(f"excess_{place}", title, [scan.excess(made.label, drawn)])
    if ranked:
        keys = [made.spectra[row.name].key for row in ranked]
        title = f"{made.name}: excesses in all histograms"
        yield Drawn("overview", title, [scan.overview(made.label, made.rows, keys, made.max_multiplicity)])
    if made.signal is not None and refuse_closure(made) is None:
        yield _draw_closure(made, made.signal)


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


def _draw_closure(made: ScanFigures, signal: Signal) -> Drawn:
    """Throw pseudo-experiments around the background of the histogram without the signal, and scan them."""
    spectrum = made.spectra[made.signal_name]
    edges_gev = spectrum.edges_gev
    model = make_model(edges_gev, made.options.sqrt_s_gev, spectrum.gaps_gev)
    without = (spectrum.counts - signal_counts(edges_gev, signal)).astype(np.float64) * model.weights
    expected = fit_background(without, model).expected
    experiments = closure.plan(made.signal_name, signal, made.trials)
    with ThreadPoolExecutor(made.workers) as pool:
        scans = pool.map(
            lambda trial: closure.scan_pseudo_experiment(trial, edges_gev, expected, signal, made.options), experiments
        )
        comparison = closure.evaluate(experiments, scans, edges_gev, signal)
    title = f"{made.name}: closure test of a signal in {made.signal_name}"
    figure = scan.closure(made.label, spectrum.key, signal, comparison, made.max_multiplicity)
    return Drawn("closure", title, [figure])
