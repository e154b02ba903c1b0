"""Requests in flight on several connections: those that somebody waits for, and, within bounds, those of a plan ahead.

Each connection belongs to a thread, which takes a slot of the host first and a request then: no request waits for a
slot that another one holds. What is read ahead is bounded in bytes, and dropped when it was used.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from targets.network.read_plan import Range, Request

__all__ = ["Line", "RequestQueue", "view"]

_IDLE_S = 2.0  # after which an idle connection gives its slot back, though nobody waits for it
_LOOK_S = 0.02  # between two looks at whether somebody waits
_TURN_S = 3.0  # after which a busy connection gives its slot back to others who wait
_ASIDE_S = 0.1  # which is longer than others wait between two looks at the slots
_JOIN_S = 1.0


class Line(Protocol):
    """What a thread reads with: a connection, and how to ask on it."""

    def prepare(self, is_needed: Callable[[], bool]) -> bool:
        """Take a slot, as long as it is needed; tell whether there is one."""

    def read(self, spans: Sequence[Range], store: dict[Range, bytes]) -> None:
        """Read ranges, each of which is stored when it is whole; those stored already are not read again."""

    def is_wanted(self) -> bool:
        """Tell whether others wait for the slot."""

    def close(self) -> None:
        """Close the connection and give the slot back; it can be used again."""

    def interrupt(self) -> None:
        """Break off the request of another thread."""


class _Job:
    """A request and how far it is."""

    def __init__(self, request: Request, ahead: bool) -> None:
        self.request, self.ahead = request, ahead  # ahead: counted among the bytes that are read ahead
        self.store: dict[Range, bytes] = {}
        self.unused = set(request.needed)
        self.state = "new"  # then queued, running, done
        self.error: BaseException | None = None


class RequestQueue:
    """Requests for the ranges of one file, and the threads that make them."""

    def __init__(self, make_line: Callable[[], Line], connections: int) -> None:
        """Make a queue; no thread runs before there is a request.

        Args:
            make_line: Makes what a thread reads with.
            connections: Threads at most, at least 1.
        """
        self._make_line, self._connections = make_line, max(connections, 1)
        self._changed = threading.Condition()
        self._urgent: deque[_Job] = deque()
        self._planned: deque[_Job] = deque()
        self._jobs: dict[Range, tuple[_Job, Range]] = {}  # of a planned basket: its request, and the span that has it
        self._ahead_bytes, self._budget = 0, 0
        self._threads: dict[threading.Thread, Line] = {}
        self._busy = 0
        self._closed = False

    def follow(self, requests: Iterable[Request], budget: int) -> None:
        """Begin to read ahead; what was planned before is forgotten.

        Args:
            requests: What is needed, in the order in which it is.
            budget: Bytes that may be read, and not asked for yet, at any time.
        """
        with self._changed:
            self._budget, self._ahead_bytes = budget, 0
            self._planned.clear()
            self._jobs.clear()
            for request in requests:
                job = _Job(request, ahead=False)
                self._planned.append(job)
                self._jobs |= {needed: (job, span) for needed, span in request.places()}
            self._staff()

    def is_planned(self, needed: Range) -> bool:
        """Tell whether a range is part of the plan, and was not asked for yet."""
        return needed in self._jobs

    def take(self, ranges: Sequence[Range]) -> dict[Range, memoryview]:
        """Wait for ranges of the plan, each of which can be had once.

        Args:
            ranges: For each of which `is_planned` holds.

        Returns:
            Their bytes.

        Raises:
            UnreadableFileError: When they cannot be read, as all that the line raises.
        """
        places = {needed: self._jobs[needed] for needed in ranges}
        self._finish(list(dict.fromkeys(job for job, _ in places.values())))
        taken = {}
        with self._changed:
            for needed, (job, span) in places.items():
                taken[needed] = view(job.store[span], span, needed)
                del self._jobs[needed]
                job.unused.discard(needed)
            for job in {job for job, _ in places.values() if not job.unused}:
                job.store = {}
        return taken

    def read(self, requests: Iterable[Request]) -> dict[Range, bytes]:
        """Make requests at once, before any that are planned.

        Args:
            requests: The requests.

        Returns:
            The bytes of their spans.

        Raises:
            UnreadableFileError: As `take`.
        """
        jobs = [_Job(request, ahead=False) for request in requests]
        self._finish(jobs)
        return {span: data for job in jobs for span, data in job.store.items()}

    def close(self) -> None:
        """Break off what is in flight, and end all threads."""
        with self._changed:
            self._closed = True
            self._planned.clear()
            self._jobs.clear()
            threads = dict(self._threads)
            self._changed.notify_all()
        for line in threads.values():
            line.interrupt()
        for thread in threads:
            thread.join(_JOIN_S)

    def _finish(self, jobs: Sequence[_Job]) -> None:
        """Let jobs go before all that is planned, and wait until they are done."""
        with self._changed:
            for job in jobs:
                if job.ahead:
                    self._ahead_bytes -= job.request.n_bytes()
                    job.ahead = False
                if job.state == "new":
                    job.state, job.error = "queued", None
                    self._urgent.append(job)
            self._staff()
            try:
                self._changed.wait_for(lambda: self._closed or any(job.error for job in jobs) or _are_done(jobs))
                if error := next((job.error for job in jobs if job.error), None):
                    raise error
            finally:
                for job in jobs:
                    if job.state == "queued":
                        job.state = "new"
                self._urgent = deque(job for job in self._urgent if job.state == "queued")
        if not _are_done(jobs):
            msg = "the file was closed while it was read"
            raise OSError(msg)

    def _next(self) -> _Job | None:
        """Return the next job that may be made now; to be called with the lock."""
        if self._closed:
            return None
        if self._urgent:
            return self._urgent[0]
        while self._planned and self._planned[0].state != "new":
            self._planned.popleft()
        if not self._planned:
            return None
        fits = not self._ahead_bytes or self._ahead_bytes + self._planned[0].request.n_bytes() <= self._budget
        return self._planned[0] if fits else None

    def _start_next(self) -> _Job | None:
        with self._changed:
            job = self._next()
            if job is None:
                return None
            if job.state == "new":
                job.ahead = True
                self._ahead_bytes += job.request.n_bytes()
                self._planned.popleft()
            else:
                self._urgent.popleft()
            job.state = "running"
            self._busy += 1
            return job

    def _is_needed(self) -> bool:
        """Tell whether there is work that nobody has taken."""
        with self._changed:
            return self._next() is not None

    def _staff(self) -> None:
        """Start threads, as many as there is work for; to be called with the lock."""
        wanted = min(self._connections, self._busy + len(self._urgent) + len(self._planned))
        while len(self._threads) < wanted and not self._closed:
            line = self._make_line()
            thread = threading.Thread(target=self._work, args=(line,), daemon=True)
            self._threads[thread] = line
            thread.start()
        self._changed.notify_all()

    def _work(self, line: Line) -> None:
        """Make requests on a connection until there are none for a while."""
        began = time.monotonic()
        try:
            while True:
                if line.prepare(self._is_needed) and (job := self._start_next()):
                    self._do(job, line)
                elif not self._rests(line):
                    return
                if time.monotonic() - began > _TURN_S and line.is_wanted():
                    line.close()
                    time.sleep(_ASIDE_S)
                    began = time.monotonic()
        except BaseException as error:  # this machine is in the way: raised where bytes are waited for
            self._fail(error)
        finally:
            with self._changed:
                self._threads.pop(threading.current_thread(), None)
            line.close()

    def _rests(self, line: Line) -> bool:
        """Wait for work with an open connection; tell whether there is some, and end the thread otherwise."""
        end = time.monotonic() + _IDLE_S
        while not self._is_needed():
            with self._changed:
                self._changed.wait(_LOOK_S)
                is_over = self._closed or time.monotonic() > end
            if is_over or line.is_wanted():
                with self._changed:
                    if self._closed or not self._is_needed():
                        self._threads.pop(threading.current_thread(), None)
                        return False
        return True

    def _do(self, job: _Job, line: Line) -> None:
        error: BaseException | None = None
        try:
            line.read(job.request.spans, job.store)
        except BaseException as caught:  # it is raised where the bytes are waited for
            error = caught
        with self._changed:
            self._busy -= 1
            job.state, job.error = ("new", error) if error else ("done", None)
            if error:
                self._planned.clear()  # what is needed of it is asked for again
            self._changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            while self._urgent:
                job = self._urgent.popleft()
                job.state, job.error = "new", error
            self._planned.clear()
            self._changed.notify_all()


def view(data: bytes, span: Range, needed: Range) -> memoryview:
    """Return the part of a span's bytes that a range within it has; shorter where the bytes end before."""
    return memoryview(data)[needed[0] - span[0] : needed[1] - span[0]]


def _are_done(jobs: Sequence[_Job]) -> bool:
    return all(job.state == "done" for job in jobs)
