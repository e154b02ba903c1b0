"""Arrays that are cut from one block, and offsets that are kept once: none may change another."""

import numpy as np
import pytest

from targets.array_memory import ArrayMemory


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


def test_equal_offsets_are_kept_once():
    memory = ArrayMemory()
    first = memory.keep(np.array([0, 2, 3]))
    draft = memory.draft(3)
    for offsets, is_first in (([0, 2, 3], True), ([0, 1, 3], False), ([0, 2, 4], False), ([0, 2, 3], True)):
        draft[:] = offsets
        kept = memory.keep(draft)
        assert (kept is first) == is_first
        assert kept.tolist() == offsets
    draft[:] = 9
    assert first.tolist() == [0, 2, 3]
    memory.forget()
    assert memory.keep(first.copy()) is not first
