"""The kinds of objects that events are made of."""

from typing import Literal, get_args

__all__ = [
    "FIELDS",
    "KINDS",
    "LABEL_KINDS",
    "LEPTONS",
    "MET",
    "MOMENTUM",
    "NAMES",
    "STORED_KINDS",
    "Z_CANDIDATE",
    "StoredKind",
]

StoredKind = Literal["e", "m", "j", "g", "t"]
"""The kinds that files store as collections; b-jets are jets that pass a working point."""

STORED_KINDS: tuple[StoredKind, ...] = get_args(StoredKind)
"""The letters of these kinds, in the order of labels."""

KINDS: tuple[str, ...] = (*STORED_KINDS, "b")
"""One letter per kind that users can configure, in the order in which labels name them."""

Z_CANDIDATE = "Z"
"""The kind of the Z candidates that lepton pairs are replaced by, in runs with ``z_candidates``."""

LABEL_KINDS: tuple[str, ...] = (*KINDS, Z_CANDIDATE)
"""All kinds that labels, combinations and histograms may name, in their order."""

MET = "MET"
"""The missing transverse momentum: an object of combinations (``MET+e0j0``), but no kind that labels count."""

NAMES: dict[str, str] = dict(
    zip(LABEL_KINDS, ("electron", "muon", "jet", "photon", "tau", "b-jet", "Z candidate"), strict=True)
)
"""What each letter stands for."""

LEPTONS: tuple[str, ...] = ("e", "m")
"""The kinds that make the known dilepton and four-lepton resonances (a tau's visible mass makes no narrow one)."""

FIELDS: tuple[str, ...] = ("pt", "eta", "phi", "mass")
"""The four numbers of every object: GeV, dimensionless, radians, GeV."""

MOMENTUM: tuple[str, ...] = ("px", "py", "pz", "energy")
"""The four-momentum of objects that are sums of others, in GeV: nothing is rounded on the way to masses."""
