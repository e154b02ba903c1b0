"""The answers of PBS's commands, and what they mean for a job: OpenPBS, PBS Pro, Torque, and Slurm's wrappers.

Only text is parsed here; no process is started. The plain text of `qstat -f` is parsed because it is the same in every
version: current OpenPBS lists only the first of several ids as JSON, older versions invalid JSON, and Torque none.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from itertools import zip_longest
from typing import Any

from law.job.base import BaseJobManager

from submit.errors import CommandError
from submit.pbs.exit_codes import OPENPBS_EXITS, TORQUE_EXITS, TRANSIENT_CODES
from submit.shell_commands import replace_other_characters

__all__ = [
    "UNKNOWN_JOB",
    "Dialect",
    "JobStatus",
    "detect_dialect",
    "find_finished_ids",
    "find_unknown_ids",
    "format_job_name",
    "is_transient",
    "keeps_no_history",
    "parse_job_id",
    "parse_qstat",
    "parse_status",
    "strip_server",
]


class Dialect(Enum):
    """The dialect of the commands: OpenPBS and PBS Pro, or Torque and Slurm's wrappers of the same names."""

    OPENPBS = "openpbs"
    TORQUE = "torque"


@dataclass(frozen=True)
class JobStatus:
    """The status of a job, in law's terms.

    Attributes:
        status: `pending`, `running`, `finished` or `failed`.
        code: Exit status of the job; None as long as there is none.
        error: Why it failed; None when it did not.
        extra: What else law keeps: `vanished` when the server does not know the job any more, `no_exit_status` when it
            reports that the job ended but not how (outputs decide in both cases), `exceeded_walltime`, `remote_host`
            where it ran.
    """

    status: str
    code: int | None = None
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


UNKNOWN_JOB = JobStatus(BaseJobManager.FINISHED, extra={"vanished": True})
"""The status of a job that the server does not know any more: it has ended, and its outputs tell how."""

