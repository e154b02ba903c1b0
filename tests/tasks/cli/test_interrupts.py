"""Interrupts: they end what workers do, and nothing more is begun; whole runs are in tests/runs/test_killed.py."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tasks.cli.interrupts import interrupt_workers
from tasks.framework.pool import open_pool
from tests.support import faults

IGNORED = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
heard = pytest.mark.skipif(IGNORED, reason="interrupts are ignored here, as in what a script starts in the background")


def wait_in(folder, name):
    """Begin, wait for ever, and say that what was begun was cleaned up."""
    (folder / name).touch()
    try:
        while True:
            time.sleep(0.01)
    finally:
        (folder / name).unlink()


@heard
def test_an_interrupt_ends_what_workers_do_and_nothing_is_begun_after_it(tmp_path):
    with open_pool(1) as pool:
        running, waiting = (pool.submit(wait_in, tmp_path, name) for name in "ab")
        assert faults.settles(lambda: (tmp_path / "a").exists())
        interrupt_workers()
        for job in (running, waiting):
            with pytest.raises(KeyboardInterrupt):
                job.result()
        assert list(tmp_path.iterdir()) == []


@heard
def test_a_worker_that_waits_is_silent_and_ends_with_the_pool(capfd):
    with open_pool(1) as pool:
        worker = pool.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            pool.submit(os.getpid).result()
    assert capfd.readouterr().err == ""


IGNORING = """
import os, signal, sys
from tasks.framework.pool import open_pool

signal.signal(signal.SIGINT, signal.SIG_IGN)
if __name__ == "__main__":
    with open_pool(1) as pool:
        os.kill(pool.submit(os.getpid).result(), signal.SIGINT)
        print(pool.submit(abs, -1).result())
"""


def test_interrupts_that_are_ignored_stay_ignored_in_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(IGNORING)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.stdout, ended.returncode) == ("1\n", 0), ended.stderr
