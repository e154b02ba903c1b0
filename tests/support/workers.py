"""What tests let other processes do, to be started by `start` and, if need be, killed."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from targets.network.host_slots import host_slot

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_S = 60


@contextmanager
def started(function: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a function of this module in a process of its own; at the end of the block it is killed if it still lives."""
    code = f"import sys; from tests.support import workers; workers.{function}(*sys.argv[1:])"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait(LONGEST_S)
        process.stdout.close()


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process to end well, and return what it said."""
    said, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, said
    return said


def take_turns(url: str, limit: str, turns: str) -> None:
    """Ask a server again and again, each time with a slot."""
    for _ in range(int(turns)):
        with host_slot("127.0.0.1", int(limit)), urllib.request.urlopen(url) as answer:
            answer.read()
            time.sleep(0.002)


def hold(host: str, limit: str) -> None:
    """Take a slot, say so, and keep it."""
    with host_slot(host, int(limit)):
        print("held", flush=True)  # noqa: T201
        time.sleep(LONGEST_S)


def fetch(uri: str, folder: str, size: str, checksum: str, keep: str = "yes") -> None:
    """Fetch a file into a cache and say what it cost."""
    from targets.network.download_cache import fetch  # here: the other functions start faster without
    from targets.network.transfer import RemoteFile
    from tests.support.faults import QUICK

    with fetch(RemoteFile(uri, int(size), checksum), Path(folder), QUICK, keep=keep == "yes") as download:
        print(download.traffic.requests, download.traffic.received, len(download.path.read_bytes()))  # noqa: T201
