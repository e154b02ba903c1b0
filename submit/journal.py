"""What has been submitted, written down job by job, so that a killed submitter loses none and submits none twice."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submit.errors import BatchError

__all__ = ["Journal", "Submission", "write_whole"]


@dataclass(frozen=True)
class Submission:
    """A job that was about to be submitted.

    Attributes:
        number: Its number in the workflow.
        branches: The branches that it runs.
        name: Its name on the batch system; empty where names do not tell jobs apart.
        job_id: Its id; None when nobody wrote down whether the batch system took it.
        extra: What law keeps of it, as its log.
    """

    number: int
    branches: tuple[int, ...]
    name: str
    job_id: Any
    extra: dict[str, Any]


class Journal:
    """A file beside law's job data with a line before and a line after each submission.

    law writes its job data after every fiftieth job; what came after the last time stands here.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from following the same jobs.

        Raises:
            BatchError: When another process does.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                msg = (
                    f"another process follows these jobs already ({lock.read().strip() or 'unknown'}, as "
                    f"{lock.name} says): wait for it, or end it and run the same command again"
                )
                raise BatchError(msg) from error
            except OSError:  # a file system without locks
                yield
                return
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {os.uname().nodename}\n")
            lock.flush()
            yield

    def intend(self, number: int, branches: list[int], name: str, extra: dict[str, Any]) -> None:
        """Write down that a job is about to be submitted.

        Args:
            number: Its number in the workflow.
            branches: The branches that it runs.
            name: Its name on the batch system.
            extra: What law keeps of it.
        """
        self._append({"number": number, "branches": branches, "name": name, "extra": extra})

    def submitted(self, number: int, job_id: Any) -> None:
        """Write down the id of a job.

        Args:
            number: Its number in the workflow.
            job_id: Its id; None when the submission failed.
        """
        self._append({"number": number, "job_id": job_id, "taken": job_id is not None})

    def forget(self) -> None:
        """Start anew: law's job data have all of it."""
        with suppress(FileNotFoundError):
            self._path.unlink()

    def read(self) -> list[Submission]:
        """Give the submissions since law's job data were written, one per job number; failed ones are left out."""
        found: dict[int, dict[str, Any]] = {}
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        for line in text.splitlines():
            with suppress(ValueError):  # a line that a kill cut off
                entry = json.loads(line)
                found.setdefault(entry["number"], {}).update({"job_id": None, "taken": True} | entry)
        return [
            Submission(number, tuple(entry["branches"]), entry["name"], entry["job_id"], entry["extra"])
            for number, entry in found.items()
            if entry["taken"]
        ]

    def _append(self, entry: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file whole or not at all.

    Args:
        path: The file.
        text: Its content.
        private: Whether nobody else may read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.uname().nodename}@{os.getpid()}@{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 (a path has no mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
