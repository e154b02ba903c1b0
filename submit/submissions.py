"""Submissions as they happen: each is written down before and after, and why one failed is kept until the end."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from submit.errors import NoCommandError
from submit.journal import Journal
from submit.known_jobs import lost_jobs

__all__ = ["Submissions"]


class Submissions:
    """What one process submits.

    law forgets why a submission failed: it says "unknown job id" of its job, and names a log that never comes.

    Args:
        journal: Gives the journal; which one it is depends on files that may not be known yet.
    """

    def __init__(self, journal: Callable[[], Journal]) -> None:
        self._journal = journal
        self._numbers: dict[str, int] = {}  # of jobs, by job file
        self._names: dict[str, str] = {}  # of jobs, by job file
        self._failed: dict[int, Exception] = {}  # why the last submission failed, by the job's number

    def intend(self, file: str, number: int, branches: list[int], name: str, log: str | None) -> None:
        """Write down that a job is about to be submitted.

        Args:
            file: Its job file.
            number: Its number in the workflow.
            branches: The branches that it runs.
            name: Its name on the batch system; empty where names do not tell jobs apart.
            log: Absolute path of its log, where that is known.
        """
        self._numbers[file], self._names[file] = number, name
        self._journal().intend(number, branches, name, {"log": log} if log else {})

    def watched(self, submit: Callable[..., Any]) -> Callable[..., Any]:
        """Make a function that submits as another does, and writes down what came of it.

        Args:
            submit: Submits a job file, or a list of them; gives the id of each.

        Returns:
            The function.
        """

        def submitting(job_file: Any, *args: Any, **kwargs: Any) -> Any:
            files = [str(file) for file in (job_file if isinstance(job_file, (list, tuple)) else [job_file])]
            try:
                given = submit(job_file, *args, **kwargs)
            except Exception as error:
                for file in files:
                    self._failed[self._numbers[file]] = error
                    self._journal().submitted(self._numbers[file], None)
                raise
            ids = given if isinstance(given, (list, tuple)) else [given]
            for file in files:
                self._failed.pop(self._numbers[file], None)
            with suppress(OSError):  # the disk is full, but the job is there, and law has its id
                for file, job_id in zip(files, ids, strict=False):
                    self._journal().submitted(self._numbers[file], job_id)
            return given

        return submitting

    def name(self, file: str) -> dict[str, str]:
        """Give what law is to keep of a job, so that it can be found when its id never came.

        Args:
            file: Its job file.

        Returns:
            Its name; nothing for a job that was surely not submitted, and need not be looked for.
        """
        surely_not = isinstance(self._failed.get(self._numbers[file]), NoCommandError)
        return {} if surely_not else {"name": self._names[file]}

    def told(self, jobs: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Say of jobs why they were not submitted.

        Args:
            jobs: law's data of jobs, by number.

        Returns:
            The same; those without an id with None for it, with the reason where it is known, and without a log.
        """
        why = {number: str(self._failed.get(number, "")) or None for number in lost_jobs(jobs)}
        nothing: dict[str, Any] = {"job_id": None, "extra": {}}
        return {
            number: job | nothing | {"error": why[number]} if number in why else job for number, job in jobs.items()
        }

    def no_command(self) -> bool:
        """Tell whether a submission failed because there is no such command: no other will succeed."""
        return any(isinstance(error, NoCommandError) for error in self._failed.values())
