"""Two halves of the events that know nothing of each other: to look for bumps in one, and to check them in the other.

The half of an event depends on its run and event number alone, through a hash that spreads consecutive numbers evenly.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["first_half", "splitmix64"]

# Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014; finaliser by D. Stafford (Mix13).
_STEP, _FACTORS, _SHIFTS = 0x9E3779B97F4A7C15, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB), (30, 27, 31)


def splitmix64(seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Give the first output of the generator splitmix64 for each seed.

    Args:
        seeds: Any numbers (dimensionless), shape (n,).

    Returns:
        Shape (n,), modulo 2⁶⁴, no unit.
    """
    mixed = seeds + np.uint64(_STEP)
    mixed = (mixed ^ (mixed >> np.uint64(_SHIFTS[0]))) * np.uint64(_FACTORS[0])
    mixed = (mixed ^ (mixed >> np.uint64(_SHIFTS[1]))) * np.uint64(_FACTORS[1])
    return mixed ^ (mixed >> np.uint64(_SHIFTS[2]))


def first_half(runs: npt.NDArray[Any], events: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell which events belong to half a; all others belong to b.

    Args:
        runs: Run numbers (dimensionless), shape (n_events,), integers.
        events: Event numbers (dimensionless), shape (n_events,), integers of the file's own type: negative ones, as
            2020 has them, are extended by their sign.

    Returns:
        Shape (n_events,).
    """
    seeds = events.astype(np.int64).astype(np.uint64) ^ (runs.astype(np.int64).astype(np.uint64) << np.uint64(32))
    return np.asarray(splitmix64(seeds) % np.uint64(2) == 0)
