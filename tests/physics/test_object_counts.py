"""Kinematics: every selected object is counted once, and parts add up to the whole."""

import numpy as np
import pytest

from edm.objects import Objects
from edm.records import kinematics
from physics import object_counts
from physics.object_counts import GRIDS


def events(pt, eta=None, phi=None):
    zeros = [[0.0] * len(event) for event in pt]
    columns = {"pt": pt, "eta": eta or zeros, "phi": phi or zeros}
    flat = {name: np.array([value for event in values for value in event]) for name, values in columns.items()}
    return {"e": Objects(np.cumsum([0, *map(len, pt)], dtype=np.int64), flat)}


def same(first, second):
    return kinematics.as_dict(first) == kinematics.as_dict(second)


def test_an_object_falls_into_the_bin_that_a_plain_division_gives():
    found = object_counts.fill(events([[7.5, 499.9], [0.0]]))["e"]
    width = (GRIDS["pt"].high - GRIDS["pt"].low) / GRIDS["pt"].bins
    assert sorted(np.flatnonzero(found["pt"].counts)) == [0, int(7.5 // width), int(499.9 // width)]
    assert found["n"].counts[:4].tolist() == [0, 1, 1, 0]
    assert found["eta"].counts.sum() == found["phi"].counts.sum() == 3


def test_what_lies_outside_is_counted_beside():
    found = object_counts.fill(events([[-1.0, 500.0, 501.0, np.inf, np.nan, 20.0]]))["e"]["pt"]
    assert (found.below, found.above, int(found.counts.sum())) == (1, 3, 2)
    assert found.entries() == 6
    assert found.counts[-1] == 1, "the upper edge belongs to the last bin"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pi_in_any_precision_is_an_edge(dtype):
    # in float32 it is larger than in float64
    edges, beyond = np.array([-np.pi, np.pi], dtype), np.nextafter(np.array([np.pi, -np.pi], dtype), dtype(9))
    phi = np.concatenate([edges, beyond, -beyond])
    objects = Objects(np.array([0, len(phi)]), dict.fromkeys(("pt", "eta", "phi"), phi))
    counts = object_counts.fill({"e": objects})["e"]["phi"]
    assert (counts.below, counts.above, int(counts.counts.sum())) == (1, 1, 4)
    assert (counts.counts[0], counts.counts[-1]) == (2, 2)


def test_more_than_twenty_objects_are_above():
    found = object_counts.fill(events([[30.0] * 20, [30.0] * 21]))["e"]["n"]
    assert (found.counts[20], found.above) == (1, 1)


def test_parts_add_up_to_the_whole():
    random = np.random.default_rng(1)
    pt, offsets = random.exponential(100, 200), np.cumsum([0, *random.multinomial(200, [0.02] * 50)])
    whole = {"e": Objects(offsets, {"pt": pt, "eta": pt / 50 - 3, "phi": pt % 3})}
    total = {}
    for start in range(0, 50, 13):
        part = whole["e"].select_events(np.arange(50) // 13 == start // 13)
        total = kinematics.add(total, object_counts.fill({"e": part}))
    assert same(total, object_counts.fill(whole))


def test_no_events_give_zeros():
    found = object_counts.fill({"m": Objects.none(0)})
    assert [found["m"][name].entries() for name in GRIDS] == [0] * len(GRIDS)
