"""What all figures share: their style, the label that says where the data come from, and bars with their numbers.

Figures are made by pure functions of this package; they take numbers and return a matplotlib figure, and know neither
files nor screens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import mplhep
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from physics.errors import PhysicsError

__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "PAGE_WIDTH_IN",
    "PURPLE",
    "RED",
    "SAMPLE_COLORS",
    "STYLE",
    "Label",
    "bars",
    "canvas",
    "full_numbers",
    "write_luminosity",
]

PAGE_WIDTH_IN = 7.0
"""Width of a figure in inches: a printed page between its margins, so that 8 points are 8 points."""

_PB_WRITTEN_AS_FB = 100.0

_DOTS_PER_INCH = 200  # small letters keep their dots

BLUE, ORANGE, RED, PURPLE, GREY = "#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1"
"""Colours that colour-blind readers can tell apart (source: M. Petroff, arXiv:2107.02270, the set of six)."""

SAMPLE_COLORS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
"""Colours of stacked samples that colour-blind readers can tell apart (source: as above, the set of ten)."""

_FONTS = ["TeX Gyre Heros", "DejaVu Sans"]  # named, since matplotlib would look up "sans-serif" when it draws

STYLE: Any = mplhep.style.ROOT | {
    "font.family": _FONTS,
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 8.5,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "xtick.major.size": 4.0,
    "xtick.minor.size": 2.0,
    "xtick.major.pad": 3.0,
    "ytick.major.size": 4.0,
    "ytick.minor.size": 2.0,
    "ytick.major.pad": 3.0,
    "xtick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.major.width": 0.7,
    "ytick.minor.width": 0.5,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.5,
}
"""mplhep's ROOT style, the one without an experiment's mark, with sizes for a printed page."""


@dataclass(frozen=True)
class Label:
    """Where the data of a figure come from, in plain words: Open Data carry no mark of a collaboration.

    Attributes:
        source: ``ATLAS Open Data``, ``CMS Open Data``, or what else they are.
        release: Name of the release or dataset.
        energy_tev: Centre-of-mass energy in TeV; None when it is not known.
        simulated: Whether these are simulated events.
        heavy_ions: Whether nuclei collided: the energy is that of a pair of nucleons then.
        luminosity_pb: Integrated luminosity in 1/pb; None when it is not known.
        is_estimate: Whether the luminosity is an estimate, from the share of luminosity blocks that were read.
    """

    source: str
    release: str
    energy_tev: float | None = None
    simulated: bool = False
    heavy_ions: bool = False
    luminosity_pb: float | None = None
    is_estimate: bool = False

    def text(self) -> str:
        """Return the line above a figure, such as ``ATLAS Open Data   √s = 13 TeV, 3.2 fb⁻¹   2015``."""
        root = r"Pb-Pb   $\sqrt{s_{\mathrm{NN}}}$" if self.heavy_ions else "√s"
        energy = f"{root} = {self.energy_tev:g} TeV" if self.energy_tev is not None else ""
        luminosity = "" if self.luminosity_pb is None else write_luminosity(self.luminosity_pb, self.is_estimate)
        collisions = ", ".join(part for part in (energy, luminosity) if part)
        parts = (self.source, "simulation" if self.simulated else "", collisions, self.release)
        return "   ".join(part for part in parts if part)


def write_luminosity(luminosity_pb: float, is_estimate: bool = False) -> str:
    """Write an integrated luminosity as figures do.

    Args:
        luminosity_pb: In 1/pb.
        is_estimate: Whether it is an estimate.

    Returns:
        With three digits, in 1/fb from 0.1/fb on, as ``≈ 3.24 fb⁻¹``.
    """
    in_fb = luminosity_pb >= _PB_WRITTEN_AS_FB
    number, unit = (luminosity_pb / 1000, "fb") if in_fb else (luminosity_pb, "pb")
    return f"{'≈ ' if is_estimate else ''}{number:.3g} {unit}⁻¹"


def canvas(
    label: Label, title: str, rows: int, columns: int, height_in: float, **options: Any
) -> tuple[Figure, npt.NDArray[Any]]:
    """Make a figure with its label on the left and its title on the right; call it inside ``rc_context(STYLE)``.

    Args:
        label: Where the data come from.
        title: What the figure shows.
        rows: Rows of axes (dimensionless).
        columns: Columns of axes (dimensionless).
        height_in: Height in inches.
        options: What ``Figure.subplots`` takes beside these.

    Returns:
        The figure, and its axes, shape (rows, columns).
    """
    figure = Figure(figsize=(PAGE_WIDTH_IN, height_in), layout="constrained", dpi=_DOTS_PER_INCH)
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.05)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    figure.suptitle(f"{label.text()}\n{title}", x=0.01, ha="left", fontsize=9, linespacing=1.4)
    return figure, axes


def bars(axes: Axes, names: Sequence[str], values: Sequence[float], form: str = "{:,.0f}") -> None:
    """Draw horizontal bars from top to bottom, each with its number behind it.

    Args:
        axes: Where to draw.
        names: Name of each bar, shape (n_bars,).
        values: Its value, shape (n_bars,), in the unit of the axis.
        form: How a number is written.

    Raises:
        PhysicsError: When there is nothing to draw.
    """
    if not len(names):
        msg = "there are no values to draw bars of: leave this figure out, or look at the statistics that it is made of"
        raise PhysicsError(msg)
    places = np.arange(len(names))
    drawn = axes.barh(places, values, color=BLUE, height=0.7)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # no line shall run through a number
    axes.bar_label(drawn, labels=[form.format(value) for value in values], padding=2, fontsize=7, bbox=box)
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", which="both", left=False, right=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xmargin(0.3)  # the numbers behind the bars need room
    axes.autoscale(enable=True, axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(4))


def full_numbers(axis: mpl.axis.Axis) -> None:
    """Write the numbers of an axis in full, 10,000 rather than 1e4.

    Args:
        axis: The axis, linear or logarithmic (of counts, or of masses in GeV).
    """
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
