"""ROOT files from outside: their trees are listed, and every damage is an error, never another list."""

import struct
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.errors import FileFormatError, UnreadableFileError
from targets.events import schemas
from targets.events.reader import open_events
from targets.rootio import files
from targets.rootio.files import open_trees, unreadable
from targets.rootio.ttree import branch_lists
from tests.support.rootfiles_made import as_lists, events, write, write_branches

REMEDY = "fetch it again, or compare its checksum with the portal's"


@pytest.fixture
def made(tmp_path):
    def write_tree(tree="Events", **columns):
        return write_branches(tmp_path / "made.root", tree, columns or {"run": np.arange(6)})

    return write_tree


def read(path):
    """Return all that a file says: schema, objects, event numbers and weights."""
    with open_events(str(path), schemas.load("")) as file:
        chunks = list(file.chunks({}, 10_000))
        numbers = [[getattr(chunk, name).tolist() for name in ("run", "event", "weight")] for chunk in chunks]
        objects = [as_lists(chunk.objects) for chunk in chunks]
        return file.schema and file.schema.name, file.num_entries, file.absent_kinds, repr(objects), numbers


def outcomes(path, data, damages):
    """Read a file with each damage; return how many times it was read right, and how many times it was refused."""
    expected, right, refused = read(path), 0, 0
    for damaged in damages:
        path.write_bytes(damaged)
        try:
            found = read(path)
        except (UnreadableFileError, FileFormatError):
            refused += 1
        else:
            assert found == expected
            right += 1
    path.write_bytes(data)
    return right, refused


def flips(data, number, seed):
    rng = np.random.default_rng(seed)
    for position, bit in zip(rng.integers(0, len(data), number), rng.integers(0, 8, number), strict=True):
        damaged = bytearray(data)
        damaged[position] ^= 1 << bit
        yield bytes(damaged)


def truncations(data, number, seed):
    for length in np.random.default_rng(seed).integers(0, len(data), number):
        yield data[:length]


def test_trees_are_listed_with_branches_and_entries(made):
    path = made(run=np.arange(6), Muon_pt=ak.Array([[1.0], [], [2.0, 3.0], [], [], [4.0]]))
    with open_trees(path) as trees:
        assert list(trees) == ["Events"]
        assert {"run", "Muon_pt"} <= set(trees["Events"].branches)
        assert trees["Events"].num_entries == 6


def test_an_rntuple_is_listed_like_a_tree(tmp_path):
    path = write_branches(tmp_path / "r.root", "EventData", {"run": np.arange(4), "A:pt": ak.Array([[1.0]] * 4)}, True)
    with open_trees(path) as trees:
        assert list(trees) == ["EventData"]
        assert set(trees["EventData"].branches) == {"run", "A:pt"}
        assert trees["EventData"].num_entries == 4


def test_a_sub_branch_is_known_by_its_own_name_too(monkeypatch, made):
    monkeypatch.setattr(branch_lists, "paths", lambda _: ["Info.", "Info./Info.run", "run", "Other./run"])
    with open_trees(made()) as trees:
        assert trees["Events"].branches == {
            "Info.": "Info.",
            "Info.run": "Info./Info.run",
            "Info./Info.run": "Info./Info.run",
            "run": "run",  # what stands on the top level comes before a sub-branch of the same name
            "Other./run": "Other./run",
        }


def test_other_objects_are_passed_over(tmp_path):
    path = tmp_path / "mixed.root"
    with uproot.recreate(path) as file:
        file["h"] = np.histogram([1.0, 2.0])
        file["note"] = "text"
        file.mktree("mini", {"x": "f4"}).extend({"x": np.zeros(2, dtype=np.float32)})
        file.mkrntuple("EventData", {"y": np.zeros(3, dtype=np.float32)})
    with open_trees(str(path)) as trees:
        assert {name: tree.num_entries for name, tree in trees.items()} == {"mini": 2, "EventData": 3}


def test_trees_of_classes_that_are_not_read_are_named(tmp_path, monkeypatch):
    """No library writes a TChain: here a TTree is taken for one."""
    monkeypatch.setitem(files._NOT_READ, "TTree", "a list of other files")
    path = tmp_path / "chain.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"x": "f4"}).extend({"x": np.zeros(2, dtype=np.float32)})
    with pytest.raises(FileFormatError, match=r"chain.root: Events is a TTree, which is not read: a list of"):
        read(str(path))
    with uproot.update(path) as file:
        file.mkrntuple("EventData", {"y": np.zeros(3, dtype=np.float32)})
    with open_trees(str(path)) as trees:
        assert trees["EventData"].num_entries == 3
        with pytest.raises(FileFormatError, match="Events is a TTree, which is not read"):
            trees["Events"]


