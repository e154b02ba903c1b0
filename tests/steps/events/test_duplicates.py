"""Which events of a dataset are there more than once."""

import re
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from edm.event_keys import EventKeys
from edm.objects import Objects
from physics.events.duplicates import Duplicates, find_copies
from physics.selection.selection import Selection
from steps import parse
from steps.errors import DuplicateEventsError, PlanError
from steps.events.duplicates import Comparison, find, find_duplicates, leave_out, parts_needed
from steps.read_options import ReadOptions
from targets.documents.models import load_model
from targets.errors import ConfigurationError, FileFormatError
from targets.events import schemas
from targets.events.inputs import FetchOptions
from targets.products.event_keys import read_copies, read_event_numbers, write_copies
from tests.support.runs import PROJECT
from tests.support.toy_files import toy_file

NONE = load_model(PROJECT / "selections" / "none.yaml", Selection)


def chunks(n_files=4, n_events=500):
    generator = np.random.default_rng(3)
    for file in range(n_files):
        numbers = generator.integers(0, 1500, n_events)
        yield EventKeys.of_file(file, numbers // 100, numbers % 10, numbers, np.arange(n_events))


@pytest.mark.parametrize("memory_mb", [0.01, 0.05, 10])
def test_parts_and_order_change_nothing(tmp_path, memory_mb):
    listed = list(chunks())
    whole = find_copies(EventKeys(np.concatenate([chunk.rows for chunk in listed])))
    product = tmp_path / "copies.npy"
    for order in (listed, listed[::-1]):
        assert find_duplicates(order, 2000, tmp_path, memory_mb, 4, partial(write_copies, product)) == whole.duplicates
        assert np.load(product).tolist() == whole.rows.tolist()
        assert read_copies(product, 1, 2).tolist() == [row[4] for row in whole.rows.tolist() if row[3] in (1, 2)]
    assert whole.duplicates.copies > 100
    assert list(tmp_path.iterdir()) == [product]


def test_no_event_is_no_duplicate(tmp_path):
    assert find_duplicates([], 0, tmp_path, 1, 0, lambda *_: None) == Duplicates()


def test_the_number_of_parts_follows_from_the_memory():
    assert (parts_needed(0, 100), parts_needed(10**6, 220), parts_needed(10**9, 1000)) == (1, 1, 220)
    message = (
        "1,000,000,000 events cannot be compared in the 100 MB that memory_limit_mb leaves, in at most 448 parts: "
        "raise --memory-limit-mb by 392 or more"
    )
    with pytest.raises(PlanError, match=re.escape(message)):
        parts_needed(10**9, 100)


@pytest.fixture
def parsed(tmp_path):
    """Two files of parsed data, of two toy files and of one: all have run 278820, block 17 and events from 0."""
    paths = [toy_file(tmp_path / f"f{seed}.root", seed) for seed in range(3)]
    options = ReadOptions(schemas.load(""), NONE, FetchOptions("auto", tmp_path, keep=True), 100, 1000, 1, 0)
    names = [str(path) for path in paths]
    groups = [names[:2], names[2:]]
    files = [[parse.InputFile(name, None, None, None, None, None, "d", "data") for name in group] for group in groups]
    products = [tmp_path / f"p{number}.root" for number in range(2)]
    for group, product in zip(files, products, strict=True):
        parse.parse(group, options, product, "rntuple")
    return names, products


def numbers_of(products):
    """List the event numbers of parsed data, and where each of the three files begins."""
    return [[int(event) for part in read_event_numbers(path, 70) for event in part.event] for path in products]


def expected_copies(products):
    """Find the entries of copies in plain loops."""
    seen, copies = set(), []
    for events in numbers_of(products):
        copies.append([entry for entry, event in enumerate(events) if event in seen or event in events[:entry]])
        seen |= set(events)
    return copies


def test_copies_of_parsed_data_are_listed_by_file_and_entry(parsed, tmp_path):
    names, products = parsed
    found = find(Comparison("d", names, "remove", 70, 1000), products, tmp_path / "copies.npy")
    copies = expected_copies(products)
    assert [read_copies(tmp_path / "copies.npy", *places).tolist() for places in ((0, 1), (2, 2))] == copies
    assert found.copies == sum(map(len, copies)) == sum(pair.events for pair in found.pairs) > 300
    assert found.events == sum(map(len, numbers_of(products)))
    assert {(pair.first, pair.second) for pair in found.pairs} == {
        (names[0], names[1]),
        (names[0], names[2]),
        (names[1], names[2]),
    }
    assert found.pairs[0].events == max(pair.events for pair in found.pairs)
    events = Counter(event for of_file in numbers_of(products) for event in of_file)
    lowest = sorted(event for event, number in events.items() if number > 1)[:3]
    assert [(one.run, one.block, one.event) for one in found.examples] == [(278820, 17, event) for event in lowest]


def test_duplicates_end_a_check_with_counts_and_examples(parsed, tmp_path):
    names, products = parsed
    found = find(Comparison("d", names, "remove", 70, 1000), products, tmp_path / "copies.npy")
    first, second, third = found.pairs
    message = (
        f"d: {found.copies:,} of {found.events:,} events are there already: {first.events} in {first.first} and "
        f"{first.second}; {second.events} in {second.first} and {second.second}; {third.events} in {third.first} and "
        f"{third.second}. For example run 278820, block 17, event {found.examples[0].event}; "
    )
    with pytest.raises(DuplicateEventsError, match=re.escape(message)):
        find(Comparison("d", names, "check", 70, 1000), products, tmp_path / "copies.npy")
    with pytest.raises(DuplicateEventsError, match=r"--duplicates remove keeps the copy that comes first, .* ignore"):
        find(Comparison("d", names, "check", 70, 1000), products, tmp_path / "copies.npy")


def test_one_file_without_copies_passes_the_check(parsed, tmp_path):
    names, products = parsed
    found = find(Comparison("d", names, "check", 70, 1000), products[1:], tmp_path / "copies.npy")
    assert (found.copies, found.pairs, found.examples) == (0, (), ())
    assert read_copies(tmp_path / "copies.npy", 0, 2).tolist() == []


def changed(monkeypatch, **values):
    """Let parsed data say something else of their files."""
    of_parsed_data = parse.branch_statistics.of_parsed_data

    def read(path):
        record = of_parsed_data(path)
        files = tuple(replace(file, **values) for file in record.files)
        return replace(record, files=files)

    monkeypatch.setattr("steps.events.duplicates.branch_statistics.of_parsed_data", read)


def test_simulation_is_not_compared(parsed, tmp_path, monkeypatch):
    names, products = parsed
    changed(monkeypatch, simulation=True)
    found = find(Comparison("d", names, "check", 70, 1000), products, tmp_path / "copies.npy")
    assert (found.events, found.copies) == (0, 0)


def test_files_without_event_numbers_are_refused(parsed, tmp_path, monkeypatch):
    names, products = parsed
    changed(monkeypatch, absent_numbers=("event", "luminosity_block"))
    message = f"{names[0]} has no event number, by which copies of events are told: --duplicates ignore, or leave"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        find(Comparison("d", names, "check", 70, 1000), products, tmp_path / "copies.npy")


def test_parsed_data_of_older_versions_count_if_they_are_of_one_file(parsed, tmp_path, monkeypatch):
    names, products = parsed
    changed(monkeypatch, written=None)
    assert find(Comparison("d", names, "check", 70, 1000), products[1:], tmp_path / "copies.npy").copies == 0
    with pytest.raises(FileFormatError, match=r"does not say how many events .* delete it: the next run remakes it"):
        find(Comparison("d", names, "check", 70, 1000), products, tmp_path / "copies.npy")


@pytest.mark.parametrize("copies", [[], [0], [1, 2, 4], [0, 1, 2, 3, 4]])
def test_copies_are_left_out_of_chunks(copies):
    objects = (
        Objects(np.array([0, 1, 3]), {"pt": np.arange(3.0)}),
        Objects(np.array([0, 2, 2, 5]), {"pt": np.arange(5.0)}),
    )
    weights = [{"weight": np.array([1.0, 2.0])}, {"weight": np.array([3.0, 4.0, 5.0])}]
    parts = [({"e": of_kind}, of_events) for of_kind, of_events in zip(objects, weights, strict=True)]
    kept = list(leave_out(parts, np.array(copies, dtype=np.int64)))
    assert [weight for _, numbers in kept for weight in numbers["weight"]] == [
        n for n in range(1, 6) if n - 1 not in copies
    ]
    counts = [number for of_kind, _ in kept for number in of_kind["e"].counts().tolist()]
    assert counts == [number for entry, number in enumerate([1, 2, 2, 0, 3]) if entry not in copies]
