"""Kinematics: counts add up on the same grids, and survive JSON."""

import json

import numpy as np
import pytest

from edm.errors import RecordError
from edm.records import kinematics
from edm.records.kinematics import Counts, Grid


def pt(*counts, kind="e", high=100.0, below=0, above=0):
    return {kind: {"pt": Counts(Grid(0.0, high, len(counts)), np.array(counts), below, above)}}


def test_entries_outside_the_grid_count():
    assert pt(1, 2, below=3, above=4)["e"]["pt"].entries() == 10


def test_edges_are_those_of_the_grid():
    assert np.allclose(Grid(0.0, 10.0, 4).edges(), [0, 2.5, 5, 7.5, 10])


def test_counts_add_up():
    total = kinematics.add(pt(1, 2, above=1), pt(10, 20, below=2))["e"]["pt"]
    assert (total.counts.tolist(), total.below, total.above) == ([11, 22], 2, 1)


def test_kinds_of_either_part_stay():
    assert set(kinematics.add(pt(1), pt(2, kind="m"))) == {"e", "m"}
    assert kinematics.add({}, pt(1)).keys() == {"e"}


def test_other_grids_are_not_added():
    with pytest.raises(RecordError, match=r"pt of e was counted on different grids.*read the files anew"):
        kinematics.add(pt(1, 2), pt(1, 2, high=50.0))


def test_they_survive_json():
    document = kinematics.as_dict(pt(1, 2, below=3))
    assert document["e"]["pt"] == {"low": 0.0, "high": 100.0, "counts": "1 2", "below": 3, "above": 0}
    assert kinematics.as_dict(kinematics.from_dict(json.loads(json.dumps(document)))) == document
