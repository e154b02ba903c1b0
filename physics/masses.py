"""Invariant masses of all combinations of all final states, in one pass over the events.

The mass of objects with energies E_i and momenta p_i is m = sqrt((sum E)^2 - |sum p|^2), a negative square (rounding
of nearly parallel massless objects) clipped to 0. Everything is summed in float64, because float32 four-vectors give
masses wrong by up to a factor 2.7, and stored as float32, which is right to 1e-7. Objects closer than 0.01 in eta and
phi lose digits in the difference: at 0.001 and |eta| < 2.5 it is right to 1e-6.

Within a final state every event has all objects that its combinations name, so that they come from one pass over its
events, block by block: each object's four-momentum once, then each combination from the one that it prolongs.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import awkward as ak
import numpy as np
import numpy.typing as npt

from edm import columns
from edm.kinds import FIELDS
from physics import combinations, final_states, mass_kernel
from physics.combinations import Rules
from physics.errors import PhysicsError
from physics.mass_kernel import Int64

__all__ = ["Float32", "compute", "configured", "count", "of_objects"]

Float32 = mass_kernel.Float32
"""Numbers of objects or masses, as stored: GeV, dimensionless or radians."""

_STRETCH = 8192  # events: with more, their four-momenta would not stay in the second cache of a core


def configured(objects: Mapping[str, ak.Array], kinds: tuple[str, ...]) -> dict[str, ak.Array]:
    """Take the configured kinds; with b configured, b-tagged jets are b-jets and no longer jets.

    Args:
        objects: Per kind a jagged record array, shape (n_events, var), sorted by falling pT, pt and mass in GeV;
            jets have a field ``is_b`` (1 yes, 0 no, -1 not known).
        kinds: The configured kinds, in the order of KINDS.

    Returns:
        Per configured kind the record array of its objects, shape (n_events, var), order kept; no event goes.

    Raises:
        PhysicsError: When b is configured and the tag of some jet is not known.
    """
    taken = {kind: objects[kind] for kind in kinds if kind != "b"}
    if "b" in kinds:
        offsets, jets = columns.split(objects["j"])
        is_b = jets["is_b"]
        unknown = int(np.count_nonzero(is_b < 0))
        if unknown:
            msg = (
                f"objects_to_calculate names b, but for {unknown} of {len(is_b)} jets it is not known "
                "whether they are b-jets: the selection has no b-tag working point for this format, or the file lacks "
                "its branch; leave b out, or choose a selection with b_tag"
            )
            raise PhysicsError(msg)
        taken["b"] = columns.join(*columns.keep(offsets, jets, is_b == 1))
        if "j" in kinds:
            taken["j"] = columns.join(*columns.keep(offsets, jets, is_b == 0))
    return {kind: taken[kind] for kind in kinds}


def count(objects: Mapping[str, ak.Array]) -> dict[str, Int64]:
    """Count the objects of each event.

    Args:
        objects: Per kind a jagged array, shape (n_events, var).

    Returns:
        Per kind the number of objects (dimensionless), shape (n_events,).
    """
    return {kind: columns.sizes(array) for kind, array in objects.items()}


def compute(objects: Mapping[str, ak.Array], rules: Rules) -> Iterator[tuple[str, int, list[tuple[str, Float32]]]]:
    """Compute the masses of every combination of every final state.

    Args:
        objects: Per configured kind (order of KINDS) a jagged record array, shape (n_events, var), sorted by falling
            pT; pt and mass in GeV, phi in radians.
        rules: Which combinations are made.

    Yields:
        Per final state: its label, its number of events, and per combination its name and masses in GeV, shape
        (n_events_of_state,), in the order of the events. A final state too small for any combination comes with an
        empty list; of no events, nothing. A sum too large for float32, or not finite, gives inf, never NaN.
    """
    parts = [columns.split(array) for array in objects.values()]
    counts = {kind: np.diff(starts) for kind, (starts, _) in zip(objects, parts, strict=True)}
    states, events, bounds = final_states.sort(counts, rules.max_multiplicity)
    plans = [_plan(tuple(state.items()), rules) for state in states]
    for plan, masses in zip(plans, _compute(parts, (events, bounds), plans) if plans else [], strict=True):
        yield plan.label, masses.shape[1], list(zip(plan.names, masses, strict=True))


def of_objects(pt: Float32, eta: Float32, phi: Float32, mass: Float32) -> Float32:
    """Compute the mass of one combination that consists of all given objects.

    Args:
        pt: Transverse momenta in GeV, shape (n_objects, n_events).
        eta: Pseudorapidities, dimensionless, shape (n_objects, n_events).
        phi: Azimuths in radians, shape (n_objects, n_events).
        mass: Constituent masses in GeV, shape (n_objects, n_events).

    Returns:
        Masses in GeV, shape (n_events,); empty for no events. A sum too large for float32, or not finite, gives inf.
    """
    n_objects, n_events = pt.shape
    starts = np.arange(n_events + 1, dtype=np.int64)
    parts = [(starts, dict(zip(FIELDS, rows, strict=True))) for rows in zip(pt, eta, phi, mass, strict=True)]
    slots = np.array([(row, 0) for row in range(n_objects)], dtype=np.int64)
    plan = _Plan("", [""], slots, _steps([tuple(range(n_objects))], n_objects))
    masses: Float32 = _compute(parts, (starts[:-1], starts[[0, -1]]), [plan])[0][0]
    return masses


_Objects = tuple[Int64, columns.Columns]
"""Where each event's objects start, shape (n_events + 1,), and their FIELDS, shape (n_objects,) each."""


