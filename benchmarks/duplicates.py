"""How long it takes to compare the events of a dataset, and in how much memory. Prints a line a size, and the goals.

usage: python benchmarks/duplicates.py [--quick]     --quick: up to 10⁶ events in place of 10⁷

The work: run, luminosity block and event numbers of synthetic events, from chunks in memory through the parts on disk
to the list of copies, in processes of their own. Of the events one in a thousand is there already; in a last line every
second, as when a record is read twice. Linear means: the cost of an event stays the same; bounded means: the memory
stays below its limit, whatever the number of events.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from goals import Goals

from edm.event_keys import EventKeys
from steps.events.duplicates import find_duplicates
from targets.products.event_keys import read_copies, write_copies

CHUNK, ONE_IN, LIMIT_MB = 100_000, 1000, 200
TWICE = 2  # ONE_IN of the last line
SIZES, QUICK = (1_000_000, 3_000_000, 10_000_000), (300_000, 1_000_000)


def chunks(n_events: int, one_in: int) -> Iterator[EventKeys]:
    """Give files of CHUNK events; of every *one_in* the first stood in the file before."""
    for file, start in enumerate(range(0, n_events, CHUNK)):
        number = np.arange(start, start + CHUNK)
        if file:
            number[::one_in] -= CHUNK - 1
        yield EventKeys.of_file(
            file, 278820 + number // 1_000_000, number // 1000 % 1000, number * 7919, np.arange(CHUNK)
        )


def measure(n_events: int, one_in: int) -> None:
    """Print CPU seconds and memory above that at the start, as JSON; what was found is checked."""
    list(chunks(CHUNK, one_in))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    with tempfile.TemporaryDirectory() as name:
        product, n_files = Path(name) / "copies.npy", n_events // CHUNK
        started = time.process_time()
        write = partial(write_copies, product)
        found = find_duplicates(chunks(n_events, one_in), n_events, Path(name), LIMIT_MB, n_files, write)
        seconds = time.process_time() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        n_copies = len(read_copies(product, 0, n_files))
    expected = (n_files - 1) * (CHUNK // one_in)
    assert found.copies == n_copies == expected, (found.copies, n_copies, expected)
    print(json.dumps({"seconds": seconds, "memory_mb": memory - before}))


def measure_apart(n_events: int, one_in: int) -> dict[str, float]:
    """Measure in a process of its own, and print a line."""
    command = [sys.executable, __file__, str(n_events), str(one_in)]
    numbers: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    per_event = numbers["seconds"] / n_events * 1e9
    print(f"{n_events:>12,} events, a copy in {one_in:>5,}: {per_event:.0f} ns an event, {numbers['memory_mb']:.0f} MB")
    return numbers


def main() -> None:
    """Measure each size in a process of its own and judge."""
    if len(sys.argv) > 1 and sys.argv[1].isdecimal():
        measure(int(sys.argv[1]), int(sys.argv[2]))
        return
    sizes = QUICK if "--quick" in sys.argv else SIZES
    numbers = [measure_apart(n_events, ONE_IN) for n_events in sizes]
    worst = measure_apart(sizes[-1], TWICE)
    per_event = [number["seconds"] / n_events for number, n_events in zip(numbers, sizes, strict=True)]
    goals, growth = Goals(), f"{sizes[-1] / sizes[-2]:.1f} times the events"
    goals.at_most("cost an event, of the largest to the next", per_event[-1] / per_event[-2], 1.3, growth)
    most = max(number["memory_mb"] for number in [*numbers, worst])
    goals.at_most("memory over its limit", most / LIMIT_MB, 1.0, f"{LIMIT_MB} MB, also where half are copies")
    sys.exit(goals.short)


if __name__ == "__main__":
    main()
