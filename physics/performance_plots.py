"""Figures of the pipeline itself: time, throughput, bytes and failures of each stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physics.errors import PhysicsError
from physics.plots import RED, STYLE, Label, bars, canvas, full_numbers

__all__ = ["Stage", "performance"]

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Stage:
    """What the statistics say of a stage, summed over its branches.

    Attributes:
        seconds: Time that its branches took, one after the other, in seconds.
        branches: How many there were.
        events: Events that it went through; None when it does not count them.
        bytes_read: Bytes of input that it read; None when that was not recorded.
        failures: Files that were given up.
    """

    seconds: float
    branches: int
    events: int | None = None
    bytes_read: int | None = None
    failures: int = 0

    def per_second(self, amount: float | None) -> float | None:
        """Give how much of something the stage did in a second of one process; None where that is not known."""
        return amount / self.seconds if amount is not None and self.seconds > 0 else None


@mpl.rc_context(STYLE)
def performance(label: Label, stages: Mapping[str, Stage]) -> Figure:
    """Draw time, throughput, bytes and failures of each stage.

    Args:
        label: Where the data come from.
        stages: The stages by name, in the order in which they ran.

    Returns:
        Six panels: branches, seconds, events a second, megabytes a second, megabytes read, failures.

    Raises:
        PhysicsError: When there is no stage.
    """
    if not stages:
        msg = "there is no stage to draw the performance of: logs/ holds no statistics"
        raise PhysicsError(msg)
    ones = list(stages.values())
    size = [None if one.bytes_read is None else one.bytes_read / _MEGABYTE for one in ones]
    panels: list[tuple[str, list[float | None], str]] = [
        ("Time, all branches added [s]", [one.seconds for one in ones], "{:,.3g}"),
        ("Branches", [one.branches for one in ones], "{:,.0f}"),
        ("Throughput of one process [events/s]", [one.per_second(one.events) for one in ones], "{:,.0f}"),
        ("Throughput of one process [MB/s]", [one.per_second(a) for one, a in zip(ones, size, strict=True)], "{:,.3g}"),
        ("Bytes read [MB]", size, "{:,.3g}"),
        ("Files given up", [one.failures for one in ones], "{:,.0f}"),
    ]
    figure, axes = canvas(label, "Performance of each stage", 3, 2, 1.2 + 0.6 * len(ones) + 1.2, sharey=True)
    for place, (unit, values, form) in zip(axes.flat, panels, strict=True):
        _panel(place, list(stages), values, form)
        place.set_xlabel(unit)
    full_numbers(axes[1, 0].xaxis)
    axes[0, 1].xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for bar in axes[2, 1].patches:
        bar.set_color(RED)
    return figure


def _panel(axes: Axes, names: list[str], values: list[float | None], form: str) -> None:
    bars(axes, names, [value or 0.0 for value in values], form=form)
    for text, value in zip(axes.texts, values, strict=True):
        if value is None:
            text.set(text="not recorded", style="italic", color="0.4")
    if not any(values):
        axes.set_xlim(0, 1)
        axes.set_xticks([0])
    else:
        axes.set_xlim(left=0)
