"""ROOT files with the trees, branches and units of every release, made by uproot from plain events.

Momenta are multiples of 125 MeV below 500 GeV: they are exact in float32 in MeV and in GeV, so tests compare with `==`.
"""

import resource
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from edm.objects import Objects

__all__ = [
    "FORMATS",
    "LEPTON_TYPES",
    "as_awkward",
    "as_lists",
    "as_objects",
    "branches",
    "events",
    "size_limit",
    "write",
    "write_branches",
]

FORMATS = ("2016e-8tev", "2020e-13tev", "2024r-pp", "2024r-hi", "2025e-13tev-beta", "cms-nanoaod")
LEPTON_TYPES = {"e": 11, "m": 13}

TREES = {"2016e-8tev": "mini", "2020e-13tev": "mini", "2025e-13tev-beta": "analysis", "cms-nanoaod": "Events"}
PHYSLITE = {"e": "Electrons", "m": "Muons", "j": "Jets", "g": "Photons", "t": "TauJets"}
NANOAOD = {"e": "Electron", "m": "Muon", "j": "Jet", "g": "Photon", "t": "Tau"}


def events(n_events: int, seed: int = 1) -> dict[str, Any]:
    """Draw objects of all kinds, with pt, eta, phi, mass, energy and charge in GeV and radians, and event numbers."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, Any] = {kind: _objects(rng, rng.integers(0, 4, n_events)) for kind in "emjgt"}
    return drawn | {
        "run": np.full(n_events, 358031, dtype=np.uint32),
        "luminosity_block": np.arange(n_events, dtype=np.uint32) // 10 + 1,
        "event": np.arange(n_events, dtype=np.uint64) + 5_000_000_000,  # above 2^32: as the LHC counts
        "weight": (weights := rng.integers(-8, 8, n_events).astype(np.float32) / 4),
        "generator_weight": weights,
    }


def _objects(rng: np.random.Generator, counts: Any) -> ak.Array:
    total = int(counts.sum())
    columns = {
        "pt": rng.integers(80, 4000, total) * 0.125,
        "eta": rng.uniform(-2.5, 2.5, total),
        "phi": rng.uniform(-3.14, 3.14, total),
        "mass": rng.integers(1, 400, total) * 0.125,
        "energy": rng.integers(4000, 40000, total) * 0.125,
        "charge": rng.choice([-1, 1], total),
    }
    return ak.unflatten(ak.zip({name: column.astype(np.float32) for name, column in columns.items()}), counts)


def branches(name: str, drawn: Mapping[str, Any], rntuple: bool = False) -> dict[str, Any]:
    """Name columns as a release does, in its unit; the kinds that the release has."""
    if name == "cms-nanoaod":
        return _nanoaod(drawn)
    if name.startswith("2024r"):
        return _xaod(drawn, name == "2024r-hi", ":" if rntuple else ".")
    return _ntuple(drawn, name)


def write(path: Path, name: str, drawn: Mapping[str, Any], rntuple: bool = False, **more: Any) -> str:
    """Write a file of a release and return its path; a further argument of None leaves the branch of that name out."""
    columns = {column: array for column, array in (branches(name, drawn, rntuple) | more).items() if array is not None}
    tree = TREES.get(name) or ("EventData" if rntuple else "CollectionTree")
    return write_branches(path, tree, columns, rntuple)


def write_branches(path: Path, tree: str, columns: Mapping[str, Any], rntuple: bool = False) -> str:
    """Write one TTree (zlib, three clusters) or RNTuple with these branches, and return the path."""
    length = len(next(iter(columns.values())))
    with uproot.recreate(path, compression=uproot.ZLIB(4)) as file:
        if rntuple:
            file.mkrntuple(tree, dict(columns))
            return str(path)
        target = file.mktree(tree, {column: _type(array) for column, array in columns.items()})
        for start, stop in pairwise(sorted({0, length // 3, length // 2, length})):
            target.extend({column: array[start:stop] for column, array in columns.items()})
    return str(path)


def as_lists(objects: Mapping[str, ak.Array | Objects]) -> dict[str, Any]:
    """Return objects as plain lists of dictionaries, so that types and values can be compared at once."""
    return {kind: ak.to_list(array) for kind, array in as_awkward(objects).items()}


def as_awkward(objects: Mapping[str, ak.Array | Objects]) -> dict[str, ak.Array]:
    """Return objects as awkward arrays, which are easier to compare with those that uproot wrote or read."""
    return {kind: each.to_awkward() if isinstance(each, Objects) else each for kind, each in objects.items()}


def as_objects(arrays: Mapping[str, ak.Array]) -> dict[str, Objects]:
    """Return awkward arrays as objects."""
    return {kind: Objects.from_awkward(array) for kind, array in arrays.items()}


@contextmanager
def size_limit(size: int):
    """Let every write beyond *size* bytes of a file fail, as on a full disk or over a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _type(array: Any) -> Any:
    return array.type.content if isinstance(array, ak.Array) else array.dtype


