"""Files for the benchmark of reading over a network: PHYSLITE-like, NanoAOD-like, ntuple-like.

They have as many branches, clusters and bytes an event as files of the releases; what is not read is noise.
"""

from pathlib import Path

import awkward as ak
import numpy as np
import uproot

from physics.selection.selection import Selection
from targets.documents import models
from targets.events import schemas
from tasks.parameters.inputs import SELECTIONS

__all__ = ["FILES", "branches", "make", "wanted"]

FILES = {  # name of a file -> release, clusters, events a cluster, branches in all
    "physlite-20.root": ("2024r-pp", 20, 1000, 1400),
    "physlite-100.root": ("2024r-pp", 100, 1000, 1400),
    "nanoaod.root": ("cms-nanoaod", 3, 20_000, 1000),
    "ntuple.root": ("2020e-13tev", 10, 10_000, 80),
} | {f"small-{release}.root": (release, 1, 10, 0) for release in ("2024r-pp", "cms-nanoaod", "2020e-13tev")}
_MEAN = {"e": 3, "m": 3, "j": 8, "g": 3, "t": 3}


def wanted(release: str) -> tuple[schemas.Schema, dict[str, dict[str, str | None]]]:
    """Return the schema of a release and the columns that the default selection needs."""
    schema = next(schema for schema in schemas.load("") if schema.name == release)
    selection = models.load_model(models.named_file("selection", "default", SELECTIONS), Selection)
    return schema, selection.columns(release)


def make(folder: Path, name: str) -> Path:
    """Make a file unless it is there."""
    path = folder / name
    if path.exists():
        return path
    release, clusters, events, n_branches = FILES[name]
    schema, columns = wanted(release)
    rng = np.random.default_rng(1)
    needed = branches(schema, columns)
    noise = [f"Noise{number:04d}AuxDyn.value" for number in range(n_branches - len(needed))]
    order = [*needed, *noise]
    rng.shuffle(order)

    def cluster(n_events: int) -> dict[str, ak.Array | np.ndarray]:
        counts = {kind: rng.poisson(mean, n_events) for kind, mean in _MEAN.items()}
        return {branch: _array(rng, n_events, counts.get(needed.get(branch, "noise"))) for branch in order}

    types = {
        branch: array.type.content if isinstance(array, ak.Array) else array.dtype
        for branch, array in cluster(9).items()
    }
    temporary = path.with_suffix(".part")
    with uproot.recreate(temporary, compression=None) as file:
        tree = file.mktree(schema.trees[0], types, initial_basket_capacity=clusters + 1)
        for _ in range(clusters):
            tree.extend(cluster(events))
    temporary.rename(path)
    return path


def branches(schema: schemas.Schema, columns: dict[str, dict[str, str | None]]) -> dict[str, str]:
    """Return the branches that are read, and the kind that each is of; "event" for numbers of events."""
    needed: dict[str, str] = {}
    for kind, collection in schema.collections.items():
        names = ["pt", "eta", "phi", collection.mass or collection.energy, collection.charge]
        names.append(collection.where.column if collection.where else None)
        for name in [*filter(None, names), *columns.get(kind, {})]:
            needed.setdefault(collection.branches[0].format(name), kind)
        if collection.where:  # two kinds share it
            needed |= {branch: "e" for branch in needed if branch.startswith(collection.branches[0].format(""))}
    numbers = schema.event.model_dump()
    needed |= {branches[0]: "event" for name, branches in numbers.items() if branches and name != "weight"}
    return needed | {mark: "event" for mark in schema.marks if mark not in needed}


def _array(rng: np.random.Generator, n_events: int, counts: np.ndarray | None) -> ak.Array | np.ndarray:
    if counts is None:
        return rng.integers(1, 2**31, n_events, dtype=np.uint32)
    return ak.unflatten(rng.uniform(0.1, 1e5, int(counts.sum())).astype(np.float32), counts)
