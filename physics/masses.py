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

import numpy as np
import numpy.typing as npt

from edm.arrays import Float32, Int64
from edm.kinds import FIELDS, MET, MOMENTUM
from edm.objects import Objects
from physics import combinations, final_states, mass_kernel
from physics.categories.missing_momentum import MissingMomentum
from physics.combinations import Rules
from physics.errors import PhysicsError

__all__ = ["StateMasses", "compute", "compute_states", "invariant_mass", "take_configured"]

_STRETCH = 8192  # events: with more, their four-momenta would not stay in the second cache of a core


def take_configured(objects: Mapping[str, Objects], kinds: tuple[str, ...]) -> dict[str, Objects]:
    """Take the configured kinds; with b configured, b-tagged jets are b-jets and no longer jets.

    Args:
        objects: By kind, sorted by falling pT; jets have a column ``is_b`` (1 yes, 0 no, -1 not known).
        kinds: The configured kinds, in the order of LABEL_KINDS.

    Returns:
        The objects of each configured kind, order kept, in all events.

    Raises:
        PhysicsError: When b is configured and the tag of some jet is not known.
    """
    if "b" not in kinds:
        return {kind: objects[kind] for kind in kinds}
    jets = objects["j"]
    is_b = jets["is_b"]
    unknown = int(np.count_nonzero(is_b < 0))
    if unknown:
        msg = (
            f"objects_to_calculate names b, but for {unknown} of {len(is_b)} jets it is not known "
            "whether they are b-jets: the selection has no b-tag working point for this format, or the file lacks "
            "its branch; leave b out, or choose a selection with b_tag"
        )
        raise PhysicsError(msg)
    tagged = {**objects, "b": jets.select(is_b == 1), "j": jets.select(is_b == 0)}
    return {kind: tagged[kind] for kind in kinds}


class StateMasses(NamedTuple):
    """The masses of one final state.

    Attributes:
        label: Its label.
        events: Its events, ascending, shape (n_events_of_state,).
        combinations: Per combination its name and masses in GeV, shape (n_events_of_state,), in the order of events;
            empty for a final state too small for any combination. A sum too large for float32, or not finite, gives
            inf, never NaN.
        events_with_met: Those of its events whose missing transverse momentum is finite, shape (n_events_with_met,).
        with_met: The masses with it, as ``combinations``, in the order of these events; empty where none are made.
    """

    label: str
    events: Int64
    combinations: list[tuple[str, Float32]]
    events_with_met: Int64
    with_met: list[tuple[str, Float32]]


def compute(objects: Mapping[str, Objects], rules: Rules) -> Iterator[tuple[str, int, list[tuple[str, Float32]]]]:
    """Compute the masses of every combination of every final state.

    Args:
        objects: By configured kind (order of LABEL_KINDS), sorted by falling pT, with the columns FIELDS or MOMENTUM.
        rules: Which combinations are made.

    Yields:
        Per final state: its label, its number of events, and per combination its name and masses in GeV, shape
        (n_events_of_state,), in the order of the events. A final state too small for any combination comes with an
        empty list; of no events, nothing. A sum too large for float32, or not finite, gives inf, never NaN.
    """
    for state in compute_states(objects, rules):
        yield state.label, len(state.events), state.combinations


def compute_states(
    objects: Mapping[str, Objects], rules: Rules, tags: Int64 | None = None, met: MissingMomentum | None = None
) -> Iterator[StateMasses]:
    """Compute the masses of every combination of every final state, and say of which events they are.

    Args:
        objects: By configured kind (order of LABEL_KINDS), sorted by falling pT, with the columns FIELDS or MOMENTUM.
        rules: Which combinations are made.
        tags: The place of each event's charge tag in final_states.CHARGE_TAGS, shape (n_events,); None for no tags.
        met: The missing transverse momentum of the events, where the rules ask for it.

    Yields:
        The masses of each final state; of no events, nothing.
    """
    counts = {kind: of_kind.counts() for kind, of_kind in objects.items()}
    states, of_states, events, bounds = final_states.sort(counts, rules.max_multiplicity, tags)
    plans = [_plan(tuple(state.items()), tag, rules) for state, tag in zip(states, of_states, strict=True)]
    parts = [*objects.values(), *([met.objects] if met else [])]
    made = _compute(parts, (events, bounds), plans) if plans else []
    for plan, masses, (first, last) in zip(plans, made, pairwise(bounds.tolist()), strict=True):
        of_state = events[first:last]
        finite = met.finite[of_state] if met else np.zeros(len(of_state), dtype=np.bool_)
        named = list(zip(plan.names, masses, strict=True))
        with_met = [(name, values[finite]) for name, values in named[plan.first_with_met :]]
        yield StateMasses(plan.label, of_state, named[: plan.first_with_met], of_state[finite], with_met)


