"""Mass spectra: which masses belong to one, and how its counts add up."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from edm.arrays import Int64
from edm.kinds import MET

__all__ = ["Distribution", "SpectrumKey", "add_bins"]

_Number = TypeVar("_Number", np.int64, np.float64)
_TEXT = re.compile(rf"(\w+)/((?:{MET}\+)?\w+)(?:/(\w+))?", re.ASCII)


class SpectrumKey(NamedTuple):
    """Which masses: those of one combination in one final state. Keys sort as their texts do.

    Attributes:
        final_state: A label such as ``2e_0m_3j_0g``.
        combination: A name such as ``e0e1j0``, or ``MET+e0e1j0`` with the missing transverse momentum.
        part: ``main`` or ``outliers`` after peak removal; empty for all masses.
    """

    final_state: str
    combination: str
    part: str = ""

    def __str__(self) -> str:
        """Write the key as it stands in files: ``final_state/combination``, the part behind it where there is one."""
        return "/".join(self if self.part else self[:2])

    @classmethod
    @lru_cache(maxsize=2**17)  # every branch has the same names, tens of thousands of them
    def parse(cls, text: str) -> "SpectrumKey":
        """Read what :meth:`__str__` has written.

        Args:
            text: As ``2e_0m_3j_0g/e0e1j0``.

        Returns:
            The key.

        Raises:
            ValueError: When it is no such text; its parts hold only letters, digits and underscores, but for ``MET+``.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            msg = f"{text!r} does not name a spectrum: final_state/combination is expected"
            raise ValueError(msg)
        return cls(match[1], match[2], match[3] or "")

    @property
    def has_met(self) -> bool:
        """Whether the masses are those with the missing transverse momentum."""
        return self.combination.startswith(f"{MET}+")

    def whole(self) -> "SpectrumKey":
        """Return the key of all masses, of which this one may name a part."""
        return self._replace(part="")


@dataclass(frozen=True)
class Distribution:
    """Masses counted on a grid of constant bins anchored at 0; distributions of parts add up exactly.

    Attributes:
        counts: Entries per bin from 0 on, shape (n_bins,), dimensionless; may be empty.
        above: Entries above the largest mass allowed, which are in no bin.
        in_window: Entries inside a window of a known resonance (vetoed gaps not among them), which are in bins too.
        sums: Of simulation, the sums of weights S1 and of their squares S2 in each bin, in units (PHYSICS.md §7), shape
            (2, n_bins); None where masses are only counted.
        unit: The unit u of these sums, in the generator's unit.
    """

    counts: Int64
    above: int = 0
    in_window: int = 0
    sums: Int64 | None = None
    unit: float | None = None

    def entries(self) -> int:
        """Return all entries (dimensionless), those above the largest mass too."""
        return int(self.counts.sum()) + self.above

    def __add__(self, other: "Distribution") -> "Distribution":
        """Add the masses of another part, counted on the same grid; the bins may end at different masses.

        Raises:
            ValueError: When sums of weights are in different units, or only one of them has any.
        """
        if self.unit != other.unit:
            msg = f"sums of weights in units of {self.unit!r} and {other.unit!r} do not add up"
            raise ValueError(msg)
        sums = None if self.sums is None or other.sums is None else add_bins(self.sums, other.sums)
        counts = add_bins(self.counts, other.counts)
        return Distribution(counts, self.above + other.above, self.in_window + other.in_window, sums, self.unit)


def add_bins(bins: npt.NDArray[_Number], others: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Add bins (along the last axis) that begin together and may end at different masses.

    Args:
        bins: Shape (..., n_bins), counts or expected events.
        others: Shape (..., n_other_bins), likewise.

    Returns:
        The sums, shape (..., n), dimensionless, as long as the longer of the two.
    """
    long, short = sorted((bins, others), key=lambda array: array.shape[-1], reverse=True)
    total = long.copy()
    total[..., : short.shape[-1]] += short
    return total
