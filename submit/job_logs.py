"""What a job said before it failed, and the message of a run that lacks outputs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["account", "last_words"]

_QUOTED = 10  # failed jobs whose last words stand in the message
_LINES = 12
_BYTES = 100_000
_EPILOGUES = ("task exit code:", "===== Luigi Execution Summary")  # what follows says nothing about the cause


def last_words(path: Path) -> list[str]:
    """Give the lines of a log that tell why its job failed.

    Args:
        path: The log.

    Returns:
        The lines from the last one that begins with ERROR, or else the last ones, at most twelve; none without a log.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _BYTES, 0))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = [line.rstrip() for line in text.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith(("ERROR", "error:"))]
    if errors:
        tail = lines[errors[-1] :]
        end = next((number for number, line in enumerate(tail) if line.startswith(_EPILOGUES)), len(tail))
        tail = tail[:end]
    else:
        end = next((number for number, line in enumerate(lines) if line.startswith(_EPILOGUES)), len(lines))
        tail = lines[max(end - _LINES, 0) : end]
    return [line for line in tail if line][:_LINES]


def account(
    family: str, missing: Sequence[int], total: int, jobs: Iterable[Mapping[str, Any]], error: Exception | None
) -> str:
    """Say what a run lacks.

    Args:
        family: The task's name.
        missing: The branches without output.
        total: All its branches.
        jobs: law's data of the jobs with such branches.
        error: What ended the polling; None when all jobs are over.

    Returns:
        The message: branches, jobs, logs, last words and the remedy.
    """
    lines = [f"{family}: {len(missing)} of {total} branches have no output (the others are done, and stay done):"]
    for number, job in enumerate(jobs):
        branches = ",".join(map(str, job["branches"]))
        why = job.get("error") or job.get("status") or "not submitted"
        code = f", code {job['code']}" if job.get("code") not in (None, 0) else ""
        log = (job.get("extra") or {}).get("log")
        lines.append(f"branch {branches}: job {job['job_id']}: {why}{code}; log: {log or 'none'}")
        if number < _QUOTED and log:
            lines += [f"    {line}" for line in last_words(Path(log))]
    if not missing:
        lines = [f"{family}: all branches have their output, but following the jobs ended with an error:"]
    if error is not None:
        lines.append(f"the batch system's last answer: {error}")
    lines.append("Mend the cause and run the same command again: it follows what runs and submits what is missing.")
    return "\n".join(lines)
