"""Two worker processes against one. Prints one line.

usage: python benchmarks/workers.py [--quick]     --quick: nothing, as so few events are gone before both workers work

Wall time of ``luigi --module tasks ComputeMasses`` on ten NanoAOD-like files, less that on two of them: what the files
cost, without the start of the run and of its workers (which takes two seconds, once a run). With --threads 1 and 2 in
turn. It says something on a machine with two idle cores only: the load of the machine stands beside, and what two
processes that only decompress gain on it.
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

FEW, MANY, EVENTS = 2, 10, 400_000
LUIGI = [sys.executable, "-c", "from luigi.cmdline import luigi_run; luigi_run()", "--module", "tasks", "ComputeMasses"]
DECOMPRESS = """
import deflate, os, zlib
data = zlib.compress(os.urandom(20_000) * 3, 1)
for _ in range(30_000):
    deflate.zlib_decompress(data, 60_000)
"""


def wall(*commands: list[str]) -> float:
    """Run commands at once; return the wall time in seconds."""
    start = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
    statuses = [one.wait() for one in running]
    if any(statuses):
        msg = f"one of these failed: {commands}"
        raise RuntimeError(msg)
    return time.perf_counter() - start


def seconds(folder: Path, name: str, workers: int) -> float:
    """Run on many files and on few; return the difference in wall time, in seconds."""
    taken = []
    for number in (MANY, FEW):
        files = ",".join(str(folder / f"{i}.root") for i in range(number))
        options = ["--run-name", f"{name}_{number}", "--base-output-dir", str(folder), "--input-files", files]
        options += ["--good-runs", "none", "--triggers", "none"]  # the files lie outside all lists
        taken.append(wall([*LUIGI, "--local-scheduler", "--threads", str(workers), *options]))
    return taken[0] - taken[1]


def main() -> int:
    """Print the line; return 1 when the goal is missed."""
    goals, ratios = Goals(), []
    if "--quick" in sys.argv:
        goals.skipped("workers: one over two", "takes minutes: run without --quick")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = reading.nanoaod(folder / "0.root", uproot.ZLIB(1), EVENTS, reading.BASKET_EVENTS)
        for number in range(1, MANY):
            (folder / f"{number}.root").hardlink_to(file)
        for run in range(3):
            one, two = (seconds(folder, f"{run}_{workers}", workers) for workers in (1, 2))
            ratios.append(one / two)
    decompress = [sys.executable, "-c", DECOMPRESS]
    possible = 2 * wall(decompress) / wall(decompress, decompress)
    note = f"decompression alone gains {possible:.2f}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    goals.at_least("workers: one over two", statistics.median(ratios), 1.7, note)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
