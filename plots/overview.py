"""Figures of the data: events per dataset, multiplicities, kinematics, final states."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from edm.records.kinematics import Counts
from physics import final_states
from physics.errors import PhysicsError
from plots.style import BLUE, GREY, ORANGE, STYLE, Label, bars, canvas, full_numbers
from plots.wording import describe_final_state, plural

__all__ = [
    "QUANTITIES",
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
        place.set_xlabel(plural(kind))
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
            per = f"{plural(kind)} / {edges[1] - edges[0]:.3g}{_UNITS[quantity]}"
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
def largest_final_states(
    label: Label, events: Mapping[str, int], min_events: int, max_multiplicity: int = 0, largest: int = 20
) -> Figure:
    """Draw the most populated final states.

    Args:
        label: Where the data come from.
        events: Events by final state of one dataset.
        min_events: Events that a final state needs to be kept.
        max_multiplicity: Objects of the top bucket; 0 for no limit.
        largest: How many to draw.

    Returns:
        A bar a final state, in words and by its label, the largest on top; hatched where the state is dropped, with a
        line at *min_events*. The legend has what is there.

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
    names = [f"{describe_final_state(state, max_multiplicity)}   {state}" for state, _ in order]
    bars(place, names, [float(number) for _, number in order])
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
    place.legend(handles=[*shades, line], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)  # beside all bars
    return figure
