"""Halves of the events, by a hash of run and event number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from physics.events.halves import first_half, splitmix64
from tests.oracle.event_level import half, splitmix

# ../shared/reference/physics: splitmix64
KNOWN = {
    0: 16294208416658607535,
    1: 10451216379200822465,
    2: 10905525725756348110,
    836277377183801: 9348549975272758058,
}


def test_the_hash_gives_the_known_values():
    assert splitmix64(np.array(list(KNOWN), dtype=np.uint64)).tolist() == list(KNOWN.values())


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_the_hash_is_that_of_plain_integers(seeds):
    assert splitmix64(np.array(seeds, dtype=np.uint64)).tolist() == [splitmix(seed) for seed in seeds]


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(-(2**31), 2**31 - 1)), max_size=20))
def test_negative_event_numbers_are_extended_by_their_sign(rows):
    runs = np.array([run for run, _ in rows], dtype=np.int32)
    events = np.array([event for _, event in rows], dtype=np.int32)
    expected = [half(run, event) == "a" for run, event in rows]
    assert first_half(runs, events).tolist() == expected
    assert first_half(runs.astype(np.uint32), events.astype(np.int64)).tolist() == expected


def test_unsigned_numbers_beyond_the_signed_range_keep_their_bits():
    numbers = np.array([2**64 - 1, 2**63, 2**32 - 1], dtype=np.uint64)
    assert first_half(np.full(3, 5, dtype=np.uint32), numbers).tolist() == [half(5, int(n)) == "a" for n in numbers]
    events = np.array([2**32 - 1], dtype=np.uint32)  # of an unsigned type: no sign to extend
    assert first_half(np.array([5]), events).tolist() == [half(5, 2**32 - 1) == "a"]


def test_consecutive_events_are_spread_evenly():
    in_a = first_half(np.full(100_000, 284500), np.arange(100_000))
    assert abs(in_a.mean() - 0.5) < 0.005