def invariant_mass(pt: Float32, eta: Float32, phi: Float32, mass: Float32) -> Float32:
    """Compute the mass of the one combination of all given objects.

    Args:
        pt: Transverse momenta in GeV, shape (n_objects, n_events).
        eta: Pseudorapidities, dimensionless, shape (n_objects, n_events).
        phi: Azimuths in radians, shape (n_objects, n_events).
        mass: Constituent masses in GeV, shape (n_objects, n_events).

    Returns:
        Masses in GeV, shape (n_events,); empty for no events. A sum too large for float32, or not finite, gives inf.
    """
    n_objects, n_events = pt.shape
    offsets = np.arange(n_events + 1, dtype=np.int64)
    parts = [Objects(offsets, dict(zip(FIELDS, rows, strict=True))) for rows in zip(pt, eta, phi, mass, strict=True)]
    slots = np.array([(row, 0) for row in range(n_objects)], dtype=np.int64)
    plan = _Plan("", [""], 1, slots, _steps([tuple(range(n_objects))], n_objects))
    masses: Float32 = _compute(parts, (offsets[:-1], offsets[[0, -1]]), [plan])[0][0]
    return masses


class _Plan(NamedTuple):
    """What is made of a final state: all that does not depend on its events.

    Attributes:
        label: Its label.
        names: The names of its combinations.
        first_with_met: The first of them with the missing transverse momentum; their number where there is none.
        slots: Kind (its place among the configured ones) and pT rank of each object, shape (n_slots, 2).
        steps: What :func:`_steps` gives.
    """

    label: str
    names: list[str]
    first_with_met: int
    slots: Int64
    steps: Int64


def _compute(parts: list[Objects], events: mass_kernel.Rows, plans: list[_Plan]) -> list[Float32]:
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
    edges = [*range(0, parts[0].n_events, _STRETCH), parts[0].n_events]
    sizes = np.sum([np.diff(objects.offsets[edges]) for objects in parts], axis=0)
    momenta = np.empty((sizes.max(initial=0), len(FIELDS)), dtype=np.float64)
    for start, stop in pairwise(edges):
        mass_kernel.add_up(work, start, _fill(parts, start, stop, momenta), momenta)
    places = zip(pairwise(bounds.tolist()), shapes, strict=True)
    return [work.masses[begin:end].reshape(shape) for (begin, end), shape in places]


def _fill(parts: list[Objects], start: int, stop: int, momenta: npt.NDArray[np.float64]) -> Int64:
    """Fill in the four-momenta of some events, and return where each event's objects of a kind stand among them."""
    offsets = np.empty((len(parts), stop - start + 1), dtype=np.int64)
    filled = 0
    for objects, row in zip(parts, offsets, strict=True):
        first, last = objects.offsets[[start, stop]].tolist()
        np.add(objects.offsets[start : stop + 1], filled - first, out=row)
        out = momenta[filled : filled + last - first]
        if MOMENTUM[0] in objects.columns:
            out[:] = np.stack([objects[name][first:last] for name in MOMENTUM], axis=1)
        else:
            pt, eta, phi, mass = (objects[name][first:last].astype(np.float32, copy=False) for name in FIELDS)
            mass_kernel.four_momenta(pt, eta, phi, mass, out)
        filled += last - first
    return offsets


def _rows(parts: list[Int64]) -> mass_kernel.Rows:
    return np.concatenate(parts), _bounds([len(part) for part in parts])


def _bounds(lengths: list[int]) -> Int64:
    return np.cumsum([0, *lengths], dtype=np.int64)


@lru_cache(maxsize=10_000)  # every chunk has the same final states again
def _plan(state: tuple[tuple[str, int], ...], tag: str, rules: Rules) -> _Plan:
    listed = combinations.of_final_state(dict(state), rules)
    kinds = [*(kind for kind, _ in state), MET]
    slots = sorted({(kinds.index(kind), rank) for combination in listed for kind, rank in combination})
    row = {(kinds[kind], rank): row for row, (kind, rank) in enumerate(slots)}
    return _Plan(
        final_states.label(dict(state), tag),
        [combinations.name(combination) for combination in listed],
        sum(combination[-1][0] != MET for combination in listed),
        np.array(slots, dtype=np.int64).reshape(-1, 2),
        _steps([tuple(row[item] for item in combination) for combination in listed], len(slots)),
    )


def _steps(slots: list[tuple[int, ...]], n_slots: int) -> Int64:
    """List the sums to make, each from an earlier one and one more object, so that no addition is made twice.

    Args:
        slots: The slots of each combination.
        n_slots: Number of slots; sums are numbered from there on, smaller numbers are single objects.

    Returns:
        Per sum its earlier part, the slot that comes to it (-1, a sum of 0, for a single object), and the
        combination whose sum it is (-1 for none), shape (n_steps, 3).
    """
    numbers: dict[tuple[int, ...], int] = {(slot,): slot for slot in range(n_slots)}
    steps: list[list[int]] = []
    for row, combination in enumerate(slots):
        for size in range(2, len(combination) + 1):
            if combination[:size] not in numbers:
                steps.append([numbers[combination[: size - 1]], combination[size - 1], -1])
                numbers[combination[:size]] = n_slots + len(steps) - 1
        if len(combination) == 1:
            steps.append([combination[0], -1, row])
        else:
            steps[numbers[combination] - n_slots][2] = row
    return np.array(steps, dtype=np.int64).reshape(-1, 3)
