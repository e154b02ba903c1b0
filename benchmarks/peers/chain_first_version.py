"""The whole chain as the first version of this pipeline did it, run by end_to_end.py in a process of its own.

usage: python benchmarks/peers/chain_first_version.py FILE OUTPUT

For every combination events are filtered, sorted, sliced, zipped and summed anew, and the masses written into a file of
their own; these are read back one after the other, filled value by value, and the ROOT file is opened for every
histogram. The selection is this project's, with awkward arrays: the first version had none.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import awkward as ak
import numpy as np
import ROOT
import vector
from analysis import BIN_GEV, BINS, KINDS, LEAST_EVENTS, LIMIT, Counts, combinations, cut, main, name
from awkward_selection import FIELDS, read_selected


def work(file: str, output: Path) -> Mapping[str, float]:
    """From the ROOT file to histograms; return how many events there were."""
    vector.register_awkward()
    chunks = list(read_selected(file))
    objects = {kind: ak.concatenate([chunk[kind] for chunk in chunks]) for kind in KINDS}
    numbers = np.stack([np.minimum(ak.to_numpy(ak.num(array)), LIMIT) for array in objects.values()], axis=1)
    states, events = np.unique(numbers, axis=0, return_counts=True)
    frequent: list[Counts] = [tuple(map(int, state)) for state in states[events >= LEAST_EVENTS]]
    with tempfile.TemporaryDirectory() as folder:
        for state in frequent:
            for taken in combinations(state):
                np.save(Path(folder) / f"{name(state, taken)}.npy", masses(objects, state, taken))
        for state in frequent:
            for taken in combinations(state):
                write(output, name(state, taken), np.load(Path(folder) / f"{name(state, taken)}.npy"), taken)
    return {"events": len(objects["e"])}


def masses(objects: Mapping[str, ak.Array], state: Counts, taken: Counts) -> np.ndarray:
    """Compute the masses of one combination, from all events."""
    chosen = np.ones(len(objects["e"]), dtype=bool)
    for kind, count in zip(KINDS, state, strict=True):
        number = ak.num(objects[kind])
        chosen = chosen & (number >= count if count == LIMIT else number == count)
    parts = []
    for kind, count in zip(KINDS, taken, strict=True):
        if count:
            of_kind = objects[kind][chosen]
            of_kind = of_kind[ak.argsort(of_kind.pt, ascending=False, stable=True)]
            parts.append(of_kind[:, :count])
    particles = ak.concatenate(parts, axis=1)
    fields = {field: ak.values_astype(particles[field], np.float64) for field in FIELDS}
    return np.asarray(ak.sum(ak.zip(fields, with_name="Momentum4D"), axis=1).mass).astype(np.float32)


def write(output: Path, key: str, values: np.ndarray, taken: Counts) -> None:
    """Fill the masses one by one, cut, fill the rest one by one, and put the histogram into the file."""
    whole = ROOT.TH1D("whole", "", BINS, 0, BINS * BIN_GEV)
    whole.SetDirectory(ROOT.nullptr)
    for value in values:
        whole.Fill(value)
    bins = cut(np.array([whole.GetBinContent(i + 1) for i in range(BINS)]), taken)
    if bins is None:
        return
    low, high = bins.start * BIN_GEV, bins.stop * BIN_GEV
    made = ROOT.TH1D(key, "", bins.stop - bins.start, low, high)
    made.SetDirectory(ROOT.nullptr)
    for value in values:
        if low <= value < high:
            made.Fill(value)
    file = ROOT.TFile.Open(str(output), "UPDATE")
    made.Write()
    file.Close()


if __name__ == "__main__":
    main(work)
