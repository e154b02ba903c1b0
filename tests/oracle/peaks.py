"""The second half of the oracle: peak removal and histograms of one list of masses, step by step, in plain Python.

Masses, widths and edges are in GeV. See `tests/oracle/events.py` for what an oracle is.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["RESONANCES_GEV", "PeakCut", "histogram", "peak_cut", "resonance_windows"]

# mass and full width; S. Navas et al. (Particle Data Group), Phys. Rev. D 110, 030001 (2024), listings of the gauge and
# Higgs bosons and of the c-cbar and b-bbar mesons.
RESONANCES_GEV = {
    "jpsi": (3.096900, 92.6e-6),
    "psi2s": (3.686097, 293e-6),
    "upsilon": (9.46040, 54.02e-6),
    "z": (91.1880, 2.4955),
    "higgs": (125.20, 3.7e-3),
}


@dataclass
class PeakCut:
    """Where each mass of a distribution went (lists in GeV, in the order given), and the edges that sent it there.

    `turn_on_gev` and `split_gev` are None when nothing is left to cut; `split_gev` is the low edge of the empty bin.
    """

    below: list = field(default_factory=list)
    window: list = field(default_factory=list)
    main: list = field(default_factory=list)
    outliers: list = field(default_factory=list)
    above: list = field(default_factory=list)
    turn_on_gev: float | None = None
    split_gev: float | None = None

    def numbers(self):
        """Return how many masses went where."""
        return {name: len(getattr(self, name)) for name in ("below", "window", "main", "outliers", "above")}


def _bin(mass_gev, width):
    return math.floor(float(mass_gev) / width)


def resonance_windows(combination, width, names):
    """Return the windows that a combination is subject to.

    Args:
        combination: as `e0e1j0`.
        width: bin width of the grid in GeV.
        names: resonances asked for, from `RESONANCES_GEV`.

    Returns:
        Two lists: cut windows (low end in GeV, index of the first bin above), for one same-flavour lepton pair; veto
        windows (index of the first bin, index of the first bin above), for the Higgs boson in `g0g1` and four leptons.
    """
    kinds = "".join(re.findall(r"[a-z]", combination))
    cuts, vetoes = [], []
    for name in names:
        mass_gev, full_width = RESONANCES_GEV[name]
        half = max(5 * full_width, 0.1 * mass_gev)
        low, top = mass_gev - half, math.ceil((mass_gev + half) / width)
        if name == "higgs":
            if combination == "g0g1" or (len(kinds) == 4 and set(kinds) <= {"e", "m"}):
                vetoes.append((math.floor(low / width), top))
        elif kinds in ("ee", "mm"):
            cuts.append((low, top))
    return cuts, vetoes


def peak_cut(masses, combination, width, max_mass, resonances=()):
    """Remove the peaks of one merged distribution.

    Args:
        masses: list of masses in GeV, any order.
        combination: as `e0e1j0`.
        width: bin width of the grid in GeV.
        max_mass: masses above it (not equal) are set aside, GeV.
        resonances: names of known resonances.

    Returns:
        A `PeakCut`. An empty list, or nothing left, gives empty `main` and `outliers` and no edges.
    """
    cut = PeakCut()
    cuts, vetoes = resonance_windows(combination, width, resonances)
    left = []
    for value in masses:
        if value > max_mass:
            cut.above.append(value)
            continue
        index = _bin(value, width)
        if any(first <= index < top for first, top in vetoes) or any(lo <= value and index < top for lo, top in cuts):
            cut.window.append(value)
        elif any(index < top for _, top in cuts):
            cut.below.append(value)
        else:
            left.append(value)
    if left:
        _turn_on_and_split(cut, left, width, vetoes)
    return cut


def _turn_on_and_split(cut, left, width, vetoes):
    """Find the rightmost highest bin and the first empty one from the second after it; sort the masses by them."""
    filled = [_bin(value, width) for value in left]
    contents = Counter(filled)
    highest = max(contents.values())
    turn_on = max(index for index, number in contents.items() if number == highest)
    split = turn_on + 2
    while split in contents or any(first <= split < top for first, top in vetoes):
        split += 1
    cut.turn_on_gev, cut.split_gev = turn_on * width, split * width
    for value, index in zip(left, filled, strict=True):
        part = cut.below if index < turn_on else cut.main if index < split else cut.outliers
        part.append(value)


def histogram(masses, cut_gev, width):
    """Histogram the masses that survived, on the grid anchored at 0.

    Args:
        masses: masses in GeV at or above the cut.
        cut_gev: the turn-on edge; the first bin is the first filled one whose low edge is not below it.
        width: bin width in GeV.

    Returns:
        First edge in GeV (None when no bin is filled), contents up to the last filled bin, number of entries trimmed.
    """
    filled = [_bin(value, width) for value in masses]
    # An edge that misses the cut by rounding alone, as 3 * 0.1 misses 0.3, is the cut.
    kept = [index for index in filled if index * width >= cut_gev or math.isclose(index * width, cut_gev)]
    trimmed = len(filled) - len(kept)
    if not kept:
        return None, [], trimmed
    first, last = min(kept), max(kept)
    return first * width, [kept.count(index) for index in range(first, last + 1)], trimmed
