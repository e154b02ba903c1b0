"""Marks of the objects that made the trigger fire."""

import awkward as ak
import numpy as np
import pytest

from edm.jagged import Jagged
from edm.objects import Objects
from physics.errors import PhysicsError
from physics.events.match_marks import mark_flagged, mark_linked, matched_events
from physics.events.matching import COLLECTION_KEYS, MatchLinks


def objects(**columns):
    counts = {"e": [2, 0, 1], "m": [0, 1, 1], "g": [1, 0, 0], "j": [1, 1, 1], "t": [0, 0, 0]}
    offsets = {kind: np.cumsum([0, *numbers]) for kind, numbers in counts.items()}
    of_leptons = {"e": np.array([0, 1, np.nan]), "m": np.array([0, 1])}
    return {
        kind: Objects(places, {name: of_leptons[kind] for name in columns if kind in of_leptons})
        for kind, places in offsets.items()
    }


def links(*rows):
    """Make links from (kind, index) per event."""
    keys, indices = (
        Jagged.from_awkward(ak.values_astype(ak.Array([[pair[part] for pair in row] for row in rows]), np.uint32))
        for part in (0, 1)
    )
    return MatchLinks(keys, indices)


E, M, G = (COLLECTION_KEYS[kind] for kind in "emg")


def test_a_flag_stands_for_all_paths():
    marked = mark_flagged(objects(trigMatched=1), "trigMatched")
    assert marked["e"]["matched"].tolist() == [0, -1, 0]
    assert "matched" not in marked["j"].columns
    matched = matched_events(marked, ("a", "b"))
    assert {path: mask.tolist() for path, mask in matched.items()} == {key: [True, False, True] for key in "ab"}


def test_links_mark_objects_by_path():
    first = links([(E, 1), (7, 0)], [(M, 0)], [(G, 0), (E, 5)])
    second = links([(G, 0)], [(E, 0)], [(M, 0)])
    marked = mark_linked(objects(), [first, None, second])
    assert marked["e"]["matched"].tolist() == [0, 1, 0]
    assert marked["m"]["matched"].tolist() == [1, 4]
    assert marked["g"]["matched"].tolist() == [4]
    matched = matched_events(marked, ("a", "b", "c"))
    assert {path: mask.tolist() for path, mask in matched.items()} == {
        "a": [True, True, False],
        "b": [False, False, False],
        "c": [True, False, True],
    }


def test_more_paths_than_bits_are_refused():
    with pytest.raises(PhysicsError, match=r"matched: true: 64 paths are listed, and 63 are possible: list fewer"):
        mark_linked(objects(), [None] * 64)
