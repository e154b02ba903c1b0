"""What is known of jobs that were submitted before: from law's job data, the journal, and the batch system itself."""

import json
from pathlib import Path
from typing import Any

from law.job.base import BaseJobManager
from law.workflow.remote import JobData

from submit.errors import BatchError
from submit.journal import Journal

__all__ = ["find_lost", "known_jobs", "lost_jobs"]


def known_jobs(path: Path, journal: Journal) -> tuple[dict[int, dict[str, Any]], bool]:
    """Read what law's job data and the journal say.

    Args:
        path: The job data.
        journal: What was submitted since they were written.

    Returns:
        law's data of each job, by number, with None for an id that nobody knows; and whether the job data are damaged,
        so that only the journal's jobs are known.
    """
    jobs, damaged = {}, False
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        jobs = {int(number): JobData.job_data() | job for number, job in data["jobs"].items()}
        waiting = data["unsubmitted_jobs"].items()
        jobs |= {int(number): JobData.job_data(branches=branches) for number, branches in waiting}
    except FileNotFoundError:
        pass
    except (ValueError, TypeError, KeyError, AttributeError):
        jobs, damaged = {}, True
    for one in journal.read():
        extra = one.extra | {"name": one.name}
        jobs[one.number] = JobData.job_data(one.job_id, branches=list(one.branches), extra=extra)
    for job in jobs.values():
        job["job_id"] = None if job["job_id"] == JobData.dummy_job_id else job["job_id"]
    return jobs, damaged


def lost_jobs(jobs: Any) -> dict[int, dict[str, Any]]:
    """Pick the jobs that may run, and whose ids nobody knows.

    Args:
        jobs: law's data of jobs, by number.

    Returns:
        Those among them.
    """
    nothing = (None, JobData.dummy_job_id)
    return {
        number: job
        for number, job in jobs.items()
        if job["job_id"] in nothing and job["status"] != BaseJobManager.FINISHED
    }


def find_lost(jobs: Any, manager: Any) -> set[int]:
    """Look by their names for jobs whose ids never came, and note what is found.

    Args:
        jobs: law's data of jobs, by number; those that are found get their ids.
        manager: law's job manager; one without a method `find` finds none.

    Returns:
        The numbers of those that were found.

    Raises:
        BatchError: When the batch system does not answer.
    """
    numbers = {name: number for number, job in lost_jobs(jobs).items() if (name := job["extra"].get("name"))}
    if not numbers or not hasattr(manager, "find"):
        return set()
    try:
        found = manager.find(numbers)
    except Exception as error:  # managers raise what they like
        msg = (
            f"some jobs may have been submitted although their ids never came, and they cannot be looked for: {error}\n"
            "Run the same command again when the batch system answers."
        )
        raise BatchError(msg) from error
    for name, job_id in found.items():
        jobs[numbers[name]].update({"job_id": job_id, "status": BaseJobManager.PENDING, "error": None})
    return {numbers[name] for name in found}
