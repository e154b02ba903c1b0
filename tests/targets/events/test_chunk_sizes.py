"""Memory of chunks and of what is read ahead of them."""

import pytest

from targets.events.chunk_sizes import ChunkMemory
from targets.network.read_plan import PlannedRange


def test_files_of_this_machine_are_not_read_ahead():
    assert ChunkMemory.divide(10**9, is_remote=False) == (10**9, 0)
    assert ChunkMemory.divide(None, is_remote=False) == (None, 0)


@pytest.mark.parametrize(
    ("memory", "expected"),
    [(80 * 10**6, (70 * 10**6, 10**7)), (10**9, (952 * 10**6, 48 * 10**6)), (None, (None, 48 * 10**6))],
)
def test_what_is_read_ahead_counts_as_memory(memory, expected):
    assert ChunkMemory.divide(memory, is_remote=True) == expected


def test_as_many_events_as_fit_and_at_least_one():
    memory = ChunkMemory(12_000, 0)
    assert [memory.events(n_bytes, 500) for n_bytes in (0, 1, 10, 1e9)] == [500, 500, 100, 1]
    assert ChunkMemory(None, 0).events(1e9, 500) == 500


def test_a_chunk_leaves_room_for_the_next_one():
    ranges = [PlannedRange(0, 0, 600), PlannedRange(50, 1000, 1400)]
    assert ChunkMemory(None, 1000).events_ahead(ranges, 100, 999) == 50
    assert ChunkMemory(None, 1000).events_ahead(ranges, 100, 20) == 20
    assert ChunkMemory(None, 1).events_ahead(ranges, 100, 20) == 1
    assert ChunkMemory(None, 1000).events_ahead([], 100, 20) == 20
