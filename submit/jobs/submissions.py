"""Submissions of this process: each is recorded before and after, and why one failed is kept until the end."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from submit.errors import NoCommandError, RefusedJobError
from submit.jobs.earlier_jobs import select_lost_jobs
from submit.jobs.journal import SubmissionJournal

__all__ = ["Submissions"]

_PERMANENT = (NoCommandError, RefusedJobError)
"""Errors that every further submission would meet too; a job that met one was certainly not submitted."""


class Submissions:
    """What one process submits.

    law forgets why a submission failed: it reports "unknown job id", and names a log that will never exist.

    Args:
        journal: Returns the submission journal; its path depends on files that may not be known yet.
    """

    def __init__(self, journal: Callable[[], SubmissionJournal]) -> None:
        self._journal = journal
        self._numbers: dict[str, int] = {}  # of jobs, by job file
        self._names: dict[str, str] = {}  # of jobs, by job file
        self._errors: dict[int, Exception] = {}  # of the last submission that failed, by the job's number
        self._permanent_error: Exception | None = None
        self._lock = threading.Lock()

    def record_intent(self, file: str, number: int, branches: list[int], name: str, log: str | None) -> None:
        """Record that a job is about to be submitted.

        Args:
            file: Its job file.
            number: Its number in the workflow.
            branches: The branches that it runs.
            name: Its name on the batch system; empty where names do not identify jobs.
            log: Absolute path of its log, where known.
        """
        self._numbers[file], self._names[file] = number, name
        self._journal().record_intent(number, branches, name, {"log": log} if log else {})

    def submit(self, submit_files: Callable[..., Any], job_file: Any, *args: Any, **kwargs: Any) -> Any:
        """Submit job files, and record the outcome; after a permanent error no more are tried.

        Args:
            submit_files: The job manager's own method.
            job_file: The job file, or a list of them.
            *args: Further arguments of the method.
            **kwargs: Likewise.

        Returns:
            What the job manager returns: the id of the job, or a list of ids.
        """
        files = [str(file) for file in (job_file if isinstance(job_file, (list, tuple)) else [job_file])]
        try:
            if self._permanent_error is not None:
                raise self._permanent_error
            answer = submit_files(job_file, *args, **kwargs)
        except Exception as error:
            with self._lock:  # several threads may meet a permanent error at the same time: one of them is enough
                if isinstance(error, _PERMANENT) and self._permanent_error is None:
                    self._permanent_error = error
            reason = self._permanent_error if isinstance(error, _PERMANENT) else error
            for file in files:
                self._errors[self._numbers[file]] = reason or error
                self._journal().record_id(self._numbers[file], None)
            raise
        ids = answer if isinstance(answer, (list, tuple)) else [answer]
        for file in files:
            self._errors.pop(self._numbers[file], None)
        with suppress(OSError):  # the disk is full, but the job exists and law has its id
            for file, job_id in zip(files, ids, strict=False):
                self._journal().record_id(self._numbers[file], job_id)
        return answer

    def get_search_name(self, file: str) -> dict[str, str]:
        """Return what law keeps of a job, so that it can be found when its id was never received.

        Args:
            file: Its job file.

        Returns:
            Its name; empty for a job that was certainly not submitted, and need not be searched for.
        """
        number = self._numbers[file]
        return {} if isinstance(self._errors.get(number), _PERMANENT) else {"name": self._names[file]}

    def add_reasons(self, jobs: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Add to jobs that were not submitted the reason.

        Args:
            jobs: law's data of jobs, by number.

        Returns:
            The same; a job without an id gets None for it, the reason where known, and no log.
        """
        reasons = {number: str(self._errors.get(number, "")) or None for number in select_lost_jobs(jobs)}
        return {
            number: job | {"job_id": None, "extra": {}, "error": reasons[number]} if number in reasons else job
            for number, job in jobs.items()
        }

    def is_futile(self) -> bool:
        """Tell whether the command does not exist or the batch system refuses such jobs: retries would fail too."""
        return self._permanent_error is not None
