"""Marks by which files tell that they are simulation."""

import awkward as ak
import numpy as np
import pytest

from edm.jagged import Jagged
from edm.simulation import SimulationMark, is_simulation

RUNS = {"channelNumber": np.array([1, 2, 3]), "runNumber": np.array([1, 2, 3])}


@pytest.mark.parametrize(
    ("mark", "columns", "expected"),
    [
        ({"exists": "genWeight"}, {"genWeight": np.zeros(0)}, True),
        ({"exists": "genWeight"}, {"run": np.zeros(0)}, False),
        ({"not_empty": "w"}, {"w": Jagged.from_awkward(ak.Array([[], [], [1.0]]))}, True),
        ({"not_empty": "w"}, {"w": Jagged.from_awkward(ak.Array([[1.0], []])[1:])}, False),
        ({"not_empty": "w"}, {}, False),
        ({"branch": "mask", "bits": 1}, {"mask": np.array([2, 3], dtype=np.uint32)}, True),
        ({"branch": "mask", "bits": 1}, {"mask": np.array([2, 4], dtype=np.uint32)}, False),
        ({"differs": ("channelNumber", "runNumber")}, RUNS, False),
        ({"differs": ("channelNumber", "runNumber")}, RUNS | {"runNumber": np.array([1, 2, 4])}, True),
        ({"nonzero": "w", "first_events": 2}, {"w": np.array([0.0, 0.0, 1.0])}, False),
        ({"nonzero": "w", "first_events": 2}, {"w": np.array([0.0, -1.0, 0.0])}, True),
    ],
)
def test_a_mark_holds_in_some_event(mark, columns, expected):
    assert SimulationMark(**mark).holds(columns, columns) == expected


def test_one_mark_is_enough_and_events_are_counted_from_the_file_s_first():
    marks = (SimulationMark(exists="a"), SimulationMark(nonzero="w", first_events=100))
    assert is_simulation(marks, {"w"}, {"w": np.array([0.0, 1.0])}, first_entry=98)
    assert not is_simulation(marks, {"w"}, {"w": np.array([0.0, 1.0])}, first_entry=99)
    assert not is_simulation(marks, {"w"}, {"w": np.array([1.0, 1.0])}, first_entry=150)


@pytest.mark.parametrize("mark", [{}, {"exists": "a", "nonzero": "b"}, {"bits": 1}, {"branch": "a", "exists": "b"}])
def test_a_mark_is_of_one_kind(mark):
    with pytest.raises(ValueError, match="exactly one of exists, not_empty, nonzero, differs, and bits with branch"):
        SimulationMark(**mark)
