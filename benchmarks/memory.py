"""Peak memory of parsing: a file ten times larger must not need more. Prints one line a file and the ratio.

usage: python benchmarks/memory.py [EVENTS]     EVENTS: of the small file (default 1000000)

Each file is made and parsed in a process of its own; the figure is the process's peak resident memory as the branch's
statistics record it, with memory_limit_mb at its default.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import sys
import uproot
from pathlib import Path
from physics import demo
from targets.demo import write_nanoaod
path = Path(sys.argv[1])
write_nanoaod(path.with_suffix(".part.root"), demo.generate(0))
events = uproot.open(path.with_suffix(".part.root"))["Events"]
arrays = {name: events[name].array() for name in events.keys() if not name.startswith("n")}
with uproot.recreate(path) as file:
    tree = file.mktree("Events", {name: array.type.content for name, array in arrays.items()})
    for _ in range(int(sys.argv[2]) // events.num_entries):
        tree.extend(arrays)  # a basket a part, as real files have many
"""


def peak_mb(folder: Path, events: int) -> float:
    """Make and parse a file of that many events; return the peak memory of parsing in MB."""
    file = folder / f"{events}.root"
    subprocess.run([sys.executable, "-c", MAKE, str(file), str(events)], check=True)
    luigi = Path(sys.executable).with_name("luigi")
    options = ["--run-name", str(events), "--base-output-dir", str(folder), "--input-files", str(file)]
    command = [luigi, "--module", "tasks", "ParseFile", "--local-scheduler", "--chunk-events", "10000000", *options]
    subprocess.run(command, check=True, capture_output=True)
    (log,) = (folder / str(events) / "logs" / "ParseFile").glob("*/*.json")
    record = json.loads(log.read_text())
    read, size_mb, peak = record["events"]["read"], file.stat().st_size / 1e6, float(record["peak_memory_mb"])
    print(f"{read:>10} events  {size_mb:8.1f} MB  peak {peak:.0f} MB")
    return peak


def main() -> None:
    """Compare a file with one ten times larger."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        small, large = peak_mb(Path(folder), events), peak_mb(Path(folder), 10 * events)
    print(f"ratio {large / small:.2f}")


if __name__ == "__main__":
    main()
