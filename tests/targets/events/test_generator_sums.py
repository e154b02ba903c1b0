"""Sums of generated weights in CMS's tree Runs."""

import numpy as np
import pytest
import uproot

from targets.errors import FileFormatError
from targets.events.generator_sums import read_generator_sums
from targets.rootio.files import open_trees


def read(tmp_path, runs):
    path = tmp_path / "a.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"genWeight": np.array([1.0])})
        if runs is not None:
            file.mktree("Runs", runs)
    with open_trees(str(path)) as trees:
        return read_generator_sums(trees, "a.root")


@pytest.mark.parametrize("ending", ["", "_"])
def test_the_entries_of_runs_add_up(tmp_path, ending):
    sums = np.array([1e16, 1.0, -1e16, 1.0])
    counts = np.array([5, 6, 7, 2**40], dtype=np.int64)
    result = read(tmp_path, {f"genEventSumw{ending}": sums, f"genEventCount{ending}": counts})
    assert result == (2.0, 18 + 2**40)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (
            None,
            r"a\.root: simulation without a tree Runs, .*: give sum_of_weights for the sample \(--cross-sec",
        ),
        ({"run": np.array([1])}, r"a\.root: the tree Runs has no branch genEventSumw or genEventSumw_: give"),
        ({"genEventSumw": np.array([1.0])}, r"the tree Runs has no branch genEventCount or genEventCount_"),
        (
            {"genEventSumw": np.array([np.nan]), "genEventCount": np.array([1])},
            r"the tree Runs has 1 entries, and in genEventSumw no sum of weights",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path, runs, message):
    with pytest.raises(FileFormatError, match=message):
        read(tmp_path, runs)
