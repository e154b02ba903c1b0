"""The compiled loops of the mass stage: four-momenta of objects, their sums, and masses.

All of them stand in this one file, because numba's cache looks at the file of the outermost loop alone.

Sines, cosines and hyperbolic sines are made here, of additions and multiplications in a fixed order: eight times faster
than the C library's, and the same bits on every machine, whatever its C library and vector registers. They are wrong by
less than 1.1 units in the last place of float64 (sinh: 2.5). Angles are reduced by multiples of pi/2, exponents by
multiples of ln 2, both in parts of which the first products are exact (Cody and Waite); the rest are Taylor's series.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from compiled.loops import compiled
from edm.objects import Int64

__all__ = ["Float32", "Float64", "Rows", "Work", "add_up", "four_momenta"]

Float32 = npt.NDArray[np.float32]
"""Numbers of objects or masses, as stored: GeV, dimensionless or radians."""

Float64 = npt.NDArray[np.float64]
"""What is computed on the way."""

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


def _parts(number: Fraction, bits: int, count: int) -> list[float]:
    """Write a number as a sum of floats, of which all but the last have so many bits."""
    parts = []
    for _ in range(count - 1):
        step = Fraction(2) ** (math.frexp(float(number))[1] - bits)
        parts.append(float(number // step * step))
        number -= Fraction(parts[-1])
    return [*parts, float(number)]


def _inverse_factorials(numbers: range) -> list[float]:
    return [1 / math.factorial(number) for number in numbers]


_HALF_PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494459") / 2
_LN_2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680009")
_HALF_PI_1, _HALF_PI_2, _HALF_PI_3 = _parts(_HALF_PI, 33, 3)
_LN_2_1, _LN_2_2 = _parts(_LN_2, 32, 2)
_PER_HALF_PI, _PER_LN_2 = float(1 / _HALF_PI), float(1 / _LN_2)
_S3, _S5, _S7, _S9, _S11, _S13, _S15, _S17 = _inverse_factorials(range(3, 18, 2))
_C4, _C6, _C8, _C10, _C12, _C14, _C16 = _inverse_factorials(range(4, 17, 2))
_E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13 = _inverse_factorials(range(3, 14))
_EXPONENT_BIT = 52  # where the exponent stands in a float64
_EXPONENT_OF_1 = 2.0**_EXPONENT_BIT + 1023.0
_LARGEST_ANGLE = 1e5  # beyond, the products are not exact any more
_LARGEST_ETA = 40.0  # far beyond any; exponents stay small


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
        _cosines_and_sines(phi[start:stop], cosine, sine)
        _hyperbolic_sines(eta[start:stop], powers, sinh)
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


@compiled(nogil=True)
def _cosines_and_sines(angles: Float32, cosines: Float64, sines: Float64) -> None:
    large = False
    for lane in range(len(angles)):
        angle = np.float64(angles[lane])
        large |= not abs(angle) <= _LARGEST_ANGLE
        turns = np.rint(angle * _PER_HALF_PI)
        most = angle - turns * _HALF_PI_1
        x = most - turns * _HALF_PI_2
        rest = (most - x) - turns * _HALF_PI_2 - turns * _HALF_PI_3
        z = x * x
        of_sine = _S9 - z * (_S11 - z * (_S13 - z * (_S15 - z * _S17)))
        of_sine = -_S3 + z * (_S5 - z * (_S7 - z * of_sine))
        of_cosine = _C10 - z * (_C12 - z * (_C14 - z * _C16))
        of_cosine = _C4 - z * (_C6 - z * (_C8 - z * of_cosine))
        sine = x + (z * x * of_sine + rest * (1.0 - 0.5 * z))
        near = 1.0 - 0.5 * z
        cosine = near + (((1.0 - near) - 0.5 * z) + (z * z * of_cosine - x * rest))
        quarter = turns - 4.0 * np.floor(0.25 * turns)
        odd = (quarter == 1.0) | (quarter == 3.0)
        one, other = (cosine if odd else sine), (sine if odd else cosine)
        sines[lane] = -one if quarter >= 2.0 else one
        cosines[lane] = -other if (quarter == 1.0) | (quarter == 2.0) else other
    if large:  # never in a file of physics; each for itself, so that its neighbours do not matter
        for lane in range(len(angles)):
            angle = np.float64(angles[lane])
            if not abs(angle) <= _LARGEST_ANGLE:
                cosines[lane], sines[lane] = np.cos(angle), np.sin(angle)


@compiled(nogil=True, error_model="numpy")
def _hyperbolic_sines(numbers: Float32, powers: Float64, sines: Float64) -> None:
    """Make sinh = (t + t / (t + 1)) / 2 with t = exp|x| - 1."""
    large = False
    for lane in range(len(numbers)):
        number = abs(np.float64(numbers[lane]))
        large |= not number <= _LARGEST_ETA
        exponent = np.rint(number * _PER_LN_2)
        most, last = number - exponent * _LN_2_1, exponent * _LN_2_2
        x = most - last
        rest = (most - x) - last
        series = _E7 + x * (_E8 + x * (_E9 + x * (_E10 + x * (_E11 + x * (_E12 + x * _E13)))))
        series = _E3 + x * (_E4 + x * (_E5 + x * (_E6 + x * series)))
        sines[lane] = x + (0.5 * x * x + (x * x * x * series + rest * (1.0 + x)))
        powers[lane] = exponent + _EXPONENT_OF_1  # a whole number in the lowest bits
    bits = powers.view(np.int64)
    for lane in range(len(numbers)):
        bits[lane] <<= _EXPONENT_BIT  # and it is the exponent of a float64: 2**exponent
    for lane in range(len(numbers)):
        power = powers[lane]
        grown = power * sines[lane] + (power - 1.0)
        sine = 0.5 * (grown + grown / (grown + 1.0))
        sines[lane] = -sine if numbers[lane] < 0.0 else sine
    if large:  # as above
        for lane in range(len(numbers)):
            if not abs(numbers[lane]) <= _LARGEST_ETA:
                sines[lane] = np.sinh(np.float64(numbers[lane]))
