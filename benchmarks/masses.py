"""The mass stage against what one could use instead. Prints one line a goal: name, ratio, goal, ok or short.

usage: python benchmarks/masses.py [--quick]     --quick: 200,000 events in place of a million, fewer runs

The work: the masses of all combinations of 2 to 4 leading objects in all final states with at least 100 events, of
synthetic events (see samples.py) and of real files of ../shared/data, from jagged arrays in memory. The ratio is CPU
time an event over ours, with everything imported and compiled. Each peer's masses are compared with ours, and so ours
with those of the package vector in float64. A peer that is not installed is said so and skipped.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import samples
import uproot
from goals import Goals, cpu_seconds, median_ratio
from peers import mass_stage

from edm.objects import Objects
from physics.combinations import Rules

RULES = Rules()
LIMIT = RULES.max_multiplicity
FILES = ("bench/amp_cms_Run2012B_x200.root", "atlas-2016e-8tev/mc_110140.stop_wtchan.root")
LEAST_EVENTS = 100
TOLERANCE = 1e-6


class Sample:
    """Events, what is wanted of them, and our masses."""

    def __init__(self, objects: Mapping[str, Objects]) -> None:
        self.objects = samples.frequent(objects, LIMIT, LEAST_EVENTS)
        self.states = mass_stage.wanted(self.objects, RULES)
        self.masses = mass_stage.ours(self.objects, RULES)
        self.arrays = {kind: each.to_awkward() for kind, each in self.objects.items()}  # for those who take these
        self.size = self.objects["e"].n_events

    def compare(self, name: str, found: Mapping[str, Any]) -> None:
        """End with a message when a mass differs by more than the tolerance."""
        assert sorted(found) == sorted(self.masses), name
        for key, values in self.masses.items():
            if not np.allclose(found[key], values, rtol=TOLERANCE, atol=1e-3):  # below an MeV it is all rounding
                msg = f"{name}: masses of {key} differ by {np.abs(found[key] / values - 1).max():.2g}"
                raise SystemExit(msg)


def measure(
    goals: Goals, name: str, goal: float | None, sample: Sample, runs: int, peer: Callable[[Any, Any], Any]
) -> None:
    """Compare a peer with us on one sample, in alternating runs."""
    found: dict[str, Any] = {}

    def compute() -> None:
        found.update(peer(sample.arrays, sample.states))

    try:
        compute()
    except ImportError as error:
        goals.skipped(name, str(error))
        return
    sample.compare(name, found)
    work = {"peer": compute, "ours": lambda: mass_stage.ours(sample.objects, RULES)}
    taken = cpu_seconds(work, runs, warm=True)
    ratio = median_ratio(taken["peer"], taken["ours"])
    note = " ".join(f"{key} {1e9 * statistics.median(one) / sample.size:.0f} ns" for key, one in taken.items())
    note = f"an event: {note}; {sample.size} events"
    goals.without(name, ratio, note) if goal is None else goals.at_least(name, ratio, goal, note)


def rdataframe(goals: Goals, sample: Sample, runs: int) -> None:
    """Compare with RDataFrame, which runs in a process of its own on a file with these events."""
    name = "masses: RDataFrame over ours"
    ours = statistics.median(cpu_seconds({"": lambda: mass_stage.ours(sample.objects, RULES)}, runs)[""]) / sample.size
    with tempfile.TemporaryDirectory() as folder:
        file, states, output = (Path(folder) / part for part in ("events.root", "states.json", "masses.npz"))
        with uproot.recreate(file) as written:
            columns = {
                f"{kind}_{field}": array[field] for kind, array in sample.arrays.items() for field in mass_stage.FIELDS
            }
            tree = written.mktree(
                "events",
                {column: array.type.content for column, array in columns.items()},
                counter_name=lambda column: f"n_{column}",
            )
            tree.extend(columns)
        numbered = [
            [list(state.values()), [[(list(state).index(kind), rank) for kind, rank in one] for one in found]]
            for state, found in sample.states
            if found
        ]
        states.write_text(json.dumps(numbered))
        script = Path(__file__).parent / "peers" / "mass_stage_rdataframe.py"
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            [sys.executable, script, file, states, output], capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode:
            goals.skipped(name, (done.stderr.strip() or "it crashed").splitlines()[-1])
            return
        made = np.load(output)
        sample.compare(name, _cut(made["masses"], sample.masses))
        (half, all_), (first, second) = made["events"], made["seconds"]
    theirs = (second - first) / (all_ - half)
    note = f"an event: peer {1e9 * theirs:.0f} ns ours {1e9 * ours:.0f} ns; {sample.size} events"
    goals.at_least(name, theirs / ours, 50, note)


def _cut(values: np.ndarray, like: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    ends = np.cumsum([len(one) for one in like.values()])
    return dict(zip(like, np.split(values, ends[:-1]), strict=True))


def main() -> int:
    """Print the lines; return 1 when a goal is missed."""
    quick, goals = "--quick" in sys.argv, Goals()
    large = Sample(samples.synthetic(200_000 if quick else 1_000_000))
    small = Sample(samples.synthetic(15_000 if quick else 50_000))
    vector, rectangular, coffea = (
        partial(peer, limit=LIMIT)
        for peer in (mass_stage.awkward_vector, mass_stage.numpy_rectangular, mass_stage.coffea)
    )
    few = 1 if quick else 3
    measure(goals, "masses: numpy, rectangular, over ours", 4, large, 9, rectangular)
    measure(goals, "masses: awkward and vector over ours", 200, small if quick else large, few, vector)
    measure(goals, "masses: coffea over ours", None, small, few, coffea)
    with tempfile.TemporaryDirectory() as folder:
        first = partial(mass_stage.first_version, limit=LIMIT, folder=Path(folder))
        measure(goals, "masses: the first version over ours", 1000, small, few, first)
    rdataframe(goals, Sample(samples.synthetic(60_000 if quick else 200_000)), 5)
    for file in FILES[-1:] if quick else FILES:
        if (samples.REAL / file).exists():
            sample = Sample(samples.real(samples.REAL / file))
            measure(goals, f"masses: awkward over ours, {Path(file).stem[:20]}", None, sample, few, vector)
    return int(goals.short)


if __name__ == "__main__":
    sys.exit(main())
