"""What all peers of the chain share: the definitions of this project in plain Python, and their command line.

Nothing of the project is imported here. A peer counts masses in bins of 10 GeV from 0 to 10 TeV; the histogram of a
combination begins behind the known resonances at the rightmost highest bin, and ends at the last filled one.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

__all__ = ["BINS", "BIN_GEV", "COLUMNS", "KINDS", "LEAST_EVENTS", "LIMIT", "combinations", "cut", "main", "name"]

KINDS = {"e": "Electron", "m": "Muon", "j": "Jet", "g": "Photon"}
COLUMNS = {
    "Electron": ("pt", "eta", "phi", "mass", "cutBased", "pfRelIso03_all"),
    "Muon": ("pt", "eta", "phi", "mass", "mediumId", "pfRelIso04_all"),
    "Jet": ("pt", "eta", "phi", "mass", "jetId"),
    "Photon": ("pt", "eta", "phi", "mass", "mvaID_WP90", "electronVeto", "pfRelIso03_all"),
}
LIMIT = 4  # objects of a kind in the top bucket
LEAST_EVENTS = 100  # of a final state
BIN_GEV, BINS = 10.0, 1000
_ABOVE_Z = 11  # bin: 91.19 + 5 x 2.495 GeV = 103.7 GeV, rounded up to the grid, ends the highest window of lepton pairs
_PAIRS = ((2, 0, 0, 0), (0, 2, 0, 0))

Counts = tuple[int, ...]
Filled = Iterator[tuple[Counts, Counts, np.ndarray]]
"""Final state, combination (both as numbers of e, m, j, g) and entries per bin, shape (BINS,)."""


def combinations(state: Counts) -> list[Counts]:
    """List the combinations of 2 to 4 leading objects of a final state."""
    ranges = [range(number + 1) for number in state]
    return [taken for taken in itertools.product(*ranges) if 2 <= sum(taken) <= 4]


def name(state: Counts, taken: Counts) -> str:
    """Name a histogram as BumpNet reads it."""
    objects = "".join(f"{kind}{rank}" for kind, number in zip(KINDS, taken, strict=True) for rank in range(number))
    label = "_".join(f"{number}{kind}x" for number, kind in zip(state, KINDS, strict=True))
    return f"ROI_mass_{objects}_cat_{label}_width_{BIN_GEV}"


def cut(counts: np.ndarray, taken: Counts) -> slice | None:
    """Tell the bins of the histogram of a combination; None where nothing is left.

    Args:
        counts: Entries per bin of all its masses, shape (BINS,).
        taken: The combination.
    """
    first = _ABOVE_Z if taken in _PAIRS else 0
    rest = counts[first:]
    if not rest.any():
        return None
    start = first + len(rest) - 1 - int(np.argmax(rest[::-1]))
    return slice(start, int(np.flatnonzero(counts)[-1]) + 1)


def main(work: Callable[[str, Path], Mapping[str, float]]) -> None:
    """Run a peer: ``python peer.py FILE OUTPUT …``; print the CPU seconds of this process for the work as JSON."""
    file, output = sys.argv[1:3]
    start = time.process_time()
    noted = work(file, Path(output))
    print(json.dumps({"seconds": time.process_time() - start, **noted}))
