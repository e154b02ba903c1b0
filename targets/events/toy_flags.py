"""What toy files say of whole events, and the b-tags of toy jets, in the branches of the real formats."""

import json
from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt

from edm.objects import Objects

__all__ = ["CHAINS", "PATHS", "Flags", "nanoaod_flags", "physlite_flags", "tag_physlite", "trigger_menu"]

Flags = Mapping[str, npt.NDArray[Any]]
"""What there is to say of each event, by name: see physics.toys.event_flags.ToyFlags."""

_Columns = dict[str, Any]

PATHS = (
    *("HLT_IsoMu24", "HLT_IsoTkMu24", "HLT_Mu50", "HLT_TkMu50", "HLT_Ele27_WPTight_Gsf"),
    *("HLT_Ele115_CaloIdVT_GsfTrkIdT", "HLT_Mu17_TrkIsoVVL_Mu8_TrkIsoVVL_DZ"),
    *("HLT_Mu17_TrkIsoVVL_TkMu8_TrkIsoVVL_DZ", "HLT_Ele23_Ele12_CaloIdL_TrackIdL_IsoVL_DZ"),
    *("HLT_Mu23_TrkIsoVVL_Ele12_CaloIdL_TrackIdL_IsoVL_DZ", "HLT_Mu8_TrkIsoVVL_Ele23_CaloIdL_TrackIdL_IsoVL_DZ"),
    *("HLT_Diphoton30_18_R9Id_OR_IsoCaloId_AND_HE_R9Id_Mass90", "HLT_Photon175"),
)
"""The trigger paths of toy NanoAOD: those of 2016 that selections ask for."""

CHAINS = {
    "HLT_e26_lhtight_nod0_ivarloose": 3,
    "HLT_e60_lhmedium_nod0": 31,
    "HLT_e140_lhloose_nod0": 32,
    "HLT_mu26_ivarmedium": 40,
    "HLT_mu50": 63,
    "HLT_g35_loose_g25_loose": 64,
    "HLT_g140_loose": 90,
}
"""The trigger chains of toy PHYSLITE, as PATHS, and the bits that their menu gives them."""

_FILTERS = (
    *("Flag_goodVertices", "Flag_globalSuperTightHalo2016Filter", "Flag_HBHENoiseFilter", "Flag_HBHENoiseIsoFilter"),
    *("Flag_EcalDeadCellTriggerPrimitiveFilter", "Flag_BadPFMuonFilter", "Flag_BadPFMuonDzFilter"),
    "Flag_eeBadScFilter",
)
_MENU_KEY, _WORDS, _BITS = 2282, 3, 32
_VERTICES = 20
_PRIMARY, _PILE_UP = 1, 3  # types of vertices (athena, xAODTracking: TrackingPrimitives.h)
_DETECTOR_ERROR = 2 << 28  # in the words of flags (athena, xAODEventInfo: EventInfo_v1.h)
_SCORES_KEY = 582299515  # of the collection of scores (read off a PHYSLITE file of release 2024r-pp)


def nanoaod_flags(flags: Flags) -> _Columns:
    """Write flags as branches of CMS NanoAOD.

    Args:
        flags: ``run``, ``block``, ``filters``, ``vertex`` and ``path`` as physics.toys.event_flags makes them, one
            value an event and no unit, of filters eight.

    Returns:
        Branches, shape (n_events,) each, but for the event number.
    """
    columns: _Columns = {"run": flags["run"], "luminosityBlock": flags["block"]}
    columns |= {name: flags["filters"][:, number] for number, name in enumerate(_FILTERS)}
    columns["PV_npvsGood"] = np.where(flags["vertex"], _VERTICES, 0).astype(np.int32)
    return columns | {name: flags["path"] == number for number, name in enumerate(PATHS)}


def physlite_flags(flags: Flags) -> _Columns:
    """Write flags as branches of ATLAS PHYSLITE.

    Args:
        flags: As for :func:`nanoaod_flags`, with ``jets`` and ``detector``.

    Returns:
        Branches, shape (n_events,) or (n_events, var), but for the event number.
    """
    n_events = len(flags["run"])
    chosen = np.array([*CHAINS.values(), 0])[flags["path"]]
    words = np.zeros((n_events, _WORDS), dtype=np.uint32)
    words[np.arange(n_events), chosen // _BITS] = np.where(flags["path"] < 0, 0, 1 << (chosen % _BITS))
    vertices = np.stack([np.where(flags["vertex"], _PRIMARY, _PILE_UP), np.full(n_events, _PILE_UP)], axis=1)
    errors = np.where(flags["detector"], 0, _DETECTOR_ERROR).astype(np.uint32)
    no_errors = np.zeros(n_events, dtype=np.uint32)
    return {
        "EventInfoAuxDyn.runNumber": flags["run"],
        "EventInfoAuxDyn.lumiBlock": flags["block"],
        "EventInfoAuxDyn.DFCommonJets_eventClean_LooseBad": flags["jets"].astype(np.int8),
        "EventInfoAuxDyn.larFlags": errors,
        **{f"EventInfoAuxDyn.{name}Flags": no_errors for name in ("tile", "sct", "core")},
        "PrimaryVerticesAuxDyn.vertexType": _lists(vertices.astype(np.int16)),
        "xTrigDecisionAux.efPassedPhysics": _lists(words),
        "TrigConfKeys.m_smk": np.full(n_events, _MENU_KEY, dtype=np.uint32),
    }


def trigger_menu() -> dict[str, ak.Array]:
    """Return the one entry of the RNTuple ``MetaData``: a record, since uproot reads names with dots as members."""
    menu = json.dumps({"chains": {name: {"counter": counter} for name, counter in CHAINS.items()}})
    record = {"key": ak.Array([[_MENU_KEY]]), "payload": ak.Array([[menu]])}
    return {"TriggerMenuJson_HLTAux:": ak.zip(record, depth_limit=1)}


def tag_physlite(jets: Objects) -> tuple[Objects, Objects]:
    """Write the b-tags of jets: links, and a collection of scores in the reverse order, so that the links matter.

    Args:
        jets: With the column b_score (0 to 1).

    Returns:
        The links, which are columns of jets, and the scores: probabilities (dimensionless) of the tagger DL1dv01.
    """
    counts = jets.counts()
    first, last = np.repeat(jets.offsets[:-1], counts), np.repeat(jets.offsets[1:], counts) - 1
    opposite = first + last - np.arange(jets.n_objects)
    keys = np.full(jets.n_objects, _SCORES_KEY, dtype=np.uint32)
    links = {"btaggingLink.m_persKey": keys, "btaggingLink.m_persIndex": (opposite - first).astype(np.uint32)}
    is_b = np.clip(jets["b_score"][opposite].astype(np.float64), 1e-6, 1.0 - 1e-6)
    light = (1.0 - is_b) ** 2
    scores = {"pb": is_b, "pc": 0.1 * light, "pu": light}
    columns = {f"DL1dv01_{name}": column.astype(np.float32) for name, column in scores.items()}
    return Objects(jets.offsets, links), Objects(jets.offsets, columns)


def _lists(rows: npt.NDArray[Any]) -> ak.Array:
    """Make lists of equal length, as a branch with a counter holds them."""
    return ak.from_regular(ak.Array(rows), axis=1)
