"""Our reader of TTrees against uproot's, on files of every codec and layout: equal, or an error, or left to uproot."""

import re
import warnings
from itertools import islice, pairwise
from types import SimpleNamespace

import awkward as ak
import numpy as np
import pytest
import uproot
from uproot.interpretation.identify import UnknownInterpretation, parse_typename
from uproot.interpretation.objects import AsObjects

from targets.errors import FileFormatError
from targets.rootio import compression
from targets.rootio.flat_arrays import Flat, ShapeError
from targets.rootio.local_source import FileSource
from targets.rootio.ttree import branch_lists, branch_reader
from targets.rootio.ttree.branch_reader import BranchReader
from tests.conftest import REAL_DATA
from tests.support.jagged import awkward

CODECS = {"none": None, "zlib": uproot.ZLIB(1), "lzma": uproot.LZMA(1), "lz4": uproot.LZ4(1), "zstd": uproot.ZSTD(1)}
EDGES = (0, 1, 2, 60, 61, 400)  # baskets of one entry, small ones, a large one
TYPES = ("f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?")
FLAT = re.compile(r"\d+ \* ((var|\d+) \* )?(bool|u?int\d+|float\d+)")
FEW = 5  # of the branches that are left to uproot
REAL_FILES = sorted(
    path.relative_to(REAL_DATA).as_posix()
    for path in REAL_DATA.glob("*/*.root")
    if path.parent.name not in ("bench", "cases")  # too large; or read wrongly by uproot
)


def columns(n=EDGES[-1]):
    rng = np.random.default_rng(7)
    counts = rng.integers(0, 4, n)
    counts[60:61] = 0  # the basket of this entry has no numbers
    made = {}
    for name in TYPES:
        made[f"flat_{name.strip('?')}"] = rng.integers(0, 2 if name == "?" else 100, n).astype(name)
        numbers = rng.integers(0, 2 if name == "?" else 100, counts.sum()).astype(name)
        made[f"jagged_{name.strip('?')}"] = ak.unflatten(numbers, counts)
    return made | {"fixed": rng.normal(size=(n, 3))}


def write(path, codec="zlib", edges=EDGES):
    made = columns(edges[-1])
    with uproot.recreate(path, compression=CODECS[codec]) as file:
        types = {
            name: array.type.content if isinstance(array, ak.Array) else array.dtype for name, array in made.items()
        }
        tree = file.mktree("t", types | {"fixed": np.dtype(("f8", (3,)))})
        for start, stop in pairwise(edges):
            tree.extend({name: array[start:stop] for name, array in made.items()})
    return path


def opened(path, classes=None):
    return uproot.open({str(path): None}, handler=FileSource, custom_classes=classes)


def varying(array):
    """The same with lists for numbers that every entry has as many of."""
    return array if array.ndim == 1 else ak.from_regular(array)


def plain(array):
    """All that an array is: its form, and the bytes of its buffers."""
    array = awkward(array) if isinstance(array, Flat) else array
    form, length, buffers = ak.to_buffers(ak.to_packed(array))
    return form, length, {name: (buffer.dtype, buffer.tobytes()) for name, buffer in buffers.items()}


@pytest.mark.parametrize("codec", list(CODECS))
def test_every_type_and_codec_reads_as_by_uproot(tmp_path, codec):
    with opened(write(tmp_path / "f.root", codec)) as file:
        tree, names = file["t"], list(columns())
        expected = {name: varying(tree[name].array()) for name in names}
        reader = BranchReader(tree)
        read = reader.arrays(names, 0, 400)
        for name in names:
            assert plain(read[name]) == plain(expected[name]), name
        assert all(reader._branches[name] for name in names)  # none is left to uproot
        assert {name: flat.length for name, flat in read.items() if flat.length is not None} == {"fixed": 3}


@pytest.mark.parametrize("codec", ["none", "zstd"])
@pytest.mark.parametrize("step", [1, 7, 59, 60, 61, 399])
def test_chunks_cut_baskets_anywhere(tmp_path, codec, step):
    names = ["flat_f4", "jagged_f4", "jagged_i1", "flat_", "fixed"]
    with opened(write(tmp_path / "f.root", codec)) as file:
        expected = {name: varying(file["t"][name].array()) for name in names}
        reader = BranchReader(file["t"])
        for start in range(0, 400, step):
            stop = min(start + step, 400)
            read = reader.arrays(names, start, stop)
            assert all(plain(read[name]) == plain(expected[name][start:stop]) for name in names)