def _nanoaod(drawn: Mapping[str, Any]) -> dict[str, Any]:
    columns = _columns(drawn, NANOAOD, "{}_{}", ("pt", "eta", "phi", "mass", "charge"), 1)
    numbers = {"run": "run", "luminosityBlock": "luminosity_block", "event": "event", "genWeight": "weight"}
    return columns | {branch: drawn[number] for branch, number in numbers.items()}


def _xaod(drawn: Mapping[str, Any], heavy_ions: bool, sign: str) -> dict[str, Any]:
    names = {"m": "Muons"} if heavy_ions else {kind: f"Analysis{collection}" for kind, collection in PHYSLITE.items()}
    fields = {"pt": "pt", "eta": "eta", "phi": "phi", "mass": "m", "charge": "charge"}
    columns = _columns(drawn, names, "{}AuxDyn" + sign + "{}", fields, 1000)
    columns = {name: array for name, array in columns.items() if name != f"AnalysisMuonsAuxDyn{sign}m"}
    if heavy_ions:
        columns = {name: array for name, array in columns.items() if name.rpartition(sign)[2] in ("pt", "eta", "phi")}
    numbers = {"runNumber": "run", "lumiBlock": "luminosity_block", "eventNumber": "event"}
    columns |= {f"EventInfoAuxDyn{sign}{branch}": drawn[number] for branch, number in numbers.items()}
    variations = np.stack([drawn["weight"], drawn["weight"] + 99, drawn["weight"] - 99], axis=1).ravel()
    weights = ak.unflatten(variations, np.full(len(drawn["weight"]), 3))
    return columns | {f"EventInfoAuxDyn{sign}mcEventWeights": _float32(weights)}


def _ntuple(drawn: Mapping[str, Any], name: str) -> dict[str, Any]:
    factor, energy = (1, "e") if name == "2025e-13tev-beta" else (1000, "E")
    leptons = [ak.with_field(drawn[kind], np.uint32(number), "type") for kind, number in LEPTON_TYPES.items()]
    shared = dict(drawn) | {"lep": ak.concatenate(leptons, axis=1)}
    fields = {"pt": "pt", "eta": "eta", "phi": "phi", "energy": energy, "charge": "charge"}
    columns = _columns(shared, {"lep": "lep"}, "{}_{}", fields | {"type": "type"}, factor)
    more = {"j": "jet"} if name == "2016e-8tev" else {"j": "jet", "g": "photon", "t": "tau"}
    columns |= _columns(shared, more, "{}_{}", fields, factor)
    if name == "2016e-8tev":
        columns["jet_m"] = _float32(drawn["j"].mass * 1000)
    columns.pop("photon_charge", None)
    columns.pop("jet_charge")
    mark = {"2016e-8tev": "lep_flag", "2020e-13tev": "lep_isTightID", "2025e-13tev-beta": "lep_isTightIso"}[name]
    columns[mark] = ak.values_astype(shared["lep"].pt > 0, np.int32)
    numbers = {"runNumber": drawn["run"].astype(np.int32), "eventNumber": drawn["event"]}
    return columns | numbers | {"mcWeight": drawn["weight"]}


def _columns(
    drawn: Mapping[str, Any],
    names: Mapping[str, str],
    form: str,
    fields: Mapping[str, str] | Sequence[str],
    factor: int,
) -> dict[str, Any]:
    spelled = fields if isinstance(fields, Mapping) else {field: field for field in fields}
    return {
        form.format(collection, branch): _scaled(drawn[kind][field], field, factor)
        for kind, collection in names.items()
        for field, branch in spelled.items()
    }


def _scaled(array: ak.Array, field: str, factor: int) -> ak.Array:
    if field in ("pt", "mass", "energy"):
        return _float32(array * factor)
    return array if field == "type" else _float32(array)


def _float32(array: Any) -> ak.Array:
    return ak.values_astype(ak.Array(array), np.float32)
