"""Events that are there more than once."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edm.event_keys import EVENT_KEY, EventKeys
from physics.events.duplicates import Duplicates, Example, find_copies, key_hashes

rows = st.lists(
    st.tuples(st.integers(1, 2), st.integers(0, 1), st.integers(-2, 1), st.integers(0, 2), st.integers(0, 9)),
    max_size=30,
).map(lambda drawn: [(*row[:4], entry) for entry, row in enumerate(drawn)])


def keys(drawn):
    return EventKeys(np.array(drawn, dtype=EVENT_KEY))


@given(rows, st.randoms(use_true_random=False))
def test_copies_are_those_of_plain_loops_whatever_the_order(drawn, random):
    copies, pairs, first, examples = [], Counter(), {}, {}
    for run, block, event, file, entry in sorted(drawn, key=lambda row: row[3:]):
        if (run, block, event) in first:
            copies.append((run, block, event, file, entry))
            pairs[first[run, block, event], file] += 1
            examples.setdefault((run, block, event), (first[run, block, event], file))
        first.setdefault((run, block, event), file)
    result = find_copies(keys(random.sample(drawn, len(drawn))))
    assert result.rows.tolist() == copies
    assert result.duplicates.pairs == pairs
    assert result.duplicates.examples == tuple(Example(*event, *examples[event]) for event in sorted(examples)[:3])
    assert (result.duplicates.events, result.duplicates.copies) == (len(drawn), len(copies))


def test_equal_hashes_are_not_taken_for_equal_events(monkeypatch):
    monkeypatch.setattr("physics.events.duplicates.key_hashes", lambda keys: np.zeros(len(keys), dtype=np.uint64))
    drawn = [(1, 1, 1, 0, 0), (1, 1, 2, 0, 1), (1, 1, 1, 1, 0)]
    assert find_copies(keys(drawn)).rows.tolist() == [(1, 1, 1, 1, 0)]


def test_every_part_of_a_key_matters_to_the_hash():
    drawn = [(1, 2, 3, 0, 0), (2, 1, 3, 0, 0), (1, 2, -3, 0, 0), (1, 3, 3, 0, 0), (1, 2, 3, 9, 9)]
    hashes = key_hashes(keys(drawn)).tolist()
    assert len(set(hashes[:4])) == 4
    assert hashes[4] == hashes[0]


def test_those_of_parts_add_up():
    example = [Example(run, 0, 0, 0, 1) for run in range(5)]
    one = Duplicates(5, {(0, 1): 2}, (example[3], example[4]))
    two = Duplicates(7, {(0, 1): 1, (0, 0): 4}, (example[0], example[2]))
    assert one.add(two) == Duplicates(12, {(0, 0): 4, (0, 1): 3}, (example[0], example[2], example[3]))


def test_keys_of_a_file_are_extended_by_their_sign_and_blocks_may_lack():
    made = EventKeys.of_file(3, np.array([7, 8]), None, np.array([-5, 6], dtype=np.int32), np.array([10, 11]))
    assert made.rows.tolist() == [(7, 0, -5, 3, 10), (8, 0, 6, 3, 11)]
    unsigned = EventKeys.of_file(0, np.array([7]), np.array([2]), np.array([2**64 - 1], dtype=np.uint64), np.array([0]))
    assert unsigned.rows.tolist() == [(7, 2, -1, 0, 0)]