def test_ranges_in_any_order(tmp_path):
    rng = np.random.default_rng(1)
    with opened(write(tmp_path / "f.root")) as file:
        names = ["flat_f4", "jagged_f4"]
        expected, reader = file["t"].arrays(names), BranchReader(file["t"])
        for _ in range(60):
            start, stop = sorted(rng.integers(0, 401, 2).tolist())
            read = reader.arrays(names, start, stop)
            assert all(plain(read[name]) == plain(expected[name][start:stop]) for name in names), (start, stop)


def test_a_basket_is_decompressed_once_for_all_chunks(tmp_path, monkeypatch):
    sizes = []
    decompress = compression.Decompressor.decompress

    def count(self, data, size, *part):
        sizes.append(size)
        return decompress(self, data, size, *part)

    monkeypatch.setattr(compression.Decompressor, "decompress", count)
    with opened(write(tmp_path / "f.root", edges=(0, 400))) as file:
        reader = BranchReader(file["t"])
        for start in range(0, 400, 9):
            reader.arrays(["jagged_f4", "flat_f8"], start, min(start + 9, 400))
    assert len(sizes) == 2


def test_arrays_do_not_share_memory_with_what_is_read_next(tmp_path):
    with opened(write(tmp_path / "f.root", "none", (0, 200, 400))) as file:
        reader, names = BranchReader(file["t"]), ["flat_i1", "jagged_i1", "flat_f4"]
        first = reader.arrays(names, 0, 150)
        before = {name: plain(array) for name, array in first.items()}
        reader.arrays(names, 150, 400)
        assert {name: plain(array) for name, array in first.items()} == before


@pytest.mark.parametrize(
    ("edges", "n_entries"), [((0, 400), 400), (tuple(range(0, 401, 20)), 20), ((0, 300, 350, 400), 300)]
)
def test_memory_that_baskets_take_is_that_of_the_largest(tmp_path, edges, n_entries):
    with opened(write(tmp_path / "f.root", "none", edges)) as file:
        n_bytes = BranchReader(file["t"]).bytes_kept(["flat_f8", "flat_i2"])
    assert n_entries * 10 <= n_bytes <= n_entries * 10 + 2 * 100 * len(edges)  # of the numbers, and of keys


def test_of_large_baskets_the_bytes_of_the_file_are_there_twice(tmp_path, monkeypatch):
    """They are read into memory that is used again, and kept for the entries that follow."""
    with opened(write(tmp_path / "f.root", "none", (0, 1000))) as file:
        (size, *_) = file["t"]["flat_f8"].member("fBasketBytes")
        monkeypatch.setattr(branch_reader, "LARGE_BYTES", 1000)
        assert BranchReader(file["t"]).bytes_kept(["flat_f8"]) == 2 * size


def test_baskets_with_an_offset_map_are_decompressed_whole(tmp_path, monkeypatch):
    with opened(write(tmp_path / "f.root", "none", (0, 1000))) as file:
        branch = file["t"]["jagged_f4"]
        branch.member("fIOFeatures").members["fIOBits"] = 1
        monkeypatch.setattr(branch_reader, "LARGE_BYTES", 1000)
        (size, *_) = branch.member("fBasketBytes")
        assert BranchReader(file["t"]).bytes_kept(["jagged_f4"]) >= 2 * size + 1000 * (4 + 8 + 8)


def test_a_tree_without_entries(tmp_path):
    with opened(write(tmp_path / "f.root", edges=(0, 0))) as file:
        read = BranchReader(file["t"]).arrays(["flat_f4", "jagged_f4"], 0, 0)
        assert {name: str(awkward(flat).type) for name, flat in read.items()} == {
            "flat_f4": "0 * float32",
            "jagged_f4": "0 * var * float32",
        }


def test_a_tree_that_says_to_have_fewer_entries_than_its_branches_is_refused(tmp_path):
    with opened(write(tmp_path / "f.root")) as file:
        tree = file["t"]
        tree._members["fEntries"] = 399
        with pytest.raises(ValueError, match="flat_f4 has 400 entries, its tree 399"):
            BranchReader(tree).arrays(["flat_f4"], 0, 399)


