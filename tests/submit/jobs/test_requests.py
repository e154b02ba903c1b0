"""What jobs request: the maximum over stages, and amounts of memory and times."""

import pytest

from submit.jobs.requests import JobRequest, count_bytes, format_time, maximum, parse_memory


def test_the_maximum_is_taken_of_each_resource_alone():
    requests = [JobRequest(1, "900mb", 8.0), JobRequest(4, "1gb", None), JobRequest(2, None, 0.5)]
    assert maximum(requests) == JobRequest(4, "1gb", 8.0)
    assert maximum([JobRequest()]) == JobRequest(1, None, None)


def test_a_time_in_hours_is_known_in_seconds():
    assert JobRequest(walltime_h=1.5).walltime_s == 5400
    assert JobRequest().walltime_s is None


@pytest.mark.parametrize(
    ("text", "amount", "size"),
    [("2GB", (2, "g"), 2 * 1024**3), (" 5 mb", (5, "m"), 5 * 1024**2), ("7b", (7, "b"), 7), ("1t", (1, "t"), 1024**4)],
)
def test_amounts_of_memory(text, amount, size):
    assert parse_memory(text) == amount
    assert count_bytes(text) == size


@pytest.mark.parametrize("text", ["2", "2.5gb", "0gb", "lots"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=f"'{text}' is no amount of memory: write a whole number and b, kb"):
        parse_memory(text)


@pytest.mark.parametrize(("seconds", "text"), [(5404.2, "01:30:05"), (1, "00:00:01"), (360_000, "100:00:00")])
def test_times(seconds, text):
    assert format_time(seconds) == text