def test_names_of_other_objects_may_be_odd(tmp_path):
    path = tmp_path / "odd.root"
    with uproot.recreate(path) as file:
        for _ in range(2):
            file["pt;GeV"] = np.histogram([1.0, 2.0])
            file.mktree("mini", {"x": "f4"}).extend({"x": np.zeros(2, dtype=np.float32)})
    with open_trees(str(path)) as trees:
        assert list(trees) == ["mini"]


def test_the_newest_cycle_of_a_tree_counts(tmp_path):
    path = tmp_path / "cycles.root"
    with uproot.recreate(path) as file:
        for entries in range(1, 13):  # cycle 12 is newer than cycle 9: numbers, not text
            file.mktree("mini", {"x": "f4"}).extend({"x": np.zeros(entries, dtype=np.float32)})
    with uproot.open(path) as file:
        assert "mini;12" in file.keys()  # noqa: SIM118  (a file answers `in` without cycles)
    with open_trees(str(path)) as trees:
        assert trees["mini"].num_entries == 12


def test_an_older_cycle_is_never_taken_because_the_list_of_keys_is_damaged(tmp_path):
    path = tmp_path / "cycles.root"
    with uproot.recreate(path) as file:
        for entries in (3, 7):
            file.mktree("mini", {"x": "f4"}).extend({"x": np.zeros(entries, dtype=np.float32)})
    data = path.read_bytes()
    with uproot.open(path) as file:
        start, n_bytes = file.fSeekKeys, file.fNbytesKeys
    refused = 0
    for position in range(8 * start, 8 * (start + n_bytes), 3):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            with open_trees(str(path)) as trees:
                entries = {tree.num_entries for tree in trees.values()}
        except UnreadableFileError:
            refused += 1
        else:
            assert 7 in entries
    assert refused > 50


def test_a_tree_in_a_folder_is_named_with_it(tmp_path):
    path = tmp_path / "deep.root"
    with uproot.recreate(path) as file:
        file.mktree("ntuples/Events", {"x": "f4"}).extend({"x": np.zeros(2, dtype=np.float32)})
    with open_trees(str(path)) as trees:
        assert list(trees) == ["ntuples/Events"]


def test_an_empty_skim_has_no_trees(tmp_path):
    with uproot.recreate(tmp_path / "empty.root"):
        pass
    with uproot.recreate(tmp_path / "histogram.root") as file:
        file["cutflow"] = np.histogram([1.0, 2.0])
    for name in ("empty.root", "histogram.root"):
        with open_trees(str(tmp_path / name)) as trees:
            assert trees == {}


def test_a_path_with_a_colon_is_a_path(tmp_path):
    path = tmp_path / "run:1" / "made.root"
    path.parent.mkdir()
    write_branches(path, "Events", {"run": np.arange(3)})
    with open_trees(str(path)) as trees:
        assert list(trees) == ["Events"]


def test_a_file_is_closed_at_the_end(made):
    with open_trees(made()) as trees:
        tree = trees["Events"].tree
        assert not tree.file.closed
    assert tree.file.closed


def test_an_absent_file_is_an_error_with_its_path(tmp_path):
    path = str(tmp_path / "no.root")
    with pytest.raises(UnreadableFileError, match=r"no\.root: cannot be opened as a ROOT file .*; check the path"):
        open_trees(path).__enter__()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"it is empty \(0 bytes\)"),
        (b"root", "it has 4 bytes, and the smallest ROOT file 403"),
        (b"this is text\n", "it starts with b'this', not b'root'"),
        (b"this is text\n" * 100, "it starts with b'this', not b'root'"),
        (b"PK\x03\x04" + bytes(1000), r"it starts with b'PK\\x03\\x04', not b'root'"),
        (b"root" + bytes(300), "it has 304 bytes, and the smallest ROOT file 403"),
        (b"root" + bytes(1000), "."),
    ],
    ids=["empty", "four bytes", "short text", "text", "zip", "few zeros", "zeros"],
)
def test_what_is_no_root_file_is_an_error_with_its_reason_and_a_remedy(tmp_path, content, reason):
    path = tmp_path / "f.root"
    path.write_bytes(content)
    with pytest.raises(
        UnreadableFileError, match=rf"{path}: .*{reason}.*truncated, damaged or not a ROOT file.*{REMEDY}"
    ):
        open_trees(str(path)).__enter__()


def test_the_smallest_root_file_is_one(tmp_path):
    path = tmp_path / "f.root"
    uproot.recreate(path).close()
    with open_trees(str(path)) as trees:
        assert dict(trees) == {}


