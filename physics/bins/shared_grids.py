"""Counts on the edges of two grids at once: that of the peak search, on which cuts lie, and that of histograms.

A cell is what a bin of one grid and a bin of the other have in common. Its number is the sum of the numbers of the two
bins, since each edge of either grid that a mass passes raises one of them. Counts of cells add up like those of bins,
and any cut on the grid of the peak search can be applied to them afterwards, to the entry.
"""

import numpy as np

from edm.arrays import Float32, Int64
from edm.spectra import Distribution
from physics import binning
from physics.bins.bins import Bins, ResolutionBins
from physics.weights import Weighting

__all__ = ["find_bins", "measure", "part_of"]


def part_of(binned: Bins) -> str:
    """Return the part of a spectrum under which its counts of cells stand.

    Args:
        binned: The bins of histograms.

    Returns:
        A word; sizes of bins of one kind tell them apart.
    """
    return "cells_by_resolution" if isinstance(binned, ResolutionBins) else "cells"


def measure(
    masses: Float32,
    combination: str,
    binned: Bins,
    width_gev: float,
    max_mass_gev: float,
    weighting: Weighting | None = None,
) -> Distribution:
    """Count masses in cells.

    Args:
        masses: Masses in GeV, not negative, shape (n_masses,); inf and NaN count as above.
        combination: Their combination, as ``e0e1j0``.
        binned: The bins of histograms.
        width_gev: Bin width of the peak search in GeV.
        max_mass_gev: Masses above this (not equal) are set aside.
        weighting: The weight of each mass; None counts them.

    Returns:
        The entries of each cell from 0 to the last filled one.
    """
    exact = masses.astype(np.float64)
    allowed = exact <= max_mass_gev
    kept = exact[allowed]
    cells = binning.index(kept, width_gev) + binned.index(kept, combination)
    counted = binning.distribution(cells, None if weighting is None else weighting.select(allowed))
    return Distribution(counted.counts, len(masses) - len(kept), 0, counted.sums, counted.unit)


def find_bins(n_cells: int, combination: str, binned: Bins, width_gev: float) -> tuple[Int64, Int64]:
    """Find the two bins that each cell lies in.

    Args:
        n_cells: How many cells, from 0 on.
        combination: A combination, as ``e0e1j0``.
        binned: The bins of histograms.
        width_gev: Bin width of the peak search in GeV.

    Returns:
        The bin of the peak search and that of the histogram, shape (n_cells,) each; where an edge of one grid is an
        edge of the other, a number is passed over: no mass has that cell.
    """
    of_search = binning.first_masses(width_gev, n_cells)
    edges = np.concatenate([of_search, binned.first_masses(combination, n_cells)])
    passed = np.argsort(edges, kind="stable")[: n_cells - 1] < len(of_search)
    return np.cumsum([0, *passed])[:n_cells], np.cumsum([0, *~passed])[:n_cells]
