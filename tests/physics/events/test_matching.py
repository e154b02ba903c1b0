"""Which objects made the trigger fire."""

import awkward as ak
import numpy as np
import pytest

from edm.jagged import Jagged
from physics.errors import PhysicsError
from physics.events.matching import MatchLinks, linked_objects, matched_column


def jagged(rows):
    return Jagged.from_awkward(ak.values_astype(ak.Array(rows), np.uint32))


def test_links_with_the_key_mark_the_objects_that_they_point_to():
    links = MatchLinks(jagged([[5, 5, 6], [], [5, 5]]), jagged([[1, 1, 0], [], [0, 2]]))
    offsets = np.array([0, 2, 3, 5])
    assert linked_objects(links, 5, offsets).tolist() == [False, True, False, True, False]
    assert linked_objects(links, 6, offsets).tolist() == [True, False, False, False, False]


def test_each_format_has_its_own_column():
    assert [matched_column(name) for name in ("2016e-8tev", "2020e-13tev", "2025e-13tev-beta", "2024r-pp")] == [
        "trigMatched",
        "trigMatched",
        "isTrigMatched",
        None,
    ]
    with pytest.raises(
        PhysicsError, match="matched: true: cms-nanoaod files do not say which objects made the trigger fire"
    ):
        matched_column("cms-nanoaod")
