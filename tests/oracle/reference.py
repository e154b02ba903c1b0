"""The reference numbers of `../shared/reference`, the same from the oracle, and a comparison of two such tables.

A *table* is what a reference file holds: `events`, `final_states` (name -> events) and `combinations`
(`final_state/combination` -> n, sum, min, max, turn_on_gev, below, main, outliers, above, counts), masses in GeV.
"""

import functools
import json
import math
from pathlib import Path

import pytest

from tests.oracle.events import combinations_of, count_objects, label, mass, read_events
from tests.oracle.peaks import histogram, peak_cut

__all__ = [
    "BIN_WIDTH_GEV",
    "MIN_EVENTS",
    "SHARED",
    "differences",
    "input_files",
    "masses_of_files",
    "needs_shared",
    "oracle_masses",
    "reference_table",
    "summary",
    "table_of",
]

SHARED = Path(__file__).resolve().parents[3] / "shared"

# The thresholds of ../shared/reference/README.md, per folder of ../shared/data.
MIN_EVENTS = {
    "atlas-2016e-8tev": 100,
    "atlas-2020e-13tev": 10,
    "atlas-2024r-pp": 2,
    "atlas-2025e-13tev-beta": 10,
    "cms-nanoaod": 10,
}
KINDS, MAX_MULTIPLICITY, SIZES, BIN_WIDTH_GEV, MAX_MASS_GEV = "emjg", 4, (2, 4), 10.0, 10_000.0
TOLERANCES = {"sum": 1e-5, "min": 1e-4, "max": 1e-4}  # relative, ../shared/reference/README.md; all else is equal

needs_shared = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not (SHARED / "reference").is_dir(), reason=f"needs the real files and reference numbers below {SHARED}"
    ),
]


def reference_table(name):
    """Return the reference numbers of a format (a folder of `../shared/data`)."""
    return json.loads((SHARED / "reference" / f"{name}.json").read_text(encoding="utf-8"))


def input_files(name):
    """Return the files that the reference numbers of a format come from."""
    return [SHARED / "data" / name / file for file in reference_table(name)["files"]]


@functools.cache
def oracle_masses(name):
    """Compute all final states and masses of a format with the oracle, as `masses_of_files` returns them."""
    return masses_of_files(input_files(name), KINDS, (*SIZES, 0, MAX_MULTIPLICITY))


def masses_of_files(files, kinds, rules):
    """Compute all final states and masses of files with the oracle.

    Args:
        files: paths, all of them together one dataset.
        kinds: the configured kinds.
        rules: fewest and most objects of a combination, max_subleading_index, max_multiplicity.

    Returns:
        Final state -> events, and `final_state/combination` -> list of masses in GeV, in the order of the files.
    """
    groups = {}
    for file in files:
        for event in read_events(file):
            counts = count_objects(event, kinds, rules[3])
            groups.setdefault(label(counts), (counts, []))[1].append(event)
    masses = {}
    for final_state, (counts, events) in groups.items():
        for combination in combinations_of(counts, *rules):
            masses[f"{final_state}/{combination}"] = [mass(event, combination) for event in events]
    return {final_state: len(events) for final_state, (_, events) in groups.items()}, masses


def summary(masses):
    """Return one entry of a table from the masses of one final state and combination (GeV; at least one)."""
    cut = peak_cut(masses, "", BIN_WIDTH_GEV, MAX_MASS_GEV)
    _, counts, trimmed = histogram(cut.main + cut.outliers, cut.turn_on_gev or 0.0, BIN_WIDTH_GEV)
    assert trimmed == 0, "one bin width for both grids trims nothing"
    numbers = {name: number for name, number in cut.numbers().items() if name != "window"}
    extremes = {"n": len(masses), "sum": math.fsum(masses), "min": min(masses), "max": max(masses)}
    return extremes | numbers | {"turn_on_gev": cut.turn_on_gev, "counts": counts}


def table_of(final_states, masses, min_events):
    """Make a table of final states and masses as `oracle_masses` returns them; no entry below `min_events` events."""
    entries = {name: summary(values) for name, values in masses.items() if len(values) >= min_events}
    return {"events": sum(final_states.values()), "final_states": final_states, "combinations": entries}


def differences(found, expected):
    """Return one line for every number of `found` that does not agree with `expected`; none when the tables agree."""
    lines = []
    if found["events"] != expected["events"]:
        lines.append(f"events: {found['events']}, expected {expected['events']}")
    if found["final_states"] != expected["final_states"]:
        names = sorted(set(found["final_states"].items()) ^ set(expected["final_states"].items()))
        lines.append(f"final states differ: {names}")
    for name in sorted(set(found["combinations"]) ^ set(expected["combinations"])):
        lines.append(f"{name}: {'unexpected' if name in found['combinations'] else 'missing'}")
    for name in sorted(set(found["combinations"]) & set(expected["combinations"])):
        lines += _entry_differences(name, found["combinations"][name], expected["combinations"][name])
    return lines


def _entry_differences(name, found, expected):
    """Compare one final state and combination; every number that `expected` holds must be there."""
    lines = []
    for key, right in expected.items():
        left = found[key]
        same = math.isclose(left, right, rel_tol=TOLERANCES[key]) if key in TOLERANCES else left == right
        if not same:
            lines.append(f"{name}: {key} is {left}, expected {right}")
    return lines
