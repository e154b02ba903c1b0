"""The last lines of a failed job's log, and the message of a run whose outputs are incomplete."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["describe_missing", "read_last_lines"]

_QUOTED = 10  # failed jobs whose logs are quoted in the message
_LINES = 12
_ALIVE = ("pending", "running")  # of jobs that may still succeed
_BYTES = 100_000
_WORKER = "ERROR: [pid "  # luigi names the task that failed; the lines after it give the reason
_EPILOGUES = ("task exit code:", "===== Luigi Execution Summary", "-- hook law_hook", "-- stageout")


def read_last_lines(path: Path) -> list[str]:
    """Read the lines of a log that explain why its job failed.

    Args:
        path: The log.

    Returns:
        The lines from the last one that begins with ERROR, or else the last lines, at most twelve; none where there is
        no log.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _BYTES, 0))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = [line.rstrip() for line in text.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith(("ERROR", "error:"))]
    if not errors:
        return [line for line in _cut_before(lines, _EPILOGUES) if line][-_LINES:]
    lines = [line for line in _cut_before(lines[errors[-1] :], ("INFO", *_EPILOGUES)) if line]
    lines = lines[1:] if lines[0].startswith(_WORKER) and len(lines) > 1 else lines
    # the end of a traceback tells most, and the beginning of a sentence
    return lines[-_LINES:] if lines[0].startswith("Traceback") else lines[:_LINES]


def describe_missing(
    family: str, missing: Sequence[int], total: int, jobs: Iterable[Mapping[str, Any]], error: Exception | None
) -> str:
    """Describe which outputs of a run are missing, and why.

    Args:
        family: The task's name.
        missing: The branches without output.
        total: The number of all its branches.
        jobs: law's data of the jobs with such branches; the id of a job that was not submitted is None.
        error: What ended the polling; None when all jobs have ended.

    Returns:
        The message: branches, jobs, logs with their last lines, and the remedy.
    """
    lines = [f"{family}: {len(missing)} of {total} branches have no output (the others are done, and stay done):"]
    quoted, unsubmitted = 0, dict.fromkeys(missing, "not submitted")
    for job in jobs:
        branches = [branch for branch in job["branches"] if branch in unsubmitted]
        if job["job_id"] is None:
            unsubmitted |= dict.fromkeys(branches, job.get("error") or "not submitted")
            continue
        unsubmitted = {branch: reason for branch, reason in unsubmitted.items() if branch not in branches}
        log = Path((job.get("extra") or {}).get("log") or "")  # a job that never ran has none
        lines.append(f"branch {_join(branches)}: {_describe_end(job)}; log: {log if log.is_file() else 'none'}")
        if log.is_file() and job.get("status") not in _ALIVE and (quoted := quoted + 1) <= _QUOTED:
            lines += [f"    {line}" for line in read_last_lines(log)]
    for reason in dict.fromkeys(unsubmitted.values()):
        branches = [branch for branch, its_reason in unsubmitted.items() if its_reason == reason]
        lines.append(f"branch {_join(branches)}: " + "\n    ".join(reason.splitlines()))
    if not missing:
        lines = [f"{family}: all branches have their output, but polling the jobs ended with an error:"]
    if error is not None:
        lines.append(f"Polling ended with: {error}")
    lines.append(
        "Fix the cause and rerun the same command; it polls the jobs that still run and submits what is missing."
    )
    return "\n".join(lines)


def _cut_before(lines: Sequence[str], beginnings: tuple[str, ...]) -> Sequence[str]:
    return lines[: next((number for number, line in enumerate(lines) if line.startswith(beginnings)), len(lines))]


def _describe_end(job: Mapping[str, Any]) -> str:
    code = f", code {job['code']}" if job.get("code") not in (None, 0) else ""
    return f"job {job['job_id']}: {job.get('error') or job.get('status') or 'submitted'}{code}"


def _join(branches: Iterable[int]) -> str:
    return ",".join(map(str, branches))
