"""Progress: what a terminal, a log and luigid are told while a stage runs."""

import pytest

from tasks.framework import progress
from tasks.framework.progress import Progress


class Listener:
    """Stands for a stage's task."""

    def __init__(self):
        self.percentages, self.told = [], []

    def get_task_family(self):
        return "ParseFile"

    def publish_progress(self, percentage):
        self.percentages.append(percentage)

    def tell(self, text, terminal=True):
        self.told.append((text, terminal))


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_rates_failures_and_the_rest_are_told(clock):
    listener = Listener()
    stage = Progress(listener, 4)
    clock[0] = 20.0
    stage.add(failed=False, events=1000, bytes_read=3_000_000)
    text = "ParseFile: 1 of 4 branches, 1,000 events (50/s), 3.0 MB read (0.1 MB/s)"
    assert listener.told == [(text, True)]  # the first branch compiles: its time says nothing of the others
    clock[0] = 23.0
    stage.add(failed=True, events=0, bytes_read=0)
    assert stage.line().endswith(", 1 failed, 6 s to go")
    stage.close()


def test_percentages_reach_a_hundred(clock):
    listener = Listener()
    stage = Progress(listener, 3)
    for _ in range(3):
        stage.add(failed=False, events=0, bytes_read=0)
    assert listener.percentages == pytest.approx([100 / 3, 200 / 3, 100])
    assert listener.told == [("ParseFile: 3 of 3 branches", True)]


def test_a_log_gets_few_lines_and_luigid_more(clock):
    listener = Listener()
    stage = Progress(listener, 100)
    for second in range(1, 31):
        clock[0] = 1.01 * second
        stage.add(failed=False, events=1, bytes_read=0)
    assert len(listener.told) == 30
    assert sum(terminal for _, terminal in listener.told) == 3


def test_a_terminal_gets_one_live_line(clock, monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    listener = Listener()
    stage = Progress(listener, 2)
    stage.add(failed=False, events=10, bytes_read=0)
    stage.add(failed=False, events=10, bytes_read=0)
    stage.close()
    assert all(not terminal for _, terminal in listener.told)
    out = capsys.readouterr().out
    assert "ParseFile: 2 of 2 branches |" in out
    assert "\x1b[32m" in out


def test_no_color_is_respected(clock, monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    stage = Progress(Listener(), 1)
    stage.add(failed=False, events=10, bytes_read=0)
    stage.close()
    assert "\x1b[3" not in capsys.readouterr().out
