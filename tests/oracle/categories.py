"""A slow oracle of categories (PHYSICS.md, section 6): Z candidates, charge tags and missing momentum, in plain loops.

Written from the definitions alone, on the events of `tests/oracle/events.py`. A Z candidate is its summed four-momentum
(energy, px, py, pz) in GeV.
"""

import math
import re

from tests.oracle.events import float32

__all__ = ["M_Z_GEV", "charge_tag", "mass_of_category", "take_z_candidates"]

M_Z_GEV = 91.1879  # the Particle Data Group's, in version 1.1.0 of the package particle


def four_momentum(particle):
    """Return energy, px, py, pz in GeV."""
    pt, eta, phi, mass_gev, _ = particle
    px, py, pz = pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta)
    return math.sqrt(px**2 + py**2 + pz**2 + mass_gev**2), px, py, pz


def add(*momenta):
    """Add four-momenta up."""
    return tuple(map(math.fsum, zip(*momenta, strict=True)))


def mass_gev(momentum):
    """Return the mass of a four-momentum in GeV; a negative square gives 0."""
    energy, px, py, pz = momentum
    return math.sqrt(max(energy**2 - px**2 - py**2 - pz**2, 0.0))


def take_z_candidates(event, window_gev):
    """Return the event with its Z candidates under `Z`, by falling pT, and without their leptons."""
    left = {kind: list(enumerate(event[kind])) for kind in "em"}
    candidates = []
    while True:
        pairs = []
        for order, kind in enumerate("em"):
            for first, one in left[kind]:
                for second, other in left[kind]:
                    if first < second and one[4] * other[4] < 0:
                        momentum = add(four_momentum(one), four_momentum(other))
                        distance = abs(mass_gev(momentum) - M_Z_GEV)
                        if distance <= window_gev:
                            pairs.append((distance, order, first, second, momentum))
        if not pairs:
            break
        _, order, first, second, momentum = min(pairs)
        left["em"[order]] = [(rank, one) for rank, one in left["em"[order]] if rank not in (first, second)]
        candidates.append(momentum)
    kept = {kind: [one for _, one in left[kind]] for kind in "em"}
    return event | kept | {"Z": sorted(candidates, key=lambda momentum: -math.hypot(momentum[1], momentum[2]))}


def charge_tag(event):
    """Return `_OS` or `_SS` for exactly two leptons without a Z candidate, else nothing."""
    charges = [one[4] for kind in "em" for one in event[kind]]
    if len(charges) != 2 or event.get("Z"):
        return ""
    return "_OS" if charges[0] * charges[1] < 0 else "_SS"


def mass_of_category(event, name, met=None):
    """Return the mass in GeV, rounded to float32, of a combination that may hold Z candidates and missing momentum.

    Args:
        event: As from `take_z_candidates`.
        name: As `j0Z0` or `MET+e0j0`.
        met: Missing transverse momentum in GeV and its azimuth.
    """
    objects = re.findall(r"([a-zA-Z])(\d+)", name.removeprefix("MET+"))
    momenta = [
        event["Z"][int(rank)] if kind == "Z" else four_momentum(event[kind][int(rank)]) for kind, rank in objects
    ]
    if name.startswith("MET+"):
        momenta.append((met[0], met[0] * math.cos(met[1]), met[0] * math.sin(met[1]), 0.0))
    return float32(mass_gev(add(*momenta)))
