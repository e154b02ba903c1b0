"""Toy events as ROOT files in two real formats: CMS NanoAOD (GeV) and ATLAS PHYSLITE (MeV).

Branches have the names, types and units of the real formats; beside kinematics they are the usual ones for
identification, isolation and b-tagging. Identified objects pass every working point, the others none. Real PHYSLITE
stores vectors; here a counter per collection takes their place, and readers see the same jagged arrays.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import uproot

from edm.objects import Objects
from targets.errors import FileFormatError
from targets.events.toy_flags import Flags, nanoaod_flags, physlite_flags, tag_physlite, trigger_menu
from targets.storage.atomic import replacing

__all__ = ["write_nanoaod", "write_physlite"]

_Numbers = npt.NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class _Branch:
    """A branch made of a column: offset + scale * column, times pT in GeV where the branch holds a momentum sum."""

    column: str
    dtype: type[np.generic] = np.float32
    scale: float = 1.0
    offset: float = 0.0
    times_pt: bool = False


_EVENTS_PER_BLOCK = 500
_RUN = 1  # no real run has this number
_MEV = 1000.0  # in a GeV

_IN_GEV = {name: _Branch(name) for name in ("pt", "eta", "phi", "mass")}
_CHARGE = {"charge": _Branch("charge", np.int32)}
_FLAG = _Branch("identified", np.bool_)

_NANOAOD = {  # types of NanoAODv9 (https://cms-nanoaod-integration.web.cern.ch/autoDoc/); tightest working points
    "Electron": (
        "e",
        _IN_GEV
        | _CHARGE
        | {"cutBased": _Branch("identified", np.int32, 4), "mvaFall17V2Iso_WP90": _FLAG}
        | {"pfRelIso03_all": _Branch("isolation")},
    ),
    "Muon": (
        "m",
        _IN_GEV
        | _CHARGE
        | {"looseId": _FLAG, "mediumId": _FLAG, "tightId": _FLAG}
        | {"pfRelIso03_all": _Branch("isolation"), "pfRelIso04_all": _Branch("isolation")},
    ),
    "Jet": (
        "j",
        _IN_GEV
        | {"jetId": _Branch("identified", np.int32, 6), "puId": _Branch("identified", np.int32, 7)}
        | {"btagDeepFlavB": _Branch("b_score")},
    ),
    "Photon": (
        "g",
        _IN_GEV
        | {"cutBased": _Branch("identified", np.int32, 3), "mvaID_WP90": _FLAG, "electronVeto": _FLAG}
        | {"pfRelIso03_all": _Branch("isolation")},
    ),
    "Tau": (
        "t",
        _IN_GEV
        | _CHARGE
        | {"idDecayModeOldDMs": _FLAG, "decayMode": _Branch("identified", np.int32, 0)}
        | {"rawDeepTau2017v2p1VSjet": _Branch("identified", scale=0.95)}
        | {f"idDeepTau2017v2p1VS{fake}": _Branch("identified", np.uint8, 63) for fake in ("jet", "e", "mu")},
    ),
}

_IN_MEV = {
    "pt": _Branch("pt", scale=_MEV),
    "eta": _Branch("eta"),
    "phi": _Branch("phi"),
    "m": _Branch("mass", scale=_MEV),
}
_CHARGE_F = {"charge": _Branch("charge")}
_PASSED = _Branch("identified", np.int8)
_CONE = _Branch("isolation", scale=_MEV, times_pt=True)

_PHYSLITE = {  # branches and types read off a PHYSLITE file of release 2024r-pp
    "AnalysisElectronsAuxDyn": (
        "e",
        _IN_MEV
        | _CHARGE_F
        | {f"DFCommonElectronsLH{point}": _PASSED for point in ("VeryLoose", "Loose", "LooseBL", "Medium", "Tight")}
        | {"ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000": _CONE, "topoetcone20": _CONE},
    ),
    "AnalysisMuonsAuxDyn": (
        "m",
        {name: branch for name, branch in _IN_MEV.items() if name != "m"}
        | _CHARGE_F
        | {"quality": _Branch("identified", np.uint8, -3, 3)}  # 0 tight, 3 worse than loose
        | {"DFCommonMuonPassIDCuts": _PASSED, "DFCommonMuonPassPreselection": _PASSED}
        | {"ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000": _CONE, "ptvarcone30": _CONE}
        | {"neflowisol20": _CONE, "topoetcone20": _CONE},
    ),
    "AnalysisJetsAuxDyn": ("j", _IN_MEV | {"NNJvtPass": _PASSED}),
    "AnalysisPhotonsAuxDyn": (
        "g",
        _IN_MEV
        | {"DFCommonPhotonsIsEMLoose": _PASSED, "DFCommonPhotonsIsEMTight": _PASSED}
        | {"DFCommonPhotonsCleaning": _PASSED, "ptcone20": _CONE, "topoetcone20": _CONE, "topoetcone40": _CONE},
    ),
    "AnalysisTauJetsAuxDyn": (
        "t",
        _IN_MEV
        | _CHARGE_F
        | {"isTauFlags": _Branch("identified", np.uint32, 0x40000000)}  # bit 30: medium
        | {f"JetDeepSet{point}": _PASSED for point in ("VeryLoose", "Loose", "Medium", "Tight")}
        | {f"EleRNN{point}_v1": _PASSED for point in ("Loose", "Medium", "Tight")}
        | {"NNDecayMode": _Branch("identified", np.int32, 0)},
    ),
}


def write_nanoaod(path: Path, objects: Mapping[str, Objects], first_event: int = 0, flags: Flags | None = None) -> None:
    """Write events as CMS NanoAOD: tree ``Events``, momenta and masses in GeV.

    Args:
        path: The file to make; it exists whole or not at all. The same events give the same file but for the UUID
            and the time stamps that ROOT files carry.
        objects: The objects of each stored kind, with columns pt (GeV), eta, phi (radians), mass (GeV), charge (units
            of e), isolation (dimensionless) and identified (bool), of jets b_score (dimensionless) too. No events are
            legal.
        first_event: Number of the first event; the others follow.
        flags: What there is to say of each event, as :func:`toy_flags.nanoaod_flags` takes it; without it, runs and
            luminosity blocks that exist in no list.

    Raises:
        FileFormatError: When a kind or a column is missing, or the kinds have different numbers of events.
        OSError: From the file system; *path* is then as it was before.
    """
    names = ("run", "luminosityBlock", "event")
    event = dict(zip(names, _numbers(path, objects, first_event), strict=True))
    event |= nanoaod_flags(flags) if flags else {}
    with _writing(path) as file:
        _write(file, "Events", "_", event, _collections(path, objects, _NANOAOD))


def write_physlite(
    path: Path, objects: Mapping[str, Objects], first_event: int = 0, flags: Flags | None = None
) -> None:
    """Write events as ATLAS PHYSLITE: tree ``CollectionTree``, momenta and masses in MeV, muons without a mass.

    Args:
        path: The file to make; it exists whole or not at all. The same events give the same file but for the UUID
            and the time stamps that ROOT files carry.
        objects: As for :func:`write_nanoaod`: in GeV.
        first_event: Number of the first event; the others follow.
        flags: As for :func:`write_nanoaod`; with it, the file has a trigger menu.

    Raises:
        FileFormatError: When a kind or a column is missing, or the kinds have different numbers of events.
        OSError: From the file system; *path* is then as it was before.
    """
    names = ("EventInfoAuxDyn.runNumber", "EventInfoAuxDyn.lumiBlock", "EventInfoAuxDyn.eventNumber")
    event = dict(zip(names, _numbers(path, objects, first_event), strict=True))
    event |= physlite_flags(flags) if flags else {}
    collections = _collections(path, objects, _PHYSLITE)
    links, scores = tag_physlite(objects["j"])
    jets = collections["AnalysisJetsAuxDyn"]
    collections["AnalysisJetsAuxDyn"] = Objects(jets.offsets, {**jets.columns, **links.columns})
    with _writing(path) as file:
        _write(file, "CollectionTree", ".", event, collections | {"BTagging_AntiKt4EMPFlowAuxDyn": scores})
        if flags:
            file.mkrntuple("MetaData", trigger_menu())


def _numbers(path: Path, objects: Mapping[str, Objects], first_event: int) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Return run, luminosity block and number of each event."""
    sizes = {kind: of_kind.n_events for kind, of_kind in objects.items()}
    if len(set(sizes.values())) != 1:
        msg = f"{path}: the kinds of objects have different numbers of events, {sizes}; give all the same events"
        raise FileFormatError(msg)
    event = first_event + np.arange(next(iter(sizes.values())), dtype=np.uint64)
    return np.full(len(event), _RUN, dtype=np.uint32), (1 + event // _EVENTS_PER_BLOCK).astype(np.uint32), event


@contextmanager
def _writing(path: Path) -> Iterator[Any]:
    with replacing(path) as temporary, uproot.recreate(temporary, compression=uproot.ZLIB(1)) as file:
        yield file


def _write(file: Any, tree: str, separator: str, event: dict[str, Any], collections: Mapping[str, Objects]) -> None:
    columns = event | {name: objects.to_awkward() for name, objects in collections.items()}
    types = {
        name: column.dtype if isinstance(column, np.ndarray) else column.type.content
        for name, column in columns.items()
    }
    written = file.mktree(
        tree,
        types,
        counter_name=lambda counted: f"n{counted}",
        field_name=lambda outer, inner: f"{outer}{separator}{inner}" if outer else inner,
    )
    written.extend(columns)


def _collections(
    path: Path, objects: Mapping[str, Objects], branches: Mapping[str, tuple[str, Mapping[str, _Branch]]]
) -> dict[str, Objects]:
    return {name: _records(path, objects, *collection) for name, collection in branches.items()}


def _records(path: Path, objects: Mapping[str, Objects], kind: str, branches: Mapping[str, _Branch]) -> Objects:
    columns = {name: _values(path, objects, kind, branch) for name, branch in branches.items()}
    return Objects(objects[kind].offsets, columns)


def _values(path: Path, objects: Mapping[str, Objects], kind: str, branch: _Branch) -> npt.NDArray[Any]:
    if kind not in objects or branch.column not in objects[kind].columns:
        msg = f"{path}: the toy events have no {branch.column!r} for objects of kind {kind!r}; add it to the objects"
        raise FileFormatError(msg)
    values = objects[kind][branch.column].astype(np.float64) * branch.scale + branch.offset
    return (values * objects[kind]["pt"] if branch.times_pt else values).astype(branch.dtype)
