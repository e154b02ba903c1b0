"""Two worker processes against one. Prints one line.

usage: python benchmarks/workers.py [--quick]     --quick: a tenth of the events

Wall time of ``luigi --module tasks ComputeMasses`` on eight NanoAOD-like files, with --threads 1 and 2 in turn, less
that of the same command with everything done. It says something on a machine with two idle cores only: the load of the
machine stands beside.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import reading
import uproot
from goals import Goals

FILES = 8
LUIGI = [sys.executable, "-c", "from luigi.cmdline import luigi_run; luigi_run()", "--module", "tasks", "ComputeMasses"]


def seconds(folder: Path, name: str, workers: int) -> float:
    """Run and run again; return the difference in wall time, in seconds."""
    taken = []
    for _ in range(2):
        options = ["--run-name", name, "--base-output-dir", str(folder), "--input-files", str(folder / "*.root")]
        start = time.perf_counter()
        command = [*LUIGI, "--local-scheduler", "--threads", str(workers), *options]
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return taken[0] - taken[1]


def main() -> int:
    """Print the line; return 1 when the goal is missed."""
    quick, goals, ratios = "--quick" in sys.argv, Goals(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events = 40_000 if quick else 400_000
        file = reading.nanoaod(folder / "0.root", uproot.ZLIB(1), events, reading.BASKET_EVENTS)
        for number in range(1, FILES):
            (folder / f"{number}.root").hardlink_to(file)
        for run in range(1 if quick else 3):
            one, two = (seconds(folder, f"{run}_{workers}", workers) for workers in (1, 2))
            ratios.append(one / two)
    note = f"wall time; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    if quick:  # the time to start workers is not made good by so few events
        goals.without("workers: one over two", statistics.median(ratios), note)
    else:
        goals.at_least("workers: one over two", statistics.median(ratios), 1.7, note)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
