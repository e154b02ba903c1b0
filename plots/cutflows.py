"""Figures of cutflows: events left after each step of the event level, objects left after each cut."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from edm.records.cutflow import Row, shown
from edm.records.event_level import EventRow
from physics.errors import PhysicsError
from plots.style import BLUE, GREY, ORANGE, STYLE, Label, bars, canvas, full_numbers
from plots.wording import plural

__all__ = ["cutflow", "event_cutflow"]

_LINE = 30  # letters of the name of a cut beside its bar
_NAME = 44  # characters of a name beside a bar
_NOT_ASKED: dict[str, Any] = {"facecolor": GREY, "hatch": "////"}
_ROOM_FOR_NUMBERS = 1.42  # of the axis, for the longest: "1,000,000,000   −1,000,000,000 (12.3 %)"


@mpl.rc_context(STYLE)
def event_cutflow(label: Label, rows: Sequence[EventRow]) -> Figure:
    """Draw how many events are left after each step that looks at whole events, as a waterfall with numbers.

    Args:
        label: Where the data come from.
        rows: The steps, in order; the first is the events read.

    Returns:
        A bar a step with the events that it rejected behind it, and behind both how many are left and how many it
        rejected, in per cent of those that reached it; steps that no event was asked are hatched.

    Raises:
        PhysicsError: When there is no step.
    """
    if not rows:
        msg = "the event cutflow has no row: no branch of ParseFile has left statistics"
        raise PhysicsError(msg)
    figure, axes = canvas(label, "Events left after each step", 1, 1, 1.3 + 0.2 * len(rows))
    place = axes[0, 0]
    reached = [rows[0].passed, *(row.passed for row in rows[:-1])]
    bars(place, [_shortened(row.name) for row in rows], [row.passed for row in rows], form="")
    for number, (row, before) in enumerate(zip(rows, reached, strict=True)):
        if not row.applied:
            place.patches[number].set(**_NOT_ASKED)
        place.barh(number, before - row.passed, left=row.passed, color=ORANGE, height=0.7)
        place.annotate(
            *(_numbers(row, before), (before, number)),
            xytext=(3, 0), textcoords="offset points", va="center", fontsize=7,
        )  # fmt: skip
    place.set_xlim(left=0, right=_ROOM_FOR_NUMBERS * max(1, rows[0].passed))
    place.set_xlabel("Events left")
    full_numbers(place.xaxis)
    shades = [Patch(color=BLUE, label="left"), Patch(color=ORANGE, label="rejected by the step")]
    hatched = [] if all(row.applied for row in rows) else [Patch(**_NOT_ASKED, label="not applied to any event")]
    figure.legend(handles=[*shades, *hatched], loc="upper right", ncols=3)
    return figure


def _numbers(row: EventRow, reached: int) -> str:
    """Write how many events are left after a step, and what it rejected of those that reached it."""
    if not row.applied:
        return f"{row.passed:,}   not applied"
    rejected = reached - row.passed
    return f"{row.passed:,}" + (f"   \N{MINUS SIGN}{rejected:,} ({rejected / reached:.1%})" if rejected else "")


def _shortened(name: str) -> str:
    """Cut a name off that is longer than those of branches are: one word, which wrapping would drop whole."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


@mpl.rc_context(STYLE)
def cutflow(label: Label, rows: Mapping[str, Sequence[Row]]) -> Figure:
    """Draw how many objects are left after each cut.

    Args:
        label: Where the data come from.
        rows: The rows of a cutflow by kind.

    Returns:
        A panel for each kind that has rows; cuts that were applied to no file are hatched.

    Raises:
        PhysicsError: When no kind has a row.
    """
    kinds = [kind for kind, entries in rows.items() if entries]
    if not kinds:
        msg = "the cutflow has no row: no branch of ParseFile has left statistics"
        raise PhysicsError(msg)
    pairs = [kinds[place : place + 2] for place in range(0, len(kinds), 2)]
    heights = [max(len(rows[kind]) for kind in pair) + 2.5 for pair in pairs]
    figure, axes = canvas(
        label, "Objects left after each cut", len(pairs), 2, 0.6 + 0.21 * sum(heights), height_ratios=heights
    )
    for place, kind in zip(axes.flat, kinds, strict=False):
        _cuts(place, rows[kind])
        place.set_xlabel(f"{plural(kind)} left")
    for place in axes.flat[len(kinds) :]:
        place.set_axis_off()
    if any(not row.applied for kind in kinds for row in rows[kind]):
        figure.legend(handles=[Patch(**_NOT_ASKED, label="cut not applied")], loc="upper right")
    return figure


def _cuts(axes: Axes, rows: Sequence[Row]) -> None:
    names = [textwrap.shorten(shown(row.cut), _LINE, placeholder=" …") for row in rows]
    bars(axes, names, [float(row.objects) for row in rows])
    axes.set_xlim(left=0, right=1.35 * max(1, *(row.objects for row in rows)))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    full_numbers(axes.xaxis)
    for bar, row in zip(axes.patches, rows, strict=True):
        if not row.applied:
            bar.set(**_NOT_ASKED)
