"""Branches that are parsed when they are asked for are uproot's own, whatever else was asked for before."""

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from uproot.models.TBranch import Model_TBranch_v13

from targets.rootio.local_source import FileSource
from targets.rootio.ttree import branch_lists
from tests.conftest import REAL_DATA
from tests.support.rootfiles_made import write_branches

REAL_FILES = sorted(
    path.relative_to(REAL_DATA).as_posix()
    for path in REAL_DATA.glob("*/*.root")
    if path.parent.name != "cases"  # what uproot reads wrongly
)
MOST_BRANCHES = 2000  # uproot takes seconds for the metadata of an RNTuple file, which has more


def opened(path, **how):
    return uproot.open({str(path): None}, handler=FileSource, **how)


def described(branch):
    """What reading a branch depends on; interpretations of groups name the address of an object."""
    interpretation = str(branch.interpretation) if not branch.branches else None
    below = [one.name for one in branch.branches]
    baskets = [branch.member(name).tolist() for name in ("fBasketSeek", "fBasketBytes", "fBasketEntry")]
    baskets += [branch.num_entries, branch.num_baskets, len(branch.embedded_baskets), branch.entry_offsets]
    return branch.name, branch.typename, interpretation, counters(branch), below, baskets


def counters(branch):
    """Names of the leaves that say how many numbers an entry of a jagged branch has."""
    found = [leaf.member("fLeafCount") for leaf in branch.member("fLeaves")]
    return [None if one is None else one.member("fName") for one in found]


@pytest.fixture
def pair(tmp_path):
    """A small tree twice: as we open it, and as uproot does."""
    arrays = {"n": np.arange(5), "Jet_pt": ak.Array([[1.0], [], [2.0, 3.0], [], [4.0]]), "x": np.zeros(5, np.float32)}
    path = write_branches(tmp_path / "made.root", "Events", arrays)
    with opened(path, custom_classes=branch_lists.classes()) as ours, opened(path) as theirs:
        yield ours, theirs


@pytest.mark.parametrize("name", REAL_FILES)
def test_names_and_branches_of_real_files_are_those_of_uproot(name):
    with opened(REAL_DATA / name, custom_classes=branch_lists.classes()) as ours, opened(REAL_DATA / name) as theirs:
        for key in theirs.keys(cycle=False, filter_classname="TTree"):
            names = branch_lists.paths(ours[key])
            assert isinstance(ours[key].member("fBranches"), branch_lists.BranchList)
            assert set(ours[key].member("fBranches").places) == set(names)  # none of these was parsed whole
            if len(names) > MOST_BRANCHES:
                continue
            assert names == theirs[key].keys(recursive=True)
            for path in names[::-7]:  # the last first: what it refers to has not been parsed yet
                assert described(branch_lists.branch(ours[key], path)) == described(theirs[key][path]), path


def test_a_list_that_is_laid_out_otherwise_is_parsed_whole(monkeypatch, pair):
    ours, theirs = pair
    monkeypatch.setattr(branch_lists, "_VERSIONS", range(11, 12))
    tree = ours["Events"]
    assert tree.member("fBranches").places == {}
    assert branch_lists.paths(tree) == theirs["Events"].keys()
    assert branch_lists.branch(tree, "Jet_pt").array().tolist() == [[1.0], [], [2.0, 3.0], [], [4.0]]


def test_uproots_own_trees_are_listed_too(pair):
    _, theirs = pair
    assert branch_lists.paths(theirs["Events"]) == theirs["Events"].keys()
    assert branch_lists.branch(theirs["Events"], "n") is theirs["Events"]["n"]


def test_uproot_reads_branches_that_were_asked_for(pair):
    """As it must those whose layout targets/rootio/ttree/basket_layouts.py does not know."""
    ours, theirs = pair
    for name in ("x", "Jet_pt", "n"):
        branch = branch_lists.branch(ours["Events"], name)
        assert branch.array(entry_start=1, entry_stop=4).tolist() == theirs["Events"][name].array().tolist()[1:4]
        assert branch.index == theirs["Events"][name].index


def test_a_branch_that_is_not_there_is_an_error(pair):
    with pytest.raises(KeyError, match="absent"):
        branch_lists.branch(pair[0]["Events"], "absent")


def test_a_jagged_branch_finds_its_counter_without_being_told(pair):
    tree = pair[0]["Events"]
    assert counters(branch_lists.branch(tree, "Jet_pt")) == ["nJet_pt"]
    assert branch_lists.branch(tree, "Jet_pt") is branch_lists.branch(tree, "Jet_pt")


def test_a_branch_that_is_not_what_its_list_says_is_an_error(monkeypatch, pair):
    tree = pair[0]["Events"]
    listed = tree.member("fBranches")
    listed._items[0] = listed._items[0]._replace(name="other")
    with pytest.raises(ValueError, match="branch other is not what the list of branches says"):
        listed.at((0,))


def test_damaged_lists_are_errors_or_those_of_uproot(tmp_path):
    """Nothing is compressed, and no byte has a checksum: what uproot makes of it is what there is."""
    path = tmp_path / "f.root"
    with uproot.recreate(path, compression=None) as file:
        file.mktree("t", {"x": "f4", "y": "i4"}).extend({"x": np.zeros(9, np.float32), "y": np.arange(9, dtype="i4")})
    data = path.read_bytes()
    with uproot.open(path) as file:
        key = file.key("t;1")
        start, stop = key.fSeekKey, key.fSeekKey + key.fNbytes
    equal = refused = 0
    for place in np.random.default_rng(5).integers(start, stop, 150):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << int(place) % 8]) + data[place + 1 :])
        try:
            with opened(path, custom_classes=branch_lists.classes()) as ours:
                tree = ours["t"]
                found = [described(branch_lists.branch(tree, name)) for name in branch_lists.paths(tree)]
        except Exception:  # targets/rootio/files.py turns whatever uproot raises into an error of ours
            refused += 1
            continue
        with opened(path) as theirs:
            assert found == [described(theirs["t"][name]) for name in theirs["t"].keys(recursive=True)]
        equal += 1
    assert equal > 20
    assert refused > 20


def test_a_damaged_file_leaves_the_classes_of_later_files_alone(tmp_path):
    """Uproot makes a class of a version it does not know from the file's description, in place of its own."""
    good = Path(write_branches(tmp_path / "good.root", "Events", {"x": np.arange(3.0)}))
    content = good.read_bytes()
    place = content.index(b"TBranch\0")  # then 4 bytes of size and 2 of version
    version = place + len(b"TBranch\0") + 4
    assert content[version : version + 2] == b"\x00\x0d"
    (tmp_path / "damaged.root").write_bytes(content[:version] + b"\x30\x0d" + content[version + 2 :])
    with opened(tmp_path / "damaged.root", custom_classes=branch_lists.classes()) as file:
        branch_lists.branch(file["Events"], "x")
    for how in ({}, {"custom_classes": branch_lists.classes()}):
        with opened(good, **how) as file:
            assert isinstance(file["Events"]["x"], Model_TBranch_v13)  # what TBranchElement builds on
