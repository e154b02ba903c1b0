"""The answers of squeue and sacct, and what they mean for a job. Only text is parsed here; no process is started."""

import os
from typing import Any

from law.job.base import BaseJobManager

__all__ = ["SACCT_OPTIONS", "SQUEUE_OPTIONS", "parse_sacct", "parse_squeue"]

SQUEUE_OPTIONS = ("--noheader", "--states=all", "--Format=JobID:|,State:|,exit_code:|,Reason:|")
"""All states: Slurm remembers jobs that have ended for some minutes (MinJobAge), also without accounting."""

SACCT_OPTIONS = ("--noheader", "--allocations", "--parsable2", "--format=JobID,State,ExitCode,Reason")

# https://slurm.schedmd.com/squeue.html#SECTION_JOB-STATE-CODES; what is not listed here counts as running, because a
# job must not be given up for an unknown state
_PENDING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT")
_FINISHED = "COMPLETED"
_FAILED = {
    "BOOT_FAIL": "its node did not start",
    "CANCELLED": "was cancelled",
    "DEADLINE": "missed its deadline",
    "FAILED": "failed",
    "NODE_FAIL": "lost its node",
    "OUT_OF_MEMORY": "used more memory than requested",
    "PREEMPTED": "made way for another job",
    "REVOKED": "ran on another cluster",
    "TIMEOUT": "exceeded its walltime",
}


def parse_squeue(text: str) -> dict[int, dict[str, Any]]:
    """Parse what squeue prints with :data:`SQUEUE_OPTIONS`: law's status of each job, by id."""
    return _parse(text, _read_wait_status)


def parse_sacct(text: str) -> dict[int, dict[str, Any]]:
    """Parse what sacct prints with :data:`SACCT_OPTIONS`: law's status of each job, by id."""
    return _parse(text, _read_exit_code)


def _parse(text: str, read_code: Any) -> dict[int, dict[str, Any]]:
    statuses = {}
    for line in text.splitlines():
        job_id, state, code, reason, *_ = [*(word.strip() for word in line.split("|")), "", "", "", ""]
        if job_id.isdigit() and state:
            statuses[int(job_id)] = _describe(int(job_id), state, reason, *read_code(code))
    return statuses


def _describe(job_id: int, state: str, reason: str, code: int, signal: int) -> dict[str, Any]:
    """Return law's status of a job."""
    state = state.split()[0].rstrip("+")  # sacct says "CANCELLED by 1000"
    status = BaseJobManager.PENDING if state in _PENDING else BaseJobManager.RUNNING
    status = BaseJobManager.FINISHED if state == _FINISHED else status
    if state not in _FAILED:
        ended = status == BaseJobManager.FINISHED
        return dict(BaseJobManager.job_status_dict(job_id=job_id, status=status, code=0 if ended else None))
    how = f", killed by signal {signal}" if signal else f", exit status {code}" if code else ""
    why = f" ({reason})" if reason not in ("", "None", "NonZeroExitCode") else ""
    extra = {"exceeded_walltime": True} if state == "TIMEOUT" else {}
    return dict(
        BaseJobManager.job_status_dict(
            job_id=job_id, status=BaseJobManager.FAILED, code=code, error=f"{_FAILED[state]}{how}{why}", extra=extra
        )
    )


def _read_wait_status(text: str) -> tuple[int, int]:
    """Return exit status and signal of squeue's code, a status as of wait()."""
    status = int(text) if text.strip().isdigit() else 0
    return os.WEXITSTATUS(status), os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _read_exit_code(text: str) -> tuple[int, int]:
    """Return exit status and signal of sacct's code, as `3:0`."""
    code, _, signal = text.partition(":")
    return (int(code) if code.isdigit() else 0), (int(signal) if signal.isdigit() else 0)
