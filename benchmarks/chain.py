"""All stages from a ROOT file to histograms, in this process: what end_to_end.py measures and compares with peers."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import reading
import uproot

from physics.bins.bins import ConstantBins
from physics.combinations import Rules
from physics.resonances import choose
from steps import histograms, masses, one_pass, peaks
from steps.counts import histogram_counts
from steps.counts.cut_counts import CountCuts, find_grids
from steps.counts.mass_counter import MassCounter
from steps.events.event_options import EventOptions
from steps.events.event_readers import EventReaders
from steps.one_pass import Counting, Parsing
from steps.read_options import ReadOptions
from steps.weighting.counts import add_up
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.events.reader import EventFile

__all__ = ["HISTOGRAMS", "branches", "compare", "stages"]

KINDS = ("e", "m", "j", "g")
KNOWN = ("jpsi", "psi2s", "upsilon", "z")
SEARCH = peaks.PeakSearch(100, 10.0, 10_000.0, choose(KNOWN))
BINS = (ConstantBins(10.0),)
CHUNK_EVENTS = 100_000
MEMORY_MB = 700  # for chunks, on top of what this process has taken: a worker of 1,000 MB has taken 300
EVENTS = EventOptions(good_runs=("none",), triggers=False)  # the files lie outside all lists (see event_level.py)
HISTOGRAMS = "h.root"
MOST_MOVED = 1e-5  # of all entries: those so near an edge that rounding tells their bin


def stages(file: Path, folder: Path, times: int = 1, keep: bool = True) -> Iterator[dict[str, float]]:
    """Do one stage after the other, with one file or one many times.

    Args:
        file: The ROOT file.
        folder: Where products go.
        times: How often the file is in the branch.
        keep: Whether parsed data and masses are kept.

    Yields:
        When they are done, the names of stages, and which share of the time since the last ones each took.
    """
    how = ReadOptions(
        schemas.load(""),
        reading.DEFAULT,
        FetchOptions("auto", folder, keep=False),
        CHUNK_EVENTS,
        MEMORY_MB + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
        attempts=1,
        tolerated_failures=0,
        events=EVENTS,
    )
    parsed, made, counted, cut, filled = (folder / name for name in ("p.root", "m.npz", "c.npz", "r.npz", "f.npz"))
    counting = Counting(counted, MassCounter(SEARCH), lambda _: find_grids(BINS, (), SEARCH.width_gev))
    options = masses.MassOptions(KINDS, Rules(), chunk_events=CHUNK_EVENTS)
    parsing = Parsing(parsed, "rntuple" if keep else None)
    results = one_pass.from_files([_listed(file)] * times, how, parsing, options, made if keep else None, counting)
    total = sum(results.seconds.values())
    yield {name: seconds / total for name, seconds in results.seconds.items()}
    table = peaks.find("files", [counted], SEARCH)
    yield {"FindPeaks": 1.0}
    if keep:
        peaks.remove(made, cut, table, SEARCH)
        yield {"RemovePeaks": 1.0}
        histogram_counts.count(cut, filled, BINS, False)
        yield {"FillHistograms": 1.0}
    summed = add_up([filled]) if keep else add_up([counted], CountCuts(table, BINS, False, (), SEARCH.width_gev).add_up)
    histograms.write(folder / HISTOGRAMS, histograms.fill(summed, table, BINS, True), True)
    yield {"MakeHistograms": 1.0}


def branches(path: Path, file: EventFile) -> list[str]:
    """Return the paths of all branches that ParseFile reads with the default selection, those of events included."""
    columns = reading.DEFAULT.columns(file.schema.name) if file.schema else {}
    readers = EventReaders.of_file(_listed(path), file, reading.DEFAULT, EVENTS, None)
    wanted = file._wanted(readers.matcher.add_columns(columns))
    names = file._names(wanted) | file.of_events.plain(readers.branches)
    return sorted(file._branches[name] for name in names)


def compare(peer: str, ours: Path, theirs: Path) -> str:
    """Compare the histograms of two files: keys, entries and bins; end with a message when they differ.

    Both compute masses in float64 and store them in float32, so that rounding can move an entry only from one side of
    an edge to the other. All bins from 0 GeV on are compared, whether or not a histogram has them: half of the sum of
    the differences is how many entries lie elsewhere.
    """
    with uproot.open(ours) as our_file, uproot.open(theirs) as their_file:
        keys = sorted(our_file.keys(cycle=False))
        if single := set(keys) ^ set(their_file.keys(cycle=False)):
            msg = f"{peer}: only one of us has {len(single)} histograms, {min(single)} among them"
            raise SystemExit(msg)
        pairs = [(_counts(our_file[key]), _counts(their_file[key])) for key in keys]
    moved = sum(float(np.abs(first - second).sum()) for first, second in pairs) / 2
    entries = sum(int(first.sum()) for first, _ in pairs)
    if moved > MOST_MOVED * entries:
        msg = f"{peer}: {moved:g} of {entries} entries lie in other bins than ours"
        raise SystemExit(msg)
    return f"{len(keys)} histograms, {entries} entries, {moved:g} of them in another bin"


def _counts(histogram: Any) -> np.ndarray:
    """Return the entries per bin of 10 GeV, from 0 GeV to 10 TeV."""
    counts, edges = histogram.to_numpy()
    first = round(edges[0] / 10)
    return np.pad(counts, (first, 1000 - first - len(counts)))


def _listed(file: Path) -> InputFile:
    return InputFile(str(file), file.stat().st_size, None, None, None, None, "files", "data")
