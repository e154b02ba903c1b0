"""Progress of a stage: one live line in a terminal, plain lines in a log, percentage and message in luigid."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from luigi.rpc import RPCError
from tqdm import tqdm

__all__ = ["Part", "Progress", "listener", "reporting", "send_through"]

_LINE_EVERY_S = 10.0  # in a log, where nobody needs more
_MESSAGE_EVERY_S = 1.0  # in luigid
_BAR = "{desc} |{bar:20}|{postfix}"


class Part(NamedTuple):
    """How far a branch is that counts its parts.

    Attributes:
        branch: Its number.
        done: Parts that are done.
        total: All its parts.
        unit: What they are, in the plural: ``figures``.
    """

    branch: int
    done: int
    total: int
    unit: str


class Progress:
    """Counts the branches of a stage as they end, and what they say of their parts, and says how far the stage is.

    Attributes:
        done: Branches that have ended.
        failed: Of these, those that failed.
        events: Events in the branches that are done.
        bytes_read: Bytes that they read from input files.
    """

    def __init__(self, task: Any, total: int, name: str = "") -> None:
        """Start.

        Args:
            task: The stage's task; it tells the scheduler.
            total: Branches to run.
            name: What is being made, where that is more than this stage.
        """
        self._name = name or task.get_task_family()
        self.done = self.failed = self.events = self.bytes_read = 0
        self._task, self._total = task, total
        self._parts: dict[int, Part] = {}  # what each branch said last
        self._ended: set[int] = set()
        self._started = self._told = self._written = time.monotonic()
        self._first = self._started, 0.0  # when the first branch or part had ended, and the share that it was
        self._lock = threading.Lock()  # workers are heard in a thread
        self._live = sys.stdout.isatty()
        self._bar = tqdm(
            desc=self._head(),
            total=1.0,
            miniters=0,
            bar_format=_BAR,
            colour=None if "NO_COLOR" in os.environ else "green",
            file=sys.stdout,
            disable=not self._live,
        )

    def add(self, branch: int, failed: bool, events: int, bytes_read: int) -> None:
        """Count a branch that has ended.

        Args:
            branch: Its number.
            failed: Whether it failed.
            events: Events that it handled.
            bytes_read: Bytes that it read from input files.
        """
        with self._lock:
            self.done += 1
            self.failed += failed
            self.events += events
            self.bytes_read += bytes_read
            self._ended.add(branch)
            self._show()

    def follow(self, part: Part) -> None:
        """Count the parts of a branch that runs; what a branch said before it ended may come after its end.

        Args:
            part: How far it is.
        """
        with self._lock:
            if part.branch not in self._ended:
                self._parts[part.branch] = part
                self._show()

    @contextmanager
    def listening(self) -> Iterator[Connection]:
        """Follow what branches in other processes say, for as long as the block lasts.

        Yields:
            Where workers send it to: small messages, which a pipe takes whole without a lock.
        """
        receiver, sender = Pipe(duplex=False)

        def follow() -> None:
            while part := receiver.recv():
                with suppress(RPCError):  # the stage will hear of it when its next branch ends; workers must not wait
                    self.follow(part)

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield sender
        finally:
            sender.send(None)
            thread.join()
            sender.close()
            receiver.close()

    def close(self) -> None:
        """Leave the live line as it is."""
        self._bar.close()

    def line(self) -> str:
        """Say how far the stage is: branches, parts, events and bytes with their rates, failures, remaining time."""
        return ", ".join([self._head(), *self._details()])

    def _head(self) -> str:
        return f"{self._name}: {self.done} of {self._total} branches"

    def _details(self) -> list[str]:
        return [*self._counted_parts(), *self._rates(), *self._remaining()]

    def _counted_parts(self) -> list[str]:
        parts = self._parts.values()
        counts = [(part.total if part.branch in self._ended else part.done, part.total, part.unit) for part in parts]
        if not counts:
            return []
        return [f"{sum(done for done, _, _ in counts):,} of {sum(total for _, total, _ in counts):,} {counts[0][2]}"]

    def _share(self) -> float:
        """Return how much of the stage is done, between 0 and 1: parts count where branches have not ended."""
        running = [part for part in self._parts.values() if part.branch not in self._ended]
        return (self.done + sum(part.done / part.total for part in running if part.total)) / self._total

    def _remaining(self) -> list[str]:
        """Estimate the remaining time from the second branch or part on: the first one compiles and connects."""
        share, (since, before) = self._share(), self._first
        if not before < share < 1.0 or not before:
            return []
        return [f"{(time.monotonic() - since) / (share - before) * (1.0 - share):.0f} s to go"]

    def _rates(self) -> list[str]:
        seconds = max(time.monotonic() - self._started, 1e-3)
        parts = [f"{self.events:,} events ({self.events / seconds:,.0f}/s)"] if self.events else []
        if self.bytes_read:
            parts.append(f"{self.bytes_read / 1e6:,.1f} MB read ({self.bytes_read / 1e6 / seconds:,.1f} MB/s)")
        return parts + ([f"{self.failed} failed"] if self.failed else [])

    def _show(self) -> None:
        """Tell the terminal, the log and luigid how far the stage is."""
        share = self._share()
        if share and not self._first[1]:
            self._first = time.monotonic(), share
        self._bar.set_description_str(self._head(), refresh=False)
        self._bar.set_postfix_str(", ".join(self._details()), refresh=False)
        self._bar.update(share - self._bar.n)
        self._task.publish_progress(100 * share)
        self._tell(last=self.done == self._total)

    def _tell(self, last: bool) -> None:
        now = time.monotonic()
        written = not self._live and (last or now - self._written > _LINE_EVERY_S)
        if written:
            self._written = now
        if written or last or now - self._told > _MESSAGE_EVERY_S:
            self._told = now
            self._task.tell(self.line(), terminal=written)


_listeners: list[Callable[[Part], None]] = []
"""Who is told of the parts of the branch that this process runs: the stage's progress, or what leads to it."""


@contextmanager
def reporting(listener: Callable[[Part], None]) -> Iterator[None]:
    """Let branches that run in this process report their parts, for as long as the block lasts.

    Args:
        listener: Is told of them.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def send_through(connection: Connection) -> None:
    """Let branches that run in this process, a worker, report their parts to the process that runs the stage.

    Args:
        connection: What :meth:`Progress.listening` yielded there.
    """

    def send(part: Part) -> None:
        with suppress(OSError):  # the run has been killed
            connection.send(part)

    _listeners.append(send)


def listener(task: Any) -> Callable[[Part], None]:
    """Return who is told of the parts of a branch.

    Args:
        task: The task of the branch.

    Returns:
        The progress of its stage; of a branch that runs alone, as in a job, its own.
    """
    return _listeners[-1] if _listeners else Progress(task, 1).follow
