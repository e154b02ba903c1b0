"""What a job said before it failed, and the message of a run that lacks outputs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["account", "last_words"]

_QUOTED = 10  # failed jobs whose last words stand in the message
_LINES = 12
_ALIVE = ("pending", "running")  # of jobs that may still end well
_BYTES = 100_000
_WORKER = "ERROR: [pid "  # luigi says who failed; what follows says why
_EPILOGUES = ("task exit code:", "===== Luigi Execution Summary", "-- hook law_hook", "-- stageout")


def last_words(path: Path) -> list[str]:
    """Give the lines of a log that tell why its job failed.

    Args:
        path: The log.

    Returns:
        What stands after the last line that begins with ERROR, or else the last lines, at most twelve; none where
        there is no log.
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
        end = next((number for number, line in enumerate(lines) if line.startswith(_EPILOGUES)), len(lines))
        return [line for line in lines[:end] if line][-_LINES:]
    told = lines[errors[-1] :]
    end = next((number for number, line in enumerate(told) if line.startswith(("INFO", *_EPILOGUES))), len(told))
    told = [line for line in told[:end] if line]
    told = told[1:] if told[0].startswith(_WORKER) and len(told) > 1 else told
    # of a traceback the end tells most, of a sentence the beginning
    return told[-_LINES:] if told[0].startswith("Traceback") else told[:_LINES]


def account(
    family: str, missing: Sequence[int], total: int, jobs: Iterable[Mapping[str, Any]], error: Exception | None
) -> str:
    """Say what a run lacks.

    Args:
        family: The task's name.
        missing: The branches without output.
        total: All its branches.
        jobs: law's data of the jobs with such branches; of those that were not submitted, None for the id.
        error: What ended the polling; None when all jobs are over.

    Returns:
        The message: branches, jobs, logs, last words and the remedy.
    """
    lines = [f"{family}: {len(missing)} of {total} branches have no output (the others are done, and stay done):"]
    quoted, unsubmitted = 0, dict.fromkeys(missing, "not submitted")
    for job in jobs:
        without = [branch for branch in job["branches"] if branch in unsubmitted]
        if job["job_id"] is None:
            unsubmitted |= dict.fromkeys(without, job.get("error") or "not submitted")
            continue
        unsubmitted = {branch: why for branch, why in unsubmitted.items() if branch not in without}
        log = _log(job)
        lines.append(f"branch {_listed(without)}: {_how(job)}; log: {log or 'none'}")
        if log and job.get("status") not in _ALIVE and (quoted := quoted + 1) <= _QUOTED:
            lines += [f"    {line}" for line in last_words(log)]
    for why in dict.fromkeys(unsubmitted.values()):
        branches = _listed(branch for branch, reason in unsubmitted.items() if reason == why)
        lines.append(f"branch {branches}: " + "\n    ".join(why.splitlines()))
    if not missing:
        lines = [f"{family}: all branches have their output, but following the jobs ended with an error:"]
    if error is not None:
        lines.append(f"Following the jobs ended with: {error}")
    lines.append("Mend the cause and run the same command again: it follows what runs and submits what is missing.")
    return "\n".join(lines)


def _how(job: Mapping[str, Any]) -> str:
    code = f", code {job['code']}" if job.get("code") not in (None, 0) else ""
    return f"job {job['job_id']}: {job.get('error') or job.get('status') or 'submitted'}{code}"


def _log(job: Mapping[str, Any]) -> Path | None:
    """Give the log of a job where there is one: a job that never ran has none."""
    path = Path((job.get("extra") or {}).get("log") or "")
    return path if path.is_file() else None


def _listed(branches: Iterable[int]) -> str:
    return ",".join(map(str, branches))
