"""The time between two polls grows up to what the user allows."""

from types import SimpleNamespace

import pytest

from submit.jobs.intervals import PollIntervals, count_polls


def test_it_begins_with_seconds_and_grows_to_the_longest():
    task = SimpleNamespace(poll_interval=1.0)
    intervals = PollIntervals(task)
    seconds = []
    for _ in range(8):
        seconds.append(task.poll_interval * 60)
        intervals.grow()
    assert seconds == pytest.approx([5, 7.5, 11.25, 16.875, 25.3125, 37.96875, 56.953125, 60])
    intervals.end()
    assert task.poll_interval == 1.0


def test_a_shorter_interval_stays_as_it_is():
    task = SimpleNamespace(poll_interval=0.01)
    PollIntervals(task).grow()
    assert task.poll_interval == 0.01


def test_what_is_set_meanwhile_is_the_longest_from_then_on():
    task = SimpleNamespace(poll_interval=10.0)
    intervals = PollIntervals(task)
    task.poll_interval = 0.1
    intervals.grow()
    intervals.end()
    assert task.poll_interval == 0.1


@pytest.mark.parametrize(("longest_min", "polls"), [(1, 15), (10, 11), (1 / 60, 600), (0.1 / 60, 6000)])
def test_polls_of_ten_minutes(longest_min, polls):
    assert count_polls(longest_min, 600) in (polls, polls + 1)  # rounding of the sum
