"""Commands of a batch system: their answers, time limits, and those that cannot be started."""

import subprocess
import sys
from pathlib import Path

import pytest

from submit import commands
from submit.commands import Answer, run_command
from submit.errors import CommandError, NoCommandError
from tests.support.faults import settles


def test_an_answer_holds_both_streams_and_the_status(tmp_path):
    answer = run_command(["sh", "-c", "pwd; echo 'no\u00a0queue' >&2; exit 3"], 60, str(tmp_path))
    assert answer == Answer(3, f"{tmp_path}\n", "no\u00a0queue\n")
    assert answer.text == f"{tmp_path}\n\nno\u00a0queue"
    assert answer.summary == f"ended with 3: {answer.text}"


def test_of_a_long_answer_the_ends_are_quoted():
    text = Answer(1, "first\n" + "x" * 100_000, "last").summary
    assert text.startswith("ended with 1: first\nxxx")
    assert text.endswith("xxx\nlast")
    assert "… (99,411 characters more)" in text
    assert len(text) < 700


def test_bytes_that_are_no_text_are_replaced():
    assert run_command([sys.executable, "-c", r"import sys; sys.stdout.buffer.write(b'\xff')"], 60).out == "\ufffd"


def test_a_command_and_its_children_end_with_the_time_limit(tmp_path):
    answer = run_command(["sh", "-c", f"sleep 600 & echo $! > {tmp_path}/child; echo asked; wait"], 0.5)
    assert answer == Answer(None, "asked\n", "")
    assert answer.summary == "did not answer in time: asked"
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    assert settles(lambda: has_ended(child))  # a process that was killed may be seen running for an instant


def has_ended(process):
    """Tell whether a process is gone, or waits only for somebody to ask how it ended."""
    try:
        return process.read_text().split()[2] == "Z"
    except OSError:
        return True


def test_a_process_left_running_is_not_waited_for(tmp_path):
    # qsub of OpenPBS leaves one behind that holds its output open
    answer = run_command(["sh", "-c", "sleep 600 & echo $!"], 60)
    assert answer.code == 0
    subprocess.run(["kill", answer.out.strip()], check=True)  # still running


def test_law_can_end_the_process():
    processes = []
    run_command(["true"], 60, processes=processes)
    assert [process.args for process in processes] == [["true"]]


@pytest.mark.parametrize(("words", "directory"), [(["/no/qsub"], None), (["/etc/passwd"], None), (["true"], "/no")])
def test_a_command_that_cannot_exist_is_distinguished(words, directory):
    with pytest.raises(NoCommandError, match=rf"cannot run '{words[0]}': .*; see .*pbs_cmd_\* in \[job\] of law.cfg"):
        run_command(words, 60, directory)


def test_another_reason_is_transient(monkeypatch):
    def fail(*_args, **_kwargs):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(commands.subprocess, "Popen", fail)
    with pytest.raises(CommandError, match="cannot run 'qstat': Resource temporarily unavailable") as caught:
        run_command(["qstat"], 60)
    assert not isinstance(caught.value, NoCommandError)