def test_offsets_that_fall_are_refused(tmp_path, monkeypatch):
    """As a damaged file without checksums has them; a compiled loop that follows them would leave the memory."""
    offsets = ak.index.Index64(np.array([0, 5, 2, 7]))
    falling = ak.Array(ak.contents.ListOffsetArray(offsets, ak.contents.NumpyArray(np.zeros(7))))
    with opened(write(tmp_path / "f.root")) as file:
        reader, branch = BranchReader(file["t"]), SimpleNamespace(array=lambda **_: falling)
        reader._branches["jagged_f4"] = None
        monkeypatch.setattr(branch_lists, "branch", lambda *_: branch)
        with pytest.raises(ValueError, match="jagged_f4: offsets decrease: an entry would have a negative length"):
            reader.arrays(["jagged_f4"], 0, 3)


def test_a_size_that_only_a_key_announces_takes_no_memory(tmp_path, monkeypatch):
    path = write(tmp_path / "f.root")
    with opened(path) as file:
        seek = file["t"]["jagged_f4"].member("fBasketSeek")[4]
    data = bytearray(path.read_bytes())
    data[seek + 6] ^= 0x40  # 2^30 bytes more
    path.write_bytes(data)
    with opened(path) as file:
        reader = BranchReader(file["t"])
        monkeypatch.setattr(uproot.TBranch, "array", lambda *_: pytest.fail("uproot would take 1 GB"))
        with pytest.raises(ValueError, match=r"jagged_f4: its compressed blocks have \d+ .* where 10\d+"):
            reader.arrays(["jagged_f4"], 0, 400)


def test_a_layout_that_turns_out_to_be_unknown_is_left_to_uproot(tmp_path, monkeypatch):
    def fail(*_):
        raise compression.UnknownLayoutError

    with opened(write(tmp_path / "f.root")) as file:
        expected, reader = file["t"].arrays(["jagged_f4"]), BranchReader(file["t"])
        monkeypatch.setattr(compression.Decompressor, "decompress", fail)
        assert plain(reader.arrays(["jagged_f4"], 0, 400)["jagged_f4"]) == plain(expected["jagged_f4"])
        assert reader._branches == {"jagged_f4": None}


@pytest.mark.parametrize("codec", ["zlib", "lzma", "lz4"])
def test_flipped_bytes_are_an_error_or_change_nothing(tmp_path, codec):
    path = write(tmp_path / "f.root", codec, (0, 50, 400))
    names = ["flat_f4", "jagged_f8"]
    with opened(path) as file:
        expected = {name: plain(file["t"][name].array()) for name in names}
        where = [(seek, size) for name in names for seek, size in _places(file["t"][name])]
        good = path.read_bytes()
        rng = np.random.default_rng(2)
        refused = 0
        for at in [int(seek + rng.integers(0, size)) for seek, size in where for _ in range(40)]:
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << int(rng.integers(0, 8))]) + good[at + 1 :])
            refused += _refused(file["t"], names, expected)
        assert refused > 100


def _places(branch):
    sizes = branch.member("fBasketBytes")
    return list(zip(branch.member("fBasketSeek"), sizes, strict=True))[: branch.num_baskets]


def _refused(tree, names, expected):
    try:
        with warnings.catch_warnings(action="ignore"):
            read = BranchReader(tree).arrays(names, 0, 400)
    except Exception:  # uproot, to whom unknown codecs are left, raises as it likes
        return True
    assert {name: plain(array) for name, array in read.items()} == expected
    return False


def test_a_damaged_basket_is_named_by_its_branch(tmp_path):
    path = write(tmp_path / "f.root")
    with opened(path) as file:
        seek, size = _places(file["t"]["jagged_f4"])[-1]
        good = path.read_bytes()
        path.write_bytes(good[: seek + size - 4] + bytes(4) + good[seek + size :])
        with pytest.raises(ValueError, match=r"jagged_f4: a compressed block \(ZL\) is damaged"):
            BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)


def test_baskets_that_lie_elsewhere_are_refused(tmp_path):
    with opened(write(tmp_path / "f.root")) as file:
        branch = file["t"]["jagged_f4"]
        for member, number, value, error, complaint in (
            (
                "fBasketSeek",
                2,
                5000,
                ValueError,
                r"jagged_f4: no basket of \d+ bytes stands where the list of contents",
            ),
            ("fBasketSeek", 3, 10**9, OSError, r"but its list of contents points to 1000000000 to"),
            ("fBasketBytes", 3, 10, ValueError, r"jagged_f4: no basket of 10 bytes"),
            ("fBasketEntry", 3, 59, ValueError, r"jagged_f4: a basket of 57 entries says that it has 58"),
            ("fBasketEntry", 1, 100, ValueError, r"its baskets begin at the entries \[0, 100, 2, 60, 61, 400\]"),
        ):
            right = branch.member(member)
            branch.members[member] = np.where(np.arange(len(right)) == number, value, right)
            with pytest.raises(error, match=complaint):
                BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)
            branch.members[member] = right
        assert BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)["jagged_f4"].n_events() == 400


