"""Counts of branches: they add up exactly, whatever the names and bins of each, and nothing else is taken for them."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edm.spectra import Distribution, SpectrumKey
from targets.errors import UnreadableFileError
from targets.products import mass_counts
from targets.products.mass_counts import Row
from tests.support.damage import refusals

ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["1e_1m/e0m0", "2e_0m/e0e1", "0e_2m/m0m1/main"]), st.sampled_from([10.0, 2.5])),
    st.tuples(st.lists(st.integers(0, 5), max_size=30), st.integers(0, 3), st.integers(0, 3)),
)


def write(path, rows):
    mass_counts.write(
        path,
        [
            Row(SpectrumKey.parse(name), width, Distribution(np.array(bins, dtype=np.int64), *more))
            for (name, width), (bins, *more) in rows.items()
        ],
    )
    return path


def slow_sum(branches):
    """Add up in plain loops: (name, width) -> {bin: entries}, above, in_window."""
    total = {}
    for rows in branches:
        for key, (bins, above, in_window) in rows.items():
            found = total.setdefault(key, [Counter(), 0, 0])
            found[0].update({position: entries for position, entries in enumerate(bins) if entries})
            found[1] += above
            found[2] += in_window
    return total


def as_slow(rows):
    return {
        (str(key), width_gev): [
            Counter({position: entries for position, entries in enumerate(part.counts.tolist()) if entries}),
            part.above,
            part.in_window,
        ]
        for key, width_gev, part in rows
    }


@settings(deadline=None, max_examples=60, derandomize=True)
@given(branches=st.lists(ROWS, min_size=1, max_size=6))
def test_sums_are_those_of_plain_loops_in_any_order(tmp_path_factory, branches):
    folder = tmp_path_factory.mktemp("counts")
    paths = [write(folder / f"{number}.npz", rows) for number, rows in enumerate(branches)]
    forward, backward = list(mass_counts.add_up(paths)), list(mass_counts.add_up(paths[::-1]))
    assert as_slow(forward) == slow_sum(branches)
    assert [(str(row.key), row.width_gev) for row in forward] == sorted(slow_sum(branches))
    assert list(map(plain, forward)) == list(map(plain, backward))


def test_counts_start_at_zero_and_end_at_the_last_filled_bin(tmp_path):
    path = write(tmp_path / "a.npz", {("1e_0m/e0", 10.0): ([0, 0, 3, 0, 1, 0, 0], 2, 1)})
    (row,) = mass_counts.add_up([path])
    assert row.distribution.counts.tolist() == [0, 0, 3, 0, 1]
    assert (row.distribution.above, row.distribution.in_window) == (2, 1)


def test_nothing_at_all_is_a_file_too(tmp_path):
    assert list(mass_counts.add_up([write(tmp_path / "a.npz", {})])) == []
    (row,) = mass_counts.add_up([write(tmp_path / "b.npz", {("1e_0m/e0", 10.0): ([], 4, 0)})])
    assert (row.distribution.counts.tolist(), row.distribution.above) == ([], 4)


def test_memory_does_not_grow_with_the_number_of_branches(tmp_path):
    rows = {(f"{number}e_0m/e0", 10.0): ([1] * 200, 0, 0) for number in range(200)}
    path = write(tmp_path / "a.npz", rows)
    peaks = []
    for branches in (5, 100):
        tracemalloc.start()
        assert next(mass_counts.add_up([path] * branches)).distribution.counts.tolist() == [branches] * 200
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def damaged(**changes):
    members = {
        "names": np.array(["1e_0m/e0"]),
        "widths_gev": np.array([10.0]),
        "first": np.array([1]),
        "offsets": np.array([0, 2]),
        "counts": np.array([3, 4]),
        "above": np.array([0]),
        "in_window": np.array([0]),
    }
    return members | changes


def test_what_the_damages_start_from_is_sound(tmp_path):
    np.savez(tmp_path / "a.npz", **damaged())
    (row,) = mass_counts.add_up([tmp_path / "a.npz"])
    assert row.distribution.counts.tolist() == [0, 3, 4]


@pytest.mark.parametrize(
    "changes",
    [
        {"names": np.array(["../../e0"])},
        {"names": np.array([b"1e_0m/e0"])},
        {"names": np.array(["1e_0m/e0", "1e_0m/e0"])},
        {"widths_gev": np.array([10])},
        {"first": np.array([-1])},
        {"first": np.array([[1]])},
        {"offsets": np.array([0, 3])},
        {"offsets": np.array([1, 2])},
        {"counts": np.array([3, -4])},
        {"counts": np.array([3.0, 4.0])},
        {"above": np.array([0, 0])},
        {"counts": np.array([object(), None], dtype=object)},
    ],
)
def test_what_is_not_ours_is_refused(tmp_path, changes):
    np.savez(tmp_path / "a.npz", **damaged(**changes))
    with pytest.raises(
        UnreadableFileError, match=r"a.npz: cannot be read as counts .*delete it: the next run remakes it"
    ):
        list(mass_counts.add_up([tmp_path / "a.npz"]))


def test_a_truncated_file_and_none_at_all(tmp_path):
    path = write(tmp_path / "a.npz", {("1e_0m/e0", 10.0): ([1] * 50, 0, 0)})
    path.write_bytes(path.read_bytes()[:-30])
    for name in ("a.npz", "absent.npz"):
        with pytest.raises(UnreadableFileError, match="cannot be read as counts"):
            list(mass_counts.add_up([tmp_path / name]))


def test_no_changed_byte_gives_other_counts(tmp_path):
    path = write(tmp_path / "c.npz", {("2e_0m/e0e1", 10.0): ([0, 5, 3], 1, 2), ("0e_2m/m0m1", 2.5): ([7], 0, 0)})
    said = list(refusals(path, path.read_bytes(), rows(path), rows, step=2))
    assert len(said) > 500
    assert all(text.endswith("; delete it: the next run remakes it") for text in said)


def rows(path):
    return list(map(plain, mass_counts.add_up([path])))


def plain(row):
    part = row.distribution
    return str(row.key), row.width_gev, part.counts.tolist(), part.above, part.in_window
