"""Jobs of earlier runs: from law's job data, the submission journal and the batch system itself."""

import json
from pathlib import Path
from typing import Any

from law.job.base import BaseJobManager
from law.workflow.remote import JobData

from submit.errors import BatchError
from submit.jobs.journal import SubmissionJournal

__all__ = ["find_lost_jobs", "plan_jobs", "read_earlier_jobs", "select_lost_jobs"]

_ENDED = (BaseJobManager.FINISHED, BaseJobManager.FAILED, BaseJobManager.RETRY)


def read_earlier_jobs(path: Path, journal: SubmissionJournal) -> tuple[dict[int, dict[str, Any]], bool]:
    """Read law's job data and the submission journal.

    Args:
        path: The job data.
        journal: The submissions since they were written.

    Returns:
        law's data of each job, by number, with None for an unknown id; and whether the job data are damaged, so that
        only the jobs of the journal are known.
    """
    jobs, damaged = {}, False
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        jobs = {int(number): JobData.job_data() | job for number, job in data["jobs"].items()}
        unsubmitted = data["unsubmitted_jobs"].items()
        jobs |= {int(number): JobData.job_data(branches=branches) for number, branches in unsubmitted}
    except FileNotFoundError:
        pass
    except (ValueError, TypeError, KeyError, AttributeError):
        jobs, damaged = {}, True
    for entry in journal.read():
        extra = entry.extra | {"name": entry.name}
        jobs[entry.number] = JobData.job_data(entry.job_id, branches=list(entry.branches), extra=extra)
    for job in jobs.values():
        job["job_id"] = None if job["job_id"] == JobData.dummy_job_id else job["job_id"]
    return jobs, damaged


def select_lost_jobs(jobs: Any) -> dict[int, dict[str, Any]]:
    """Select the jobs that may run although their ids are unknown, from law's data of jobs, by number."""
    return {
        number: job
        for number, job in jobs.items()
        if job["job_id"] in (None, JobData.dummy_job_id) and job["status"] != BaseJobManager.FINISHED
    }


def find_lost_jobs(jobs: Any, manager: Any) -> set[int]:
    """Search the batch system by name for jobs whose ids are unknown.

    Args:
        jobs: law's data of jobs, by number; the jobs that are found get their ids.
        manager: law's job manager; one without a method `find` finds none.

    Returns:
        The numbers of the jobs that were found.

    Raises:
        BatchError: When the batch system does not answer.
    """
    numbers = {name: number for number, job in select_lost_jobs(jobs).items() if (name := job["extra"].get("name"))}
    if not numbers or not hasattr(manager, "find"):
        return set()
    try:
        ids = manager.find(numbers)
    except Exception as error:  # job managers raise what they like
        msg = (
            "some jobs may have been submitted although their ids were never received, and the batch system cannot be "
            f"searched for them: {error}\nRerun the same command when the batch system answers."
        )
        raise BatchError(msg) from error
    for name, job_id in ids.items():
        jobs[numbers[name]].update({"job_id": job_id, "status": BaseJobManager.PENDING, "error": None})
    return {numbers[name] for name in ids}


def plan_jobs(earlier: dict[int, dict[str, Any]], missing: set[int], size: int) -> dict[str, Any]:
    """Write the job data from which law continues.

    Args:
        earlier: law's data of the jobs of earlier runs, by number.
        missing: The branches without output.
        size: Branches a job.

    Returns:
        law's job data: the earlier jobs that may still run, and new ones for all that is missing besides.
    """
    jobs = {n: job for n, job in earlier.items() if job["job_id"] is not None and job["status"] not in _ENDED}
    branches = sorted(missing - {branch for job in jobs.values() for branch in job["branches"]})
    chunks = [branches[start : start + size] for start in range(0, len(branches), size)]
    unsubmitted = dict(enumerate(chunks, max(earlier, default=0) + 1))
    return {
        "jobs": jobs,
        "unsubmitted_jobs": unsubmitted,
        "attempts": {},
        "tasks_per_job": size,
        "dashboard_config": {},
    }
