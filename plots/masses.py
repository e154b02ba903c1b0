"""Figures of invariant masses: one combination before and after its peaks are removed, and all of a final state."""

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
from plots.style import BLUE, GREY, ORANGE, RED, STYLE, Label, canvas, full_numbers

__all__ = ["PANELS_A_PAGE", "Spectrum", "mass", "masses_of_final_state"]

PANELS_A_PAGE = 15
"""Combinations on one page of :func:`masses_of_final_state`."""

_COLUMNS = 3
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
    """

    key: SpectrumKey
    before: Int64
    width_gev: float
    cut: Cut
    removed_to_gev: float
    histogram: Histogram | None
    max_mass_gev: float

    def end_gev(self) -> float:
        """Return the mass up to which there is something to draw, in GeV."""
        filled = np.flatnonzero(self.before)
        end = (int(filled[-1]) + 1) * self.width_gev if len(filled) else self.width_gev
        return end if self.histogram is None else max(end, float(self.histogram.edges()[-1]))


@mpl.rc_context(STYLE)
def mass(label: Label, spectrum: Spectrum) -> Figure:
    """Draw a mass distribution before and after peak removal, with the cuts marked.

    Args:
        label: Where the data come from.
        spectrum: The distribution.

    Returns:
        Four panels: before above, after below; linear on the left, logarithmic on the right.

    Raises:
        PhysicsError: When there was no mass at all.
    """
    if not spectrum.before.any():
        msg = f"{spectrum.key} has no masses to draw: leave this figure out"
        raise PhysicsError(msg)
    title = f"Invariant mass of {spectrum.key.combination} in {spectrum.key.final_state}"
    figure, axes = canvas(label, title, 2, 2, 5.2, sharex=True)
    edges = np.arange(len(spectrum.before) + 1, dtype=np.float64) * spectrum.width_gev
    for place, log in zip(axes[0], (False, True), strict=True):
        _stairs(place, spectrum.before, edges, GREY, "all masses")
        _mark_windows(place, spectrum)
        _finish(place, spectrum, int(spectrum.before.max()), log)
    for place, log in zip(axes[1], (False, True), strict=True):
        if spectrum.histogram is None:
            place.text(0.5, 0.5, f"no histogram:\n{spectrum.cut.reason}", transform=place.transAxes, ha="center")
        else:
            _after(place, spectrum.histogram, spectrum.cut)
        _finish(place, spectrum, _largest(spectrum.histogram), log)
        place.set_xlabel("Invariant mass [GeV]")
    for row, bins in zip(axes, (f"{spectrum.width_gev:g} GeV", _bins(spectrum)), strict=True):
        row[0].set_ylabel(f"Events / {bins}")
    for row, text in zip(axes, (_before_text(spectrum), _after_text(spectrum)), strict=True):
        row[0].set_title(text, loc="left").set_in_layout(False)  # it may run on above the panel beside it
        if row[1].get_legend_handles_labels()[1]:
            row[1].legend(loc="best", frameon=True, framealpha=0.85, edgecolor="none", borderpad=0.2)
    return figure


@mpl.rc_context(STYLE)
def masses_of_final_state(label: Label, spectra: Sequence[Spectrum]) -> list[Figure]:
    """Draw the histograms of all combinations of a final state, small and side by side.

    Args:
        label: Where the data come from.
        spectra: The combinations of one final state that have a histogram.

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
    return [_page(label, page, f"{number} of {len(pages)}") for number, page in enumerate(pages, start=1)]


def _page(label: Label, spectra: Sequence[Spectrum], number: str) -> Figure:
    rows = -(-len(spectra) // _COLUMNS)
    page = "" if number == "1 of 1" else f", page {number}"
    title = f"Invariant masses in {spectra[0].key.final_state} after peak removal{page}"
    figure, axes = canvas(label, title, rows, _COLUMNS, 0.9 + 1.55 * rows)
    for place, spectrum in zip(axes.flat, spectra, strict=False):
        if spectrum.histogram is not None:
            _after(place, spectrum.histogram, spectrum.cut)
        _finish(place, spectrum, _largest(spectrum.histogram), log=True)
        place.set_title(f"{spectrum.key.combination}   {_events(_entries(spectrum.histogram))}", loc="left", pad=3)
        place.set_ylabel(f"Events / {_bins(spectrum)}", loc="center")
        place.set_xlabel("Invariant mass [GeV]")
    for place in axes.flat[len(spectra) :]:
        place.set_axis_off()
    handles = {text: handle for place in axes.flat for handle, text in zip(*place.get_legend_handles_labels())}  # noqa: B905 - both come from one call
    figure.legend(handles.values(), handles.keys(), loc="upper right", ncols=2, fontsize=7, borderpad=0.2)
    return figure


def _after(axes: Axes, histogram: Histogram, cut: Cut) -> None:
    """Draw main and outliers in two colours, and mark where they start."""
    edges = histogram.edges()
    split_gev = np.inf if cut.split_gev is None else cut.split_gev
    apart = edges[:-1] >= split_gev - _ROUNDING * histogram.width_gev
    main = int(np.count_nonzero(~apart))
    _stairs(axes, histogram.counts[:main], edges[: main + 1], BLUE, "main")
    if apart.any():
        _stairs(axes, histogram.counts[main:], edges[main:], ORANGE, "outliers")
        axes.axvline(split_gev, color=ORANGE, linestyle=":", label="outliers start")
    if cut.start_gev is not None:
        axes.axvline(cut.start_gev, color="black", linestyle="--", label="turn-on")


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
    if cut.above:
        axes.axvline(spectrum.max_mass_gev, color=GREY, linestyle="-", label="largest mass allowed")


def _stairs(axes: Axes, counts: Int64, edges: npt.NDArray[np.float64], color: str, name: str) -> None:
    axes.stairs(counts, edges, fill=True, color=color, alpha=0.35, lw=0)
    axes.stairs(counts, edges, color=color, label=name, lw=0.9)


def _finish(axes: Axes, spectrum: Spectrum, largest: int, log: bool) -> None:
    axes.set_xlim(0.0, 1.02 * (max(spectrum.end_gev(), spectrum.max_mass_gev if spectrum.cut.above else 0.0)))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    full_numbers(axes.xaxis)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(0.5, max(10.0, 3.0 * largest))
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
    else:
        axes.set_ylim(0.0, 1.25 * max(1, largest))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    full_numbers(axes.yaxis)


def _before_text(spectrum: Spectrum) -> str:
    cut = spectrum.cut
    taken = f"{cut.below:,} below, {cut.window:,} in windows of known resonances, {cut.above:,} above the largest mass"
    return f"Before peak removal: {_events(cut.entries)} ({taken})"


def _after_text(spectrum: Spectrum) -> str:
    cut = spectrum.cut
    return f"After peak removal: {_events(cut.main + cut.outliers)} ({cut.main:,} main, {cut.outliers:,} outliers)"


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
