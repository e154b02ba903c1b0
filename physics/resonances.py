"""The known resonances, and which masses they take away from which combinations.

Masses and widths come from the ``particle`` package, which carries the Particle Data Group's table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from particle import literals

from edm.kinds import LEPTONS
from physics.combinations import Combination
from physics.errors import PhysicsError

__all__ = ["Resonance", "Windows", "check_names", "choose", "table", "windows"]


@dataclass(frozen=True)
class Resonance:
    """A particle that makes a peak of its own.

    Attributes:
        name: As in the parameter ``known_resonances``.
        mass_gev: Mass in GeV.
        width_gev: Total width in GeV.
        removal: ``below`` takes everything up to its window away, ``veto`` its window alone.
    """

    name: str
    mass_gev: float
    width_gev: float
    removal: Literal["below", "veto"]

    @property
    def half_window_gev(self) -> float:
        """Half of the window in GeV: five widths, or a tenth of the mass where that is more (resolution)."""
        return max(5 * self.width_gev, 0.1 * self.mass_gev)


_LITERALS: dict[str, tuple[str, Literal["below", "veto"]]] = {
    "jpsi": ("Jpsi_1S", "below"),
    "psi2s": ("psi_2S", "below"),
    "upsilon": ("Upsilon_1S", "below"),
    "z": ("Z_0", "below"),
    "higgs": ("H_0", "veto"),
}


@cache
def table() -> dict[str, Resonance]:
    """Return the known resonances by name: their masses take 0.1 s to load, and ``--help`` needs the names alone."""
    resonances = {}
    for name, (literal, removal) in _LITERALS.items():
        particle = getattr(literals, literal)
        resonances[name] = Resonance(name, float(particle.mass) / 1000.0, float(particle.width) / 1000.0, removal)
    return resonances


@dataclass(frozen=True)
class Windows:
    """What known resonances take from one combination, on the grid of the peak search.

    Attributes:
        removed: Windows whose masses go, as (low edge in GeV, index of the first bin above).
        stop: Index of the first bin that stays; everything below it goes.
        vetoed: Windows that leave a gap, as (index of the first bin, index of the first bin above).
    """

    removed: tuple[tuple[float, int], ...] = ()
    stop: int = 0
    vetoed: tuple[tuple[int, int], ...] = ()


def check_names(names: Sequence[str]) -> None:
    """Refuse names that are not in the table.

    Args:
        names: Names of the table; ``none`` alone, or nothing, for no resonance.

    Raises:
        PhysicsError: For an unknown name, or ``none`` beside others.
    """
    for name in [] if list(names) == ["none"] else names:
        if name not in _LITERALS:
            msg = f"known_resonances names {name!r}: the table has {', '.join(_LITERALS)}, and none (alone) for none"
            raise PhysicsError(msg)


def choose(names: Sequence[str]) -> tuple[Resonance, ...]:
    """Look resonances up by name.

    Args:
        names: Names of the table; ``none`` alone, or nothing, for no resonance.

    Returns:
        The resonances, in the order of the table.

    Raises:
        PhysicsError: For an unknown name, or ``none`` beside others.
    """
    check_names(names)
    return tuple(resonance for name, resonance in table().items() if name in names)


def windows(
    combination: Combination, resonances: Sequence[Resonance], width_gev: float, z_window_gev: float | None = None
) -> Windows:
    """Find what resonances take from a combination.

    Lepton pairs of one flavour (any ranks; charge is not used) lose everything below the highest upper end; the Higgs
    boson leaves a gap in the leading photon pair and in four-lepton combinations.

    Args:
        combination: The objects of the combination.
        resonances: The resonances to remove.
        width_gev: Bin width of the grid in GeV.
        z_window_gev: In runs with Z candidates, how far from the Z boson's mass pairs are such; where resonances are
            removed at all, pairs then lose everything up to that. None in other runs.

    Returns:
        The windows; upper ends are rounded up to the grid, vetoed windows outwards. None for other combinations.
    """
    kinds = [kind for kind, _ in combination]
    pair = len(kinds) == 2 and kinds[0] == kinds[1] and kinds[0] in LEPTONS
    higgs = combination == (("g", 0), ("g", 1)) or (len(kinds) == 4 and all(kind in LEPTONS for kind in kinds))
    removed, vetoed = [], []
    for resonance in resonances:
        low, high = resonance.mass_gev - resonance.half_window_gev, resonance.mass_gev + resonance.half_window_gev
        if resonance.removal == "below" and pair:
            removed.append((low, math.ceil(high / width_gev)))
        if resonance.removal == "veto" and higgs:
            vetoed.append((math.floor(low / width_gev), math.ceil(high / width_gev)))
    stops = [stop for _, stop in removed]
    if pair and resonances and z_window_gev is not None:
        stops.append(math.ceil((table()["z"].mass_gev + z_window_gev) / width_gev))
    return Windows(tuple(removed), max(stops, default=0), tuple(vetoed))
