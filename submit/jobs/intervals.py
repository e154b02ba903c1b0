"""The time between two polls: short at first, for small runs, and growing to the longest that the user allows."""

from typing import Any

__all__ = ["PollIntervals", "count_polls"]

_FIRST_MIN = 5 / 60
_GROWTH = 1.5


class PollIntervals:
    """Sets the poll interval of a workflow, which law reads before each poll.

    Attributes:
        longest: What the user allows, in minutes.
    """

    def __init__(self, task: Any) -> None:
        """Begin with the shortest interval.

        Args:
            task: The workflow's task.
        """
        self._task = task
        self.longest: float = task.poll_interval
        self._set(min(_FIRST_MIN, self.longest))

    def grow(self) -> None:
        """Lengthen the interval; one that was set from outside meanwhile, as in luigid, is the longest from now on."""
        if self._task.poll_interval != self._current:
            self.longest = self._task.poll_interval
        self._set(min(self._current * _GROWTH, self.longest))

    def end(self) -> None:
        """Give the task its own interval back."""
        self._task.poll_interval = self.longest

    def _set(self, minutes: float) -> None:
        self._current = self._task.poll_interval = minutes


def count_polls(longest_min: float, duration_s: float) -> int:
    """Count the polls that a time takes at least, when the intervals grow from the shortest.

    Args:
        longest_min: Longest interval in minutes, above 0.
        duration_s: The time in seconds.

    Returns:
        The number of intervals whose sum is the first to reach the time.
    """
    polls, total_min, interval_min = 0, 0.0, min(_FIRST_MIN, longest_min)
    while total_min * 60 < duration_s:
        polls, total_min = polls + 1, total_min + interval_min
        interval_min = min(interval_min * _GROWTH, longest_min)
    return polls
