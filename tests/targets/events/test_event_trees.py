"""Files of jobs in which no event passed are empty skims; files that only look like them are not."""

import numpy as np
import pytest
import uproot

from targets.errors import FileFormatError
from targets.events import schemas
from targets.events.event_trees import BYTES_BEHIND, NO_EVENTS, NO_TREE
from targets.events.reader import open_events
from tests.conftest import REAL_DATA
from tests.support.rootfiles_made import events, write


def opened(path):
    with open_events(str(path), schemas.load("")) as file:
        return file.num_entries, file.schema, file.notes, list(file.chunks({}, 100))


def trees(path, **entries):
    """Write trees with so many entries each."""
    with uproot.recreate(path) as file:
        for name, number in entries.items():
            tree = file.mktree(name, {"run": "u4"})
            if number:
                tree.extend({"run": np.ones(number, dtype=np.uint32)})
    return path


@pytest.mark.parametrize(
    "entries",
    [
        {"Runs": 1, "LuminosityBlocks": 3, "MetaData": 1, "ParameterSets": 1},
        {"Events": 0, "Runs": 1, "LuminosityBlocks": 1},
        {"Events": 0},
        {"CollectionTree": 0, "MetaData": 1},
    ],
)
def test_trees_without_events_are_an_empty_skim(tmp_path, entries):
    assert opened(trees(tmp_path / "f.root", **entries)) == (0, None, [NO_EVENTS], [])


def test_no_tree_at_all_is_an_empty_skim(tmp_path):
    assert opened(trees(tmp_path / "f.root")) == (0, None, [NO_TREE], [])


@pytest.mark.parametrize("entries", [{"Events": 2}, {"Runs": 1, "ntuple": 1}, {"Eventz": 5, "Runs": 1}])
def test_trees_that_may_hold_events_are_none(tmp_path, entries):
    with pytest.raises(FileFormatError, match="no schema fits this file"):
        opened(trees(tmp_path / "f.root", **entries))


def test_bytes_behind_the_end_are_noted(tmp_path):
    path = tmp_path / "f.root"
    write(path, "cms-nanoaod", events(5))
    assert opened(path)[2] == []
    path.write_bytes(path.read_bytes() + b"more")
    assert opened(path)[2] == [BYTES_BEHIND]


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["nanoaod_no_events", "nanoaodv10_events_without_branches"])
def test_official_files_without_events_are_empty_skims(name):
    assert opened(REAL_DATA / f"cases/{name}.root") == (0, None, [NO_EVENTS], [])
