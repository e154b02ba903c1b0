"""Progress: what a terminal, a log and luigid are told while a stage runs."""

import pytest
from luigi.rpc import RPCError

from tasks.framework import progress
from tasks.framework.progress import Part, Progress, listener, reporting


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
    stage.add(1, failed=False, events=1000, bytes_read=3_000_000)
    text = "ParseFile: 1 of 4 branches, 1,000 events (50/s), 3.0 MB read (0.1 MB/s)"
    assert listener.told == [(text, True)]  # the first branch compiles: its time says nothing of the others
    clock[0] = 23.0
    stage.add(1, failed=True, events=0, bytes_read=0)
    assert stage.line().endswith(", 1 failed, 6 s to go")
    stage.close()


def test_percentages_reach_a_hundred(clock):
    listener = Listener()
    stage = Progress(listener, 3)
    for branch in range(3):
        stage.add(branch, failed=False, events=0, bytes_read=0)
    assert listener.percentages == pytest.approx([100 / 3, 200 / 3, 100])
    assert listener.told == [("ParseFile: 3 of 3 branches", True)]


def test_a_log_gets_few_lines_and_luigid_more(clock):
    listener = Listener()
    stage = Progress(listener, 100)
    for second in range(1, 31):
        clock[0] = 1.01 * second
        stage.add(second, failed=False, events=1, bytes_read=0)
    assert len(listener.told) == 30
    assert sum(terminal for _, terminal in listener.told) == 3


def test_a_terminal_gets_one_live_line(clock, monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    listener = Listener()
    stage = Progress(listener, 2)
    stage.add(1, failed=False, events=10, bytes_read=0)
    stage.add(1, failed=False, events=10, bytes_read=0)
    stage.close()
    assert all(not terminal for _, terminal in listener.told)
    out = capsys.readouterr().out
    assert "ParseFile: 2 of 2 branches |" in out
    assert "\x1b[32m" in out


def test_no_color_is_respected(clock, monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    stage = Progress(Listener(), 1)
    stage.add(1, failed=False, events=10, bytes_read=0)
    stage.close()
    assert "\x1b[3" not in capsys.readouterr().out


def test_parts_of_branches_count_until_these_end(clock):
    listening = Listener()
    stage = Progress(listening, 2)
    clock[0] = 5.0
    stage.follow(Part(0, 1, 4, "figures"))  # draws its first figure only when all is loaded
    assert stage.line() == "ParseFile: 0 of 2 branches, 1 of 4 figures"
    clock[0] = 6.0
    stage.follow(Part(0, 2, 4, "figures"))
    assert stage.line() == "ParseFile: 0 of 2 branches, 2 of 4 figures, 6 s to go"
    stage.follow(Part(1, 1, 10, "figures"))
    assert listening.percentages == pytest.approx([12.5, 25.0, 30.0])
    stage.add(0, failed=False, events=0, bytes_read=0)
    stage.follow(Part(0, 3, 4, "figures"))  # was on its way when the branch ended
    assert stage.line().startswith("ParseFile: 1 of 2 branches, 5 of 14 figures")
    stage.add(1, failed=False, events=0, bytes_read=0)
    assert listening.percentages == pytest.approx([12.5, 25.0, 30.0, 55.0, 100.0])
    assert stage.line() == "ParseFile: 2 of 2 branches, 14 of 14 figures"


def test_parts_are_in_the_live_line(clock, monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    stage = Progress(Listener(), 1)
    for done in range(5):
        clock[0] += 1.0
        stage.follow(Part(0, done, 4, "figures"))
    stage.close()
    assert "ParseFile: 0 of 1 branches |" in (out := capsys.readouterr().out)
    assert "4 of 4 figures" in out


def test_a_scheduler_that_does_not_answer_keeps_no_worker_waiting(clock):
    class Deaf(Listener):
        def publish_progress(self, percentage):
            msg = "nobody answers"
            raise RPCError(msg)

    stage = Progress(Deaf(), 1)
    with stage.listening() as sender:
        for done in range(2000):  # more than a pipe holds
            sender.send(Part(0, done, 2000, "histograms"))
    assert "1,999 of 2,000 histograms" in stage.line()


def test_a_branch_reports_to_its_stage_or_if_it_runs_alone_for_itself(clock):
    heard, alone = [], Listener()
    with reporting(heard.append):
        listener(alone)(Part(0, 1, 2, "figures"))
    assert heard == [(0, 1, 2, "figures")]
    listener(alone)(Part(0, 1, 2, "figures"))
    assert alone.percentages == [50.0]
    assert len(heard) == 1
