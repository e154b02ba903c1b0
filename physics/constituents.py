"""The masses of the objects that enter combinations.

A file's own mass where it has one, negative values (rounding) clipped to 0. Where it has none: the PDG's value for
electrons, muons and photons, for which E - p would be noise, and sqrt(E^2 - p^2), clipped at 0, for jets and taus.

The PDG's values come from the ``particle`` package, which carries the Particle Data Group's table (in MeV; GeV here).
"""

from collections.abc import Mapping

import numpy as np
from particle import literals

from edm.kinds import NAMES
from edm.objects import Objects
from physics.errors import PhysicsError

__all__ = ["PDG_MASS_GEV", "assign_masses"]

PDG_MASS_GEV: dict[str, float] = {
    "e": float(literals.e_minus.mass) / 1000.0,
    "m": float(literals.mu_minus.mass) / 1000.0,
    "g": 0.0,
}
"""Constituent masses in GeV where a file has no mass branch and E - p would be noise."""


def assign_masses(objects: Mapping[str, Objects]) -> dict[str, Objects]:
    """Give every object a mass.

    Args:
        objects: By kind, with columns pt (GeV) and eta (dimensionless), and where the file has them ``mass`` or
            ``energy`` (GeV; with energies all three in float64, as exact as the file has them, or light jets lose
            their mass).

    Returns:
        The same objects with a float32 column ``mass`` in GeV, shape (n_objects,), pt and eta in float32 and without
        ``energy``. A mass or energy that is not finite gives a mass that is not finite, so that the object counts as
        invalid. No objects are legal.

    Raises:
        PhysicsError: For jets or taus with neither mass nor energy.
    """
    return {kind: _assign_mass(kind, of_kind) for kind, of_kind in objects.items()}


def _assign_mass(kind: str, objects: Objects) -> Objects:
    columns = objects.columns
    if "mass" in columns:
        mass = np.where(np.isfinite(columns["mass"]) & (columns["mass"] < 0), np.float32(0), columns["mass"])
    elif kind in PDG_MASS_GEV:
        mass = np.full(objects.n_objects, PDG_MASS_GEV[kind])
    elif "energy" in columns:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is counted as invalid later
            momentum = columns["pt"].astype(np.float64) * np.cosh(columns["eta"].astype(np.float64))
            square = columns["energy"] ** 2 - momentum**2
            mass = np.sqrt(np.where(square < 0, 0.0, square))
    else:
        msg = f"{NAMES[kind]}s have neither mass nor energy: their schema must name a branch for one of them"
        raise PhysicsError(msg)
    kept = {name: column for name, column in columns.items() if name not in ("mass", "energy")}
    kept |= {name: columns[name].astype(np.float32, copy=False) for name in ("pt", "eta")}
    return Objects(objects.offsets, kept | {"mass": mass.astype(np.float32)})
