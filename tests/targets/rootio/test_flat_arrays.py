"""Awkward arrays as flat numpy arrays: the same numbers, and a complaint about anything else."""

import awkward as ak
import numpy as np
import pytest

from targets.rootio.flat_arrays import Flat, ShapeError

JAGGED = ak.Array([[1.0, 2.0], [], [3.0]])


@pytest.mark.parametrize("array", [JAGGED, ak.Array([[9.0], [1.0, 2.0], [], [3.0]])[1:], JAGGED[[0, 1, 2]]])
def test_lists_are_taken_apart_wherever_their_memory_begins(array):
    flat = Flat.of(array)
    assert flat.list_offsets().tolist() == [0, 2, 2, 3]
    assert flat.numbers.tolist() == [1.0, 2.0, 3.0]
    assert (flat.n_events(), flat.n_bytes()) == (3, 3 * 8 + 4 * 8)


def test_one_number_an_event_has_no_lists():
    flat = Flat.of(ak.Array(np.arange(4, dtype=np.int32)))
    assert (flat.offsets, flat.numbers.tolist(), flat.n_events(), flat.n_bytes()) == (None, [0, 1, 2, 3], 4, 16)
    with pytest.raises(ShapeError, match="one number an event where a list is expected"):
        flat.list_offsets()


@pytest.mark.parametrize("array", [["a", "b"], [[[1.0]], []], [{"x": 1}], [["a"], []]])
def test_anything_but_numbers_is_refused(array):
    with pytest.raises(ShapeError, match=r"neither a number nor a list of numbers an event, but [12] \* "):
        Flat.of(ak.Array(array))
