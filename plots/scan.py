"""Figures of the scan: the most significant excess of a histogram, all histograms together, and the closure test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from edm.arrays import Float64, Int64
from edm.records.scans import ScanRow
from edm.spectra import SpectrumKey
from physics.errors import PhysicsError
from physics.scan.closure import Closure
from physics.scan.injection import Signal
from physics.scan.significance import poisson_intervals, pulls
from physics.scan.wording import describe_many, describe_significance, describe_window
from plots.style import BLUE, GREY, ORANGE, STYLE, Label, canvas, full_numbers
from plots.wording import describe_final_state, describe_spectrum

__all__ = ["ScannedSpectrum", "closure", "excess", "overview"]

_SAME_WIDTH = 1e-6  # of a bin width: edges are sums of floats
_LARGEST = 8
"""Rows of the table of the overview."""


@dataclass(frozen=True)
class ScannedSpectrum:
    """A histogram with what the scan says of it.

    Attributes:
        key: Its final state and combination.
        row: What the scan says.
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        counts: Entries per bin, shape (n_bins,), dimensionless.
        expected: Expected entries per bin, shape (n_bins,), dimensionless.
        max_multiplicity: Objects of a kind in the top bucket; 0 for no limit.
        outlying: Entries beyond the last bin, which were not scanned (dimensionless).
    """

    key: SpectrumKey
    row: ScanRow
    edges_gev: Float64
    counts: Int64
    expected: Float64
    max_multiplicity: int = 0
    outlying: int = 0


@mpl.rc_context(STYLE)
def excess(label: Label, spectrum: ScannedSpectrum) -> Figure:
    """Draw a histogram with its background and its most significant window.

    Args:
        label: Where the data come from.
        spectrum: The histogram.

    Returns:
        Two panels: counts with Poisson errors and the fit above, their distance in standard deviations below.
    """
    row = spectrum.row
    title = describe_spectrum(spectrum.key, spectrum.max_multiplicity)
    figure, axes = canvas(label, title, 2, 1, 4.3, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
    upper, lower = axes[:, 0]
    _draw_counts(upper, spectrum)
    _draw_pulls(lower, spectrum)
    if row.low_gev is not None:
        for place in (upper, lower):
            place.axvspan(row.low_gev, row.high_gev, color=ORANGE, alpha=0.3, lw=0, zorder=0)
    upper.set_title(f"{describe_window(row)}\n{describe_significance(row)}", loc="left", linespacing=1.4)
    lower.set_xlim(spectrum.edges_gev[0], spectrum.edges_gev[-1])
    beyond = f"   ({spectrum.outlying:,} outliers beyond, not scanned)" if spectrum.outlying else ""
    lower.set_xlabel(f"Invariant mass [GeV]{beyond}")
    full_numbers(lower.xaxis)
    figure.align_ylabels([upper, lower])
    return figure


def _draw_counts(axes: Axes, spectrum: ScannedSpectrum) -> None:
    edges, counts, expected = spectrum.edges_gev, spectrum.counts.astype(np.float64), spectrum.expected
    widths = np.diff(edges)
    constant = np.ptp(widths) < _SAME_WIDTH * widths[0]
    per = np.ones(len(widths)) if constant else widths
    lower, upper = poisson_intervals(counts)
    errors = np.stack([counts - lower, upper - counts]) / per
    shown = counts > 0
    axes.errorbar(
        0.5 * (edges[1:] + edges[:-1])[shown], (counts / per)[shown], yerr=errors[:, shown],
        fmt="o", color="black", markersize=2.5, elinewidth=0.7, label="events, with Poisson errors",
    )  # fmt: skip
    parameters = spectrum.row.parameters
    axes.stairs(expected / per, edges, color=BLUE, lw=1.3, label=f"smooth background, {parameters} parameters")
    window = axes.fill_between([], [], color=ORANGE, alpha=0.3, lw=0, label="most significant window")
    axes.set_yscale("log")
    smallest = np.min((np.maximum(lower, 0.3) / per)[shown]) if shown.any() else 0.3
    axes.set_ylim(0.5 * smallest, 3.0 * np.max(upper / per))
    full_numbers(axes.yaxis)
    axes.set_ylabel(f"Events / {widths[0]:g} GeV" if constant else "Events / GeV")
    if spectrum.row.low_gev is None:
        window.remove()
    axes.legend(loc="upper right", borderpad=0.2)


def _draw_pulls(axes: Axes, spectrum: ScannedSpectrum) -> None:
    values = pulls(spectrum.counts.astype(np.float64), spectrum.expected)
    axes.stairs(values, spectrum.edges_gev, fill=True, color=BLUE, alpha=0.6, lw=0)
    axes.axhline(0.0, color="black", lw=0.7)
    largest = max(3.5, 1.15 * float(np.max(np.abs(values))))
    axes.set_ylim(-largest, largest)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylabel("Pull [σ]")


@mpl.rc_context(STYLE)
def overview(label: Label, rows: Sequence[ScanRow], keys: Sequence[SpectrumKey], max_multiplicity: int = 0) -> Figure:
    """Draw the global p-values of all histograms against their expectation, and list the largest excesses.

    Args:
        label: Where the data come from.
        rows: The rows of all histograms, ranked.
        keys: Final state and combination of each, in the same order.
        max_multiplicity: Objects of a kind in the top bucket; 0 for no limit.

    Returns:
        Two panels: how many histograms have such a p-value or a smaller one, and a table.

    Raises:
        PhysicsError: When no histogram is ranked.
    """
    ranked = [row for row in rows if row.global_p is not None]
    if not ranked:
        msg = "no histogram is ranked, so that there are no p-values to draw: leave this figure out"
        raise PhysicsError(msg)
    lines = min(len(ranked), _LARGEST)
    table_in = 0.25 + 0.2 * lines
    ratios = {"height_ratios": (2.7, table_in)}
    title = "Excesses in all histograms, against what is expected without any signal"
    figure, axes = canvas(label, title, 2, 1, 3.6 + table_in, gridspec_kw=ratios)
    _draw_p_values(axes[0, 0], np.array([row.global_p for row in ranked], dtype=np.float64))
    summary = describe_many(ranked, len(ranked), len(rows) - len(ranked)).replace("; ", "\n", 1)
    axes[0, 0].set_title(summary, loc="left", linespacing=1.4)
    words = [
        f"{describe_final_state(key.final_state, max_multiplicity)}   ({key.combination} in {key.final_state})"
        for key in keys[:lines]
    ]
    _draw_table(axes[1, 0], ranked[:lines], words)
    return figure


def _draw_p_values(axes: Axes, p_values: Float64) -> None:
    n = len(p_values)
    lowest = 10.0 ** np.floor(np.log10(min(p_values[0], 0.3 / n)))
    grid = np.geomspace(lowest, 1.0, 200)
    mean, spread = n * grid, np.sqrt(n * grid * (1 - grid))
    axes.fill_between(grid, np.maximum(mean - spread, 1e-9), mean + spread, color=GREY, alpha=0.35, lw=0, label="±1 σ")
    axes.plot(grid, mean, color=GREY, lw=1.2, label="expected without any signal")
    axes.step(np.append(p_values, 1.0), np.append(np.arange(1, n + 1), n), where="post", color=BLUE, lw=1.2)
    axes.plot(p_values, np.arange(1, n + 1), "o", color=BLUE, markersize=3, label="observed")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(lowest, 1.0)
    axes.set_ylim(0.1, 2.0 * n)
    full_numbers(axes.yaxis)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("Global p-value of a histogram")
    axes.set_ylabel("Histograms at or below it")
    axes.legend(loc="upper left", borderpad=0.2)


def _draw_table(axes: Axes, rows: Sequence[ScanRow], words: Sequence[str]) -> None:
    axes.set_axis_off()
    titles = ("Largest excesses", "Window [GeV]", "Events", "Expected", "Local", "Global p", "Expected at or below")
    cells = [
        (word, _window(row), f"{row.observed or 0:,}", f"{row.expected or 0:,.1f}", _sigma(row.local_significance),
         f"{'≤ ' * (not row.toys_at_least)}{row.global_p:.2g}", f"{row.expected_at_least:.2g}")
        for row, word in zip(rows, words, strict=True)
    ]  # fmt: skip
    table = axes.table(
        cellText=cells, colLabels=titles, cellLoc="right", edges="horizontal",
        bbox=Bbox.from_bounds(-0.05, 0.0, 1.05, 1.0), colWidths=(0.4, 0.12, 0.08, 0.09, 0.07, 0.1, 0.14),
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(6.0)
    for (_, column), cell in table.get_celld().items():
        cell.set_linewidth(0.3)
        cell.PAD = 0.02
        if column == 0:
            cell.set_text_props(ha="left")


def _window(row: ScanRow) -> str:
    return "none" if row.low_gev is None else f"{row.low_gev:,.5g}–{row.high_gev:,.5g}"


def _sigma(significance: float | None) -> str:
    return "–" if significance is None else f"{significance:.1f} σ"


@mpl.rc_context(STYLE)
def closure(label: Label, key: SpectrumKey, signal: Signal, made: Closure, max_multiplicity: int = 0) -> Figure:
    """Draw found against injected signals, and how often global p-values of pure background lie below each value.

    Args:
        label: Where the background comes from.
        key: Final state and combination of the histogram.
        signal: The signal.
        made: What pseudo-experiments gave.
        max_multiplicity: Objects of a kind in the top bucket; 0 for no limit.

    Returns:
        Two panels.
    """
    words = describe_spectrum(key, max_multiplicity)
    title = f"{words}\nClosure: signals at {signal.mass_gev:g} GeV, standard deviation {signal.width_gev:g} GeV"
    figure, axes = canvas(label, title, 1, 2, 3.6)
    _draw_linearity(axes[0, 0], made)
    _draw_coverage(axes[0, 1], made.global_p)
    return figure


def _draw_linearity(axes: Axes, made: Closure) -> None:
    signals = np.unique(made.injected[made.injected > 0])
    means, spreads, shares = [], [], []
    for injected in signals:
        values = made.excess[made.injected == injected]
        seen = values[np.isfinite(values)]
        shares.append(len(seen) / len(values))
        means.append(seen.mean() if len(seen) else np.nan)
        spreads.append(seen.std() if len(seen) else 0.0)
    with_signal = made.injected > 0
    axes.plot(made.injected[with_signal], made.excess[with_signal], ".", color=GREY, markersize=3, label="each")
    axes.errorbar(signals, means, yerr=spreads, fmt="o", color=BLUE, markersize=4, label="mean and standard deviation")
    end = 1.15 * float(signals[-1])
    axes.plot([0, end], [0, end], color="black", lw=0.8, linestyle="--", label="found = injected")
    for injected, share in zip(signals, shares, strict=True):
        axes.annotate(f"{share:.0%}", (injected, 0.02), xycoords=("data", "axes fraction"), ha="center", fontsize=7)
    axes.set_xlim(0, end)
    axes.set_ylim(bottom=min(0.0, float(np.nanmin(made.excess[with_signal], initial=0.0))))
    axes.set_xlabel("Injected events   (below: how often the window is there)")
    axes.set_ylabel("Excess in the most significant window")
    axes.legend(loc="upper left", borderpad=0.2)


def _draw_coverage(axes: Axes, p_values: Float64) -> None:
    n = len(p_values)
    grid = np.linspace(0, 1, 101)
    spread: Any = np.sqrt(grid * (1 - grid) / max(n, 1))
    axes.fill_between(grid, grid - spread, grid + spread, color=GREY, alpha=0.35, lw=0, label="expected, ±1 σ")
    axes.plot([0, 1], [0, 1], color=GREY, lw=1.2)
    axes.step(
        np.concatenate([[0.0], p_values, [1.0]]), np.concatenate([[0.0], np.arange(1, n + 1) / max(n, 1), [1.0]]),
        where="post", color=BLUE, label=f"{n} pseudo-experiments",
    )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("Global p-value, without a signal")
    axes.set_ylabel("Fraction at or below it")
    axes.legend(loc="upper left", borderpad=0.2)
