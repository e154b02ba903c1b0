"""From a ROOT file to histograms on one core, against decompression alone, and against peers. Prints one line a goal.

usage: python benchmarks/end_to_end.py [--quick]     --quick: 100,000 events, two runs

The work: all stages from ParseFile to MakeHistograms in this process, with everything imported and compiled (chain.py).
The limit is the CPU time to decompress the baskets of the branches that ParseFile reads (see reading.py, which makes
the NanoAOD-like files, with as many events as those of CMS 2016 have). PHYSLITE is the file in ../shared/data/bench,
its events repeated by ROOT until they are as many as in a file of the release; without ROOT its line says so. The ratio
is the median of alternating runs; what each stage takes of it stands beside.

Peers (folder peers) make the same histograms of the same file, each in a process of its own, whose CPU time without
imports is compared with ours: with everything kept. Their histograms are compared with ours (see chain.py).
"""

import collections
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import chain
import reading
import uproot
from goals import Goals

from targets.events import schemas
from targets.events.reader import open_events

PHYSLITE = reading.REAL / "amp_physlite_Zee_x20.root"
PHYSLITE_TIMES = 64  # 2,000 events: 128,000 are in a file of the release
FILE_BASKETS = 84  # of 20,000 events: 2.10 G events of CMS 2016 are in 1,254 files
PEERS = Path(__file__).with_name("peers")
OF_ALL = {
    "awkward and vector": ("chain_awkward.py",),
    "RDataFrame, a Filter a final state": ("chain_rdataframe.py",),
    "RDataFrame, loops by hand": ("chain_rdataframe.py", "--by-hand"),
}
OF_A_SAMPLE = {"the first version, 60,000 events": ("chain_first_version.py",)}  # the slowest


def measure_both(goals: Goals, case: reading.Case, runs: int, goal_unkept: float | None = None, times: int = 1) -> None:
    """Measure with everything kept, and with counts alone."""
    measure(goals, case, runs, times)
    measure(goals, case._replace(name=f"{case.name}, counts kept", goal=goal_unkept), runs, times, keep=False)


def measure(goals: Goals, case: reading.Case, runs: int, times: int = 1, keep: bool = True) -> None:
    """Alternate between the limit and the whole, with one file or one many times."""
    with open_events(str(case.path), schemas.load("")) as file:
        if file._tree is None:
            return
        n_events = file.num_entries
        baskets = reading.blocks(file._tree._tree, chain.branches(case.path, file))
    ratios, shares = [], dict[str, list[float]]()
    for run in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            start = time.process_time()
            for _ in range(times):
                reading.decompress(baskets)
            limit = time.process_time() - start
            start = last = time.process_time()
            for done in chain.stages(case.path, Path(folder), times, keep):
                now = time.process_time()
                for name, share in done.items() if run else ():
                    shares.setdefault(name, []).append(share * (now - last) / limit)
                last = now
            if run:  # the first imports, compiles and warms up
                ratios.append((last - start) / limit)
            gc.freeze()  # as workers do (tasks/framework/preload.py)
    parts = ", ".join(f"{name} {statistics.median(share):.2f}" for name, share in shares.items())
    note = f"{n_events} events, {1e6 * limit / n_events / times:.2f} µs each to decompress; {parts}"
    if case.goal is None:
        goals.without(f"end to end: {case.name}", statistics.median(ratios), note)
    else:
        goals.at_most(f"end to end: {case.name}", statistics.median(ratios), case.goal, note)


def physlite(goals: Goals, output: Path, times: int, runs: int) -> None:
    """Measure a PHYSLITE file as long as those of the release, which ROOT makes."""
    name = "PHYSLITE, small baskets"
    with open_events(str(PHYSLITE), schemas.load("")) as file:
        branches = {part for path in chain.branches(PHYSLITE, file) for part in path.split("/")}
    script = Path(__file__).with_name("physlite_long.py")
    made = subprocess.run(
        [sys.executable, script, PHYSLITE, str(times), output, *branches], capture_output=True, text=True, check=False
    )
    if made.returncode:
        goals.skipped(f"end to end: {name}", (made.stderr.strip() or "ROOT crashed").splitlines()[-1])
        return
    measure_both(goals, reading.Case(name, output, 2.5), runs, 2.2)


def compare(goals: Goals, file: Path, folder: Path, peers: Mapping[str, Sequence[str]]) -> None:
    """Compare peers with us on one file; the faster one of our two runs counts."""
    ours = min(_seconds(file, folder) for _ in range(2))
    for peer, (script, *arguments) in peers.items():
        name, output = f"end to end: {peer}, over ours", folder / "peer.root"
        output.unlink(missing_ok=True)
        command = [sys.executable, PEERS / script, file, output, *arguments]
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if made.returncode:
            goals.skipped(name, (made.stderr.strip() or "it crashed").splitlines()[-1])
            continue
        theirs = json.loads(made.stdout.splitlines()[-1])["seconds"]
        note = chain.compare(peer, folder / chain.HISTOGRAMS, output)
        goals.without(name, theirs / ours, f"{theirs:.3g} and {ours:.3g} s; {note}")


def _seconds(file: Path, folder: Path) -> float:
    start = time.process_time()
    collections.deque(chain.stages(file, folder), maxlen=0)
    return time.process_time() - start


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    events = reading.BASKET_EVENTS * (5 if quick else FILE_BASKETS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zlib = reading.nanoaod(folder / "zlib.root", uproot.ZLIB(1), events, 20_000)
        measure_both(goals, reading.Case("NanoAOD ZLIB", zlib, 2.3), 2 if quick else 5, 2.0)
        zstd = reading.nanoaod(folder / "zstd.root", uproot.ZSTD(5), events, 20_000)
        measure_both(goals, reading.Case("NanoAOD ZSTD", zstd, 3.3), 2 if quick else 5, 2.7)
        for name, file, goal, goal_unkept in (
            ("NanoAOD ZLIB, repeated real events", reading.REAL / "amp_cms_Run2012B_x200.root", 4, 3.3),
            ("PHYSLITE, 2,000 events", PHYSLITE, None, None),
        ):
            if file.exists():
                measure_both(goals, reading.Case(name, file, goal), 2 if quick else 9, goal_unkept)
                if not quick:
                    measure_both(goals, reading.Case(f"ten times {name}", file, None), 5, times=10)
        if PHYSLITE.exists():
            physlite(goals, folder / "physlite.root", 8 if quick else PHYSLITE_TIMES, 2 if quick else 5)
        compare(goals, zlib, folder, OF_ALL)
        sample = reading.nanoaod(folder / "sample.root", uproot.ZLIB(1), reading.BASKET_EVENTS * 3, 20_000)
        compare(goals, sample, folder, OF_A_SAMPLE)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
