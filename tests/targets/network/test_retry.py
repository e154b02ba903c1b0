"""Patience: what counts as progress, how long is waited, and when a file is given up."""

import pytest

from targets.errors import UnreadableFileError
from targets.network import retry as retry_module
from targets.network.retry import RefusedError, RetryPolicy, TransientError, Version, check_size, retry

URI = "https://h/x.root"
PLAIN = Version("a", "Monday", 10)


@pytest.fixture
def waits(monkeypatch):
    """Collect how long would be waited, and wait not at all."""
    waited = []
    monkeypatch.setattr(retry_module.time, "sleep", waited.append)
    return waited


def failing(times, error=None):
    """Return an attempt that fails so many times, then returns how often it was tried."""
    tried = []

    def attempt():
        tried.append(1)
        if len(tried) <= times:
            raise error or TransientError("no")
        return len(tried)

    return attempt


def test_what_fails_now_and_then_goes_well_in_the_end(waits):
    assert retry(URI, RetryPolicy(attempts=5), failing(4), lambda: 0) == 5
    assert len(waits) == 4


def test_what_always_fails_is_given_up(waits):
    with pytest.raises(
        UnreadableFileError, match=r"^https://h/x.root: no; given up after 3 attempts without any progr"
    ):
        retry(URI, RetryPolicy(attempts=3), failing(10**9), lambda: 0)
    assert len(waits) == 2, "nobody waits after the last attempt"


def test_one_attempt_is_one_attempt(waits):
    with pytest.raises(UnreadableFileError, match="given up after one attempt: check the network and try again later"):
        retry(URI, RetryPolicy(attempts=1), failing(1), lambda: 0)
    assert waits == []


def test_progress_restores_patience(waits):
    steps = iter(range(100))
    assert retry(URI, RetryPolicy(attempts=2), failing(20), lambda: next(steps)) == 21


def test_falling_back_and_catching_up_is_no_progress(waits):
    """A server without ranges makes a download start anew each time: that must not go on for ever."""
    steps = iter([0, 5, 5, 0, 0, 5, 5, 5, 5])
    with pytest.raises(UnreadableFileError, match="given up after 3"):
        retry(URI, RetryPolicy(attempts=3), failing(10**9), lambda: next(steps))


def test_what_does_not_pass_is_not_tried_again(waits):
    with pytest.raises(RefusedError, match="gone"):
        retry(URI, RetryPolicy(), failing(1, RefusedError("gone")), lambda: 0)
    assert waits == []


def test_waits_double_with_jitter_up_to_the_longest():
    patient = RetryPolicy(backoff_s=1, longest_wait_s=20)
    for failures, middle in ((1, 1), (2, 2), (3, 4), (4, 8)):
        drawn = [patient.pause(failures, None) for _ in range(200)]
        assert 0.5 * middle <= min(drawn) < max(drawn) <= 1.5 * middle
    assert patient.pause(10**6, None) == 20


@pytest.mark.parametrize(("asked", "waited"), [(10, 10), (0, None), (10**9, 20), (-5, None)])
def test_what_a_server_asks_for_is_waited_up_to_the_longest(asked, waited):
    pause = RetryPolicy(backoff_s=0.001, longest_wait_s=20).pause(1, asked)
    assert pause == waited if waited else pause <= 0.0015


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (PLAIN, False),
        (Version("b", "Monday", 10), True),
        (Version("a", "Monday", 11), True),
        (Version("a", "Tuesday", 10), False),  # the ETag decides
        (Version(None, "Tuesday", 10), True),
        (Version(None, "Monday", 10), False),
        (Version(None, None, None), False),  # nothing is said, so nothing can be told
        (Version("W/a", None, None), False),
        (Version("W/b", None, 10), True),
    ],
)
def test_versions(other, differs):
    assert PLAIN.differs(other) == other.differs(PLAIN) == differs


@pytest.mark.parametrize(("expected", "found"), [(None, None), (None, 5), (5, None), (5, 5), (0, 0)])
def test_sizes_that_agree(expected, found):
    check_size(URI, expected, found)


@pytest.mark.parametrize(("expected", "found"), [(5, 6), (5, 0), (0, 5)])
def test_sizes_that_disagree(expected, found):
    with pytest.raises(
        UnreadableFileError, match=rf"file has {found} bytes, its catalogue says {expected}: .*--refresh"
    ):
        check_size(URI, expected, found)
