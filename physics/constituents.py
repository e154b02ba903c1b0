"""The masses of the objects that enter combinations.

A file's own mass where it has one, negative values (rounding) clipped to 0. Where it has none: the PDG's value for
electrons, muons and photons, for which E - p would be noise, and sqrt(E^2 - p^2), clipped at 0, for jets and taus.

The PDG's values come from the ``particle`` package, which carries the Particle Data Group's table (in MeV; GeV here).
"""

from collections.abc import Mapping

import awkward as ak
import numpy as np
from particle import literals

from edm.columns import join, split
from edm.kinds import NAMES
from physics.errors import PhysicsError

__all__ = ["PDG_MASS_GEV", "with_masses"]

PDG_MASS_GEV: dict[str, float] = {
    "e": float(literals.e_minus.mass) / 1000.0,
    "m": float(literals.mu_minus.mass) / 1000.0,
    "g": 0.0,
}
"""Constituent masses in GeV where a file has no mass branch and E - p would be noise."""


def with_masses(objects: Mapping[str, ak.Array]) -> dict[str, ak.Array]:
    """Give every object a mass.

    Args:
        objects: Per kind a jagged record array, shape (n_events, var), with pt (GeV) and eta (dimensionless), and
            where the file has them ``mass`` or ``energy`` (GeV; with energies all three in float64, as exact as the
            file has them, or light jets lose their mass).

    Returns:
        The same arrays with a float32 field ``mass`` in GeV, shape (n_events, var), pt and eta in float32 and without
        ``energy``; empty ones stay empty. A mass or energy that is not finite gives one that is not finite, so that the
        object counts as invalid.

    Raises:
        PhysicsError: For jets or taus with neither mass nor energy.
    """
    return {kind: _with_mass(kind, array) for kind, array in objects.items()}


def _with_mass(kind: str, array: ak.Array) -> ak.Array:
    offsets, fields = split(array)
    if "mass" in fields:
        mass = np.where(np.isfinite(fields["mass"]) & (fields["mass"] < 0), np.float32(0), fields["mass"])
    elif kind in PDG_MASS_GEV:
        mass = np.full(len(fields["pt"]), PDG_MASS_GEV[kind])
    elif "energy" in fields:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is counted as invalid later
            momentum = fields["pt"].astype(np.float64) * np.cosh(fields["eta"].astype(np.float64))
            square = fields["energy"] ** 2 - momentum**2
            mass = np.sqrt(np.where(square < 0, 0.0, square))
    else:
        msg = f"{NAMES[kind]}s have neither mass nor energy: their schema must name a branch for one of them"
        raise PhysicsError(msg)
    kept = {name: column for name, column in fields.items() if name not in ("mass", "energy")}
    kept |= {name: fields[name].astype(np.float32, copy=False) for name in ("pt", "eta")}
    return join(offsets, kept | {"mass": mass.astype(np.float32)})
