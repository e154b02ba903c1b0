"""The work of CountMasses: the masses of a branch, counted on the grid of the peak search.

Masses that are not kept are counted on the grids of the histograms too.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edm.arrays import Float32, Float64
from edm.records.branch_records import CountedMasses
from edm.spectra import Distribution, SpectrumKey
from physics import peaks
from physics.bins import shared_grids
from physics.bins.bins import Bins
from physics.weights import Weighting
from steps.peaks import PeakSearch
from steps.weighting.masses import read_masses
from targets.products import mass_counts
from targets.products.mass_counts import Row

__all__ = ["MassCounter", "count"]

_HELD_BYTES = 8 * 2**20  # of masses that wait: counting few at a time takes many times as long

_Part = tuple[Float32, Float64 | None]


class MassCounter:
    """Counts masses as they are made.

    Args:
        search: How peaks are searched.
        unit: The unit of sums of weights, in the generator's unit; None where masses have no weights.

    Attributes:
        grids: The bins of histograms on which masses are counted too, so that they need not be kept; may be set until
            the first masses are added.
    """

    def __init__(self, search: PeakSearch, unit: float | None = None) -> None:
        self._search, self._unit = search, unit
        self.grids: Sequence[Bins] = ()
        self._rows: dict[tuple[SpectrumKey, float], Distribution] = {}
        self._waiting: dict[SpectrumKey, list[_Part]] = {}
        self._n_bytes = 0

    def add(self, key: SpectrumKey, masses: Float32, weights: Float64 | None = None) -> None:
        """Add masses to a spectrum; they are counted with the next :meth:`flush`.

        Args:
            key: The spectrum.
            masses: Masses in GeV, shape (n_masses,).
            weights: w of each, in the generator's unit, shape (n_masses,); None where masses have no weights.
        """
        self._waiting.setdefault(key, []).append((masses, weights))
        self._n_bytes += masses.nbytes + (0 if weights is None else weights.nbytes)

    def is_full(self) -> bool:
        """Tell whether the masses that wait take so much memory that they should be counted."""
        return self._n_bytes > _HELD_BYTES

    def flush(self) -> None:
        """Count the masses that wait."""
        for key, parts in self._waiting.items():
            masses = np.concatenate([part for part, _ in parts])
            weights = [weights for _, weights in parts if weights is not None]
            weighting = None if self._unit is None else Weighting(np.concatenate(weights), self._unit)
            self.count(key, masses, weighting)
        self._waiting.clear()
        self._n_bytes = 0

    def count(self, key: SpectrumKey, masses: Float32, weighting: Weighting | None) -> None:
        """Count many masses of a spectrum at once.

        Args:
            key: The spectrum.
            masses: Masses in GeV, shape (n_masses,).
            weighting: The weight of each; None counts them.
        """
        search, name = self._search, key.combination
        grid = search.width_gev, search.max_mass_gev, weighting
        self._put(key, search.width_gev, peaks.measure(masses, search.windows(name), *grid))
        for binned in self.grids:
            of_cells = key._replace(part=shared_grids.part_of(binned))
            self._put(of_cells, binned.size, shared_grids.measure(masses, name, binned, *grid))

    def write(self, path: Path) -> CountedMasses:
        """Write the counts.

        Args:
            path: The file to make, whole or not at all.

        Returns:
            The statistics.
        """
        self.flush()
        mass_counts.write(path, (Row(*row, counted) for row, counted in self._rows.items()))
        of_masses = [counted for (key, _), counted in self._rows.items() if not key.part]
        return CountedMasses(len(of_masses), sum(counted.entries() for counted in of_masses))

    def _put(self, key: SpectrumKey, size: float, part: Distribution) -> None:
        row = key, size
        self._rows[row] = self._rows[row] + part if row in self._rows else part


def count(
    source: Path, path: Path, search: PeakSearch, unit: float | None = None, grids: Sequence[Bins] = ()
) -> CountedMasses:
    """Count the masses of one branch.

    Args:
        source: The masses of the branch.
        path: The file of counts to make.
        search: How peaks are searched.
        unit: The unit of sums of weights, in the generator's unit; None where masses have no weights.
        grids: The bins of histograms on which masses are counted too.

    Returns:
        The statistics.
    """
    counter = MassCounter(search, unit)
    counter.grids = grids
    for key, masses, weighting in read_masses(source, unit):
        counter.count(key, masses, weighting)
    return counter.write(path)