_TRANSIENT_TEXT = re.compile(
    r"cannot connect|connection (refused|timed out|reset)|no free connections|communication failure|timed out"
    r"|unable to contact|temporarily unavailable|problem loading|end of file|server is (down|shutting down)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"Job Id:(\s*)(\S+)\s*$")
_ATTRIBUTE = re.compile(r"\s+([^\s=]+) =(?: (.*))?$")
_SUBMITTED = re.compile(r"\d+(\[\d*\])?(\.[\w.-]+)?$")
_UNKNOWN = re.compile(r"Unknown Job Id(?: Error)?\s+(\d\S*)")
_FINISHED = re.compile(r"(\d\S*) Job has finished|Job has finished,? (\d\S*)")
_EXITS = {Dialect.OPENPBS: OPENPBS_EXITS, Dialect.TORQUE: TORQUE_EXITS}
_EXCEEDED_WALLTIME = {Dialect.OPENPBS: -29, Dialect.TORQUE: -11}
_LONGEST_NAME = {Dialect.OPENPBS: 230, Dialect.TORQUE: 15}  # PBS_MAXJOBNAME of pbs_ifl.h, in characters

_PENDING = "QHWTM"  # OpenPBS: queued, held, waiting for its time, moving between queues, moved to another server
_ENDED = "FXC"  # OpenPBS: finished, and expired for a part of an array; Torque: completed


def detect_dialect(version: str) -> Dialect:
    """Detect the dialect from the answer of `qstat --version`: OPENPBS where PBS Pro or OpenPBS is named, else TORQUE.

    Slurm's wrapper does not know the option and prints its usage.
    """
    return Dialect.OPENPBS if re.search(r"pbs_version|pbs ?pro|openpbs", version, re.IGNORECASE) else Dialect.TORQUE


def parse_qstat(text: str) -> dict[str, dict[str, str]]:
    """Parse the plain text of `qstat -f`.

    Args:
        text: Any number of jobs, also none. A block ends with an empty line; one that was cut off is left out, because
            what is missing (the exit status comes near the end) would be misread.

    Returns:
        The attributes of every id by name, values unfolded.

    Raises:
        CommandError: When there is text but no job in it.
    """
    jobs: dict[str, dict[str, str]] = {}
    lines = text.replace("\r\n", "\n").split("\n")[:-1]
    attributes: dict[str, str] | None = None
    last, by_tab, job_id = "", False, ""
    for line, following in zip_longest(lines, lines[1:]):
        if header := _HEADER.match(line):
            attributes, last, job_id = {}, "", header[2]
            by_tab = header[1] == "\t"  # Slurm's wrapper: attributes behind a tab, no folded lines
        elif attributes is None:
            continue
        elif not line.strip() and (following is None or _HEADER.match(following)):
            jobs[job_id], attributes = attributes, None
        elif line.startswith("\t") and not by_tab and last:
            attributes[last] += line[1:]
        elif match := _ATTRIBUTE.match(line):
            last = match[1]
            attributes[last] = match[2] or ""
    if not jobs and text.strip() and attributes is None:
        msg = f"qstat printed no list of jobs but {text.strip()[:200]!r}"
        raise CommandError(msg)
    return jobs


def strip_server(job_id: str) -> str:
    """Return an id without the server's name, which commands print long, short or not at all."""
    return job_id.partition(".")[0]


def parse_job_id(out: str) -> str | None:
    """Return the id that qsub printed: the last line that looks like one (sites print greetings before it), or None."""
    return next((line.strip() for line in reversed(out.splitlines()) if _SUBMITTED.match(line.strip())), None)


def find_unknown_ids(text: str) -> set[str]:
    """Return the ids, without the server, of the jobs that a command does not know."""
    return {strip_server(job_id) for job_id in _UNKNOWN.findall(text)}


def find_finished_ids(text: str) -> set[str]:
    """Return the ids, without the server, of the jobs that a command reports as finished, without saying how."""
    return {strip_server(before or after) for before, after in _FINISHED.findall(text)}


def keeps_no_history(text: str) -> bool:
    """Tell whether the server keeps no history; `qstat -x` then shows nothing, not even running jobs."""
    return "not configured to maintain job history" in text


def is_transient(code: int, text: str) -> bool:
    """Tell whether an error of a command comes from the server's condition, so that a retry may succeed.

    Args:
        code: Its exit status.
        text: Its standard output and error together: Slurm's wrappers print errors to standard output.

    Returns:
        True for a server that is down, busy or does not answer; False for an unknown queue or an illegal resource.
    """
    return code in TRANSIENT_CODES or bool(_TRANSIENT_TEXT.search(text))


def parse_status(attributes: dict[str, str], dialect: Dialect) -> JobStatus:
    """Parse the status of a job from its attributes.

    Args:
        attributes: Of the job, as `parse_qstat` returns them.
        dialect: Decides about a job that has ended without an exit status. In OpenPBS such a job never ran: it was
            deleted, or its dependency was dropped. Slurm's wrappers, of Torque's dialect, never print one.

    Returns:
        Its status; an unknown state counts as running, since a job must not be given up for it.

    Raises:
        CommandError: When there is no state, or the exit status is not a number.
    """
    if not (state := attributes.get("job_state")):
        msg = f"qstat printed a job without job_state: {attributes.get('Job_Name', 'it has no name either')}"
        raise CommandError(msg)
    host = attributes.get("exec_host", "").partition("/")[0]
    extra: dict[str, Any] = {"remote_host": host} if host else {}
    if state not in _ENDED:
        return JobStatus(BaseJobManager.PENDING if state in _PENDING else BaseJobManager.RUNNING, extra=extra)
    comment = f"; PBS says: {attributes['comment']}" if attributes.get("comment") else ""
    text = attributes.get("Exit_status", attributes.get("exit_status"))
    if text is None and dialect is Dialect.TORQUE:
        return JobStatus(BaseJobManager.FINISHED, extra={**extra, "no_exit_status": True})
    if text is None:
        error = "ended without an exit status: deleted while queued, or its dependency was dropped"
        return JobStatus(BaseJobManager.FAILED, error=error + comment, extra=extra)
    try:
        code = int(text)
    except ValueError:
        msg = f"qstat printed {text!r} as an exit status"
        raise CommandError(msg) from None
    if code == 0:
        return JobStatus(BaseJobManager.FINISHED, code=0, extra=extra)
    if code == _EXCEEDED_WALLTIME[dialect]:
        extra["exceeded_walltime"] = True
    return JobStatus(BaseJobManager.FAILED, code=code, error=_describe_exit(code, dialect) + comment, extra=extra)


def format_job_name(name: str, dialect: Dialect) -> str:
    """Format a name that PBS accepts.

    Args:
        name: Any text; its last parts, separated by `_`, identify a job, as in `ParseFile_12_a1b2c3`.
        dialect: Its limit: 230 characters in OpenPBS, 15 in Torque.

    Returns:
        Letters, digits and `_+.-`, a letter first; a name that is too long is cut before its last two parts.
    """
    clean = replace_other_characters(name)
    if not clean[:1].isalpha():
        clean = f"J{clean}"
    if len(clean) <= (longest := _LONGEST_NAME[dialect]):
        return clean
    parts = clean.split("_")
    for kept in (2, 1):
        tail = "_" + "_".join(parts[-kept:])
        if len(parts) > kept and len(tail) < longest:
            return clean[: longest - len(tail)] + tail
    return "J" + clean[1 - longest :]


def _describe_exit(code: int, dialect: Dialect) -> str:
    if code < 0:
        return _EXITS[dialect].get(code, f"ended by PBS with the unknown exit status {code}")
    if code > 256:  # PBS adds 256 to the signal
        return f"killed by signal {code - 256}"
    return f"exit status {code}" + (f" (as after signal {code - 128})" if 128 < code <= 192 else "")
