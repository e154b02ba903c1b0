"""Figures of invariant masses: one combination before and after its peaks are removed, and all of a final state."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from edm.arrays import Int64
from edm.records.cut_table import Cut
from edm.spectra import SpectrumKey
from physics.binning import Histogram
from physics.errors import PhysicsError
from plots.counts import describe_overflow, draw_points, shown_bins
from plots.style import BLUE, GREY, ORANGE, PURPLE, RED, STYLE, Label, canvas, full_numbers
from plots.wording import describe_combination, describe_final_state, describe_spectrum

__all__ = ["PANELS_A_PAGE", "Spectrum", "mass", "masses_of_final_state"]

PANELS_A_PAGE = 15
"""Combinations on one page of :func:`masses_of_final_state`."""

_COLUMNS = 3
_NO_BREAK = "\N{NO-BREAK SPACE}"  # a unit does not stand alone on a line
_LABEL = 50  # characters that a panel and the space beside it have room for
_MOST_POINTS = 150
_ROUNDING = 1e-9  # of a bin: edges are sums of floats


@dataclass(frozen=True)
class Spectrum:
    """The masses of one combination of one final state, before and after peak removal.

    Attributes:
        key: The final state and the combination.
        before: All masses of the dataset, entries per bin from 0 on, shape (n_bins,).
        width_gev: Bin width of these entries in GeV.
        cut: The cuts.
        removed_to_gev: Known resonances take everything below, in GeV; 0 where they take nothing.
        histogram: What is left; None where that is nothing.
        max_mass_gev: Masses above this are set aside, in GeV.
        counted: What is counted, as the axis names it.
    """

    key: SpectrumKey
    before: Int64
    width_gev: float
    cut: Cut
    removed_to_gev: float
    histogram: Histogram | None
    max_mass_gev: float
    counted: str = "Events"

    def end_gev(self) -> float:
        """Return the mass up to which distributions are shown, in GeV: a few outliers do not stretch the axis."""
        end_gev = max(1, shown_bins(self.before)) * self.width_gev
        if self.histogram is None:
            return end_gev
        return max(end_gev, float(self.histogram.edges()[shown_bins(self.histogram.counts)]))


@mpl.rc_context(STYLE)
def mass(label: Label, spectrum: Spectrum, max_multiplicity: int = 0) -> Figure:
    """Draw a mass distribution before and after peak removal, with the cuts marked.

    Args:
        label: Where the data come from.
        spectrum: The distribution.
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        Four panels: before above, after below; left linear, right logarithmic; points have Poisson errors.

    Raises:
        PhysicsError: When there was no mass at all.
    """
    if not spectrum.before.any():
        msg = f"{spectrum.key} has no masses to draw: leave this figure out"
        raise PhysicsError(msg)
    title = describe_spectrum(spectrum.key, max_multiplicity)
    figure, axes = canvas(label, title, 2, 2, 4.2, sharex=True)
    edges = np.arange(len(spectrum.before) + 1, dtype=np.float64) * spectrum.width_gev
    for place, log in zip(axes[0], (False, True), strict=True):
        _counts(place, spectrum.before, edges, GREY, "all masses")
        _mark_windows(place, spectrum)
        _write_overflow(place, spectrum.before, edges, spectrum.end_gev())
        _finish(place, spectrum, int(spectrum.before.max()), log)
    for place, log in zip(axes[1], (False, True), strict=True):
        if spectrum.histogram is None:
            place.text(0.5, 0.5, f"no histogram:\n{spectrum.cut.reason}", transform=place.transAxes, ha="center")
        else:
            _after(place, spectrum.histogram, spectrum.cut)
            _write_overflow(place, spectrum.histogram.counts, spectrum.histogram.edges(), spectrum.end_gev())
        _finish(place, spectrum, _largest(spectrum.histogram), log)
        place.set_xlabel("Invariant mass [GeV]")
    for row, bins in zip(axes, (f"{spectrum.width_gev:g} GeV", _bins(spectrum)), strict=True):
        row[0].set_ylabel(f"{spectrum.counted} / {bins}")
    for row, text in zip(axes, (_before_text(spectrum), _after_text(spectrum)), strict=True):
        row[0].set_title(text, loc="left").set_in_layout(False)  # it may run on above the panel beside it
        if row[0].get_legend_handles_labels()[1]:  # there is room for it where spectra fall
            row[0].legend(loc="best", frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2)
    return figure


@mpl.rc_context(STYLE)
def masses_of_final_state(label: Label, spectra: Sequence[Spectrum], max_multiplicity: int = 0) -> list[Figure]:
    """Draw the histograms of all combinations of a final state, small and side by side.

    Args:
        label: Where the data come from.
        spectra: The combinations of one final state that have a histogram.
        max_multiplicity: Objects of the top bucket; 0 for no limit.

    Returns:
        Pages of at most PANELS_A_PAGE panels, in the order given, entries on logarithmic axes.

    Raises:
        PhysicsError: When there is no histogram, or more than one final state.
    """
    states = sorted({spectrum.key.final_state for spectrum in spectra})
    drawn = [spectrum for spectrum in spectra if spectrum.histogram is not None]
    if len(states) != 1 or not drawn:
        msg = (
            f"a page of mass distributions needs one final state with a histogram: there are {len(drawn)} histograms "
            f"of {', '.join(states) or 'no final state'}"
        )
        raise PhysicsError(msg)
    pages = [drawn[place : place + PANELS_A_PAGE] for place in range(0, len(drawn), PANELS_A_PAGE)]
    words = f"{describe_final_state(states[0], max_multiplicity)}: invariant masses after peak removal   ({states[0]})"
    numbers = [f", page {number} of {len(pages)}" if len(pages) > 1 else "" for number in range(1, len(pages) + 1)]
    return [_page(label, page, words + number) for page, number in zip(pages, numbers, strict=True)]


def _page(label: Label, spectra: Sequence[Spectrum], title: str) -> Figure:
    rows = -(-len(spectra) // _COLUMNS)
    figure, axes = canvas(label, title, rows, _COLUMNS, 0.9 + 1.65 * rows)
    for place, spectrum in zip(axes.flat, spectra, strict=False):
        _panel(place, spectrum)
    for place in axes.flat[len(spectra) :]:
        place.set_axis_off()
    handles = {text: handle for place in axes.flat for handle, text in zip(*place.get_legend_handles_labels())}  # noqa: B905 - both come from one call
    figure.legend(handles.values(), handles.keys(), loc="upper right", ncols=2, fontsize=7, borderpad=0.2)
    return figure


def _panel(axes: Axes, spectrum: Spectrum) -> None:
    title = f"{spectrum.key.combination}   {_events(_entries(spectrum.histogram))}"
    if spectrum.histogram is not None:
        _after(axes, spectrum.histogram, spectrum.cut)
        edges, end_gev = spectrum.histogram.edges(), spectrum.end_gev()
        beyond = _beyond(spectrum.histogram.counts, edges, end_gev)
        title += f", {beyond:,} above {end_gev:,.6g} GeV" if beyond else ""
    _finish(axes, spectrum, _largest(spectrum.histogram), log=True)
    axes.set_title(title, loc="left", pad=3, fontsize=7)
    axes.set_ylabel(f"{spectrum.counted} / {_bins(spectrum)}", loc="center")
    words = f"Mass of {describe_combination(spectrum.key.combination)}{_NO_BREAK}[GeV]"
    axes.set_xlabel(textwrap.fill(words, _LABEL).replace(_NO_BREAK, " "), fontsize=7)


def _after(axes: Axes, histogram: Histogram, cut: Cut) -> None:
    """Draw main and outliers in two colours, and mark where they start."""
    edges = histogram.edges()
    split_gev = np.inf if cut.split_gev is None else cut.split_gev
    apart = edges[:-1] >= split_gev - _ROUNDING * histogram.width_gev
    main = int(np.count_nonzero(~apart))
    _counts(axes, histogram.counts[:main], edges[: main + 1], BLUE, "main")
    if apart.any():
        _counts(axes, histogram.counts[main:], edges[main:], ORANGE, "outliers")
        axes.axvline(split_gev, color=ORANGE, linestyle=":", label="outliers start")
    if cut.start_gev is not None:
        axes.axvline(cut.start_gev, color="black", linestyle="--", label="turn-on")
    _mark_structures(axes, cut)


def _mark_structures(axes: Axes, cut: Cut) -> None:
    for structure in cut.structures:
        text = f"{structure.name}, {structure.mass_gev:.1f} GeV"
        axes.axvline(structure.mass_gev, color=PURPLE, linestyle=(0, (1, 1)), label=text)


def _mark_windows(axes: Axes, spectrum: Spectrum) -> None:
    cut = spectrum.cut
    if spectrum.removed_to_gev:
        axes.axvline(spectrum.removed_to_gev, color=RED, linestyle="-.", label="known resonances end")
    for number, (low_gev, high_gev) in enumerate(cut.vetoed_gev):
        axes.axvspan(low_gev, high_gev, color=RED, alpha=0.2, lw=0, label="vetoed" if not number else None)
    if cut.start_gev is not None:
        axes.axvline(cut.start_gev, color="black", linestyle="--", label="turn-on")
    if cut.split_gev is not None:
        axes.axvline(cut.split_gev, color=ORANGE, linestyle=":", label="outliers start")
    _mark_structures(axes, cut)


def _counts(axes: Axes, counts: Int64, edges: npt.NDArray[np.float64], color: str, name: str) -> None:
    """Draw counts as an area, with points and their errors on it, or an outline where those would hide each other."""
    axes.stairs(counts, edges, fill=True, color=color, alpha=0.3, lw=0, label=name)
    if len(counts) <= _MOST_POINTS:
        draw_points(axes, counts, edges, color)
    else:
        axes.stairs(counts, edges, color=color, lw=0.7)


def _write_overflow(axes: Axes, counts: Int64, edges: npt.NDArray[np.float64], end_gev: float) -> None:
    """Say in the legend how many events lie above the range that is shown."""
    if text := describe_overflow(_beyond(counts, edges, end_gev), end_gev):
        axes.plot([], [], linestyle="none", label=text)


def _beyond(counts: Int64, edges: npt.NDArray[np.float64], end_gev: float) -> int:
    """Count the entries of bins that begin at or above a mass in GeV."""
    return int(counts[edges[:-1] > end_gev - _ROUNDING * max(1.0, end_gev)].sum())


def _finish(axes: Axes, spectrum: Spectrum, largest: int, log: bool) -> None:
    axes.set_xlim(0.0, 1.02 * spectrum.end_gev())
    axes.xaxis.set_major_locator(MaxNLocator(5))
    full_numbers(axes.xaxis)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(0.5, max(10.0, 3.0 * largest))
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
    else:
        axes.set_ylim(0.0, 1.15 * (largest + largest**0.5 + 1))  # with room for the error of the highest point
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    full_numbers(axes.yaxis)


def _before_text(spectrum: Spectrum) -> str:
    cut = spectrum.cut
    above = f"{cut.above:,} above {spectrum.max_mass_gev:,.10g} GeV"
    taken = f"{cut.below:,} below, {cut.window:,} in windows of known resonances, {above}"
    return f"Before peak removal: {_events(cut.entries)} ({taken})"


def _after_text(spectrum: Spectrum) -> str:
    cut, trimmed = spectrum.cut, spectrum.histogram.trimmed if spectrum.histogram is not None else 0
    parts = f"{cut.main:,} main, {cut.outliers:,} outliers{f'; {trimmed:,} lie before the first bin' * bool(trimmed)}"
    return f"After peak removal: {_events(cut.main + cut.outliers)} ({parts})"


def _events(number: int) -> str:
    return f"{number:,} event{'s' * (number != 1)}"


def _bins(spectrum: Spectrum) -> str:
    """Say what entries are counted in: widths that vary have no number."""
    if spectrum.histogram is not None and spectrum.histogram.edges_gev is not None:
        return "bin"
    return f"{spectrum.width_gev if spectrum.histogram is None else spectrum.histogram.width_gev:g} GeV"


def _largest(histogram: Histogram | None) -> int:
    return 0 if histogram is None else int(histogram.counts.max())


def _entries(histogram: Histogram | None) -> int:
    return 0 if histogram is None else int(histogram.counts.sum())
