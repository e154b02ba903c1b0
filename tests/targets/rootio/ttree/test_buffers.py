"""Arrays that are cut from one block, and offsets that are kept once: none may change another."""

import os
import threading
from itertools import pairwise

import awkward as ak
import numpy as np
import pytest

from targets.rootio.ttree import buffers
from targets.rootio.ttree.buffers import ArrayMemory

NUMBERS = 500_000  # float64: half of a block


@pytest.fixture(autouse=True)
def _no_idle_memory(monkeypatch):
    monkeypatch.setattr(buffers, "_idle", [])


def take():
    """Make an array in memory of its own, as each chunk of a file does."""
    memory = ArrayMemory()
    array = memory.new(NUMBERS, np.dtype("f8"))
    memory.forget()
    return array


def address(array):
    return array.__array_interface__["data"][0]


PARTS = {
    "itself": lambda array: array,
    "a part": lambda array: array[10:20],
    "a part of a part": lambda array: array[10:20][5:],
    "other type": lambda array: array[1:].view(np.int32)[::2],
    "memory view": lambda array: memoryview(array[5:])[2:],
    "awkward": lambda array: ak.Array(ak.contents.NumpyArray(array[10:]))[3:],
    "from memory": lambda array: np.frombuffer(array[:8].data, np.uint8),
}


@pytest.mark.parametrize("part", PARTS)
def test_memory_is_used_again_when_nothing_refers_to_it(part):
    array = take()
    array[:] = 1.0
    at, kept = address(array), PARTS[part](array)
    del array
    other = take()
    other[:] = 2.0
    assert address(other) != at
    expected = np.ones(NUMBERS)
    assert np.asarray(kept).tobytes() == np.asarray(PARTS[part](expected)).tobytes()
    del kept
    assert address(take()) == at


def test_only_so_much_memory_stays_idle():
    arrays = [take() for _ in range(2 * buffers._IDLE_BLOCKS)]
    assert len({address(array) for array in arrays}) == len(arrays)
    del arrays
    assert len(buffers._idle) == buffers._IDLE_BLOCKS


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_memory_of_its_own():
    array = take()
    array[:] = 1.0
    at = address(array)
    del array
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        mine = take()
        mine[:] = 2.0
        os.write(writer, b"same" if address(mine) == at else b"new!")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reader, 4) == b"same"
    assert take()[0] == 1.0  # nothing in particular, but not what the child wrote
    os.close(reader)
    os.close(writer)


def test_threads_do_not_share_memory():
    wrong = []

    def work(number):
        for _ in range(50):
            array = take()
            array[:] = number
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(float(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("lengths", [(3, 0, 5), (20_000,) * 5, (10**6, 10**6, 7, 10**6), (3 * 10**6, 20_000)])
@pytest.mark.parametrize("dtype", ["f4", "i8", "?"])
def test_arrays_do_not_overlap(lengths, dtype):
    memory = ArrayMemory()
    arrays = [memory.new(length, np.dtype(dtype)) for length in lengths]
    for i, array in enumerate(arrays):
        array[:] = i
    memory.forget()
    memory.new(20_000, np.dtype("i8"))[:] = -1
    assert [(len(array), array.dtype) for array in arrays] == [(length, np.dtype(dtype)) for length in lengths]
    assert all((array == np.array(i).astype(dtype)).all() for i, array in enumerate(arrays))
    assert all(array.flags.aligned and array.flags.writeable for array in arrays)


def words(offsets, key=70):
    """Where entries of eight bytes a number begin, as a basket lists them."""
    return ((np.array(offsets[:-1]) - offsets[0]) * 8 + key).astype(">i4").view(np.uint8)


def listed(memory, offsets, cuts=(), key=70):
    """Give entries, basket after basket."""
    made = memory.offsets(len(offsets) - 1, offsets[-1])
    for start, stop in pairwise([0, *cuts, len(offsets) - 1]):
        numbers = np.zeros((offsets[stop] - offsets[start]) * 8, np.uint8)
        assert made.n_numbers() == offsets[start]
        assert made.add(numbers, words(offsets[start : stop + 1], key), key, 3)
    assert made.n_numbers() == offsets[-1]
    return memory.keep(made)


@pytest.mark.parametrize("cuts", [(), (1,), (2,), (1, 2)])
def test_equal_offsets_are_kept_once(cuts):
    memory = ArrayMemory()
    first = listed(memory, [0, 2, 3, 5])
    for offsets, is_first in (
        ([0, 2, 3, 5], True),
        ([0, 1, 3, 5], False),
        ([0, 2, 5, 5], False),
        ([0, 2, 3, 6], False),
        ([0, 2, 5], False),
        ([0, 2, 3, 5, 5], False),
        ([0, 2, 3, 5], True),
    ):
        kept = listed(memory, offsets, [cut for cut in cuts if cut < len(offsets) - 1], key=90)
        assert (kept is first) == is_first
        assert kept.tolist() == offsets
    assert first.tolist() == [0, 2, 3, 5]
    memory.forget()
    assert listed(memory, [0, 2, 3, 5]) is not first


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("starts", "n_bytes"),
    [
        ((0, 16, 8), 40),  # back
        ((0, 16, 28), 40),  # half a number
        ((8, 16, 24), 40),  # not from the first byte
        ((0, 16, 48), 40),  # behind the end
        ((0, 16, 24), 44),  # half a number at the end
    ],
)
def test_entries_that_do_not_follow_each_other_are_told(known, starts, n_bytes):
    memory = ArrayMemory()
    if known:
        listed(memory, [0, 2, 3, 5])
    words = np.array(starts).astype(">i4").view(np.uint8)
    assert not memory.offsets(3, 5).add(np.zeros(n_bytes, np.uint8), words, 0, 3)
