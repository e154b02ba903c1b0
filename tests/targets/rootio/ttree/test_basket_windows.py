"""Large baskets are read in parts, in memory that does not depend on their size, and give what others give."""

import subprocess
import sys

import awkward as ak
import numpy as np
import pytest
import uproot

from targets.rootio import compression
from targets.rootio.compression import Decompressor
from targets.rootio.ttree import basket_windows
from targets.rootio.ttree.branch_reader import BranchReader
from tests.targets.rootio.ttree.test_branch_reader import CODECS, opened, plain, varying, write


@pytest.fixture
def small(monkeypatch):
    """Take every basket for a large one."""
    monkeypatch.setattr(basket_windows, "LARGE_BYTES", 0)


@pytest.mark.parametrize("codec", list(CODECS))
@pytest.mark.parametrize("step", [37, 60, 399])
def test_parts_give_what_whole_baskets_give(tmp_path, small, codec, step):
    names = ["flat_f4", "jagged_f4", "jagged_i1", "jagged_f8", "fixed"]
    with opened(write(tmp_path / "f.root", codec, (0, 1, 400))) as file:
        expected = {name: varying(file["t"][name].array()) for name in names}
        reader = BranchReader(file["t"])
        for start in range(0, 400, step):
            stop = min(start + step, 400)
            read = reader.arrays(names, start, stop)
            assert all(plain(read[name]) == plain(expected[name][start:stop]) for name in names)


def blocks(*parts):
    made = [CODECS["zlib"].compress(part) for part in parts]
    heads = [
        b"ZL\x08" + len(one).to_bytes(3, "little") + len(part).to_bytes(3, "little")
        for one, part in zip(made, parts, strict=True)
    ]
    return memoryview(b"".join(head + one for head, one in zip(heads, made, strict=True)))


def test_only_the_blocks_that_are_needed_are_decompressed(monkeypatch):
    data, sizes = blocks(b"abcd", b"efg", b"hijkl"), []
    decompress_block = compression.Decompressor._block

    def count(self, name, block, size):
        sizes.append(size)
        return decompress_block(self, name, block, size)

    monkeypatch.setattr(compression.Decompressor, "_block", count)
    decompress = Decompressor().decompress
    assert [bytes(decompress(data, 12, *edges)) for edges in ((0, 2), (3, 5), (4, 7), (1, 12))] == [
        b"ab",
        b"de",
        b"efg",
        b"bcdefghijkl",
    ]
    assert sizes == [4, 4, 3, 3, 4, 3, 5]
    assert bytes(decompress(data, 12, 5, 5)) == b""
    assert bytes(decompress(memoryview(b"abcd"), 4, 1, 3)) == b"bc"
    with pytest.raises(ValueError, match="the bytes 3 to 13 are wanted of 12"):
        decompress(data, 12, 3, 13)
    with pytest.raises(ValueError, match="12 uncompressed bytes where 13 are announced"):
        decompress(data, 13, 0, 1)


@pytest.mark.parametrize("at", [0, 1, 200])
def test_wrong_words_of_a_large_basket_are_refused(tmp_path, small, at):
    path = write(tmp_path / "f.root", "none", (0, 400))
    with uproot.open(path) as file:
        branch = file["t"]["jagged_f8"]
        end = int(branch.member("fBasketSeek")[0] + branch.member("fBasketBytes")[0])
    damaged = bytearray(path.read_bytes())
    word = end - 402 * 4 + at * 4
    damaged[word : word + 4] = (2**30).to_bytes(4, "big")
    path.write_bytes(damaged)
    start = max(at - 1, 0) // 100 * 100
    with (
        opened(path) as file,
        pytest.raises(ValueError, match=r"makes no sense|are said to be the bytes|do not begin where they can"),
    ):
        BranchReader(file["t"]).arrays(["jagged_f8"], start, start + 100)


LARGE = """
import resource, sys
from targets.events import schemas
from targets.events.reader import open_events
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_events(sys.argv[1], schemas.load("")) as file:
    for chunk in file.chunks({}, 1_000_000, 20_000_000):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_basket(tmp_path):
    n = 4_000_000
    types = dict.fromkeys(("Muon_pt", "Muon_eta", "Muon_phi"), "var * float32")
    lists = ak.unflatten(np.ones(2 * n, np.float32), np.full(n, 2))
    with uproot.recreate(tmp_path / "f.root", compression=uproot.ZSTD(1)) as file:
        file.mktree("Events", types).extend(dict.fromkeys(types, lists))
    ran = subprocess.run(
        [sys.executable, "-c", LARGE, str(tmp_path / "f.root")], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) * 1024 < 3 * 2 * n * 4  # less than one of six lists of 32 MB would take thrice
