"""Many small baskets at once: what is read, and what is refused, is the same as basket after basket."""

import warnings

import numpy as np
import pytest

from targets.rootio.compression import Decompressor
from targets.rootio.local_source import FetchedRanges
from targets.rootio.ttree.basket_batches import BasketBatch
from targets.rootio.ttree.branch_reader import BranchReader
from tests.targets.rootio.ttree.test_branch_reader import CODECS, columns, opened, plain, write

EDGES = tuple(range(0, 401, 20))
NAMES = ["flat_f4", "flat_i1", "jagged_f8", "jagged_i2", "fixed"]


@pytest.fixture
def one_by_one(monkeypatch):
    """Return what makes readers read basket after basket, or at once again."""
    return lambda alone: monkeypatch.setattr(
        BasketBatch, "is_faster", staticmethod(lambda fetched: not alone and len(fetched.begins) > 1)
    )


@pytest.fixture
def batches(monkeypatch):
    """Collect, of each batch that was read, how many baskets it had and whether they were what their keys say."""
    filled, fill = [], BasketBatch.fill

    def note(self, *arguments):
        filled.append((len(self.lengths), fill(self, *arguments)))
        return filled[-1][1]

    monkeypatch.setattr(BasketBatch, "fill", note)
    return filled


@pytest.mark.parametrize("codec", [name for name, codec in CODECS.items() if codec])
def test_every_type_and_codec_reads_as_one_by_one(tmp_path, one_by_one, batches, codec):
    with opened(write(tmp_path / "f.root", codec, EDGES)) as file:
        names, read = list(columns()), []
        for alone in (True, False):
            one_by_one(alone)
            read.append(BranchReader(file["t"]).arrays(names, 0, 400))
    assert all(plain(read[0][name]) == plain(read[1][name]) for name in names)
    assert len(batches) > 5  # small baskets are not compressed where that gains nothing
    assert set(batches) == {(20, True)}


@pytest.mark.parametrize(("start", "stop", "n_baskets"), [(0, 400, 20), (20, 390, 18), (7, 380, 18), (25, 39, 0)])
def test_baskets_that_are_needed_in_part_are_read_alone(tmp_path, batches, one_by_one, start, stop, n_baskets):
    with opened(write(tmp_path / "f.root", "zstd", EDGES)) as file:
        reader = BranchReader(file["t"])
        expected = reader.arrays(["jagged_f8"], 0, 400)["jagged_f8"]
        one_by_one(False)
        batches.clear()
        flat = BranchReader(file["t"]).arrays(["jagged_f8"], start, stop)["jagged_f8"]
        again = reader.arrays(["jagged_f8"], 5, 45), reader.arrays(["jagged_f8"], 45, 400)  # one basket was kept
    first, last = expected.offsets[[start, stop]]
    assert flat.numbers.tolist() == expected.numbers[first:last].tolist()
    assert flat.offsets.tolist() == (expected.offsets[start : stop + 1] - first).tolist()
    assert batches[: bool(n_baskets)] == [(n_baskets, True)] * bool(n_baskets)
    assert again[1]["jagged_f8"].numbers.tolist() == expected.numbers[expected.offsets[45] :].tolist()


def test_few_or_large_baskets_are_not_worth_it():
    sizes = {4: True, 3: False}
    assert {n: BasketBatch.is_faster(FetchedRanges.join([bytes(100)] * n)) for n in sizes} == sizes
    assert not BasketBatch.is_faster(FetchedRanges.join([bytes(100)] * 3 + [bytes(10**6)]))


def test_baskets_that_are_not_plain_are_read_alone(tmp_path, batches):
    with opened(write(tmp_path / "f.root", "none", EDGES)) as file:
        assert BranchReader(file["t"]).arrays(["jagged_f8"], 0, 400)["jagged_f8"].n_events() == 400
    assert batches == []


def test_a_codec_that_is_not_known_is_left_to_what_reads_one_by_one(tmp_path):
    assert Decompressor().blocks(b"CS", memoryview(b"abc"), [(0, 3, 3)]) is None


@pytest.mark.parametrize("codec", ["zlib", "zstd", "lz4"])
def test_damage_gives_the_same_message_as_one_by_one(tmp_path, one_by_one, batches, codec):
    path = write(tmp_path / "f.root", codec, EDGES)
    with opened(path) as file:
        places = [
            (int(seek), int(size))
            for name in NAMES
            for seek, size in zip(
                *(file["t"][name].member(f"fBasket{of}")[:20] for of in ("Seek", "Bytes")), strict=True
            )
        ]
        good, rng, refused = path.read_bytes(), np.random.default_rng(5), 0
        for seek, size in places:
            at = seek + int(rng.integers(0, min(size, 100)))  # half of the bytes are the key's
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << int(rng.integers(0, 8))]) + good[at + 1 :])
            ends = []
            for alone in (True, False):
                one_by_one(alone)
                ends.append(_end(file["t"]))
            assert ends[0] == ends[1]
            refused += isinstance(ends[0], str)
    assert refused > 20
    assert {filled for _, filled in batches} == {True, False}


def _end(tree):
    """Return what is read, or what is said."""
    with warnings.catch_warnings(action="ignore"):
        try:
            read = BranchReader(tree).arrays(NAMES, 0, 400)
        except Exception as error:  # uproot, to whom unknown codecs are left, raises as it likes
            return f"{type(error).__name__}: {error}"
    return {name: plain(flat) for name, flat in read.items()}
