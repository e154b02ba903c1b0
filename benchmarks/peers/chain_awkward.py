"""The whole chain with uproot, awkward arrays and vector, run by end_to_end.py in a process of its own.

usage: python benchmarks/peers/chain_awkward.py FILE OUTPUT

The selected objects of all events stay in memory; a final state is a mask, a combination a sum of Lorentz vectors, and
its masses are counted by numpy. uproot writes the histograms.
"""

from collections.abc import Mapping
from pathlib import Path

import awkward as ak
import numpy as np
import uproot
import vector
from analysis import BIN_GEV, BINS, KINDS, LEAST_EVENTS, LIMIT, Counts, Filled, combinations, cut, main, name
from awkward_selection import FIELDS, read_selected

EDGES = np.arange(BINS + 1) * BIN_GEV


def work(file: str, output: Path) -> Mapping[str, float]:
    """From the ROOT file to histograms; return how many events there were."""
    vector.register_awkward()
    chunks = list(read_selected(file))
    objects = {kind: ak.concatenate([chunk[kind] for chunk in chunks]) for kind in KINDS}
    with uproot.recreate(output) as written:
        for state, taken, counts in fill(objects):
            if bins := cut(counts, taken):
                written[name(state, taken)] = counts[bins], EDGES[bins.start : bins.stop + 1]
    return {"events": len(objects["e"])}


def fill(objects: Mapping[str, ak.Array]) -> Filled:
    """Count the masses of all combinations of all final states that are frequent enough."""
    vectors = {
        kind: ak.zip({field: ak.values_astype(array[field], np.float64) for field in FIELDS}, with_name="Momentum4D")
        for kind, array in objects.items()
    }
    numbers = np.stack([np.minimum(ak.to_numpy(ak.num(array)), LIMIT) for array in objects.values()], axis=1)
    states, members, events = np.unique(numbers, axis=0, return_inverse=True, return_counts=True)
    for i in np.flatnonzero(events >= LEAST_EVENTS):
        state: Counts = tuple(map(int, states[i]))
        chosen = {kind: array[members == i] for kind, array in vectors.items()}
        for taken in combinations(state):
            parts = [chosen[kind][:, rank] for kind, n in zip(KINDS, taken, strict=True) for rank in range(n)]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            masses = ak.to_numpy(total.mass).astype(np.float32)
            yield state, taken, np.histogram(masses, BINS, (0, BINS * BIN_GEV))[0]


if __name__ == "__main__":
    main(work)
