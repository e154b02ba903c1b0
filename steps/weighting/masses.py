"""Masses of a branch with their weights, where they have any."""

from collections.abc import Iterator
from pathlib import Path

from edm.arrays import Float32
from edm.spectra import SpectrumKey
from physics.weights import Weighting
from targets.products import mass_arrays

__all__ = ["read_masses"]


def read_masses(source: Path, unit: float | None) -> Iterator[tuple[SpectrumKey, Float32, Weighting | None]]:
    """Read masses.

    Args:
        source: The masses of a branch, or what peak removal left of them.
        unit: The unit of sums of weights, in the generator's unit; None to count masses.

    Yields:
        Each spectrum with its masses in GeV, shape (n_masses,), and their weights.

    Raises:
        UnreadableFileError: When the file is not there or damaged.
    """
    if unit is None:
        for key, masses in mass_arrays.read(source):
            yield key, masses, None
        return
    for key, masses, weights in mass_arrays.read_weighted(source):
        yield key, masses, Weighting(weights, unit)
