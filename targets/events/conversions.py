"""Numbers of files as the pipeline keeps them: GeV, and one number an event."""

from typing import Any

import numpy as np
import numpy.typing as npt

from targets.rootio.flat_arrays import Flat

__all__ = ["event_numbers", "in_gev"]


def in_gev(
    numbers: npt.NDArray[Any], per_gev: float, dtype: type[np.floating[Any]] = np.float32
) -> npt.NDArray[np.floating[Any]]:
    """Convert momenta, energies or masses to GeV; divided in float64: 25000 MeV must be exactly 25 GeV.

    Args:
        numbers: In the file's unit, shape (n_objects,).
        per_gev: How many of that unit make one GeV.
        dtype: Type of the result.

    Returns:
        The same in GeV, shape (n_objects,).
    """
    return (numbers.astype(np.float64) / per_gev if per_gev != 1 else numbers).astype(dtype, copy=False)


def event_numbers(flat: Flat | None, dtype: type[np.generic], default: int, n_events: int) -> npt.NDArray[Any]:
    """Take one number of each event.

    Args:
        flat: What the file has: one number an event, or lists, of which the first counts; None for nothing.
        dtype: Type of the result.
        default: The number of an event without one.
        n_events: How many events there are.

    Returns:
        Shape (n_events,), no unit.
    """
    if flat is None:
        return np.full(n_events, default, dtype=dtype)
    offsets, numbers, _ = flat
    if numbers.dtype.kind == "i" and np.issubdtype(dtype, np.unsignedinteger):
        numbers = numbers.view(f"u{numbers.itemsize}")  # event numbers pass the largest that a file's type can hold
    if offsets is None:
        return numbers.astype(dtype, copy=False)
    # PHYSLITE lists all variations of the weight, the nominal one first
    first = np.full(n_events, default, dtype=dtype)
    has_number = np.diff(offsets) > 0
    first[has_number] = numbers[offsets[:-1][has_number]]
    return first
