"""The kinds of objects that events are made of, and the masses that the PDG gives them.

Masses come from the ``particle`` package, which carries the Particle Data Group's table (in MeV; GeV here).
"""

from particle import literals

__all__ = ["FIELDS", "KINDS", "LEPTONS", "NAMES", "PDG_MASS_GEV"]

KINDS: tuple[str, ...] = ("e", "m", "j", "g", "t", "b")
"""One letter per kind, in the order in which labels name them."""

NAMES: dict[str, str] = {"e": "electron", "m": "muon", "j": "jet", "g": "photon", "t": "tau", "b": "b-jet"}
"""What each letter stands for."""

LEPTONS: tuple[str, ...] = ("e", "m")
"""The kinds that make the known dilepton and four-lepton resonances (a tau's visible mass makes no narrow one)."""

FIELDS: tuple[str, ...] = ("pt", "eta", "phi", "mass")
"""The four numbers of every object: GeV, dimensionless, radians, GeV."""

PDG_MASS_GEV: dict[str, float] = {
    "e": float(literals.e_minus.mass) / 1000.0,
    "m": float(literals.mu_minus.mass) / 1000.0,
    "g": 0.0,
}
"""Constituent masses in GeV where a file has no mass branch and E - p would be noise."""
