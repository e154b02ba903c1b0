"""Requests in flight: what is waited for comes first, what is ahead is bounded, and nobody waits for ever."""

import threading
import time
from itertools import count

import pytest

from targets.network.read_plan import Request
from targets.network.streaming import request_queue
from targets.network.streaming.request_queue import RequestQueue
from tests.support import faults


def request(start, n_bytes=10):
    span = (start, start + n_bytes)
    return Request((span,), (span,))


class Lines:
    """Lines that note what they read, as soon as they may."""

    def __init__(self):
        self.may_read = threading.Event()
        self.may_read.set()
        self.read_spans, self.open, self.made, self.wanted = [], 0, count(), False
        self.error = None

    def make(self):
        next(self.made)
        return Line(self)


class Line:
    def __init__(self, lines):
        self.lines, self.has_slot = lines, False

    def prepare(self, is_needed):
        if not self.has_slot and is_needed():
            self.has_slot = True
            self.lines.open += 1
        return self.has_slot

    def read(self, spans, store):
        for span in spans:
            self.lines.may_read.wait(30)
            self.lines.read_spans.append(span)
            if self.lines.error:
                raise self.lines.error
            store[span] = bytes(range(span[0] % 100, span[0] % 100 + span[1] - span[0]))

    def is_wanted(self):
        if isinstance(self.lines.wanted, Exception):
            raise self.lines.wanted
        return self.lines.wanted

    def close(self):
        self.lines.open -= self.has_slot
        self.has_slot = False

    def interrupt(self):
        self.lines.may_read.set()


@pytest.fixture
def lines():
    return Lines()


@pytest.fixture
def make(lines):
    queues = []

    def make(connections=1):
        queues.append(RequestQueue(lines.make, connections))
        return queues[-1]

    yield make
    for each in queues:
        each.close()
        assert not each._threads


def test_what_is_planned_is_read_before_it_is_asked_for_and_given_once(make, lines):
    queue = make()
    queue.follow([request(0), request(20)], budget=100)
    assert faults.settles(lambda: len(lines.read_spans) == 2)
    assert queue.is_planned((0, 10))
    assert not queue.is_planned((0, 9))
    assert {span: bytes(data) for span, data in queue.take([(20, 30), (0, 10)]).items()} == {
        (0, 10): bytes(range(10)),
        (20, 30): bytes(range(20, 30)),
    }
    assert not queue.is_planned((0, 10))
    assert len(lines.read_spans) == 2


def test_no_more_is_read_ahead_than_the_budget(make, lines):
    queue = make(connections=4)
    queue.follow([request(10 * n) for n in range(20)], budget=50)
    assert faults.settles(lambda: len(lines.read_spans) == 5)
    time.sleep(0.1)
    assert len(lines.read_spans) == 5
    queue.take([(0, 10), (10, 20)])
    assert faults.settles(lambda: len(lines.read_spans) == 7)


def test_a_request_longer_than_the_budget_is_read_alone(make, lines):
    queue = make(connections=4)
    queue.follow([request(100 * n, 90) for n in range(3)], budget=50)
    for n in range(3):
        assert faults.settles(lambda n=n: len(lines.read_spans) == n + 1)
        queue.take([(100 * n, 100 * n + 90)])


def test_who_asks_for_more_than_the_budget_gets_it(make):
    queue = make(connections=2)
    queue.follow([request(10 * n) for n in range(20)], budget=20)
    assert len(queue.take([(10 * n, 10 * n + 10) for n in range(20)])) == 20


def test_what_is_waited_for_goes_before_what_is_ahead(make, lines):
    queue = make()
    lines.may_read.clear()
    queue.follow([request(10 * n) for n in range(9)], budget=1000)
    assert faults.settles(lambda: queue._busy == 1)  # with the first of the plan: else the other would be the first
    reader = threading.Thread(target=lambda: queue.read([request(1000)]))
    reader.start()
    assert faults.settles(lambda: len(queue._urgent) == 1)
    lines.may_read.set()
    reader.join()
    assert lines.read_spans.index((1000, 1010)) == 1


def test_an_error_is_raised_where_the_bytes_are_waited_for_and_another_attempt_may_succeed(make, lines):
    queue = make()
    lines.error = OSError("broken")
    queue.follow([request(0), request(10)], budget=100)
    with pytest.raises(OSError, match="broken"):
        queue.take([(0, 10), (10, 20)])
    with pytest.raises(OSError, match="broken"):
        queue.read([request(50)])
    lines.error = None
    assert bytes(queue.take([(10, 20)])[10, 20]) == bytes(range(10, 20))


def test_what_ends_an_idle_thread_leaves_no_trace_and_another_goes_on(make, lines):
    queue = make()
    queue.read([request(0)])
    lines.wanted = OSError("no folder for slots")
    assert faults.settles(lambda: lines.open == 0)  # a traceback of the thread would fail the test
    lines.wanted = False
    assert queue.read([request(10)])[10, 20] == bytes(range(10, 20))


def test_an_idle_connection_gives_its_slot_back_when_others_wait(make, lines):
    queue = make()
    queue.read([request(0)])
    assert lines.open == 1
    lines.wanted = True
    assert faults.settles(lambda: lines.open == 0)


def test_an_idle_connection_gives_its_slot_back_after_a_while(make, lines, monkeypatch):
    monkeypatch.setattr(request_queue, "_IDLE_S", 0.05)
    queue = make()
    queue.read([request(0)])
    assert faults.settles(lambda: lines.open == 0 and not queue._threads)
    assert queue.read([request(10)]) == {(10, 20): bytes(range(10, 20))}


def test_a_busy_connection_gives_its_slot_back_in_turns_when_others_wait(make, lines, monkeypatch):
    monkeypatch.setattr(request_queue, "_TURN_S", -1)
    monkeypatch.setattr(request_queue, "_ASIDE_S", 0.01)
    lines.wanted, closed = True, []
    monkeypatch.setattr(Line, "close", lambda line: (closed.append(line.has_slot), setattr(line, "has_slot", False)))
    make().read([request(10 * n) for n in range(3)])
    assert closed.count(True) >= 2


def test_a_machine_that_is_in_the_way_is_an_error(make, lines, monkeypatch):
    def refuse(line, is_needed):
        msg = "no folder"
        raise PermissionError(msg)

    monkeypatch.setattr(Line, "prepare", refuse)
    with pytest.raises(PermissionError, match="no folder"):
        make().read([request(0)])


def test_a_closed_queue_ends_who_waits(make, lines):
    queue = make()
    lines.may_read.clear()
    threading.Timer(0.05, queue.close).start()
    with pytest.raises(OSError, match="the file was closed while it was read"):
        queue.read([request(0), request(10), request(20)])
