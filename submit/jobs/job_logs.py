"""The last lines of a failed job's log, and the message of a run whose outputs are incomplete."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Account", "describe_missing", "read_last_lines"]

_QUOTED = 10  # failed jobs whose logs are quoted in the message
_LINES = 12
_ROW = 5  # branches in a row that are listed as a range
_REMEDY = "Fix the cause and rerun the same command; it polls the jobs that still run and submits what is missing."
_MORE_TIME = (
    "A job that exceeded its walltime needs more of it (--{}-walltime) or less work: a lower --tasks-per-job, or a "
    "lower --files-per-branch, which groups the files anew and parses them again."
)
_ALIVE = ("pending", "running")  # of jobs that may still succeed
_BYTES = 100_000
_WORKER = "ERROR: [pid "  # luigi names the task that failed; the lines after it give the reason
_BRANCHES = ("-- run task branch ", "-- branch ")  # law's job script begins a branch so, job_hooks.sh the others
_SUCCESS = "task exit code: 0"
_ERRORS = ("ERROR", "error:")
_TRACEBACK = "Traceback (most recent call last)"
_EPILOGUES = ("task exit code:", "===== Luigi Execution Summary", "-- hook law_hook_job_f", "-- stageout")


class Account(NamedTuple):
    """What the message of an incomplete run is about.

    Attributes:
        name: The stage, with those that its jobs make on the way.
        system: The batch system, as `pbs`.
        total: Number of all branches.
        stages: Where jobs make several stages, the first that a branch lacks, by branch.
    """

    name: str
    system: str
    total: int
    stages: Mapping[int, str]


def read_last_lines(path: Path) -> list[str]:
    """Read the lines of a log that explain why its job failed.

    Args:
        path: The log.

    Returns:
        Of the last branch that did not succeed, the lines from the last one that begins with ERROR or, where there is
        none, the end of the last traceback or of the log, as of a job that was killed; at most twelve. None where there
        is no log.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - _BYTES, 0))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = _select_failure([line.rstrip() for line in text.splitlines()])
    errors = [number for number, line in enumerate(lines) if line.startswith(_ERRORS)]
    if not errors:
        tracebacks = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
        lines = lines[tracebacks[-1] :] if tracebacks else lines
        return [line for line in _cut_before(lines, _EPILOGUES) if line][-_LINES:]
    lines = [line for line in _cut_before(lines[errors[-1] :], ("INFO", *_EPILOGUES)) if line]
    lines = lines[1:] if lines[0].startswith(_WORKER) and len(lines) > 1 else lines
    # the end of a traceback tells most, and the beginning of a sentence
    return lines[-_LINES:] if lines[0].startswith("Traceback") else lines[:_LINES]


def describe_missing(
    account: Account, missing: Sequence[int], jobs: Iterable[Mapping[str, Any]], error: Exception | None
) -> str:
    """Describe which outputs of a run are missing, and why.

    Args:
        account: What the message is about.
        missing: The branches without output.
        jobs: law's data of the jobs with such branches; the id of a job that was not submitted is None.
        error: What ended the polling; None when all jobs have ended.

    Returns:
        The message: branches, jobs, logs with their last lines, and the remedy.
    """
    done = "have no output (the others are done, and stay done):"
    lines = [f"{account.name}: {len(missing)} of {account.total} branches {done}"]
    quoted, exceeded, unsubmitted = 0, False, dict.fromkeys(missing, "not submitted")
    for job in jobs:
        branches = [branch for branch in job["branches"] if branch in unsubmitted]
        if job["job_id"] is None:
            unsubmitted |= dict.fromkeys(branches, job.get("error") or "not submitted")
            continue
        unsubmitted = {branch: reason for branch, reason in unsubmitted.items() if branch not in branches}
        exceeded |= bool((job.get("extra") or {}).get("exceeded_walltime"))
        line, *words = _describe_job(job, branches, account, quoted < _QUOTED)
        lines += [line, *words]
        quoted += bool(words)
    for reason in dict.fromkeys(unsubmitted.values()):
        branches = [branch for branch, its_reason in unsubmitted.items() if its_reason == reason]
        lines.append(f"branch {_join(branches)}: " + "\n    ".join(reason.splitlines()))
    if not missing:
        lines = [f"{account.name}: all branches have their output, but polling the jobs ended with an error:"]
    if error is not None:
        lines.append(f"Polling ended with: {error}")
    lines += [_MORE_TIME.format(account.system)] if exceeded else []
    return "\n".join([*lines, _REMEDY])


def _select_failure(lines: list[str]) -> list[str]:
    """Select the lines of the last branch that did not succeed; all lines where no branch was begun."""
    starts = [number for number, line in enumerate(lines) if line.startswith(_BRANCHES)]
    branches = [lines[start:end] for start, end in pairwise([*starts, len(lines)])]
    return next((branch for branch in reversed(branches) if _SUCCESS not in branch), lines)


def _cut_before(lines: Sequence[str], beginnings: tuple[str, ...]) -> Sequence[str]:
    return lines[: next((number for number, line in enumerate(lines) if line.startswith(beginnings)), len(lines))]


def _describe_job(job: Mapping[str, Any], branches: Sequence[int], account: Account, quotes: bool) -> list[str]:
    """Return a line about a job and, if wanted, the last words of one that has ended."""
    log = Path((job.get("extra") or {}).get("log") or "")  # a job that never ran has none
    code = f", code {job['code']}" if job.get("code") not in (None, 0) else ""
    end = f"job {job['job_id']}: {job.get('error') or job.get('status') or 'submitted'}{code}"
    where = log if log.is_file() else "none"
    words = read_last_lines(log) if quotes and log.is_file() and job.get("status") not in _ALIVE else []
    names = dict.fromkeys(account.stages[branch] for branch in branches if branch in account.stages)
    stages = f" ({', '.join(names)})" if names else ""
    return [
        f"branch {_join(branches)}{stages}: {end}; log: {where}",
        *(f"    {line}" for line in words),
    ]


def _join(branches: Iterable[int]) -> str:
    """List numbers, of many in a row the first and the last."""
    rows: list[list[int]] = []
    for branch in branches:
        if rows and branch == rows[-1][-1] + 1:
            rows[-1].append(branch)
        else:
            rows.append([branch])
    return ",".join(f"{row[0]} to {row[-1]}" if len(row) >= _ROW else ",".join(map(str, row)) for row in rows)
