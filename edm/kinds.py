"""The kinds of objects that events are made of."""

from typing import Literal, get_args

__all__ = ["FIELDS", "KINDS", "LEPTONS", "NAMES", "STORED_KINDS", "StoredKind"]

StoredKind = Literal["e", "m", "j", "g", "t"]
"""The kinds that files store as collections; b-jets are jets that pass a working point."""

STORED_KINDS: tuple[StoredKind, ...] = get_args(StoredKind)
"""The letters of these kinds, in the order of labels."""

KINDS: tuple[str, ...] = (*STORED_KINDS, "b")
"""One letter per kind, in the order in which labels name them."""

NAMES: dict[str, str] = dict(zip(KINDS, ("electron", "muon", "jet", "photon", "tau", "b-jet"), strict=True))
"""What each letter stands for."""

LEPTONS: tuple[str, ...] = ("e", "m")
"""The kinds that make the known dilepton and four-lepton resonances (a tau's visible mass makes no narrow one)."""

FIELDS: tuple[str, ...] = ("pt", "eta", "phi", "mass")
"""The four numbers of every object: GeV, dimensionless, radians, GeV."""
