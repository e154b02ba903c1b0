"""Z candidates: pairs of electrons or of muons that become one object of kind Z.

Of all pairs of one flavour and opposite charge whose mass lies within the window around the Z boson's, the closest
becomes a candidate, then the closest of the others, until none is left. With equal distances electrons come before
muons, then the lower first pT rank, then the lower second.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from compiled.loops import compiled
from edm.arrays import Float32, Float64, Int64
from edm.kinds import FIELDS, LEPTONS, MOMENTUM, Z_CANDIDATE
from edm.objects import Objects
from physics import mass_kernel
from physics.resonances import table

__all__ = ["find_z_candidates"]


def find_z_candidates(objects: Mapping[str, Objects], window_gev: float) -> dict[str, Objects]:
    """Replace lepton pairs by Z candidates.

    Args:
        objects: By kind, sorted by falling pT, with the columns FIELDS; electrons and muons have charges, none of which
            is 0 or NaN.
        window_gev: How far the mass of a pair may lie from the Z boson's in GeV; the edge is inside.

    Returns:
        The same objects without the leptons of candidates, and the candidates as kind Z: with pT and the columns
        MOMENTUM in GeV, float64, shape (n_candidates,), sorted by falling pT.
    """
    leptons = [objects[kind] for kind in LEPTONS]
    n_before = np.cumsum([0, *(of_kind.n_objects for of_kind in leptons)])
    offsets = np.stack([of_kind.offsets + first for of_kind, first in zip(leptons, n_before, strict=False)])
    momenta = np.empty((n_before[-1], len(MOMENTUM)), dtype=np.float64)
    charges, pt, eta, phi, mass = (
        np.concatenate([of_kind[name] for of_kind in leptons]).astype(np.float32, copy=False)
        for name in ("charge", *FIELDS)
    )
    mass_kernel.four_momenta(pt, eta, phi, mass, momenta)
    free = np.ones(len(momenta), dtype=np.bool_)
    starts, candidates = _pair(momenta, charges, offsets, (table()["z"].mass_gev, float(window_gev)), free)
    columns = {"pt": np.hypot(candidates[:, 0], candidates[:, 1]), **dict(zip(MOMENTUM, candidates.T, strict=True))}
    kept = {
        kind: of_kind.select(free[first : first + of_kind.n_objects])
        for kind, of_kind, first in zip(LEPTONS, leptons, n_before, strict=False)
    }
    return {**objects, **kept, Z_CANDIDATE: Objects(starts, columns).sort_by_pt()}


@compiled(nogil=True)
def _pair(momenta: Float64, charges: Float32, offsets: Int64, window: tuple[float, float], free: Any) -> Any:
    """Pair the leptons of each event up.

    Args:
        momenta: px, py, pz and energy of all leptons in GeV, shape (n_leptons, 4).
        charges: Their charges, shape (n_leptons,).
        offsets: Where the leptons of each flavour and event begin, shape (n_flavours, n_events + 1).
        window: Mass of the Z boson, and how far from it a pair may lie, in GeV.
        free: Gets False for the leptons of candidates, shape (n_leptons,).

    Returns:
        Where the candidates of each event begin, shape (n_events + 1,), and their momenta, shape (n_candidates, 4).
    """
    mass_gev, reach_gev = window
    starts = np.empty(offsets.shape[1], dtype=np.int64)
    candidates, number = np.empty((len(momenta) // 2, 4), dtype=np.float64), 0
    for event in range(offsets.shape[1] - 1):
        starts[event] = number
        while True:
            first, second, closest = -1, -1, np.inf
            for flavour in range(len(offsets)):
                end = offsets[flavour, event + 1]
                for lepton in range(offsets[flavour, event], end):
                    for partner in range(lepton + 1, end):
                        if free[lepton] and free[partner] and charges[lepton] * charges[partner] < 0:
                            distance = abs(_mass(momenta[lepton], momenta[partner]) - mass_gev)
                            if distance <= reach_gev and distance < closest:  # the first of equal ones stays
                                first, second, closest = lepton, partner, distance
            if first < 0:
                break
            free[first] = free[second] = False
            candidates[number] = momenta[first] + momenta[second]
            number += 1
    starts[-1] = number
    return starts, candidates[:number].copy()


@compiled(nogil=True)
def _mass(first: Float64, second: Float64) -> float:
    x, y, z, energy = first[0] + second[0], first[1] + second[1], first[2] + second[2], first[3] + second[3]
    return float(np.sqrt(max(energy * energy - (x * x + y * y + z * z), 0.0)))
