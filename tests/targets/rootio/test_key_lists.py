"""Lists of keys: what is damaged is no empty skim, and what is only unusual is read."""

from pathlib import Path

import numpy as np
import pytest
import uproot
from uproot.reading import ReadOnlyKey

from targets.errors import UnreadableFileError
from targets.rootio import files
from targets.rootio.files import open_trees
from targets.rootio.key_lists import check_lists
from tests.conftest import REAL_DATA
from tests.support.rootfiles_made import events, write, write_branches

DAMAGED = r"its list of trees cannot be read .*where a list of \d+ keys in \d+ bytes should be, is something else"


@pytest.fixture(params=[True, False], ids=["rntuple", "ttree"])
def path(tmp_path, request):
    return Path(write(tmp_path / "f.root", "cms-nanoaod", events(20), request.param))


def place_of_list(path):
    with uproot.open(path) as file:
        return file.fSeekKeys, file.fNbytesKeys


def refused(path, data, message):
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match=message):
        open_trees(str(path)).__enter__()


def test_a_list_that_was_zeroed_is_no_empty_skim(path):
    data, (start, size) = path.read_bytes(), place_of_list(path)
    refused(path, data[:start] + bytes(size) + data[start + size :], DAMAGED)


def test_4_kilobytes_of_zeros_are_no_empty_skim(path):
    data = path.read_bytes()
    refused(path, data[:290] + bytes(4096) + data[290 + 4096 :], "its list of trees cannot be read|cannot be opened")


@pytest.mark.parametrize("lost", [290, 300, 350])
def test_a_byte_that_was_lost_in_front_of_it_is_no_empty_skim(path, lost):
    data, (start, _) = path.read_bytes(), place_of_list(path)
    refused(path, data[: min(lost, start - 1)] + data[min(lost, start - 1) + 1 :], "f.root: ")


def test_a_list_that_announces_too_few_keys_is_no_empty_skim(path):
    data, (start, size) = bytearray(path.read_bytes()), place_of_list(path)
    with uproot.open(path) as file:
        number = data.index(b"\x00\x00\x00\x01", data.index(b"f.root", start))
        assert len(file.keys()) == 1
    data[number + 3] = 0
    assert number < start + size
    refused(path, data, DAMAGED)


def test_a_record_of_another_class_is_no_list(path):
    data, (start, _) = path.read_bytes(), place_of_list(path)
    refused(path, data[:start] + data[start:].replace(b"\x05TFile", b"\x05TLost", 1), DAMAGED)


def test_a_list_of_a_folder_is_compared_too(tmp_path):
    path = tmp_path / "f.root"
    with uproot.recreate(path) as file:
        file.mktree("folder/Events", {"x": "f4"}).extend({"x": np.zeros(2, dtype=np.float32)})
    data = path.read_bytes()
    with uproot.open(path) as file:
        start = file["folder"].fSeekKeys
    refused(path, data[:start] + bytes(60) + data[start + 60 :], DAMAGED)


@pytest.mark.parametrize(("other", "is_healthy"), [("TDirectoryFile", True), ("TTree", False)])
def test_a_folder_of_the_other_class_is_healthy(tmp_path, monkeypatch, other, is_healthy):
    """Lists of ROOT 5.28 say TDirectoryFile where the folder itself says TDirectory."""

    def read_key(*reading, **how):
        """Read a key in front of an object as ROOT 5.28 would have written it."""
        key = ReadOnlyKey(*reading, **how)
        key._fClassName = key.fClassName.replace("TDirectory", other)
        return key

    path = write_branches(tmp_path / "f.root", "folder/Events", {"run": np.arange(3)})
    with uproot.update(path) as file:
        file["h"] = np.histogram([1.0])
        file["h"] = np.histogram([2.0])  # a second cycle: keys are compared with their records
    monkeypatch.setattr(files, "ReadOnlyKey", read_key)
    if is_healthy:
        with open_trees(path) as trees:
            assert list(trees) == ["folder/Events"]
    else:
        with pytest.raises(UnreadableFileError, match="folder is listed as an object at byte"):
            open_trees(path).__enter__()


def test_bytes_behind_the_end_are_counted(path):
    data = path.read_bytes()
    with open_trees(str(path)) as trees:
        assert trees.bytes_behind == 0
    path.write_bytes(data + bytes(range(256)) * 3)
    with open_trees(str(path)) as trees:
        assert trees.bytes_behind == 768
        assert trees["Events"].num_entries == 20


@pytest.mark.realdata
@pytest.mark.parametrize("name", sorted(str(path.relative_to(REAL_DATA)) for path in REAL_DATA.glob("*/*.root")))
def test_lists_of_real_files_are_whole(name):
    with uproot.open(REAL_DATA / name) as file:
        check_lists(file)


def test_folders_below_folders_are_listed(tmp_path):
    path = write_branches(tmp_path / "f.root", "a/b/Events", {"run": np.arange(3)})
    with open_trees(path) as trees:
        assert list(trees) == ["a/b/Events"]
