"""The default selection for NanoAOD as one writes it with awkward arrays and vector: cuts, overlaps, sorting by pT."""

from collections.abc import Iterator
from typing import Any

import awkward as ak
import numpy as np
import uproot
from analysis import COLUMNS, KINDS

__all__ = ["read_selected"]

_STEP_EVENTS = 100_000
FIELDS = ("pt", "eta", "phi", "mass")


def read_selected(file: str) -> Iterator[dict[str, ak.Array]]:
    """Read the selected objects of events with at least two, by kind, in chunks."""
    names = [f"{collection}_{column}" for collection, columns in COLUMNS.items() for column in columns]
    for events in uproot.iterate(f"{file}:Events", names, step_size=_STEP_EVENTS):
        objects = _remove_overlaps(_cut(events))
        enough = sum(ak.num(array) for array in objects.values()) >= 2
        yield {kind: _sort(array[enough]) for kind, array in objects.items()}


def _objects(events: ak.Array, collection: str) -> ak.Array:
    fields = {column: events[f"{collection}_{column}"] for column in COLUMNS[collection]}
    fields["mass"] = ak.where(fields["mass"] < 0, np.float32(0), fields["mass"])
    return ak.zip(fields)


def _cut(events: ak.Array) -> dict[str, ak.Array]:
    e, m, j, g = (_objects(events, collection) for collection in KINDS.values())
    e = e[(e.pt >= 25) & _in_barrel_or_endcap(e) & (e.cutBased >= 4) & _isolated(e.pfRelIso03_all, 0.15)]
    m = m[(m.pt >= 25) & (abs(m.eta) <= 2.4) & m.mediumId & _isolated(m.pfRelIso04_all, 0.15)]
    j = j[(j.pt >= 30) & (abs(j.eta) <= 2.4) & (j.jetId & 2 == 2)]
    g = g[(g.pt >= 25) & _in_barrel_or_endcap(g) & g.mvaID_WP90 & g.electronVeto & _isolated(g.pfRelIso03_all, 0.10)]
    return {"e": e, "m": m, "j": j, "g": g}


def _in_barrel_or_endcap(objects: ak.Array) -> ak.Array:
    eta = abs(objects.eta)
    return (eta <= 2.5) & ((eta <= 1.4442) | (eta >= 1.566))


def _isolated(values: ak.Array, most: float) -> ak.Array:
    return (values >= 0) & (values <= most)


def _remove_overlaps(objects: dict[str, ak.Array]) -> dict[str, ak.Array]:
    e, m, j, g = objects.values()
    j = j[_far(j, e, 0.2)]
    j = j[_far(j, m, 0.4)]
    g = g[_far(g, e, 0.4) & _far(g, m, 0.4)]
    j = j[_far(j, g, 0.4)]
    return {"e": e, "m": m, "j": j, "g": g}


def _far(objects: ak.Array, others: ak.Array, cone: float) -> ak.Array:
    pairs = ak.cartesian({"a": _angles(objects), "b": _angles(others)}, nested=True)
    return ak.all(pairs.a.deltaR(pairs.b) >= cone, axis=-1)


def _angles(objects: ak.Array) -> ak.Array:
    fields: dict[str, Any] = {name: ak.values_astype(objects[name], np.float64) for name in FIELDS}
    return ak.zip(fields, with_name="Momentum4D")


def _sort(objects: ak.Array) -> ak.Array:
    order = ak.argsort(objects.pt, ascending=False, stable=True)
    return ak.zip({name: objects[name][order] for name in FIELDS})
