"""Figures of the pipeline itself: time, throughput, bytes and failures of each stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physics.errors import PhysicsError
from plots.style import RED, STYLE, Label, bars, canvas, full_numbers

__all__ = ["Stage", "performance"]

_MEGABYTE = 1e6

_NOT_COUNTED = "–"

_FAILURES = "Files given up"


@dataclass(frozen=True)
class Stage:
    """What the statistics say of a stage, summed over its branches.

    Attributes:
        seconds: Time that its branches took, one after the other, in seconds.
        branches: How many there were.
        events: Events that it went through; None when it does not count them.
        masses: Masses that it made or went through; None when it does not count them.
        bytes_read: Bytes of input files that it read; None when it reads none, or that was not recorded.
        bytes_written: Bytes of what it made; None when that was not recorded.
        peak_memory_mb: The largest memory of a branch, in MB; None when that was not recorded.
        failures: Files that were given up.
    """

    seconds: float
    branches: int
    events: int | None = None
    masses: int | None = None
    bytes_read: int | None = None
    bytes_written: int | None = None
    peak_memory_mb: int | None = None
    failures: int = 0

    def per_second(self, amount: float | None) -> float | None:
        """Give how much of something the stage did in a second of one process; None where that is not known."""
        return amount / self.seconds if amount is not None and self.seconds > 0 else None


@mpl.rc_context(STYLE)
def performance(label: Label, stages: Mapping[str, Stage]) -> Figure:
    """Draw time, throughput, bytes, memory and failures of each stage.

    Args:
        label: Where the data come from.
        stages: The stages by name, in the order in which they ran.

    Returns:
        Seven panels, and an eighth where files were given up; a bar a stage, a dash where it does not count what is
        drawn.

    Raises:
        PhysicsError: When there is no stage.
    """
    if not stages:
        msg = "there is no stage to draw the performance of: logs/ holds no statistics"
        raise PhysicsError(msg)
    ones = list(stages.values())
    panels: list[tuple[str, list[float | None], str]] = [
        ("Time, all branches added [s]", [one.seconds for one in ones], "{:,.3g}"),
        ("Branches", [one.branches for one in ones], "{:,.0f}"),
        ("Throughput of one process [events/s]", [one.per_second(one.events) for one in ones], "{:,.0f}"),
        ("Throughput of one process [masses/s]", [one.per_second(one.masses) for one in ones], "{:,.0f}"),
        ("Input read [MB]", [_megabytes(one.bytes_read) for one in ones], "{:,.3g}"),
        ("Output written [MB]", [_megabytes(one.bytes_written) for one in ones], "{:,.3g}"),
        ("Largest memory of a branch [MB]", [one.peak_memory_mb for one in ones], "{:,.0f}"),
    ]
    if any(one.failures for one in ones):
        panels.append((_FAILURES, [one.failures for one in ones], "{:,.0f}"))
    figure, axes = canvas(label, "Performance of each stage", 4, 2, 0.7 + 4 * (0.45 + 0.18 * len(ones)), sharey=True)
    for place, (unit, values, form) in zip(axes.flat, panels, strict=False):
        _panel(place, list(stages), values, form)
        place.set_xlabel(unit)
        full_numbers(place.xaxis)
        if unit == _FAILURES:
            mpl.artist.setp(place.patches, color=RED)
    for place in axes.flat[len(panels) :]:
        place.set_axis_off()
    axes[0, 1].xaxis.set_major_locator(MaxNLocator(4, integer=True))
    return figure


def _megabytes(number: int | None) -> float | None:
    return None if number is None else number / _MEGABYTE


def _panel(axes: Axes, names: list[str], values: list[float | None], form: str) -> None:
    bars(axes, names, [value or 0.0 for value in values], form=form)
    for text, value in zip(axes.texts, values, strict=True):
        if value is None:
            text.set(text=_NOT_COUNTED, color="0.4")
    if not any(values):
        axes.set_xlim(0, 1)
        axes.set_xticks([0])
    else:
        axes.set_xlim(left=0)
