"""Invariant masses of all combinations of all final states, in one pass over the events.

The mass of objects with energies E_i and momenta p_i is m = sqrt((sum E)^2 - |sum p|^2), a negative square (rounding
of nearly parallel massless objects) clipped to 0. Everything is summed in float64, because float32 four-vectors give
masses wrong by up to a factor 2.7, and stored as float32, which is right to 1e-7. Objects closer than 0.01 in eta and
phi lose digits in the difference: at 0.001 and |eta| < 2.5 it is right to 1e-6.
"""

from collections.abc import Iterator, Mapping

import awkward as ak
import numba
import numpy as np
import numpy.typing as npt

from physics import combinations, final_states
from physics.combinations import Combination, Rules
from physics.errors import PhysicsError
from physics.particles import FIELDS, KINDS

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
        jets = objects["j"]
        unknown = int(ak.sum(jets.is_b < 0))
        if unknown:
            msg = (
                f"objects_to_calculate names b, but for {unknown} of {int(ak.count(jets.is_b))} jets it is not known "
                "whether they are b-jets: the selection has no b-tag working point for this format, or the file lacks "
                "its branch; leave b out, or choose a selection with b_tag"
            )
            raise PhysicsError(msg)
        taken["b"] = jets[jets.is_b == 1]
        if "j" in kinds:
            taken["j"] = jets[jets.is_b == 0]
    return {kind: taken[kind] for kind in kinds}


def count(objects: Mapping[str, ak.Array]) -> dict[str, npt.NDArray[np.int64]]:
    """Count the objects of each event.

    Args:
        objects: Per kind a jagged array, shape (n_events, var).

    Returns:
        Per kind the number of objects (dimensionless), shape (n_events,).
    """
    return {kind: np.asarray(ak.num(array, axis=1), dtype=np.int64) for kind, array in objects.items()}


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
    flat = {kind: _flat(array) for kind, array in objects.items()}
    for state, events in final_states.classify(count(objects), rules.max_multiplicity):
        wanted = combinations.of_final_state(state, rules)
        slots = sorted({item for combination in wanted for item in combination}, key=_order)
        columns = _gather(flat, slots, events)
        masses = _all_combinations(*columns, *_table(wanted, slots))
        yield (
            final_states.label(state),
            len(events),
            [(combinations.name(combination), masses[row]) for row, combination in enumerate(wanted)],
        )


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
    members = np.arange(len(pt), dtype=np.int64)
    result: Float32 = _all_combinations(pt, eta, phi, mass, members, np.array([0, len(pt)], dtype=np.int64))[0]
    return result


def _order(item: tuple[str, int]) -> tuple[int, int]:
    return KINDS.index(item[0]), item[1]


def _flat(array: ak.Array) -> tuple[npt.NDArray[np.int64], dict[str, Float32]]:
    """Return the offset of each event's first object, and the fields of all objects end to end."""
    array = ak.to_packed(array)
    starts = np.r_[0, np.cumsum(np.asarray(ak.num(array, axis=1), dtype=np.int64))]
    return starts, {field: np.asarray(ak.flatten(array[field]), dtype=np.float32) for field in FIELDS}


def _gather(
    flat: Mapping[str, tuple[npt.NDArray[np.int64], dict[str, Float32]]],
    slots: list[tuple[str, int]],
    events: npt.NDArray[np.int64],
) -> list[Float32]:
    """Make one rectangular array a field, shape (n_slots, n_events): within a final state every event has all slots."""
    columns = [np.empty((len(slots), len(events)), dtype=np.float32) for _ in FIELDS]
    for row, (kind, rank) in enumerate(slots):
        starts, fields = flat[kind]
        index = starts[events] + rank
        for column, field in zip(columns, FIELDS, strict=True):
            np.take(fields[field], index, out=column[row])
    return columns


def _table(
    wanted: list[Combination], slots: list[tuple[str, int]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the slots of all combinations end to end, and where each combination starts."""
    position = {item: row for row, item in enumerate(slots)}
    members = [position[item] for combination in wanted for item in combination]
    starts = np.cumsum([0, *(len(combination) for combination in wanted)])
    return np.array(members, dtype=np.int64), starts.astype(np.int64)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _all_combinations(
    pt: Float32,
    eta: Float32,
    phi: Float32,
    mass: Float32,
    members: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
) -> Float32:
    """Sum four-momenta: each object's once an event, then every combination from them."""
    n_slots, n_events = pt.shape
    out = np.empty((len(starts) - 1, n_events), dtype=np.float32)
    momentum = np.empty((n_slots, 4), dtype=np.float64)
    for event in range(n_events):
        for slot in range(n_slots):
            transverse = np.float64(pt[slot, event])
            angle = np.float64(phi[slot, event])
            rest = np.float64(mass[slot, event])
            p_x, p_y = transverse * np.cos(angle), transverse * np.sin(angle)
            p_z = transverse * np.sinh(np.float64(eta[slot, event]))
            momentum[slot, 0], momentum[slot, 1], momentum[slot, 2] = p_x, p_y, p_z
            momentum[slot, 3] = np.sqrt(p_x * p_x + p_y * p_y + p_z * p_z + rest * rest)
        for row in range(len(starts) - 1):
            x = y = z = energy = 0.0
            for member in range(starts[row], starts[row + 1]):
                slot = members[member]
                x += momentum[slot, 0]
                y += momentum[slot, 1]
                z += momentum[slot, 2]
                energy += momentum[slot, 3]
            square = energy * energy - (x * x + y * y + z * z)
            # an overflow (inf - inf) is a mass beyond every limit, not an unknown one
            out[row, event] = np.inf if np.isnan(square) else np.sqrt(max(square, 0.0))
    return out
