"""The compiled loops of the mass stage: four-momenta of objects, their sums, and masses."""

from typing import NamedTuple

import numpy as np

from compiled.loops import compiled
from edm.arrays import Float32, Float64, Int64
from physics.portable_trigonometry import cosines_and_sines, hyperbolic_sines

__all__ = ["Rows", "Work", "add_up", "four_momenta"]

Rows = tuple[Int64, Int64]
"""Rows of several final states, one after the other, and where those of each begin, shape (n_states + 1,)."""


class Work(NamedTuple):
    """What is to be made of the events of a chunk, by final state.

    Attributes:
        events: The events of each final state, ascending, shape (n_events,).
        slots: Kind and pT rank of each object that is needed, shape (n_slots, 2).
        steps: The sums to make: earlier sum, slot that comes to it, combination (-1 for none), shape (n_steps, 3).
        masses: Gets the masses in GeV, of each final state as an array of shape (n_combinations, n_events_of_state).
        bounds: Where the masses of each final state begin, shape (n_states + 1,).
        done: How far in *events* each final state is, shape (n_states,).
    """

    events: Rows
    slots: Rows
    steps: Rows
    masses: Float32
    bounds: Int64
    done: Int64


_BLOCK = 64  # events of one final state that are worked on at a time: their sums stay in the first cache of a core


@compiled(nogil=True)
def four_momenta(pt: Float32, eta: Float32, phi: Float32, mass: Float32, momenta: Float64) -> None:
    """Compute the four-momenta of objects.

    Args:
        pt: Transverse momenta in GeV, shape (n_objects,).
        eta: Pseudorapidities, dimensionless, shape (n_objects,).
        phi: Azimuths in radians, shape (n_objects,).
        mass: Masses in GeV, shape (n_objects,).
        momenta: Gets px, py, pz and energy of each object in GeV, shape (n_objects, 4).
    """
    # rows of one array could overlap for all that the compiler knows: it would not use vector registers
    cosine, sine, sinh, powers = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, len(pt), _BLOCK):
        stop = min(start + _BLOCK, len(pt))
        cosines_and_sines(phi[start:stop], cosine, sine)
        hyperbolic_sines(eta[start:stop], powers, sinh)
        _join(pt[start:stop], cosine, sine, sinh, mass[start:stop], momenta[start:stop])


@compiled(nogil=True)
def _join(pt: Float32, cosine: Float64, sine: Float64, sinh: Float64, mass: Float32, momenta: Float64) -> None:
    for item in range(len(pt)):
        p, m = np.float64(pt[item]), np.float64(mass[item])
        x, y, z = p * cosine[item], p * sine[item], p * sinh[item]
        momenta[item, 0], momenta[item, 1], momenta[item, 2] = x, y, z
        momenta[item, 3] = np.sqrt(x * x + y * y + z * z + m * m)


@compiled(nogil=True)
def add_up(work: Work, first_event: int, offsets: Int64, momenta: Float64) -> None:
    """Compute the masses of all combinations of all final states in a stretch of events.

    Args:
        work: What is to be made; the stretch begins where the one before it ended.
        first_event: The stretch's first event.
        offsets: Where each event's first object of a kind stands, shape (n_kinds, n_events_of_stretch + 1).
        momenta: px, py, pz and energy of each object of the stretch in GeV, shape (n_objects, 4).
    """
    events, ends = work.events
    sums = np.zeros((np.max(np.diff(work.slots[1]) + np.diff(work.steps[1])) + 1, 4, _BLOCK), dtype=np.float64)
    stop = first_event + offsets.shape[1] - 1
    for state in range(len(ends) - 1):
        begin, end = ends[state], ends[state + 1]
        slots, steps = _of_state(work.slots, state), _of_state(work.steps, state)
        masses = work.masses[work.bounds[state] : work.bounds[state + 1]].reshape((-1, end - begin))
        while work.done[state] < end and events[work.done[state]] < stop:
            first = last = work.done[state]
            while last < min(first + _BLOCK, end) and events[last] < stop:
                last += 1
            for row in range(len(slots)):
                kind, rank = slots[row]
                _gather(momenta, offsets[kind], events[first:last], rank, first_event, sums[row])
            _prolong(sums, len(slots), steps, masses[:, first - begin : last - begin])
            work.done[state] = last


@compiled(nogil=True)
def _of_state(rows: Rows, state: int) -> Int64:
    return rows[0][rows[1][state] : rows[1][state + 1]]


@compiled(nogil=True)
def _gather(momenta: Float64, offsets: Int64, events: Int64, rank: int, first_event: int, sums: Float64) -> None:
    p_x, p_y, p_z, energy = sums
    for lane in range(len(events)):
        item = offsets[events[lane] - first_event] + rank
        p_x[lane], p_y[lane] = momenta[item, 0], momenta[item, 1]
        p_z[lane], energy[lane] = momenta[item, 2], momenta[item, 3]


@compiled(nogil=True)
def _prolong(sums: Float64, n_slots: int, steps: Int64, out: Float32) -> None:
    """Make the sums of a block, shape (n_slots + n_steps + 1, 4, _BLOCK), the last of which stays 0, and masses."""
    for step in range(len(steps)):
        earlier, added, row = steps[step]
        a, b, total = sums[earlier], sums[added], sums[n_slots + step]
        for lane in range(out.shape[1]):
            x, y, z = a[0, lane] + b[0, lane], a[1, lane] + b[1, lane], a[2, lane] + b[2, lane]
            energy = a[3, lane] + b[3, lane]
            total[0, lane], total[1, lane], total[2, lane], total[3, lane] = x, y, z, energy
        if row >= 0:
            for lane in range(out.shape[1]):
                x, y, z, energy = total[0, lane], total[1, lane], total[2, lane], total[3, lane]
                square = energy * energy - (x * x + y * y + z * z)
                root = np.sqrt(square if square > 0.0 else 0.0)
                # an overflow (inf - inf) is a mass beyond every limit, not an unknown one
                out[row, lane] = np.inf if np.isnan(square) else root
