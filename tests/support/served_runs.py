"""Runs over toy files on a web server of loopback that fails on request, and what they asked it for."""

import tempfile
import zlib
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from steps import parse
from targets.network.retry import RetryPolicy
from tests.support import faults, portals
from tests.support.faults import Fault, Server
from tests.support.runs import Runs

__all__ = ["EVERY", "ServedRuns", "listed", "serving"]

EVERY = range(1, 1_000_000)
"""All requests for a file."""


@dataclass
class ServedRuns:
    """A server, runs over its files, and the waits (seconds) that they would have made between attempts."""

    server: Server
    runs: Runs
    waits: list[float] = field(default_factory=list)

    def strike(self, fault: Fault, *names: str, on: Container[int] = EVERY) -> None:
        """Let a fault meet some requests for some files, counted from 1 for each file."""
        seen: Counter[str] = Counter()

        def fails_or_answers(handler: faults.Handler) -> None:
            name = handler.path.lstrip("/")
            seen[name] += 1
            (fault if name in names and seen[name] in on else faults.answer)(handler)

        self.server.always = fails_or_answers

    def mend(self) -> None:
        """End all faults, and forget what was asked so far."""
        self.server.always = None
        self.server.asked.clear()

    def asked(self) -> Counter[str]:
        """Count the requests for each file."""
        return Counter(path.lstrip("/") for path, _ in self.server.asked)

    def downloads(self) -> list[str]:
        """List the files that are complete in the cache, by the end of their names."""
        return sorted(path.name.split("-")[-1] for path in (self.runs.folder / "out" / "downloads").glob("*.root"))


@contextmanager
def serving(files: Sequence[Path], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedRuns]:
    """Serve files until the block ends; nobody waits between two attempts, and the slots are the test's own."""
    slots = folder / "temporary"
    slots.mkdir()
    monkeypatch.setenv("TMPDIR", str(slots))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(parse, "_LONGEST_WAIT_S", 0.0)
    pause = RetryPolicy.pause
    with faults.serving() as server:
        urls = [server.host(file.name, file.read_bytes()) for file in files]
        served = ServedRuns(server, Runs(folder, ",".join(urls)))

        def noted(policy: RetryPolicy, failures: int, asked_s: float | None) -> float:
            served.waits.append(pause(policy, failures, asked_s))
            return 0.0

        monkeypatch.setattr(RetryPolicy, "pause", noted)
        yield served


@contextmanager
def listed(served: ServedRuns, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """List the server's files, as they are now, in record 1 of a portal; give the parameters that name it."""
    files = [
        portals.record_file(served.server.url + path, len(file.content), f"adler32:{zlib.adler32(file.content):08x}")
        for path, file in served.server.files.items()
    ]
    with portals.serving(portals.Portal(portals.Records({1: {"files": files}}))) as portal:
        monkeypatch.setenv("CERN_OPENDATA_BASE_URL", portal.url)
        yield {"input_files": None, "specific_record_ids": 1}
