"""All that is read of whole events together: only what is asked for, each branch once, of the events that count."""

import numpy as np
import pytest

from physics.selection.selection import Selection
from steps.events.event_options import EventOptions
from steps.events.event_readers import EventReaders
from steps.file_counts import FileCounts
from targets.catalogue.input_files import InputFile
from targets.events import schemas
from targets.events.reader import open_events
from targets.products.event_columns import MET_NUMBERS, NUMBERS
from tests.support.toy_files import EVENTS, toy_file

NONE = Selection(name="none", description="No cut.")


@pytest.fixture
def path(tmp_path):
    return str(toy_file(tmp_path / "toy.root", 1, with_met=True))


def read(path, options, size=100):
    """Return branches, numbers of all chunks, objects in them, and what was counted."""
    counts, numbers, n_objects = FileCounts(), [], 0
    with open_events(path, schemas.load("")) as events:
        file = InputFile(path, None, None, None, None, None, "files", "data")
        readers = EventReaders.of_file(file, events, NONE, options, None)
        for chunk in events.chunks({}, size, event_branches=readers.branches):
            objects, of_events = readers.read(chunk)
            numbers.append(of_events)
            n_objects += sum(of_kind.n_objects for of_kind in objects.values())
        readers.finish(counts)
    joined = {name: np.concatenate([part[name] for part in numbers]) for name in numbers[0]}
    return readers.branches, joined, n_objects, counts


def test_nothing_more_is_read_than_is_asked_for(path):
    branches, numbers, _, counts = read(path, EventOptions())
    assert branches == []
    assert tuple(numbers) == tuple(NUMBERS)
    assert counts.non_finite_met == 0


def test_missing_momentum_of_all_events(path):
    branches, numbers, _, counts = read(path, EventOptions(with_met=True))
    assert branches == ["MET_pt", "MET_phi"]
    assert tuple(numbers) == (*NUMBERS, *MET_NUMBERS)
    assert len(numbers["met"]) == EVENTS
    assert counts.non_finite_met == 2


def test_halves_share_the_events_and_their_objects(path):
    halves = [read(path, EventOptions(half=half, with_met=True)) for half in ("all", "a", "b")]
    everything, *parts = (set(numbers["event"].tolist()) for _, numbers, _, _ in halves)
    assert set.union(*parts) == everything
    assert len(parts[0]) + len(parts[1]) == EVENTS
    whole, *shares = (n_objects for _, _, n_objects, _ in halves)
    assert sum(shares) == whole
    total, *counted = (counts.non_finite_met for *_, counts in halves)
    assert sum(counted) == total
    assert halves[1][0] == ["run", "event", "MET_pt", "MET_phi"]
