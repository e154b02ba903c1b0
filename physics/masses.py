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
from typing import Any, NamedTuple

import awkward as ak
import numba
import numpy as np
import numpy.typing as npt

from physics import columns, combinations, final_states
from physics.combinations import Rules
from physics.errors import PhysicsError
from physics.particles import FIELDS

__all__ = ["Float32", "compute", "configured", "count", "of_objects"]

Float32 = npt.NDArray[np.float32]
"""Numbers of objects or masses, as stored: GeV, dimensionless or radians."""


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


def count(objects: Mapping[str, ak.Array]) -> dict[str, npt.NDArray[np.int64]]:
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
    offsets, momenta = _flatten(list(objects.values()))
    counts = dict(zip(objects, np.diff(offsets), strict=True))
    for state, events in final_states.classify(counts, rules.max_multiplicity):
        plan = _plan(tuple(state.items()), rules)
        masses = _all_combinations(offsets, momenta, events, plan.slots, plan.steps, len(plan.names))
        yield plan.label, len(events), list(zip(plan.names, masses, strict=True))


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
    offsets = np.arange(n_objects * n_events, dtype=np.int64).reshape(pt.shape)
    momenta = np.stack((pt, eta, phi, mass), axis=-1, dtype=np.float32).reshape(-1, len(FIELDS))
    slots = np.array([(row, 0) for row in range(n_objects)], dtype=np.int64)
    steps = _steps([tuple(range(n_objects))], n_objects)
    result: Float32 = _all_combinations(offsets, momenta, np.arange(n_events, dtype=np.int64), slots, steps, 1)[0]
    return result


_BLOCK = 64  # events that are worked on at a time: their sums stay in the cache of a core


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
    slots: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]


def _flatten(arrays: list[ak.Array]) -> tuple[npt.NDArray[np.int64], Float32]:
    """Put the objects of all kinds end to end.

    Returns:
        Where each event's first object of a kind stands, shape (n_kinds, n_events + 1), and FIELDS of each object side
        by side, as they are needed together, shape (n_objects, 4).
    """
    parts = [columns.split(array) for array in arrays]
    ends = np.cumsum([0, *(starts[-1] for starts, _ in parts)])
    momenta = np.empty((ends[-1], len(FIELDS)), dtype=np.float32)
    offsets = np.stack([starts + end for (starts, _), end in zip(parts, ends, strict=False)])
    for (_, fields), start, end in zip(parts, ends, ends[1:], strict=False):
        _side_by_side(*(fields[field].astype(np.float32, copy=False) for field in FIELDS), momenta[start:end])
    return offsets, momenta


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


def _steps(wanted: list[tuple[int, ...]], n_slots: int) -> npt.NDArray[np.int64]:
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _side_by_side(pt: Float32, eta: Float32, phi: Float32, mass: Float32, columns: Float32) -> None:
    for item in range(len(pt)):
        columns[item, 0], columns[item, 1] = pt[item], eta[item]
        columns[item, 2], columns[item, 3] = phi[item], mass[item]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _all_combinations(
    offsets: npt.NDArray[np.int64],
    columns: Float32,
    events: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    steps: npt.NDArray[np.int64],
    n_combinations: int,
) -> Float32:
    """Return the masses of all combinations in the given events, shape (n_combinations, n_events)."""
    out = np.empty((n_combinations, len(events)), dtype=np.float32)
    sums = np.zeros((len(slots) + len(steps) + 1, 4, _BLOCK), dtype=np.float64)
    pt, eta, phi, mass = np.empty((4, _BLOCK), dtype=np.float64)
    for start in range(0, len(events), _BLOCK):
        block = events[start : start + _BLOCK]
        for slot in range(len(slots)):
            kind, rank = slots[slot]
            for lane in range(len(block)):
                item = offsets[kind, block[lane]] + rank
                pt[lane], eta[lane], phi[lane] = columns[item, 0], columns[item, 1], columns[item, 2]
                mass[lane] = columns[item, 3]
            _four_momenta(pt, eta, phi, mass, len(block), sums[slot])
        _prolong(sums, len(slots), steps, out[:, start : start + _BLOCK])
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _four_momenta(pt: Any, eta: Any, phi: Any, mass: Any, size: int, momenta: Any) -> None:
    """Make px, py, pz and energy, shape (4, _BLOCK), of as many objects as size says: a function a loop is faster."""
    p_x, p_y, p_z, energy = momenta
    for lane in range(size):
        p_x[lane], p_y[lane] = np.cos(phi[lane]), np.sin(phi[lane])
    for lane in range(size):
        p_z[lane] = np.sinh(eta[lane])
    for lane in range(size):
        x, y, z = pt[lane] * p_x[lane], pt[lane] * p_y[lane], pt[lane] * p_z[lane]
        p_x[lane], p_y[lane], p_z[lane] = x, y, z
        energy[lane] = np.sqrt(x * x + y * y + z * z + mass[lane] * mass[lane])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _prolong(sums: npt.NDArray[np.float64], n_slots: int, steps: npt.NDArray[np.int64], out: Float32) -> None:
    """Make the sums of a block, shape (n_slots + n_steps + 1, 4, _BLOCK), the last of which stays 0, and masses."""
    for step in range(len(steps)):
        earlier, added, row = steps[step]
        one, other, here = sums[earlier], sums[added], sums[n_slots + step]
        for lane in range(out.shape[1]):
            x, y, z = one[0, lane] + other[0, lane], one[1, lane] + other[1, lane], one[2, lane] + other[2, lane]
            energy = one[3, lane] + other[3, lane]
            here[0, lane], here[1, lane], here[2, lane], here[3, lane] = x, y, z, energy
        if row >= 0:
            for lane in range(out.shape[1]):
                x, y, z, energy = here[0, lane], here[1, lane], here[2, lane], here[3, lane]
                square = energy * energy - (x * x + y * y + z * z)
                root = np.sqrt(square if square > 0.0 else 0.0)
                # an overflow (inf - inf) is a mass beyond every limit, not an unknown one
                out[row, lane] = np.inf if np.isnan(square) else root
