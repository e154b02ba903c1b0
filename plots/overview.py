"""Figures of the data: events per dataset, cutflow, multiplicities, kinematics, final states."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from edm.kinds import NAMES
from edm.records.cutflow import Row, shown
from edm.records.event_level import EventRow
from edm.records.kinematics import Counts
from physics import final_states
from physics.errors import PhysicsError
from plots.style import BLUE, GREY, ORANGE, STYLE, Label, bars, canvas, full_numbers

__all__ = [
    "QUANTITIES",
    "cutflow",
    "event_cutflow",
    "events_per_dataset",
    "kinematics",
    "largest_final_states",
    "multiplicities",
]

QUANTITIES: dict[str, str] = {
    "pt": "Transverse momentum [GeV]",
    "eta": "Pseudorapidity η",
    "phi": "Azimuth φ [rad]",
}
"""What is drawn of each kind of object, and the name of its axis."""

_UNITS = {"pt": " GeV", "eta": "", "phi": " rad"}

_LINE = 30  # letters of the name of a cut beside its bar
_NAME = 44  # characters of a name beside a bar

_DROPPED = "dropped: too few events"

_DECADES = 8  # as many as have a number on a small logarithmic axis


@mpl.rc_context(STYLE)
def events_per_dataset(label: Label, events: Mapping[str, tuple[int, int]]) -> Figure:
    """Draw how many events each dataset has.

    Args:
        label: Where the data come from.
        events: Events read, and events kept for masses (two selected objects at least), by dataset.

    Returns:
        Two bars a dataset.

    Raises:
        PhysicsError: When there is no dataset.
    """
    if not events:
        msg = "there is no dataset to draw the events of: no branch of ParseFile has left statistics"
        raise PhysicsError(msg)
    names = [name for dataset in events for name in (f"{dataset}, read", "kept for masses")]
    figure, axes = canvas(label, "Events per dataset", 1, 1, 1.2 + 0.5 * len(events))
    bars(axes[0, 0], names, [float(number) for pair in events.values() for number in pair])
    for bar in axes[0, 0].patches[1::2]:
        bar.set_color(ORANGE)
    axes[0, 0].set_xlabel("Events")
    full_numbers(axes[0, 0].xaxis)
    return figure


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
        place.set_xlabel(f"{_plural(kind)} left")
    for place in axes.flat[len(kinds) :]:
        place.set_axis_off()
    if any(not row.applied for kind in kinds for row in rows[kind]):
        figure.legend(handles=[Patch(facecolor=GREY, hatch="////", label="cut not applied")], loc="upper right")
    return figure


def _cuts(axes: Axes, rows: Sequence[Row]) -> None:
    names = [textwrap.shorten(shown(row.cut), _LINE, placeholder=" …") for row in rows]
    bars(axes, names, [float(row.objects) for row in rows])
    axes.set_xlim(left=0, right=1.35 * max(1, *(row.objects for row in rows)))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    full_numbers(axes.xaxis)
    for bar, row in zip(axes.patches, rows, strict=True):
        if not row.applied:
            bar.set(facecolor=GREY, hatch="////")


@mpl.rc_context(STYLE)
def event_cutflow(label: Label, rows: Sequence[EventRow]) -> Figure:
    """Draw how many events are left after each step that looks at whole events, as a waterfall with numbers.

    Args:
        label: Where the data come from.
        rows: The steps, in order; the first is the events read.

    Returns:
        A bar a step, events that it rejected behind it; steps that no event was asked are hatched.

    Raises:
        PhysicsError: When there is no step.
    """
    figure, axes = canvas(label, "Events left after each step", 1, 1, 1.2 + 0.22 * len(rows))
    place = axes[0, 0]
    bars(place, [_shortened(row.name) for row in rows], [row.passed for row in rows])
    before = [rows[0].passed, *(row.passed for row in rows)]
    for number, (row, passed) in enumerate(zip(rows, before, strict=False)):
        place.patches[number].set(**({} if row.applied else {"facecolor": GREY, "hatch": "////"}))
        place.barh(number, passed - row.passed, left=row.passed, color=ORANGE, height=0.7, zorder=0)
    place.set_xlim(left=0, right=1.25 * max(1, rows[0].passed))
    place.set_xlabel("Events left (orange: rejected by the step; hatched: not asked)")
    full_numbers(place.xaxis)
    return figure


@mpl.rc_context(STYLE)
def multiplicities(label: Label, events: Mapping[str, int], max_multiplicity: int) -> Figure:
    """Draw how many objects of each kind the events have.

    Args:
        label: Where the data come from.
        events: Events by final state, such as ``2e_0m_3j_0g``; all of the same kinds.
        max_multiplicity: Objects of the top bucket, which is drawn as "4+"; 0 for no limit.

    Returns:
        A panel for each kind, a bar for each number of objects.

    Raises:
        PhysicsError: When there is no final state.
    """
    if not events:
        msg = "there is no final state to draw multiplicities of: no branch of ComputeMasses has left statistics"
        raise PhysicsError(msg)
    states = [(final_states.parse(name), number) for name, number in events.items()]
    kinds = list(states[0][0])
    figure, axes = canvas(label, "Objects per event after the selection", 1, len(kinds), 2.6, sharey=True)
    for place, kind in zip(axes.flat, kinds, strict=True):
        counts = np.zeros(max(state[kind] for state, _ in states) + 1, dtype=np.int64)
        for state, number in states:
            counts[state[kind]] += number
        place.bar(np.arange(len(counts)), counts, color=BLUE, width=0.8)
        names = [f"{n}+" if max_multiplicity and n == max_multiplicity else str(n) for n in range(len(counts))]
        place.set_xticks(np.arange(len(counts)), names)
        place.tick_params(axis="x", which="both", top=False, bottom=False)
        place.set_xlabel(_plural(kind))
        place.set_yscale("log")
        full_numbers(place.yaxis)
    axes[0, 0].set_ylim(0.5, 2.0 * max(1, sum(number for _, number in states)))
    axes[0, 0].set_ylabel("Events")
    return figure


@mpl.rc_context(STYLE)
def kinematics(label: Label, histograms: Mapping[str, Mapping[str, Counts]]) -> Figure:
    """Draw pT, η and φ of the selected objects of each kind.

    Args:
        label: Where the data come from.
        histograms: By kind, and by ``pt`` (in GeV), ``eta`` (no unit) and ``phi`` (in radians).

    Returns:
        A row for each kind, with three panels; the axis of entries names the width of its bins, and is logarithmic
        for pT.

    Raises:
        PhysicsError: When there is no kind.
    """
    if not histograms:
        msg = "there is no kind of object to draw the kinematics of: no object passed the selection"
        raise PhysicsError(msg)
    figure, axes = canvas(label, "Selected objects", len(histograms), 3, 0.7 + 1.65 * len(histograms))
    for row, (kind, by_quantity) in zip(axes, histograms.items(), strict=True):
        for place, (quantity, axis) in zip(row, QUANTITIES.items(), strict=True):
            counts, edges = by_quantity[quantity].counts, by_quantity[quantity].grid.edges()
            _spectrum(place, counts, edges, log=quantity == "pt")
            place.set_xlabel(axis)
            per = f"{_plural(kind)} / {edges[1] - edges[0]:.3g}{_UNITS[quantity]}"
            place.set_ylabel(per, loc="center", fontsize=7.5)
    return figure


def _spectrum(axes: Axes, counts: npt.NDArray[np.int64], edges: npt.NDArray[np.float64], log: bool) -> None:
    axes.stairs(counts, edges, fill=True, color=BLUE, alpha=0.45)
    axes.stairs(counts, edges, color=BLUE)
    axes.set_xlim(edges[0], edges[-1])
    if log and counts.any():
        axes.set_yscale("log")
        axes.set_ylim(0.5, 3.0 * counts.max())
        axes.yaxis.set_major_locator(LogLocator(numticks=_DECADES))
        axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=10 * _DECADES))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(0.0, 1.25 * max(1, counts.max(initial=0)))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    full_numbers(axes.yaxis)


@mpl.rc_context(STYLE)
def largest_final_states(label: Label, events: Mapping[str, int], min_events: int, largest: int = 30) -> Figure:
    """Draw the most populated final states.

    Args:
        label: Where the data come from.
        events: Events by final state of one dataset.
        min_events: Events that a final state needs to be kept.
        largest: How many to draw.

    Returns:
        A bar a final state, the largest on top; hatched where the state is dropped, with a line at *min_events*.
        The legend has what is there.

    Raises:
        PhysicsError: When there is no final state.
    """
    if not events:
        msg = "there is no final state to draw: no branch of ComputeMasses has left statistics"
        raise PhysicsError(msg)
    order = sorted(events.items(), key=lambda item: (-item[1], item[0]))[:largest]
    shown = f"all {len(events)}" if len(order) == len(events) else f"the {len(order)} largest of {len(events)}"
    figure, axes = canvas(label, f"Final states: {shown}", 1, 1, 1.3 + 0.17 * len(order))
    place = axes[0, 0]
    bars(place, [state for state, _ in order], [float(number) for _, number in order])
    for bar, (_, number) in zip(place.patches, order, strict=True):
        if number < min_events:
            bar.set(facecolor=GREY, hatch="////")
    place.set_xscale("log")
    place.set_xlim(0.5, 5.0 * order[0][1])
    place.set_xlabel("Events")
    full_numbers(place.xaxis)
    line = place.axvline(min_events, color="black", linestyle="--", label=f"min_events_per_fs = {min_events:,}")
    kept, dropped = Patch(color=BLUE, label="kept"), Patch(facecolor=GREY, hatch="////", label=_DROPPED)
    shades = [kept] * (order[0][1] >= min_events) + [dropped] * (order[-1][1] < min_events)
    place.legend(handles=[*shades, line], loc="lower right")
    return figure


def _plural(kind: str) -> str:
    return f"{NAMES.get(kind, kind)}s".capitalize()


def _shortened(name: str) -> str:
    """Cut a name off that is longer than those of branches are: one word, which wrapping would drop whole."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
