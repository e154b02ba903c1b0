"""From a ROOT file to histograms on one core, against decompression alone. Prints one line a goal.

usage: python benchmarks/end_to_end.py [--quick]     --quick: 100,000 events, two runs

The work: ParseFile, ComputeMasses, CountMasses, FindPeaks, RemovePeaks, FillHistograms and MakeHistograms, one after
the other in this process, with everything imported and compiled; all products are written. The limit is the CPU time to
decompress the baskets of the branches that ParseFile reads (see reading.py, which makes the NanoAOD-like files, with as
many events as those of CMS 2016 have). PHYSLITE is the file in ../shared/data/bench, its events repeated by ROOT until
they are as many as in a file of the release; without ROOT its line says so. The ratio is the median of alternating
runs; what each stage takes of it stands beside.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import reading
import uproot
from goals import Goals

from physics.bins.bins import ConstantBins
from physics.combinations import Rules
from physics.resonances import choose
from steps import histogram_counts, histograms, masses, parse, peaks
from steps.events.event_options import EventOptions
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.events.reader import open_events

KINDS = ("e", "m", "j", "g")
KNOWN = ("jpsi", "psi2s", "upsilon", "z")
SEARCH = peaks.PeakSearch(100, 10.0, 10_000.0, choose(KNOWN))
BINS = (ConstantBins(10.0),)
CHUNK_EVENTS = 100_000
MEMORY_MB = 400  # for chunks, on top of what this process has taken: a worker of 700 MB has taken 300
PHYSLITE = reading.REAL / "amp_physlite_Zee_x20.root"
PHYSLITE_TIMES = 64  # 2,000 events: 128,000 are in a file of the release
FILE_BASKETS = 84  # of 20,000 events: 2.10 G events of CMS 2016 are in 1,254 files


def stages(file: Path, folder: Path, times: int = 1) -> Iterator[str]:
    """Do one stage after the other, with one file or one many times; yield the name of each when it is done."""
    how = parse.ReadOptions(
        schemas.load(""),
        reading.DEFAULT,
        FetchOptions("auto", folder, keep=False),
        CHUNK_EVENTS,
        MEMORY_MB + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
        attempts=1,
        tolerated_failures=0,
        events=EventOptions(
            good_runs=("none",), triggers=False
        ),  # the files lie outside all lists (see event_level.py)
    )
    source = InputFile(str(file), file.stat().st_size, None, None, None, None, "files", "data")
    parsed, made, counted, cut, filled = (folder / name for name in ("p.root", "m.npz", "c.npz", "r.npz", "f.npz"))
    parse.parse([source] * times, how, parsed, "rntuple")
    yield "ParseFile"
    masses.compute(parsed, made, masses.MassOptions(KINDS, Rules(), chunk_events=CHUNK_EVENTS))
    yield "ComputeMasses"
    peaks.count(made, counted, SEARCH)
    yield "CountMasses"
    table = peaks.find("files", [counted], SEARCH)
    yield "FindPeaks"
    peaks.remove(made, cut, table, SEARCH)
    yield "RemovePeaks"
    histogram_counts.count(cut, filled, BINS, False)
    yield "FillHistograms"
    histograms.write(folder / "h.root", histograms.fill([filled], table, BINS, True), True)
    yield "MakeHistograms"


def measure(goals: Goals, case: reading.Case, runs: int, times: int = 1) -> None:
    """Alternate between the limit and the whole, with one file or one many times."""
    with open_events(str(case.path), schemas.load("")) as file:
        if file._tree is None:
            return
        tree, n_events = file._tree._tree, file.num_entries
        baskets = reading.blocks(tree, reading.wanted(file, reading.DEFAULT))
    ratios, shares = [], dict[str, list[float]]()
    for run in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            for _ in range(times):
                reading.decompress(baskets)
            limit = time.process_time() - start
            start = last = time.process_time()
            for name in stages(case.path, Path(folder), times):
                now = time.process_time()
                if run:
                    shares.setdefault(name, []).append((now - last) / limit)
                last = now
            if run:  # the first compiles and warms up
                ratios.append((last - start) / limit)
    parts = ", ".join(f"{name} {statistics.median(one):.1f}" for name, one in shares.items())
    note = f"{n_events} events, {1e6 * limit / n_events / times:.2f} µs each to decompress; {parts}"
    if case.goal is None:
        goals.without(f"end to end: {case.name}", statistics.median(ratios), note)
    else:
        goals.at_most(f"end to end: {case.name}", statistics.median(ratios), case.goal, note)


def physlite(goals: Goals, output: Path, times: int, runs: int) -> None:
    """Measure a PHYSLITE file as long as those of the release, which ROOT makes."""
    name = "PHYSLITE, small baskets"
    with open_events(str(PHYSLITE), schemas.load("")) as file:
        branches = [path.rsplit("/", 1)[-1] for path in reading.wanted(file, reading.DEFAULT)]
    script = Path(__file__).with_name("physlite_long.py")
    made = subprocess.run(
        [sys.executable, script, PHYSLITE, str(times), output, *branches], capture_output=True, text=True, check=False
    )
    if made.returncode:
        goals.skipped(f"end to end: {name}", (made.stderr.strip() or "ROOT crashed").splitlines()[-1])
        return
    measure(goals, reading.Case(name, output, 3.5), runs)


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    events = reading.BASKET_EVENTS * (5 if quick else FILE_BASKETS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zlib = reading.nanoaod(folder / "zlib.root", uproot.ZLIB(1), events, 20_000)
        measure(goals, reading.Case("NanoAOD ZLIB", zlib, 2), 2 if quick else 3)
        zstd = reading.nanoaod(folder / "zstd.root", uproot.ZSTD(5), events, 20_000)
        measure(goals, reading.Case("NanoAOD ZSTD", zstd, 2), 2 if quick else 3)
        for name, file, goal in (
            ("NanoAOD ZLIB, repeated real events", reading.REAL / "amp_cms_Run2012B_x200.root", 2),
            ("PHYSLITE, 2,000 events", PHYSLITE, None),
        ):
            if file.exists():
                measure(goals, reading.Case(name, file, goal), 2 if quick else 9)
                if not quick:
                    measure(goals, reading.Case(f"ten times {name}", file, None), 5, times=10)
        if PHYSLITE.exists():
            physlite(goals, folder / "physlite.root", 8 if quick else PHYSLITE_TIMES, 2 if quick else 3)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
