"""The project's constituent masses, removal of invalid objects and order against the oracle. GeV and radians."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edm.objects import Objects
from physics.constituents import assign_masses
from physics.selection.selection import Selection, select
from tests.oracle.events import particle_of, valid_objects
from tests.support.jagged import plain

SELECT_ALL = Selection(name="none", description="Every object of the file.")
BAD = (math.nan, math.inf, -math.inf)
PT = st.one_of(st.sampled_from([*BAD, 0.0, -1.0, 20.0, 20.0, 45.5]), st.floats(0.5, 3000, width=32))
ETA = st.one_of(st.sampled_from(BAD), st.floats(-5, 5, width=32))
PHI = st.one_of(st.sampled_from(BAD), st.floats(-3.140625, 3.140625, width=32))
# The mass column, or the energy column, which may be below the momentum.
LAST = st.one_of(st.sampled_from([*BAD, 0.0, -0.5, -1e3]), st.floats(0, 1, width=32), st.floats(-1, 6000, width=32))
ROWS = st.lists(st.tuples(PT, ETA, PHI, LAST, st.sampled_from([-1.0, 1.0])), max_size=6)
MASS_COLUMNS = st.fixed_dictionaries(
    {kind: st.sampled_from(["mass", "energy"] + ["none"] * (kind in "emg")) for kind in "emjgt"}
)


def _with_energy(row):
    """Take a number of 0 to 1 as a mass and give the energy instead, so that light objects happen."""
    pt, eta, phi, last, charge = row
    if 0 <= last <= 1 and math.isfinite(pt) and math.isfinite(eta):
        last = math.hypot(pt * math.cosh(eta), last)
    return pt, eta, phi, last, charge


def _records(events, kind, column):
    rows = [row for event in events for row in event[kind]]
    flat = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    fields = dict(zip(("pt", "eta", "phi", column, "charge"), flat, strict=True))
    fields = {name: values if name == "energy" else values.astype(np.float32) for name, values in fields.items()}
    if column == "none":
        fields.pop("none")
    return Objects(np.cumsum([0, *(len(event[kind]) for event in events)], dtype=np.int64), fields)


def _expected(event, kind, column):
    names = ("pt", "eta", "phi", column, "charge")
    particles = []
    for row in event[kind]:
        values = dict(zip(names, row, strict=True))
        usable = all(math.isfinite(values[name]) for name in ("pt", "eta", "phi"))
        particles += [particle_of(values, kind, 1.0)] if usable else []
    return valid_objects(particles)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys("emjgt", ROWS)), max_size=6), MASS_COLUMNS)
@example([], dict.fromkeys("emjgt", "mass"))
@example([{kind: [(20.0, i / 8, 0.0, 0.0, 1.0) for i in range(6)] for kind in "emjgt"}], dict.fromkeys("emjgt", "mass"))
def test_selecting_every_object_agrees_with_the_oracle(events, columns):
    for kind in (kind for kind in "emjgt" if columns[kind] == "energy"):
        events = [event | {kind: [_with_energy(row) for row in event[kind]]} for event in events]
    objects = assign_masses({kind: _records(events, kind, columns[kind]) for kind in "emjgt"})
    selected, cutflow = select(objects, SELECT_ALL, "cms-nanoaod")
    for kind in "emjgt":
        found = [
            [(p["pt"], p["eta"], p["phi"], p["mass"], p["charge"]) for p in particles]
            for particles in plain(selected[kind])
        ]
        expected = [_expected(event, kind, columns[kind]) for event in events]
        assert [[p[:3] + p[4:] for p in objects] for objects in found] == [
            [p[:3] + p[4:] for p in objects] for objects in expected
        ]
        for left, right in zip(itertools.chain(*found), itertools.chain(*expected), strict=True):
            energy = math.hypot(left[0] * math.cosh(left[1]), left[3])
            assert left[3] ** 2 == pytest.approx(right[3] ** 2, rel=1e-6, abs=1e-13 * energy**2)
        rows = {row.cut: row.objects for row in cutflow.rows[kind]}
        number = sum(len(event[kind]) for event in events)
        assert (rows["all"], rows["invalid"], rows["selected"]) == (number, *[sum(map(len, expected))] * 2)
    assert (selected["j"]["is_b"] == -1).all()
