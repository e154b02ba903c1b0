"""Toy collisions in CMS NanoAOD files, small enough that a test can read many."""

from pathlib import Path

import awkward as ak
import numpy as np
import uproot

__all__ = ["BLOCK", "EVENTS", "RUN", "toy_file", "truncate"]

EVENTS = 300
"""Events of a toy file unless said otherwise."""

RUN, BLOCK = 278820, 17
"""The run and the luminosity block of all events: good ones of the list cms-2016."""

_MOST = {"Electron": 2, "Muon": 2, "Jet": 3}  # objects an event has at most
_CHARGED = ("Electron", "Muon")


def toy_file(path: Path, seed: int, events: int = EVENTS, first_event: int = 0, with_met: bool = False) -> Path:
    """Write a file of electrons, muons and jets with falling pT spectra (GeV); the same seed gives the same events.

    With missing transverse momentum, it is not finite in two events.
    """
    random = np.random.default_rng(seed)
    columns = {"run": np.full(events, RUN, np.uint32), "luminosityBlock": np.full(events, BLOCK, np.uint32)}
    columns |= {"event": np.arange(first_event, first_event + events, dtype=np.uint64)}
    types = {name: column.dtype for name, column in columns.items()}
    for name, most in _MOST.items():
        counts = random.integers(0, most, events, endpoint=True)
        columns[name] = ak.unflatten(ak.zip(_objects(random, int(counts.sum()), name in _CHARGED)), counts)
        types[name] = ak.type(columns[name]).content
    if with_met:
        met = {"MET_pt": random.exponential(30, events), "MET_phi": random.uniform(-3.14, 3.14, events)}
        columns |= {name: column.astype(np.float32) for name, column in met.items()}
        columns["MET_pt"][0] = columns["MET_phi"][1] = np.nan
        types |= dict.fromkeys(met, np.dtype(np.float32))
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", types, counter_name="n{}".format, field_name=_branch)
        tree.extend(columns)
    return path


def truncate(path: Path, left: float = 0.5) -> Path:
    """Cut the end of a file off, as a broken download does; *left* is the part that stays."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    return path


def _objects(random, total, charged):
    objects = {
        "pt": 10 + random.exponential(40, total),
        "eta": random.uniform(-2.5, 2.5, total),
        "phi": random.uniform(-3.14, 3.14, total),
        "mass": random.uniform(0, 5, total),
    }
    columns = {name: ak.Array(values.astype(np.float32)) for name, values in objects.items()}
    return columns | ({"charge": ak.Array(random.choice([-1, 1], total).astype(np.int32))} if charged else {})


def _branch(outer, inner):
    return f"{outer}_{inner}" if outer else inner
