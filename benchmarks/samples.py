"""Events for benchmarks: synthetic ones, and those of the real files in ../shared/data."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edm.objects import Objects
from physics import constituents, final_states
from physics.selection import selection
from targets.events import schemas
from targets.events.reader import open_events

__all__ = ["KINDS", "MEAN", "REAL", "frequent", "real", "synthetic"]

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
KINDS = ("e", "m", "j", "g")
MEAN = {"e": 0.5, "m": 0.6, "j": 2.5, "g": 0.4}
"""Objects in an event, on average; their numbers follow Poisson's distribution."""


def synthetic(n_events: int, seed: int = 1) -> dict[str, Objects]:
    """Make events with electrons, muons, jets and photons as physics.masses takes them."""
    rng, objects = np.random.default_rng(seed), {}
    for kind in KINDS:
        counts = rng.poisson(MEAN[kind], n_events)
        total = int(counts.sum())
        pt = rng.exponential(40, total) + 10
        pt = pt[np.lexsort((-pt, np.repeat(np.arange(n_events), counts)))]
        fields = {
            "pt": pt,
            "eta": rng.normal(0, 1.2, total).clip(-2.5, 2.5),
            "phi": rng.uniform(-np.pi, np.pi, total),
            "mass": pt * rng.gamma(9, 0.015, total) if kind == "j" else np.full(total, constituents.PDG_MASS_GEV[kind]),
        }
        columns = {name: column.astype(np.float32) for name, column in fields.items()}
        objects[kind] = Objects(np.cumsum([0, *counts]), columns)
    return objects


def real(path: Path) -> dict[str, Objects]:
    """Read the objects of a file, without any cut but that for invalid ones."""
    with open_events(str(path), schemas.load("")) as file:
        parts = [
            selection.select(
                constituents.assign_masses(chunk.objects),
                selection.Selection(name="none", description="No cut."),
                file.schema.name if file.schema else "",
                file.absent_kinds,
            )[0]
            for chunk in file.chunks({}, 10_000_000)
        ]
    return {kind: Objects.concatenate([part[kind] for part in parts]) for kind in KINDS}


def frequent(objects: Mapping[str, Objects], max_multiplicity: int, least: int) -> dict[str, Objects]:
    """Keep the events of final states with at least that many events, in their order."""
    states = final_states.classify({kind: each.counts() for kind, each in objects.items()}, max_multiplicity)
    kept = np.zeros(next(iter(objects.values())).n_events, dtype=bool)
    for _, events in states:
        kept[events] = len(events) >= least
    return {kind: each.select_events(kept) for kind, each in objects.items()}
