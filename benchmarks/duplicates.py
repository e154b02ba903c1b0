"""How long it takes to compare the events of a dataset, and in how much memory. Prints a line a size, and the goals.

usage: python benchmarks/duplicates.py [--quick]     --quick: up to 10⁶ events in place of 10⁷

The work: run, luminosity block and event numbers of synthetic events, one in a thousand there already, from chunks in
memory through the parts on disk to the list of copies, in processes of their own. Linear means: the cost of an event
stays the same; bounded means: the memory does not grow with the number of events.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from goals import Goals

from edm.event_keys import EventKeys
from steps.events.duplicates import find_duplicates

CHUNK, ONE_IN, LIMIT_MB = 100_000, 1000, 200
SIZES, QUICK = (1_000_000, 3_000_000, 10_000_000), (300_000, 1_000_000)


def chunks(n_events: int) -> Iterator[EventKeys]:
    """Give files of CHUNK events; the first of every ONE_IN stood in the file before."""
    for file, start in enumerate(range(0, n_events, CHUNK)):
        number = np.arange(start, start + CHUNK)
        if file:
            number[::ONE_IN] -= CHUNK
            number[::ONE_IN] += 1
        yield EventKeys.of_file(
            file, 278820 + number // 1_000_000, number // 1000 % 1000, number * 7919, np.arange(CHUNK)
        )


def measure(n_events: int) -> None:
    """Print CPU seconds, memory and what was found, as JSON."""
    list(chunks(CHUNK))
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        duplicates, rows = find_duplicates(chunks(n_events), n_events, Path(folder), LIMIT_MB)
        seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    expected = (n_events // CHUNK - 1) * (CHUNK // ONE_IN)
    assert duplicates.copies == len(rows) == expected, (duplicates.copies, expected)
    print(json.dumps({"seconds": seconds, "memory_mb": memory}))


def main() -> None:
    """Measure each size in a process of its own and judge."""
    if len(sys.argv) > 1 and sys.argv[1].isdecimal():
        measure(int(sys.argv[1]))
        return
    sizes = QUICK if "--quick" in sys.argv else SIZES
    numbers = []
    for n_events in sizes:
        command = [sys.executable, __file__, str(n_events)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        numbers.append(json.loads(done.stdout))
        per_event = numbers[-1]["seconds"] / n_events * 1e9
        print(f"{n_events:>12,} events: {per_event:.0f} ns an event, {numbers[-1]['memory_mb']:.0f} MB")
    per_event = [number["seconds"] / n_events for number, n_events in zip(numbers, sizes, strict=True)]
    goals, growth = Goals(), f"{sizes[-1] / sizes[-2]:.1f} times the events"
    goals.at_most("cost an event, of the largest to the next", per_event[-1] / per_event[-2], 1.3, growth)
    memory = [number["memory_mb"] for number in numbers]
    goals.at_most("memory, of the largest to the next", memory[-1] / memory[-2], 1.3, growth)
    sys.exit(goals.short)


if __name__ == "__main__":
    main()
