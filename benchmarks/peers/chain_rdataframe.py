"""The whole chain with ROOT's RDataFrame, compiled C++ throughout, run by end_to_end.py in a process of its own.

usage: python benchmarks/peers/chain_rdataframe.py FILE OUTPUT [--by-hand]

One event loop counts final states; a second one fills, with a Filter for each final state that is frequent enough, a
Define and a Histo1D for each of its combinations. With --by-hand one Define gives all masses of an event, from loops in
C++, and one histogram of two dimensions takes them: mass, and final state with combination. Compiling counts among the
work.
"""

import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import ROOT
from analysis import BIN_GEV, BINS, KINDS, LEAST_EVENTS, LIMIT, Counts, Filled, combinations, cut, main, name

IN_PARTS = "abs({0}_eta) <= 2.5f && (abs({0}_eta) <= 1.4442f || abs({0}_eta) >= 1.566f)"
ISOLATED = "{0} >= 0 && {0} <= {1}"
GOOD = {
    "e": (
        "Electron_pt >= 25",
        IN_PARTS.format("Electron"),
        "Electron_cutBased >= 4",
        ISOLATED.format("Electron_pfRelIso03_all", "0.15f"),
    ),
    "m": ("Muon_pt >= 25", "abs(Muon_eta) <= 2.4f", "Muon_mediumId", ISOLATED.format("Muon_pfRelIso04_all", "0.15f")),
    "j": ("Jet_pt >= 30", "abs(Jet_eta) <= 2.4f", "(Jet_jetId & 2) == 2"),
    "g": (
        "Photon_pt >= 25",
        IN_PARTS.format("Photon"),
        "Photon_mvaID_WP90 && Photon_electronVeto",
        ISOLATED.format("Photon_pfRelIso03_all", "0.10f"),
    ),
}
STATES = (LIMIT + 1) ** 4
FIELDS = ("pt", "eta", "phi", "mass")
OVERLAPS = (("j", "e", 0.2), ("j", "m", 0.4), ("g", "e", 0.4), ("g", "m", 0.4), ("j", "g", 0.4))


def work(file: str, output: Path) -> Mapping[str, float]:
    """From the ROOT file to histograms; return how many events there were."""
    ROOT.gInterpreter.Declare(f'#pragma cling optimize(3)\n#include "{Path(__file__).with_name("chain.h")}"')
    frame = select(ROOT.RDataFrame("Events", file))
    states = frame.Histo1D(("states", "", STATES, -0.5, STATES - 0.5), "state")
    fill = fill_by_hand if "--by-hand" in sys.argv else fill_with_filters
    written = ROOT.TFile(str(output), "RECREATE")
    for state, taken, counts in fill(frame, states):
        write(name(state, taken), taken, counts)
    written.Close()
    return {"events": states.GetEntries()}


def fill_with_filters(frame: Any, states: Any) -> Filled:
    """Book a Filter for each final state that is frequent enough, and a Histo1D for each combination."""
    events = np.array(states.GetValue())[1:-1]
    booked, filled = ROOT.Booked(ROOT.RDF.AsRNode(frame)), list[tuple[Counts, Counts]]()
    for number, state in enumerate(itertools.product(range(LIMIT + 1), repeat=4)):
        if events[number] >= LEAST_EVENTS:
            booked.state(number)
            for taken in combinations(state):
                filled.append((state, taken))
                booked.combination(*taken, f"mass_{len(filled)}", BINS, BINS * BIN_GEV)
    for (state, taken), histogram in zip(filled, booked.histograms, strict=True):
        yield state, taken, np.array(histogram.GetValue())[1:-1]


def fill_by_hand(frame: Any, states: Any) -> Filled:
    """Fill one histogram of two dimensions with all masses."""
    taken = combinations((LIMIT,) * 4)
    frame = frame.Define("filled", "all_masses(state, e_vectors, m_vectors, j_vectors, g_vectors)")
    frame = frame.Define("masses", "filled.masses").Define("rows", "filled.rows")
    n_rows = STATES * len(taken)
    filled = frame.Histo2D(("all", "", BINS, 0, BINS * BIN_GEV, n_rows, -0.5, n_rows - 0.5), "masses", "rows")
    counts = np.frombuffer(filled.GetArray(), count=(BINS + 2) * (n_rows + 2)).reshape(n_rows + 2, BINS + 2)[1:-1, 1:-1]
    events = np.array(states.GetValue())[1:-1]
    for number, state in enumerate(itertools.product(range(LIMIT + 1), repeat=4)):
        for made in combinations(state) if events[number] >= LEAST_EVENTS else ():
            yield state, made, counts[number * len(taken) + taken.index(made)]


def select(frame: Any) -> Any:
    """Define the selected objects by kind, sorted by pT, and the final state; keep events with at least two."""
    for kind, cuts in GOOD.items():
        frame = frame.Define(f"{kind}_good", " && ".join(cuts))
        for field in FIELDS:
            value = f"{KINDS[kind]}_{field}[{kind}_good]"
            if field == "mass":
                value = f"not_negative({value})"
            frame = frame.Define(f"{kind}_{field}", value)
    for kind, keep, cone in OVERLAPS:
        step = f"{kind}_far_{keep}"
        frame = frame.Define(step, f"far({kind}_eta, {kind}_phi, {keep}_eta, {keep}_phi, {cone})")
        for field in FIELDS:  # the fields before the mask, or it would be applied to itself
            frame = frame.Redefine(f"{kind}_{field}", f"{kind}_{field}[{step}]")
    for kind in GOOD:
        frame = frame.Define(f"{kind}_order", f"ROOT::VecOps::StableArgsort({kind}_pt, std::greater<float>())")
        sorted_ = ", ".join(f"ROOT::VecOps::Take({kind}_{field}, {kind}_order)" for field in FIELDS)
        frame = frame.Define(f"{kind}_vectors", f"vectors({sorted_})")
    frame = frame.Filter("e_pt.size() + m_pt.size() + j_pt.size() + g_pt.size() >= 2")
    return frame.Define("state", "state(e_pt, m_pt, j_pt, g_pt)")


def write(key: str, taken: Counts, counts: np.ndarray) -> None:
    """Cut a histogram, and write what is left into the open file."""
    if bins := cut(counts, taken):
        made = ROOT.TH1D(key, "", bins.stop - bins.start, bins.start * BIN_GEV, bins.stop * BIN_GEV)
        for i, entries in enumerate(counts[bins]):
            made.SetBinContent(i + 1, entries)
        made.SetEntries(counts[bins].sum())
        made.Write()


if __name__ == "__main__":
    main(work)
