"""Progress of a stage: one live line in a terminal, plain lines in a log, percentage and message in luigid."""

import os
import sys
import time
from typing import Any

from tqdm import tqdm

__all__ = ["Progress"]

_LINE_EVERY_S = 10.0  # in a log, where nobody needs more
_MESSAGE_EVERY_S = 1.0  # in luigid
_BAR = "{desc}: {n_fmt} of {total_fmt} branches |{bar:20}|{postfix}"


class Progress:
    """Counts the branches of a stage as they end, and says how far it is.

    Attributes:
        done: Branches that have ended.
        failed: Of these, those that failed.
        events: Events in the branches that are done.
        bytes_read: Bytes that they read from input files.
    """

    def __init__(self, task: Any, total: int) -> None:
        """Start.

        Args:
            task: The stage's task; it tells the scheduler.
            total: Branches to run.
        """
        self.done = self.failed = self.events = self.bytes_read = 0
        self._task, self._total = task, total
        self._started = self._told = self._written = time.monotonic()
        self._first_ended = self._started
        self._live = sys.stdout.isatty()
        self._bar = tqdm(
            total=total,
            desc=task.get_task_family(),
            bar_format=_BAR,
            colour=None if "NO_COLOR" in os.environ else "green",
            file=sys.stdout,
            disable=not self._live,
        )

    def add(self, failed: bool, events: int, bytes_read: int) -> None:
        """Count a branch that has ended.

        Args:
            failed: Whether it failed.
            events: Events that it handled.
            bytes_read: Bytes that it read from input files.
        """
        self.done += 1
        if self.done == 1:
            self._first_ended = time.monotonic()
        self.failed += failed
        self.events += events
        self.bytes_read += bytes_read
        self._bar.set_postfix_str(", ".join([*self._rates(), *self._remaining()]), refresh=False)
        self._bar.update()
        self._task.publish_progress(100 * self.done / self._total)
        self._tell(last=self.done == self._total)

    def close(self) -> None:
        """Leave the live line as it is."""
        self._bar.close()

    def line(self) -> str:
        """Say how far the stage is: branches, events and bytes with their rates, failures, remaining time."""
        head = f"{self._task.get_task_family()}: {self.done} of {self._total} branches"
        return ", ".join([head, *self._rates(), *self._remaining()])

    def _remaining(self) -> list[str]:
        """Estimate the remaining time from the second branch on: the first one compiles and connects."""
        if not 1 < self.done < self._total:
            return []
        seconds = time.monotonic() - self._first_ended
        return [f"{seconds / (self.done - 1) * (self._total - self.done):.0f} s to go"]

    def _rates(self) -> list[str]:
        seconds = max(time.monotonic() - self._started, 1e-3)
        parts = [f"{self.events:,} events ({self.events / seconds:,.0f}/s)"] if self.events else []
        if self.bytes_read:
            parts.append(f"{self.bytes_read / 1e6:,.1f} MB read ({self.bytes_read / 1e6 / seconds:,.1f} MB/s)")
        return parts + ([f"{self.failed} failed"] if self.failed else [])

    def _tell(self, last: bool) -> None:
        now = time.monotonic()
        written = not self._live and (last or now - self._written > _LINE_EVERY_S)
        if written:
            self._written = now
        if written or last or now - self._told > _MESSAGE_EVERY_S:
            self._told = now
            self._task.tell(self.line(), terminal=written)
