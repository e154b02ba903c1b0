"""The bins of histograms: of one width, or by the resolution of what a mass is made of.

Both count on a grid that data cannot change, so that counts of branches add up, and cut histograms out of the sum.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edm.arrays import Float64, Int64
from physics import binning
from physics.binning import Histogram
from physics.bins import resolutions

__all__ = ["Bins", "ConstantBins", "ResolutionBins"]

_ROUNDING_GEV = 1e-9  # turn-ons are products of floats, edges whole numbers of 0.1 MeV


@dataclass(frozen=True)
class ConstantBins:
    """Bins of one width, on a grid anchored at 0.

    Attributes:
        width_gev: The width in GeV.
    """

    width_gev: float

    @property
    def size(self) -> float:
        """What stands beside counts on this grid: the width in GeV."""
        return self.width_gev

    @property
    def label(self) -> float | str:
        """What names of histograms tell of the bins: the width in GeV."""
        return self.width_gev

    def __str__(self) -> str:
        """Describe a bin, in a sentence."""
        return f"bin of {self.width_gev:g} GeV"

    def index(self, masses: npt.NDArray[np.floating], combination: str) -> Int64:  # noqa: ARG002 (the same for all)
        """Find the bin of each mass (in GeV, shape (n_masses,)); see :func:`physics.binning.index`."""
        return binning.index(masses, self.width_gev)

    def first_masses(self, combination: str, n_bins: int) -> Float64:  # noqa: ARG002 (the same for all)
        """Return the lowest mass of bins 1, 2, … in GeV, shape (n_bins,); see :func:`physics.binning.first_masses`."""
        return binning.first_masses(self.width_gev, n_bins)

    def cut_out(
        self,
        grid: Int64,
        combination: str,  # noqa: ARG002 (the same for all)
        cut_gev: float,
        expected: Float64 | None = None,
    ) -> Histogram | None:
        """Cut a histogram out of entries per bin, shape (n_bins,); see :func:`physics.binning.cut_out`."""
        return binning.cut_out(grid, self.width_gev, cut_gev, expected)


@dataclass(frozen=True)
class ResolutionBins:
    """Bins as wide as the resolution of the objects of a combination, times a factor.

    Attributes:
        experiment: Whose resolutions: ATLAS or CMS.
        factor: k, the width of a bin in units of the resolution (dimensionless).
        start_gev: Low edge of the first bin in GeV.
        max_mass_gev: The last edge is the first one at or above this mass, in GeV.
    """

    experiment: str
    factor: float
    start_gev: float
    max_mass_gev: float

    @property
    def size(self) -> float:
        """What stands beside counts on this grid: the factor (dimensionless)."""
        return self.factor

    @property
    def label(self) -> float | str:
        """What names of histograms tell of the bins, as ``res0.5``."""
        return f"res{float(self.factor)}"

    def __str__(self) -> str:
        """Describe a bin, in a sentence."""
        return f"bin by resolution (resolution_factor {self.factor:g})"

    def edges(self, combination: str) -> Float64:
        """Return the edges of the bins of a combination in GeV, shape (n_bins + 1,)."""
        kinds = resolutions.kinds_of(combination)
        return resolutions.edges(self.experiment, kinds, self.factor, self.start_gev, self.max_mass_gev)

    def index(self, masses: npt.NDArray[np.floating], combination: str) -> Int64:
        """Find where each mass belongs in counts.

        Args:
            masses: Masses in GeV, finite and not negative, shape (n_masses,).
            combination: Their combination, as ``e0e1j0``.

        Returns:
            1 + the number of the bin, 0 for masses below the first, shape (n_masses,); a mass exactly on an edge
            belongs to the bin above it.
        """
        return np.searchsorted(self.edges(combination), masses.astype(np.float64), side="right").astype(np.int64)

    def first_masses(self, combination: str, n_bins: int) -> Float64:
        """Return the lowest mass for which :meth:`index` is 1, 2, … in GeV, shape (n_bins,) or less: the edges."""
        return self.edges(combination)[:n_bins]

    def cut_out(
        self, grid: Int64, combination: str, cut_gev: float, expected: Float64 | None = None
    ) -> Histogram | None:
        """Cut a histogram out of counts: from the rightmost of the highest bins above the cut to the last filled one.

        Args:
            grid: Entries by :meth:`index`, shape (n,).
            combination: Their combination.
            cut_gev: Bins whose low edge is below are left out, in GeV.
            expected: Expected events and their squared errors beside the entries, shape (2, n); None where entries are
                counted.

        Returns:
            The histogram, interior zeros kept; None when no filled bin lies at or above the cut. Highest is the bin
            with most entries, however wide it is; entries before it are trimmed.
        """
        edges = self.edges(combination)
        inside = grid[1 : len(edges)]
        allowed = np.where(edges[: len(inside)] >= cut_gev - _ROUNDING_GEV, inside, 0)
        if not allowed.any():
            return None
        first = len(allowed) - 1 - int(np.argmax(allowed[::-1]))
        end = int(np.flatnonzero(allowed)[-1]) + 1
        contents, variances = (None, None) if expected is None else expected[:, first + 1 : end + 1].copy()
        counts, own = inside[first:end].copy(), edges[first : end + 1].copy()
        trimmed = int(grid.sum() - counts.sum())
        return Histogram(float(own[0]), float(own[1] - own[0]), counts, trimmed, contents, variances, own)


Bins = ConstantBins | ResolutionBins
"""The bins of histograms."""
