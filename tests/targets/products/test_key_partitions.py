"""Records on disk, in parts."""

import numpy as np
import pytest

from targets.products.key_partitions import MAX_PARTS, open_partitions

DTYPE = np.dtype([("a", "<i8"), ("b", "<u4")])


def test_each_record_comes_back_in_its_part(tmp_path):
    rows = np.array([(number, number % 7) for number in range(1000)], dtype=DTYPE)
    with open_partitions(tmp_path, 3, DTYPE) as partitions:
        for start in range(0, 1000, 300):
            chunk = rows[start : start + 300]
            partitions.add(chunk, chunk["a"] % 3)
        for _ in range(2):  # as often as one likes
            parts = [part.tolist() for part in partitions]
            assert parts == [rows[rows["a"] % 3 == number].tolist() for number in range(3)]
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_parts_vanish_when_the_work_fails(tmp_path):
    with pytest.raises(IndexError), open_partitions(tmp_path, 2, DTYPE) as partitions:
        partitions.add(np.zeros(1, dtype=DTYPE), np.zeros(5, dtype=np.int64))
    assert list(tmp_path.iterdir()) == []


def test_parts_can_be_empty(tmp_path):
    with open_partitions(tmp_path, 2, DTYPE) as partitions:
        partitions.add(np.zeros(0, dtype=DTYPE), np.zeros(0, dtype=np.int64))
        assert [len(part) for part in partitions] == [0, 0]


@pytest.mark.parametrize("n_parts", [0, MAX_PARTS + 1])
def test_there_are_only_so_many_parts(tmp_path, n_parts):
    with (
        pytest.raises(ValueError, match=f"{n_parts} parts: from 1 to {MAX_PARTS} are possible"),
        open_partitions(tmp_path, n_parts, DTYPE),
    ):
        pass
