"""The kinds of objects that events are made of."""

__all__ = ["FIELDS", "KINDS", "LEPTONS", "NAMES"]

KINDS: tuple[str, ...] = ("e", "m", "j", "g", "t", "b")
"""One letter per kind, in the order in which labels name them."""

NAMES: dict[str, str] = {"e": "electron", "m": "muon", "j": "jet", "g": "photon", "t": "tau", "b": "b-jet"}
"""What each letter stands for."""

LEPTONS: tuple[str, ...] = ("e", "m")
"""The kinds that make the known dilepton and four-lepton resonances (a tau's visible mass makes no narrow one)."""

FIELDS: tuple[str, ...] = ("pt", "eta", "phi", "mass")
"""The four numbers of every object: GeV, dimensionless, radians, GeV."""
