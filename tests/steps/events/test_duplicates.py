"""Which events of a dataset are there more than once."""

import re

import numpy as np
import pytest

from edm.event_keys import EventKeys
from physics.events.duplicates import Duplicates, Example, find_copies
from steps.errors import DuplicateEventsError, PlanError
from steps.events.duplicates import find_duplicates, parts_needed, refuse_duplicates


def files(n_files=4, n_events=500):
    generator = np.random.default_rng(3)
    for file in range(n_files):
        numbers = generator.integers(0, 1500, n_events)
        yield EventKeys.of_file(file, numbers // 100, numbers % 10, numbers, np.arange(n_events))


@pytest.mark.parametrize("memory_limit_mb", [0.01, 0.05, 10])
def test_parts_and_order_change_nothing(tmp_path, memory_limit_mb):
    chunks = list(files())
    whole = find_copies(EventKeys(np.concatenate([chunk.rows for chunk in chunks])))
    for order in (chunks, chunks[::-1]):
        total, rows = find_duplicates(order, 2000, tmp_path, memory_limit_mb)
        assert total == whole.duplicates
        assert rows.tolist() == whole.rows.tolist()
    assert total.copies > 100
    assert list(tmp_path.iterdir()) == []


def test_no_event_is_no_duplicate(tmp_path):
    assert find_duplicates([], 0, tmp_path, 1)[0] == Duplicates()


def test_the_number_of_parts_follows_from_the_memory():
    assert (parts_needed(0, 100), parts_needed(10**6, 100), parts_needed(10**9, 1000)) == (1, 2, 110)
    message = "1,000,000,000 events cannot be compared in 100 MB, in parts of 512 files at most: --memory-limit-mb 215"
    with pytest.raises(PlanError, match=re.escape(message)):
        parts_needed(10**9, 100)


def test_duplicates_end_a_run_with_counts_and_examples():
    refuse_duplicates("data", Duplicates(5), [])
    examples = (Example(1, 2, 3, 0, 1), Example(4, 5, 6, 0, 2))
    found = Duplicates(1234567, {(0, 1): 2, (0, 2): 3000}, examples)
    message = (
        "data: 3,002 of 1,234,567 events are there already: 3,000 in a.root and c.root; 2 in a.root and b.root. For "
        "example run 1, block 2, event 3; run 4, block 5, event 6. --duplicates remove keeps the copy that comes first"
    )
    with pytest.raises(DuplicateEventsError, match=re.escape(message)):
        refuse_duplicates("data", found, ["a.root", "b.root", "c.root"])
    many = Duplicates(99, {(0, place): 1 for place in range(12)}, examples)
    with pytest.raises(DuplicateEventsError, match="and in 2 more pairs of files"):
        refuse_duplicates("data", many, [f"{place}.root" for place in range(12)])
