"""Figures of the pipeline itself: time, throughput, bytes and failures of each stage."""

from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from edm.records.statistics import StageStatistics
from physics.errors import PhysicsError
from plots.style import RED, STYLE, Label, bars, canvas, full_numbers

__all__ = ["performance"]

_MEGABYTE = 1e6

_NOT_COUNTED = "–"

_FAILURES = "Files given up"


@mpl.rc_context(STYLE)
def performance(label: Label, stages: Mapping[str, StageStatistics]) -> Figure:
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
    totals = list(stages.values())
    panels: list[tuple[str, list[float | None], str]] = [
        ("Time, all branches added [s]", [total.seconds for total in totals], "{:,.3g}"),
        ("Branches", [total.branches for total in totals], "{:,.0f}"),
        ("Throughput of one process [events/s]", [total.per_second(total.events) for total in totals], "{:,.0f}"),
        ("Throughput of one process [masses/s]", [total.per_second(total.masses) for total in totals], "{:,.0f}"),
        ("Input read [MB]", [_megabytes(total.bytes_read) for total in totals], "{:,.3g}"),
        ("Output written [MB]", [_megabytes(total.bytes_written) for total in totals], "{:,.3g}"),
        ("Largest memory of a branch [MB]", [total.peak_memory_mb for total in totals], "{:,.0f}"),
    ]
    if any(total.failures for total in totals):
        panels.append((_FAILURES, [total.failures for total in totals], "{:,.0f}"))
    figure, axes = canvas(label, "Performance of each stage", 4, 2, 0.7 + 4 * (0.45 + 0.18 * len(totals)), sharey=True)
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
