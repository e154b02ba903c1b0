"""How the selected objects are distributed: pT, eta, phi and their number in an event, counted on fixed grids.

Counts add up exactly, whatever the chunks, files or jobs that they come from.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from edm.arrays import Int64, Mask
from edm.kinds import KINDS
from edm.objects import Objects
from edm.records.kinematics import Counts, Grid, Kinematics
from physics import final_states

__all__ = ["GRIDS", "Floats", "fill", "of_final_states"]

Floats = npt.NDArray[np.floating]
"""Values or edges, shape (n,): GeV for pT, radians for phi, dimensionless for the others."""


GRIDS: Mapping[str, Grid] = {
    "pt": Grid(0.0, 500.0, 100),  # GeV; 5 GeV show every threshold of a selection, and few objects lie above 500
    "eta": Grid(-5.0, 5.0, 50),  # the calorimeters of ATLAS and CMS end near 5
    "phi": Grid(-np.pi, np.pi, 32),  # radians; holes of detectors are some tenths wide
    "n": Grid(-0.5, 20.5, 21),  # 0 to 20 in an event: hardly any event has more selected objects of a kind
}
"""The grid of each quantity; ``n`` is the number of objects of a kind in an event."""


def fill(objects: Mapping[str, Objects]) -> Kinematics:
    """Count the objects of events.

    Args:
        objects: By kind, with columns pt (GeV), eta and phi (radians), shape (n_objects,) each.

    Returns:
        Counts of pt, eta and phi (an entry an object) and of n (an entry an event) for every kind given; zeros for no
        events.
    """
    kinematics: Kinematics = {}
    for kind, of_kind in objects.items():
        values = {**of_kind.columns, "n": of_kind.counts().astype(np.float64)}
        kinematics[kind] = {name: _count(values[name], grid) for name, grid in GRIDS.items()}
    return kinematics


def _count(values: Floats, grid: Grid) -> Counts:
    """Count values; those that are the edges in their own precision, as pi in float32, are inside."""
    low, high = (float(values.dtype.type(edge)) for edge in (grid.low, grid.high))
    counts, below = _fill(values, low, high, grid.low, grid.bins / (grid.high - grid.low), grid.bins)
    return Counts(grid, counts, below, len(values) - below - int(counts.sum()))


@compiled()
def _fill(values: Any, low: float, high: float, origin: float, per_unit: float, bins: int) -> Any:
    """Count values; numpy's own histogram takes ten times as long, and every selected object comes by here."""
    counts, below = np.zeros(bins, dtype=np.int64), 0
    for value in values:
        exact = np.float64(value)
        if low <= exact <= high:
            counts[min(int((exact - origin) * per_unit), bins - 1)] += 1
        elif exact < low:
            below += 1
    return counts, below


def of_final_states(objects: Mapping[str, Objects], chosen: Mask) -> Counter[str]:
    """Count events by final state over all six kinds, without a top bucket.

    Args:
        objects: The selected objects of each stored kind; a jet of unknown tag counts as a jet.
        chosen: The events to count, shape (n_events,).

    Returns:
        Events by label (dimensionless).
    """
    events = np.flatnonzero(chosen)  # indices select faster than masks, time after time
    counts: dict[str, Int64] = {kind: of_kind.counts()[events] for kind, of_kind in objects.items()}
    counts["b"] = objects["j"].counts(objects["j"]["is_b"] == 1)[events]
    counts["j"] = counts["j"] - counts["b"]
    states = final_states.classify({kind: counts[kind] for kind in KINDS}, 0)
    return Counter({final_states.label(state): len(members) for state, members in states})
