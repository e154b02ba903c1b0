"""Mass spectra: which masses belong to one, and how its counts add up."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from edm.arrays import Int64

__all__ = ["Distribution", "SpectrumKey"]

_TEXT = re.compile(r"(\w+)/(\w+)(?:/(\w+))?", re.ASCII)


class SpectrumKey(NamedTuple):
    """Which masses: those of one combination in one final state. Keys sort as their texts do.

    Attributes:
        final_state: A label such as ``2e_0m_3j_0g``.
        combination: A name such as ``e0e1j0``.
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
            ValueError: When it is no such text; its parts hold only letters, digits and underscores.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            msg = f"{text!r} does not name a spectrum: final_state/combination is expected"
            raise ValueError(msg)
        return cls(match[1], match[2], match[3] or "")

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
    """

    counts: Int64
    above: int = 0
    in_window: int = 0

    def entries(self) -> int:
        """Return all entries (dimensionless), those above the largest mass too."""
        return int(self.counts.sum()) + self.above

    def __add__(self, other: "Distribution") -> "Distribution":
        """Add the masses of another part, counted on the same grid; the bins may end at different masses."""
        long, short = sorted((self.counts, other.counts), key=len, reverse=True)
        counts = long.copy()
        counts[: len(short)] += short
        return Distribution(counts, self.above + other.above, self.in_window + other.in_window)
