"""Lists of good runs: ranges, spans and counts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edm.run_lists import RunList

ranges = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 20), st.integers(0, 6)).map(lambda r: (r[0], r[1], r[1] + r[2])),
    min_size=1,
    max_size=12,
)


def made(rows, **columns):
    return RunList.made_of(rows, name="n", experiment="CMS", source="s", sha256="0" * 64, **columns)


@given(ranges)
def test_good_blocks_are_those_in_a_range(rows):
    good = {(run, block) for run, first, last in rows for block in range(first, last + 1)}
    runs, blocks = (grid.ravel() for grid in np.meshgrid(np.arange(7), np.arange(30)))
    run_list = made(rows)
    expected = [(run, block) in good for run, block in zip(runs.tolist(), blocks.tolist(), strict=True)]
    assert run_list.good(runs.astype(np.uint32), blocks.astype(np.uint32)).tolist() == expected
    assert run_list.n_blocks == len(good)
    assert run_list.runs.tolist() == sorted({run for run, _ in good})


def test_the_span_is_from_the_first_to_the_last_listed_run_unless_it_is_given():
    rows = [(7, 1, 2), (3, 1, 1)]
    assert made(rows).span == (3, 7)
    assert made(rows, span=(1, 9)).covers(np.array([0, 1, 9, 10])).tolist() == [False, True, True, False]


def test_ranges_that_touch_stay_apart():
    assert made([(1, 5, 6), (1, 1, 4), (1, 6, 9)]).ranges.tolist() == [[1, 1, 4], [1, 5, 9]]


def test_the_largest_numbers_fit():
    run_list = made([(2**31 - 1, 2**32 - 1, 2**32 - 1)])
    assert run_list.good(np.array([2**31 - 1]), np.array([2**32 - 1], dtype=np.uint32)).tolist() == [True]