class _Plan(NamedTuple):
    """What is made of a final state: all that does not depend on its events.

    Attributes:
        label: Its label.
        names: The names of its combinations.
        slots: Kind (its place among the configured ones) and pT rank of each object, shape (n_slots, 2).
        steps: What :func:`_steps` gives.
    """

    label: str
    names: list[str]
    slots: Int64
    steps: Int64


def _compute(parts: list[_Objects], events: mass_kernel.Rows, plans: list[_Plan]) -> list[Float32]:
    """Compute masses, stretch by stretch of the events.

    Args:
        parts: The objects of each kind.
        events: The events of each final state, ascending, and where those of each begin.
        plans: What is made of each.

    Returns:
        Per final state the masses in GeV, shape (n_combinations, n_events_of_state).
    """
    shapes = [(len(plan.names), size) for plan, size in zip(plans, np.diff(events[1]).tolist(), strict=True)]
    bounds = _bounds([combinations * size for combinations, size in shapes])
    work = mass_kernel.Work(
        events=events,
        slots=_rows([plan.slots for plan in plans]),
        steps=_rows([plan.steps for plan in plans]),
        masses=np.empty(bounds[-1], dtype=np.float32),
        bounds=bounds,
        done=events[1][:-1].copy(),
    )
    edges = [*range(0, len(parts[0][0]) - 1, _STRETCH), len(parts[0][0]) - 1]
    sizes = np.sum([np.diff(starts[edges]) for starts, _ in parts], axis=0)
    momenta = np.empty((sizes.max(initial=0), len(FIELDS)), dtype=np.float64)
    for start, stop in pairwise(edges):
        mass_kernel.add_up(work, start, _fill(parts, start, stop, momenta), momenta)
    places = zip(pairwise(bounds.tolist()), shapes, strict=True)
    return [work.masses[begin:end].reshape(shape) for (begin, end), shape in places]


def _fill(parts: list[_Objects], start: int, stop: int, momenta: npt.NDArray[np.float64]) -> Int64:
    """Fill in the four-momenta of some events, and return where each event's objects of a kind stand among them."""
    offsets = np.empty((len(parts), stop - start + 1), dtype=np.int64)
    filled = 0
    for (starts, fields), row in zip(parts, offsets, strict=True):
        first, last = int(starts[start]), int(starts[stop])
        np.add(starts[start : stop + 1], filled - first, out=row)
        pt, eta, phi, mass = (fields[name][first:last].astype(np.float32, copy=False) for name in FIELDS)
        mass_kernel.four_momenta(pt, eta, phi, mass, momenta[filled : filled + last - first])
        filled += last - first
    return offsets


def _rows(parts: list[Int64]) -> mass_kernel.Rows:
    return np.concatenate(parts), _bounds([len(part) for part in parts])


def _bounds(lengths: list[int]) -> Int64:
    return np.cumsum([0, *lengths], dtype=np.int64)


@lru_cache(maxsize=10_000)  # every chunk has the same final states again
def _plan(state: tuple[tuple[str, int], ...], rules: Rules) -> _Plan:
    wanted = combinations.of_final_state(dict(state), rules)
    kinds = [kind for kind, _ in state]
    slots = sorted({(kinds.index(kind), rank) for combination in wanted for kind, rank in combination})
    row = {(kinds[kind], rank): row for row, (kind, rank) in enumerate(slots)}
    return _Plan(
        final_states.label(dict(state)),
        [combinations.name(combination) for combination in wanted],
        np.array(slots, dtype=np.int64).reshape(-1, 2),
        _steps([tuple(row[item] for item in combination) for combination in wanted], len(slots)),
    )


def _steps(wanted: list[tuple[int, ...]], n_slots: int) -> Int64:
    """List the sums to make, each from an earlier one and one more object, so that no addition is made twice.

    Args:
        wanted: The slots of each combination.
        n_slots: Number of slots; sums are numbered from there on, smaller numbers are single objects.

    Returns:
        Per sum its earlier part, the slot that comes to it (-1, a sum of 0, for a single object), and the
        combination whose sum it is (-1 for none), shape (n_steps, 3).
    """
    numbers: dict[tuple[int, ...], int] = {(slot,): slot for slot in range(n_slots)}
    steps: list[list[int]] = []
    for row, combination in enumerate(wanted):
        for size in range(2, len(combination) + 1):
            if combination[:size] not in numbers:
                steps.append([numbers[combination[: size - 1]], combination[size - 1], -1])
                numbers[combination[:size]] = n_slots + len(steps) - 1
        if len(combination) == 1:
            steps.append([combination[0], -1, row])
        else:
            steps[numbers[combination] - n_slots][2] = row
    return np.array(steps, dtype=np.int64).reshape(-1, 3)
