"""Which events lie in good luminosity blocks, and how much luminosity that is."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.run_lists import RunList, block_keys
from physics.errors import EventLevelError
from physics.events.good_runs import Blocks, LuminosityTable, good_events, luminosity
from tests.oracle.event_level import good_block


def made(name, rows, span=None, luminosity_pb=None):
    columns = {"experiment": "CMS", "source": "s", "sha256": "0" * 64, "luminosity_pb": luminosity_pb}
    return RunList.made_of(rows, span=span, name=name, **columns)


FIRST = made("first", [(10, 5, 9), (12, 1, 3)], (8, 12), 80.0)  # 8 blocks
SECOND = made("second", [(20, 1, 4)], None, 40.0)
ORACLE = [((8, 12), {10: [(5, 9)], 12: [(1, 3)]}), ((20, 20), {20: [(1, 4)]})]

events = st.lists(st.tuples(st.sampled_from([8, 9, 10, 11, 12, 20]), st.integers(0, 11)), max_size=30)


@given(events, st.sampled_from([np.int32, np.uint32, np.int64]))
def test_events_pass_as_the_oracle_says(rows, dtype):
    runs, blocks = np.array([*rows, (8, 0)], dtype=dtype).T
    good = good_events(runs[:-1], blocks[:-1], [FIRST, SECOND])
    assert good.tolist() == [good_block(run, block, ORACLE) for run, block in rows]


def test_a_run_that_no_list_covers_is_an_error():
    with pytest.raises(
        EventLevelError, match=r"no list covers run 13: --good-runs FILE or none .*in use: first 8-12, sec"
    ):
        good_events(np.array([10, 13, 13]), np.array([5, 5, 5]), [FIRST, SECOND])
    runs = np.arange(30, 40)
    with pytest.raises(EventLevelError, match=r"no list covers run 30 \(nor 31, 32, 33, 34, \.\.\.; 10 runs in all\)"):
        good_events(runs, runs, [FIRST])


@pytest.mark.parametrize(
    ("run", "block", "message"), [(-1, 1, "-1 is not the number of a run"), (10, -3, "-3 is not the")]
)
def test_numbers_that_are_none_of_a_run_or_block_are_refused(run, block, message):
    with pytest.raises(EventLevelError, match=message):
        good_events(np.array([10, run]), np.array([5, block]), [FIRST])


def test_no_event_needs_no_list():
    assert good_events(np.array([], dtype=np.int64), np.array([], dtype=np.int64), []).tolist() == []


@given(events, st.integers(0, 30))
def test_blocks_unite_over_chunks_and_survive_json(rows, cut):
    runs, blocks = np.array([*rows, (8, 0)]).T
    good = good_events(runs, blocks, [FIRST, SECOND])
    whole = Blocks.of_events(runs, blocks, good)
    parts = Blocks.of_events(runs[:cut], blocks[:cut], good[:cut]).add(
        Blocks.of_events(runs[cut:], blocks[cut:], good[cut:])
    )
    seen = {(run, block) for run, block in [*rows, (8, 0)]}
    assert len(whole.seen) == len(seen)
    assert len(whole.good) == sum(bool(good_block(run, block, ORACLE)) for run, block in seen)
    for other in (parts, Blocks.from_dict(json.loads(json.dumps(whole.as_dict()))), whole.add(Blocks())):
        assert np.array_equal(other.seen, whole.seen)
        assert np.array_equal(other.good, whole.good)


def test_blocks_are_written_as_ranges():
    runs, blocks = np.array([10, 10, 10, 10, 12]), np.array([7, 5, 6, 20, 1])
    document = Blocks.of_events(runs, blocks, np.array([True, True, False, False, True])).as_dict()
    assert document["seen"] == {"10": [[5, 7], [20, 20]], "12": [[1, 1]]}
    assert document["good"] == {"10": [[5, 5], [7, 7]], "12": [[1, 1]]}


def test_the_estimate_is_the_list_s_luminosity_times_good_over_listed_blocks():
    runs, blocks = np.array([10, 10, 10, 11]), np.array([5, 6, 99, 5])
    seen = Blocks.of_events(runs, blocks, good_events(runs, blocks, [FIRST, SECOND]))
    numbers = luminosity(seen, [FIRST, SECOND])
    assert (numbers.blocks_seen, numbers.blocks_good, numbers.blocks_in_list) == (4, 2, 8)  # of the list with runs seen
    assert numbers.estimate_pb == 80.0 * 2 / 8
    both = seen.add(Blocks.of_events(np.array([20]), np.array([1]), np.array([True])))
    assert luminosity(both, [FIRST, SECOND]).estimate_pb == 80.0 * 2 / 8 + 40.0 / 4
    assert luminosity(both, [FIRST, SECOND]).blocks_in_list == 12


def test_without_a_luminosity_there_is_no_estimate():
    blocks = Blocks.of_events(np.array([1]), np.array([1]), np.array([True]))
    assert luminosity(blocks, [made("mine", [(1, 1, 1)])]).estimate_pb is None
    assert luminosity(Blocks(), [FIRST]).estimate_pb is None


def test_a_table_by_block_gives_the_exact_sum():
    runs, blocks = np.array([10, 10, 10]), np.array([5, 6, 7])
    seen = Blocks.of_events(runs, blocks, np.array([True, True, False]))
    table = LuminosityTable(block_keys(np.array([10, 10]), np.array([5, 7])), np.array([0.25, 8.0]))
    numbers = luminosity(seen, [FIRST], table)
    assert (numbers.exact_pb, numbers.blocks_without_luminosity) == (0.25, 1)
