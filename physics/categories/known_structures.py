"""Structures that known physics leaves in mass distributions after peak removal: listed and drawn, never cut."""

import math
from collections.abc import Iterable

from edm.kinds import LEPTONS, Z_CANDIDATE
from edm.records.cut_table import Structure
from physics.combinations import Combination
from physics.resonances import table

__all__ = ["find_known_structures"]

_JETS = ("j", "b")


def find_known_structures(combination: Combination, jet_pt_gev: Iterable[float]) -> tuple[Structure, ...]:
    """Find what is known to stand out in the masses of a combination.

    A slow Z boson and a jet have the mass √(m_Z² + 2 m_Z pT) at least, with the jet's pT: the masses of a same-flavour
    pair and a jet have an edge where that is the smallest that the selection takes.

    Args:
        combination: The objects of the combination.
        jet_pt_gev: The smallest pT of selected jets in GeV; several where formats have different ones, none where jets
            are not cut on.

    Returns:
        The structures, by rising mass; none for other combinations.
    """
    jets = [kind for kind, _ in combination if kind in _JETS]
    pair = [kind for kind, _ in combination if kind not in _JETS]
    is_pair = pair == [Z_CANDIDATE] or (len(pair) == 2 and pair[0] == pair[1] and pair[0] in LEPTONS)
    if len(jets) != 1 or not is_pair:
        return ()
    mass_gev = table()["z"].mass_gev
    edges_gev = sorted({math.sqrt(mass_gev**2 + 2 * mass_gev * pt_gev) for pt_gev in jet_pt_gev})
    return tuple(Structure("edge of Z + jet", edge_gev) for edge_gev in edges_gev)
