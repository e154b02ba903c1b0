"""Peak memory of every stage: a file ten times larger must not need more. Prints a line a file and a line a goal.

usage: python benchmarks/memory.py [--quick] [EVENTS]     EVENTS: of the small file (default 1000000, --quick 100000)

Each file is made and taken through all stages in processes of their own; the figures are peak resident memory as the
statistics of the branches record it, with all parameters at their defaults. Stages that one process does one after the
other count what the earlier ones took.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from goals import Goals

MAKE = """
import sys
import uproot
from pathlib import Path
from physics.toys import collisions
from targets.events.toy_files import write_nanoaod
path = Path(sys.argv[1])
write_nanoaod(path.with_suffix(".part.root"), collisions.generate(0))
events = uproot.open(path.with_suffix(".part.root"))["Events"]
arrays = {name: events[name].array() for name in events.keys() if not name.startswith("n")}
with uproot.recreate(path) as file:
    tree = file.mktree("Events", {name: array.type.content for name, array in arrays.items()})
    for _ in range(int(sys.argv[2]) // events.num_entries):
        tree.extend(arrays)  # a basket a part, as real files have many
"""


def peaks_mb(folder: Path, events: int) -> dict[str, float]:
    """Make a file of that many events and run all stages; return the peak memory of each in MB."""
    file = folder / f"{events}.root"
    subprocess.run([sys.executable, "-c", MAKE, str(file), str(events)], check=True)
    luigi = [sys.executable, "-c", "from luigi.cmdline import luigi_run; luigi_run()", "--module", "tasks"]
    options = ["--run-name", str(events), "--base-output-dir", str(folder), "--input-files", str(file)]
    options += ["--good-runs", "none", "--triggers", "none"]  # toy events without flags are of run 1
    command = [*luigi, "MakeHistograms", "--local-scheduler", *options]
    subprocess.run(command, check=True, capture_output=True)
    peaks: dict[str, float] = {}
    for log in (folder / str(events) / "logs").glob("*/*/*.json"):
        peak = json.loads(log.read_text()).get("peak_memory_mb")
        if peak is not None:
            peaks[log.parts[-3]] = max(float(peak), peaks.get(log.parts[-3], 0.0))
    stages = ", ".join(f"{stage} {peak:.0f}" for stage, peak in peaks.items())
    print(f"{events:>10} events  {file.stat().st_size / 1e6:8.1f} MB  peaks in MB: {stages}", flush=True)
    return peaks


def main() -> int:
    """Compare a file with one ten times larger; return 1 when a goal is missed."""
    words, goals = [word for word in sys.argv[1:] if word != "--quick"], Goals()
    events = int(words[0]) if words else 100_000 if "--quick" in sys.argv else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        small, large = peaks_mb(Path(folder), events), peaks_mb(Path(folder), 10 * events)
    ratios = {stage: peak / small[stage] for stage, peak in large.items()}
    worst, largest = max(ratios, key=ratios.__getitem__), max(large, key=large.__getitem__)
    # a tenth of the usual number does not fill the memory that chunks may take, so that it says nothing of flatness
    if events >= 1_000_000:
        goals.at_most("memory: ten times the events", ratios[worst], 1.1, f"the worst stage: {worst}")
    else:
        goals.without("memory: ten times the events", ratios[worst], f"the worst stage: {worst}")
    goals.at_most("memory: of a worker, MB", large[largest], 700, f"the largest stage: {largest}")
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