@pytest.mark.parametrize("before", ["nothing", "a damaged file"])
def test_a_damaged_tree_is_an_error_when_it_is_asked_for(made, monkeypatch, before):
    path = Path(made())
    with uproot.open(path) as file:
        key = file.key("Events;1")
        if before == "a damaged file":  # uproot then keeps a class that is less strict, for all files to come
            monkeypatch.setitem(uproot.classes, "Model_TTree_v20", uproot.classes["TTree"].known_versions[20])
            loose = file.file.streamer_named("TTree", 20).new_class(file.file)
            monkeypatch.setitem(uproot.classes["TTree"].known_versions, 20, loose)
    data = bytearray(path.read_bytes())
    data[key.fSeekKey + key.fKeylen : key.fSeekKey + key.fNbytes] = bytes(key.fNbytes - key.fKeylen)
    path.write_bytes(data)
    with open_trees(str(path)) as trees:
        assert list(trees) == ["Events"]
        with pytest.raises(UnreadableFileError, match=rf"{path}: its tree Events cannot be read .*{REMEDY}"):
            trees["Events"]


def test_a_folder_is_no_root_file(tmp_path):
    with pytest.raises(UnreadableFileError, match=f"{tmp_path}: cannot be opened as a ROOT file"):
        open_trees(str(tmp_path)).__enter__()


def test_the_error_keeps_its_words_and_gives_the_remedy():
    error = unreadable("f.root", "events 0 to 7 cannot be read", ValueError("bad bytes\nin file f.root"))
    assert isinstance(error, OSError)
    assert str(error) == (
        "f.root: events 0 to 7 cannot be read (ValueError: bad bytes); it is truncated, damaged or not a ROOT file: "
        "fetch it again, or compare its checksum with the portal's"
    )
    assert str(unreadable("f", "w", PermissionError(13, "denied"))).endswith("; check its permissions")
    assert str(unreadable("f", "w", FileNotFoundError("gone"))).endswith("; check the path")
    assert str(unreadable("f", "w", TimeoutError("slow"))).endswith("try again later")


def test_an_error_that_says_it_all_is_not_wrapped_twice():
    inner = UnreadableFileError("f.root: of events 0 to 7 only 3 came back")
    error = unreadable("f.root", "cannot be read", inner)
    assert type(error) is UnreadableFileError
    assert str(error) == str(inner)


def test_a_file_whose_writer_died_is_no_empty_skim(made):
    """ROOT writes the place of the list of keys last: in a file that was never closed it is 0."""
    path = Path(made())
    data = bytearray(path.read_bytes())
    with uproot.open(path) as file:
        place = struct.pack(">i", file.fSeekKeys)
    assert data[:400].count(place) == 1
    start = data.index(place)
    data[start : start + 4] = bytes(4)
    path.write_bytes(data)
    with uproot.open(path) as file:
        assert file.keys() == []  # uproot has nothing to say against it
    with pytest.raises(UnreadableFileError, match=r"its list of trees.*its writer died before it closed the file"):
        open_trees(str(path)).__enter__()


def test_a_tree_whose_class_is_damaged_is_no_empty_skim(made):
    path = Path(made())
    data = path.read_bytes()
    with uproot.open(path) as file:
        listed = data.index(b"\x05TTree\x06Events", file.fSeekKeys)
    path.write_bytes(data[:listed] + data[listed:].replace(b"TTree", b"TTrae", 1))
    with uproot.open(path) as file:
        assert file.classnames() == {"Events;1": "TTrae"}
    with pytest.raises(UnreadableFileError, match="it describes the classes of trees, but lists no tree"):
        open_trees(str(path)).__enter__()


@pytest.mark.parametrize("rntuple", [False, True])
def test_damaged_files_are_refused_or_read_right(tmp_path, rntuple):
    """3,000 events: what matters of the file is compressed, and zlib has a checksum."""
    path = tmp_path / "f.root"
    write(path, "cms-nanoaod", events(3000), rntuple)
    data = path.read_bytes()
    right, refused = outcomes(path, data, flips(data, 100, seed=3))
    assert right + refused == 100
    assert refused > 60
    assert outcomes(path, data, truncations(data, 25, seed=4)) == (0, 25)


def test_a_damaged_header_of_an_rntuple_is_refused(tmp_path):
    path = tmp_path / "f.root"
    write(path, "cms-nanoaod", events(20), rntuple=True)
    data = path.read_bytes()
    with uproot.open(path) as file:
        anchor = file["Events"].members
    for place in ("fSeekHeader", "fSeekFooter"):
        for offset in range(0, 60, 6):
            damaged = bytearray(data)
            damaged[anchor[place] + offset] ^= 0x10
            path.write_bytes(damaged)
            with pytest.raises((UnreadableFileError, FileFormatError), match=r"f\.root: "):
                read(path)
