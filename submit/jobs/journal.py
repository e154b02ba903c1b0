"""The submission journal: each submission is recorded, so that a killed submitter loses no job and doubles none."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submit.errors import BatchError
from targets.storage.locks import FileLock

__all__ = ["Submission", "SubmissionJournal"]


@dataclass(frozen=True)
class Submission:
    """A job that was about to be submitted.

    Attributes:
        number: Its number in the workflow.
        branches: The branches that it runs.
        name: Its name on the batch system; empty where names do not identify jobs.
        job_id: Its id; None when it was not recorded whether the batch system accepted the job.
        extra: Further data that law keeps, as the path of its log.
    """

    number: int
    branches: tuple[int, ...]
    name: str
    job_id: Any
    extra: dict[str, Any]


class SubmissionJournal:
    """A file beside law's job data with one line before and one line after each submission.

    law writes its job data after every fiftieth job; the submissions since then are recorded here.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from polling the same jobs.

        Raises:
            BatchError: When another process does.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path.with_suffix(".lock"))
        with suppress(OSError):  # a file system without locks
            if not lock.acquire(alone=True, wait=False):
                holder = lock.path.read_text(encoding="utf-8").strip() or "unknown"
                msg = (
                    f"another process already polls these jobs ({holder}, according to {lock.path}): wait until it "
                    "ends, or end it and rerun the same command"
                )
                raise BatchError(msg)
            lock.path.write_text(f"process {os.getpid()} on {os.uname().nodename}\n", encoding="utf-8")
        try:
            yield
        finally:
            lock.release()

    def record_intent(self, number: int, branches: list[int], name: str, extra: dict[str, Any]) -> None:
        """Record that a job is about to be submitted; the arguments are those of a :class:`Submission`."""
        self._append({"number": number, "branches": branches, "name": name, "extra": extra})

    def record_id(self, number: int, job_id: Any) -> None:
        """Record the id of a job.

        Args:
            number: Its number in the workflow.
            job_id: Its id; None when the submission failed.
        """
        self._append({"number": number, "job_id": job_id, "taken": job_id is not None})

    def clear(self) -> None:
        """Remove all entries, once law's job data hold them."""
        self._path.unlink(missing_ok=True)

    def read(self) -> list[Submission]:
        """Return the submissions since law last wrote its job data, one a job number, without those that failed."""
        jobs: dict[int, dict[str, Any]] = {}
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        for line in text.splitlines():
            with suppress(ValueError):  # a line cut off by a kill
                entry = json.loads(line)
                jobs.setdefault(entry["number"], {}).update({"job_id": None, "taken": True} | entry)
        return [
            Submission(number, tuple(job["branches"]), job["name"], job["job_id"], job["extra"])
            for number, job in jobs.items()
            if job["taken"]
        ]

    def _append(self, entry: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