def test_a_circular_tree_that_was_flushed_is_named(tmp_path):
    """ROOT forgets entries of it whose baskets are on disk; the file is not damaged."""
    with opened(write(tmp_path / "f.root")) as file:
        branch = file["t"]["jagged_f4"]
        edges = branch.member("fBasketEntry")
        branch.members["fBasketEntry"] = np.where(np.arange(len(edges)) == 1, 450, edges)
        file["t"].members["fMaxEntries"] = 450
        with pytest.raises(
            FileFormatError, match="jagged_f4 is in a circular tree that was flushed while it was filled"
        ):
            BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)


def test_an_offset_map_in_the_list_of_contents_is_named(tmp_path):
    with opened(write(tmp_path / "f.root")) as file:
        branch = file["t"]["jagged_f4"]
        branch.member("fIOFeatures").members["fIOBits"] = 1
        assert BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)["jagged_f4"].n_events() == 400
        branch.members["fBasketSeek"] = np.where(np.arange(len(branch.member("fBasketSeek"))) < 4, 1000, 0)
        with pytest.raises(FileFormatError, match="jagged_f4 has an offset map in the list of contents, a layout that"):
            BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)


def test_types_that_uproot_only_pretends_to_know_are_refused_by_name(tmp_path):
    with opened(write(tmp_path / "f.root")) as file:
        branch = file["t"]["jagged_f4"]
        pretended = [
            (name, AsObjects(parse_typename(f"vector<{name}>"), branch)) for name in ("Double32_t", "Float16_t")
        ]
        for complaint, interpretation in (
            *((f"of type vector<.*: {name} is not read there", interpretation) for name, interpretation in pretended),
            (r"of a type that is not read \(no rule", UnknownInterpretation("no rule", "f", "t")),
        ):
            branch._interpretation = interpretation
            branch.members["fClassName"] = "vector<...>"
            with pytest.raises(FileFormatError, match=f"jagged_f4 is {complaint}"):
                BranchReader(file["t"]).arrays(["jagged_f4"], 0, 400)


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL_FILES)
def test_every_branch_of_real_files_reads_as_by_uproot(name):
    rng = np.random.default_rng(len(name))
    with opened(REAL_DATA / name, branch_lists.classes()) as ours, opened(REAL_DATA / name) as theirs:
        trees = {key for key, kind in theirs.classnames(cycle=False).items() if kind.startswith("TTree")}
        n_known = sum(_compare(ours[tree], theirs[tree], rng) for tree in sorted(trees))
    assert n_known > 0 or not trees


def _compare(tree, theirs, rng):
    """Compare all branches that our reader knows, whole and in a random part; return how many these are."""
    reader, n = BranchReader(tree), tree.num_entries
    paths = branch_lists.paths(tree)
    known = [path for path in paths if _knows(reader, path)]
    start, stop = sorted(rng.integers(0, n + 1, 2).tolist())
    whole, part = reader.arrays(known, 0, n), BranchReader(tree).arrays(known, start, stop)
    for path in known:
        expected = varying(theirs[path].array())
        assert plain(whole[path]) == plain(expected), path
        assert plain(part[path]) == plain(expected[start:stop]), path
    left = (path for path in paths if path not in known and _reads(theirs, path))
    for path in islice(left, FEW):
        array = theirs[path].array()
        if FLAT.fullmatch(str(array.type)):
            assert plain(reader.arrays([path], 0, n)[path]) == plain(varying(array)), path
        else:
            with pytest.raises(ShapeError, match="is neither a number nor a list of numbers an event"):
                reader.arrays([path], 0, n)
    return len(known)


def _reads(tree, path):
    try:
        return tree[path].array() is not None
    except Exception:  # what uproot itself cannot read
        return False


def _knows(reader, path):
    try:
        return reader._branch(path) is not None
    except Exception:  # what uproot itself cannot read
        return False
