"""Writing of results. Prints one line a goal: name, figure, goal, ok or short.

usage: python benchmarks/writing.py [--quick]     --quick: a tenth of the histograms, fewer runs

CPU time of this process, medians of alternating runs: microseconds a name and chunk to store masses; parsed events as
an RNTuple over the same arrays given to uproot at once; histograms against a loop of uproot's own; and the time to add
up the counts of a branch among 2,000 over that among 100.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import samples
import uproot
from goals import Goals, cpu_seconds, median_ratio

from edm.objects import Objects
from edm.spectra import Distribution, SpectrumKey
from physics.binning import Histogram
from targets.products import histograms, mass_counts, parsed_data
from targets.products.mass_arrays import MassWriter
from targets.products.mass_counts import Row

RNG = np.random.default_rng(20261122)
KEYS = [
    SpectrumKey(f"{i}e_{j}m_{k}j_0g", f"e0m0j{n}")
    for i in range(5)
    for j in range(5)
    for k in range(5)
    for n in range(16)
]


def masses(goals: Goals, folder: Path, runs: int) -> None:
    """Add the masses of ten chunks to 2,000 names and write them."""
    chunks = 10
    parts = RNG.exponential(100, (len(KEYS), 20)).astype(np.float32)

    def write() -> None:
        writer = MassWriter(folder)
        for _ in range(chunks):
            for key, part in zip(KEYS, parts, strict=True):
                writer.add(key, part)
        writer.write(folder / "masses.npz")

    taken = statistics.median(cpu_seconds({"": write}, runs)[""])
    goals.at_most("writing: masses, µs a name and chunk", 1e6 * taken / (chunks * len(KEYS)), 5)


def events(goals: Goals, folder: Path, runs: int, n_events: int) -> None:
    """Write parsed events, and the same arrays with uproot alone."""
    objects = samples.synthetic(n_events)
    objects["t"] = Objects.none(n_events)
    for kind, field in (("e", "charge"), ("m", "charge"), ("t", "charge"), ("j", "is_b")):
        values = (objects[kind]["eta"] > 0).astype(np.int8 if field == "is_b" else np.float32)
        objects[kind] = Objects(objects[kind].offsets, {**objects[kind].columns, field: values})
    numbers = {name: np.ones(n_events, dtype) for name, dtype in parsed_data.NUMBERS.items()}
    plain = {kind: each.to_awkward() for kind, each in objects.items()}
    plain |= {name: ak.Array(column) for name, column in numbers.items()}
    chunks = [slice(start, start + 100_000) for start in range(0, n_events, 100_000)]
    parts = [{kind: Objects.from_awkward(plain[kind][chunk]) for kind in objects} for chunk in chunks]

    def ours(parsed_format: Any) -> None:
        with parsed_data.writing(folder / "parsed.root", parsed_format) as writer:
            for chunk, part in zip(chunks, parts, strict=True):
                writer.add(part, {name: column[chunk] for name, column in numbers.items()})

    def theirs() -> None:
        with uproot.recreate(folder / "plain.root", compression=uproot.ZSTD(1)) as file:
            target = file.mkrntuple("events", ak.zip(plain, depth_limit=1).layout.form)
            for start in range(0, n_events, 100_000):
                target.extend({name: array[start : start + 100_000] for name, array in plain.items()})

    work = {"ours": lambda: ours("rntuple"), "ttree": lambda: ours("ttree"), "uproot": theirs}
    taken = cpu_seconds(work, runs)
    rate = n_events / statistics.median(taken["ours"]) / 1e6
    goals.at_most(
        "writing: parsed events over a bare RNTuple",
        median_ratio(taken["ours"], taken["uproot"]),
        1.5,
        f"{rate:.2f} M events/s",
    )
    goals.without("writing: a TTree over an RNTuple", median_ratio(taken["ttree"], taken["ours"]))


def many_histograms(goals: Goals, folder: Path, number: int) -> None:
    """Write histograms into one file, and with uproot's loop over numpy's histograms."""
    contents = RNG.poisson(20, (number, 100)).astype(np.int64)
    edges = np.linspace(0, 1000, 101)
    made: dict[str, Any] = {f"h{i}": Histogram(0.0, 10.0, one, 0) for i, one in enumerate(contents)}
    titles = dict.fromkeys(made, "")

    def loop() -> None:
        with uproot.recreate(folder / "loop.root") as file:
            for key, histogram in made.items():
                file[key] = (histogram.counts, edges)

    work = {"ours": lambda: histograms.write_file(folder / "ours.root", made, titles), "loop": loop}
    taken = cpu_seconds(work, 1)
    note = f"{number} TH1D, {1e6 * taken['ours'][0] / number:.0f} µs each"
    goals.at_most("writing: TH1D over uproot's loop", median_ratio(taken["ours"], taken["loop"]), 1.05, note)


def merging(goals: Goals, folder: Path, runs: int, most: int) -> None:
    """Add up the counts of 100 and of many branches."""
    rows = [Row(key, 10.0, Distribution(RNG.poisson(3, 60).astype(np.int64))) for key in KEYS]
    path = folder / "counts.npz"
    mass_counts.write(path, rows)
    sizes = (100, most // 2, most)
    taken = cpu_seconds({str(size): lambda size=size: list(mass_counts.add_up([path] * size)) for size in sizes}, runs)
    each = {size: [one / size for one in taken[str(size)]] for size in sizes}
    note = f"{1e3 * statistics.median(each[most]):.1f} ms a branch of {len(rows)} rows"
    goals.at_most(f"merging: a branch of {most:,} over one of 100", median_ratio(each[most], each[100]), 1.2, note)
    goals.without(f"merging: a branch of {most // 2:,} over one of 100", median_ratio(each[most // 2], each[100]))


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        masses(goals, folder, 5)
        events(goals, folder, 3 if quick else 7, 100_000 if quick else 500_000)
        many_histograms(goals, folder, 4000 if quick else 40_000)
        merging(goals, folder, *((1, 400) if quick else (3, 2000)))
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
