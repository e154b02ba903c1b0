"""Figures of simulation, and of data over it: stacked by sample or as one sum, with ratio and statistical band."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from edm.arrays import Float64, Int64
from edm.spectra import SpectrumKey
from edm.wording import amount
from physics.errors import PhysicsError
from plots.counts import draw_points, poisson_errors, shown_bins
from plots.style import SAMPLE_COLORS, STYLE, Label, canvas, full_numbers
from plots.wording import describe_spectrum

__all__ = ["Comparison", "Layer", "SampleBins", "compare", "layers"]

_HEIGHT_IN = 7.0 * 9 / 16  # a slide
_FAR = (0.4, 1.6)  # a typical ratio outside is no matter of statistics: the axis follows it
_LOWEST = 1e-5  # of the highest bin: what is shown of weighted simulation on a logarithmic axis
_NAME = 34  # letters of a sample's name in the legend


@dataclass(frozen=True, eq=False)
class SampleBins:
    """A sample of simulation, normalised to a luminosity.

    Attributes:
        name: What the legend calls it.
        contents: Expected events per bin, shape (n_bins,).
        variances: Their squared errors, in events squared, shape (n_bins,).
    """

    name: str
    contents: Float64
    variances: Float64


@dataclass(frozen=True, eq=False)
class Comparison:
    """A mass distribution of data and of simulation, in the same bins.

    Attributes:
        key: The final state and the combination.
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        samples: The samples, at least one.
        data: Entries of the data per bin, shape (n_bins,), dimensionless; None where there are none.
        normalised_to: The luminosity of the simulation in words, as ``36.6 fb⁻¹``.
    """

    key: SpectrumKey
    edges_gev: Float64
    samples: Sequence[SampleBins]
    data: Int64 | None = None
    normalised_to: str = ""

    def total(self) -> SampleBins:
        """Return the sum of the samples, added in their order."""
        contents, variances = np.zeros(len(self.edges_gev) - 1), np.zeros(len(self.edges_gev) - 1)
        for sample in self.samples:
            contents, variances = contents + sample.contents, variances + sample.variances
        return SampleBins("simulation", contents, variances)


class Layer(NamedTuple):
    """Simulation that is drawn in one colour.

    Attributes:
        name: The sample's name.
        events: How many events are expected, with their statistical error, as ``1.21 ± 0.18``.
        color: Its colour, as ``#3f90da``.
        contents: Expected events per bin, shape (n_bins,).
    """

    name: str
    events: str
    color: str
    contents: Float64


def layers(comparison: Comparison, stacked: bool = True) -> list[Layer]:
    """Return what is drawn of simulation, from the bottom up.

    Args:
        comparison: The distributions, with at least one sample.
        stacked: Whether samples are stacked, the smallest at the bottom; else their sum is drawn.

    Returns:
        A layer for each sample; where there are more than colours, the smallest are taken together.
    """
    samples = _layers(comparison.samples) if stacked else [comparison.total()]
    first = -(len(samples) == len(SAMPLE_COLORS))  # what is taken together has the last colour
    return [
        Layer(sample.name, _yield(sample), SAMPLE_COLORS[first + number], sample.contents)
        for number, sample in enumerate(samples)
    ]


@mpl.rc_context(STYLE)
def compare(label: Label, comparison: Comparison, stacked: bool = True, max_multiplicity: int = 0) -> Figure:
    """Draw simulation, and data over it where there are any.

    Args:
        label: Where the data come from.
        comparison: The distributions.
        stacked: Whether samples are stacked, the smallest at the bottom; else their sum is drawn.
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        A slide: entries on a logarithmic axis, with a hatched band of the statistical error of simulation and a legend
        with yields (all events, those beyond the range too); with data also their ratio to simulation.

    Raises:
        PhysicsError: When there is no sample, or neither data nor simulation has an event.
    """
    total = comparison.total()
    entries = total.contents if comparison.data is None else comparison.data
    if not comparison.samples or not (entries.any() or total.contents.any()):
        msg = f"{comparison.key} has no simulation to draw: leave this figure out"
        raise PhysicsError(msg)
    shown = shown_bins(entries if entries.any() else total.contents)
    title = describe_spectrum(comparison.key, max_multiplicity)
    rows = 1 if comparison.data is None else 2
    ratios = {} if rows == 1 else {"height_ratios": [3, 1], "sharex": True}
    figure, axes = canvas(label, title, rows, 1, _HEIGHT_IN, **ratios)
    _draw_simulation(axes[0, 0], comparison, shown, stacked)
    if comparison.data is not None:
        name = f"data   {comparison.data.sum():,}"
        draw_points(axes[0, 0], comparison.data[:shown], comparison.edges_gev[: shown + 1], name=name)
        _draw_ratio(axes[1, 0], comparison.data[:shown], total, comparison.edges_gev[: shown + 1])
    _finish(axes[0, 0], comparison, shown)
    axes[-1, 0].set_xlabel("Invariant mass [GeV]")
    full_numbers(axes[-1, 0].xaxis)
    return figure


def _draw_simulation(axes: Axes, comparison: Comparison, shown: int, stacked: bool) -> None:
    total, edges = comparison.total(), comparison.edges_gev[: shown + 1]
    baseline = np.zeros(shown)
    for layer in layers(comparison, stacked):
        top = baseline + layer.contents[:shown]
        name = layer.name if len(layer.name) <= _NAME else f"{layer.name[: _NAME - 1]}…"
        text = f"{name}   {layer.events}"
        axes.stairs(top, edges, baseline=baseline, fill=True, color=layer.color, lw=0, label=text, zorder=1)
        baseline = top
    axes.stairs(total.contents[:shown], edges, color="0.25", lw=0.7, zorder=2)
    errors = np.sqrt(total.variances[:shown])
    low, high = total.contents[:shown] - errors, total.contents[:shown] + errors
    _band(axes, low, high, edges, "statistical error of simulation")


def _band(axes: Axes, low: Float64, high: Float64, edges_gev: Float64, name: str | None = None) -> None:
    axes.stairs(
        high, edges_gev, baseline=low, fill=True, facecolor="none", edgecolor="0.3", hatch="//////", lw=0, label=name,
        zorder=2,
    )  # fmt: skip


def _layers(samples: Sequence[SampleBins]) -> list[SampleBins]:
    """Order samples for stacking, the smallest at the bottom; those beyond the colours are taken together."""
    order = sorted(samples, key=lambda sample: (sample.contents.sum(), sample.name))
    if len(order) <= len(SAMPLE_COLORS):
        return order
    small, large = order[: 1 - len(SAMPLE_COLORS)], order[1 - len(SAMPLE_COLORS) :]
    contents = np.sum([sample.contents for sample in small], axis=0)
    variances = np.sum([sample.variances for sample in small], axis=0)
    return [SampleBins(f"others ({len(small)} samples)", contents, variances), *large]


def _draw_ratio(axes: Axes, data: Int64, total: SampleBins, edges_gev: Float64) -> None:
    """Draw data over simulation; what lies beyond the axis is an arrow at its end."""
    simulated = total.contents[: len(data)]
    expected = simulated > 0
    divisor = np.where(expected, simulated, 1.0)
    errors = np.sqrt(total.variances[: len(data)]) / divisor
    _band(axes, np.where(expected, 1 - errors, 1.0), np.where(expected, 1 + errors, 1.0), edges_gev)
    filled = expected & (data > 0)
    centres, ratio = 0.5 * (edges_gev[:-1] + edges_gev[1:]), data / divisor
    spread = poisson_errors(data) / divisor
    low, high = 0.0, _ratio_end(ratio[filled])
    axes.errorbar(
        *(centres[filled], ratio[filled]), yerr=spread[:, filled], fmt="o", color="black", markersize=2.2,
        elinewidth=0.8, zorder=3,
    )  # fmt: skip
    beyond = centres[filled & (ratio > high)]
    if len(beyond):  # without a point, the layout would make room for one at the figure's corner
        axes.plot(beyond, np.full(len(beyond), high), "^", color="black", markersize=4, clip_on=False, zorder=4)
    axes.axhline(1.0, color="0.4", lw=0.7)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylabel("data / sim.", loc="center")


def _ratio_end(ratios: Float64) -> float:
    """Choose where the axis of ratios ends: at 2, unless data and simulation differ by far more than their errors."""
    typical = float(np.median(ratios)) if len(ratios) else 1.0
    if _FAR[0] <= typical <= _FAR[1]:
        return 2.0
    scale = 10.0 ** np.floor(np.log10(2 * typical))
    return float(np.ceil(2 * typical / scale) * scale)


def _finish(axes: Axes, comparison: Comparison, shown: int) -> None:
    total, data, edges = comparison.total(), comparison.data, comparison.edges_gev
    highest = max(float(total.contents[:shown].max(initial=0)), 0 if data is None else int(data[:shown].max(initial=0)))
    positive = total.contents[:shown][total.contents[:shown] > 0]
    lowest = max(float(positive.min(initial=highest)), _LOWEST * highest)
    axes.set_yscale("log")
    handles, names = axes.get_legend_handles_labels()
    columns = 2 if len(names) > 4 else 1
    low = 0.5 * min(lowest, 1.0 if data is not None else lowest)
    room = (highest / low) ** (0.085 * -(-len(names) // columns))  # for the legend, of the axis below it
    axes.set_ylim(low, 2.0 * highest * room)
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    full_numbers(axes.yaxis)
    axes.set_xlim(edges[0], edges[shown])
    widths = np.diff(edges[: shown + 1])
    same = bool(np.allclose(widths, widths[0]))
    axes.set_ylabel(f"Events / {widths[0]:g} GeV" if same else "Events / bin")
    axes.legend(handles[::-1], names[::-1], loc="upper right", ncols=columns, fontsize=7)
    if comparison.normalised_to:
        axes.set_title(f"simulation normalised to {comparison.normalised_to}", loc="left", fontsize=7.5)
    axes.set_title(_beyond(comparison, total, shown), loc="right", fontsize=7.5)


def _beyond(comparison: Comparison, total: SampleBins, shown: int) -> str:
    """Say what lies above the range that is shown."""
    texts = [] if comparison.data is None else [f"{amount(int(comparison.data[shown:].sum()), 'event')} of data"]
    texts.append(f"{float(total.contents[shown:].sum()):,.3g} of simulation")
    hidden = bool(total.contents[shown:].any()) or (comparison.data is not None and bool(comparison.data[shown:].any()))
    return f"above {comparison.edges_gev[shown]:,.10g} GeV: {', '.join(texts)}" if hidden else ""


def _yield(sample: SampleBins) -> str:
    """Write how many events a sample is expected to have, with the statistical error."""
    number, error = float(sample.contents.sum()), float(np.sqrt(sample.variances.sum()))
    decimals = max(0, 1 - int(np.floor(np.log10(error)))) if error > 0 else 1  # two digits of the error
    return f"{number:,.{decimals}f} ± {error:,.{decimals}f}"
