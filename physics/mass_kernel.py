"""The compiled loops of the mass stage: four-momenta of objects, their sums, and masses.

All of them stand in this one file, because numba's cache looks at the file of the outermost loop alone.

Sines, cosines and hyperbolic sines are made here, of additions and multiplications in a fixed order: eight times faster
than the C library's, and the same bits on every machine, whatever its C library and vector registers. They are wrong by
less than 1.1 units in the last place of float64 (sinh: 2.5). Angles are reduced by multiples of pi/2, exponents by
multiples of ln 2, both in parts of which the first products are exact (Cody and Waite); the rest are Taylor's series.
"""

import math
from fractions import Fraction
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Float32", "all_combinations", "side_by_side"]

Float32 = npt.NDArray[np.float32]
"""Numbers of objects or masses, as stored: GeV, dimensionless or radians."""

_BLOCK = 64  # events that are worked on at a time: their sums stay in the cache of a core


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
_POWERS_OF_2 = 2.0 ** np.arange(64)
_LARGEST_ANGLE = 1e5  # beyond, the products are not exact any more
_LARGEST_ETA = 40.0  # beyond, there are no powers in the table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def side_by_side(pt: Float32, eta: Float32, phi: Float32, mass: Float32, columns: Float32) -> None:
    """Put the fields of each object side by side.

    Args:
        pt: Transverse momenta in GeV, shape (n_objects,).
        eta: Pseudorapidities, dimensionless, shape (n_objects,).
        phi: Azimuths in radians, shape (n_objects,).
        mass: Masses in GeV, shape (n_objects,).
        columns: Gets them, shape (n_objects, 4).
    """
    for item in range(len(pt)):
        columns[item, 0], columns[item, 1] = pt[item], eta[item]
        columns[item, 2], columns[item, 3] = phi[item], mass[item]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def all_combinations(
    offsets: npt.NDArray[np.int64],
    columns: Float32,
    events: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    steps: npt.NDArray[np.int64],
    n_combinations: int,
) -> Float32:
    """Compute the masses of all combinations in some events of one final state.

    Args:
        offsets: Where each event's first object of a kind stands, shape (n_kinds, n_events_of_chunk + 1).
        columns: pt, eta, phi and mass of each object, shape (n_objects, 4).
        events: The events, shape (n_events,).
        slots: Kind and pT rank of each object that is needed, shape (n_slots, 2).
        steps: The sums to make: earlier sum, slot that comes to it, combination (-1 for none), shape (n_steps, 3).
        n_combinations: How many combinations there are.

    Returns:
        Masses in GeV, shape (n_combinations, n_events).
    """
    out = np.empty((n_combinations, len(events)), dtype=np.float32)
    sums = np.zeros((len(slots) + len(steps) + 1, 4, _BLOCK), dtype=np.float64)
    pt, eta, phi, mass = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    # rows of one array could overlap for all that the compiler knows: it would not use vector registers
    cosine, sine, sinh, exponents = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, len(events), _BLOCK):
        block = events[start : start + _BLOCK]
        for slot in range(len(slots)):
            kind, rank = slots[slot]
            for lane in range(len(block)):
                item = offsets[kind, block[lane]] + rank
                pt[lane], eta[lane], phi[lane] = columns[item, 0], columns[item, 1], columns[item, 2]
                mass[lane] = columns[item, 3]
            _cosines_and_sines(phi, len(block), cosine, sine)
            _hyperbolic_sines(eta, len(block), exponents, sinh)
            _four_momenta(pt, cosine, sine, sinh, mass, len(block), sums[slot])
        _prolong(sums, len(slots), steps, out[:, start : start + _BLOCK])
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _four_momenta(pt: Any, cosine: Any, sine: Any, sinh: Any, mass: Any, size: int, momenta: Any) -> None:
    """Make px, py, pz and energy, shape (4, _BLOCK), of as many objects as size says: a function a loop is faster."""
    p_x, p_y, p_z, energy = momenta
    for lane in range(size):
        x, y, z = pt[lane] * cosine[lane], pt[lane] * sine[lane], pt[lane] * sinh[lane]
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cosines_and_sines(angles: Any, size: int, cosines: Any, sines: Any) -> None:
    large = False
    for lane in range(size):
        angle = angles[lane]
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
        for lane in range(size):
            if not abs(angles[lane]) <= _LARGEST_ANGLE:
                cosines[lane], sines[lane] = np.cos(angles[lane]), np.sin(angles[lane])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hyperbolic_sines(numbers: Any, size: int, exponents: Any, sines: Any) -> None:
    """Make sinh = (t + t / (t + 1)) / 2 with t = exp|x| - 1, in two loops: the second one's table is no vector."""
    large = False
    for lane in range(size):
        number = abs(numbers[lane])
        large |= not number <= _LARGEST_ETA
        exponent = np.rint(number * _PER_LN_2)
        most, last = number - exponent * _LN_2_1, exponent * _LN_2_2
        x = most - last
        rest = (most - x) - last
        series = _E7 + x * (_E8 + x * (_E9 + x * (_E10 + x * (_E11 + x * (_E12 + x * _E13)))))
        series = _E3 + x * (_E4 + x * (_E5 + x * (_E6 + x * series)))
        sines[lane] = x + (0.5 * x * x + (x * x * x * series + rest * (1.0 + x)))
        exponents[lane] = exponent if number <= _LARGEST_ETA else 0.0
    for lane in range(size):
        power = _POWERS_OF_2[int(exponents[lane])]
        grown = power * sines[lane] + (power - 1.0)
        sine = 0.5 * (grown + grown / (grown + 1.0))
        sines[lane] = -sine if numbers[lane] < 0.0 else sine
    if large:  # as above
        for lane in range(size):
            if not abs(numbers[lane]) <= _LARGEST_ETA:
                sines[lane] = np.sinh(numbers[lane])
