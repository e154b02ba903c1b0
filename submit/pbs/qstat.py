"""What the commands of PBS answer, and what it means for a job: OpenPBS, PBS Pro, Torque, and Slurm's wrappers.

Only text is read here; no process is started. The plain text of `qstat -f` is read because it is the same in every
version: current OpenPBS lists only the first of several ids as JSON, older ones write JSON that is not valid, Torque
has none.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from itertools import zip_longest
from typing import Any

from law.job.base import BaseJobManager

from submit.pbs.exit_codes import OPENPBS_EXITS, PASSING_CODES, TORQUE_EXITS

__all__ = [
    "Dialect",
    "JobStatus",
    "PBSError",
    "finished_ids",
    "history_is_off",
    "interpret",
    "job_name",
    "no_longer_known",
    "parse_qstat",
    "recognise",
    "short_id",
    "submitted_id",
    "unknown_ids",
    "will_pass",
]


class PBSError(RuntimeError):
    """A command of PBS failed or gave no usable answer; nothing is known about the jobs then."""


class Dialect(Enum):
    """Whose manners the commands have: OpenPBS and PBS Pro, or Torque and Slurm's wrappers of the same names."""

    OPENPBS = "openpbs"
    TORQUE = "torque"


@dataclass(frozen=True)
class JobStatus:
    """What is known of a job, in law's words.

    Attributes:
        status: `pending`, `running`, `finished` or `failed`.
        code: Exit status of the job; None as long as there is none.
        error: Why it failed; None when it did not.
        extra: What else law should keep: `vanished` when the server knows the job no longer, `no_exit_status` when it
            says that the job ended but not how (outputs decide in both cases), `remote_host` where it ran.
    """

    status: str
    code: int | None = None
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


_PASSING_TEXT = re.compile(
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
_LONGEST_NAME = {Dialect.OPENPBS: 230, Dialect.TORQUE: 15}  # PBS_MAXJOBNAME of pbs_ifl.h, in characters

_PENDING, _RUNNING = BaseJobManager.PENDING, BaseJobManager.RUNNING
_STATES = {
    # OpenPBS: queued, held, waiting for its time, moving between queues, moved to another server
    **dict.fromkeys("QHWTM", _PENDING),
    # running, exiting, array begun, suspended, suspended because someone uses the workstation
    **dict.fromkeys("REBSU", _RUNNING),
}
_ENDED = "FXC"  # OpenPBS: finished, and expired for a part of an array; Torque: completed


def recognise(version: str) -> Dialect:
    """Tell whose manners the commands have from what `qstat --version` says.

    Args:
        version: Its standard output and error together. Slurm's wrapper does not know the option and prints its usage.

    Returns:
        OPENPBS where PBS Pro or OpenPBS name themselves, else TORQUE.
    """
    return Dialect.OPENPBS if re.search(r"pbs_version|pbs ?pro|openpbs", version, re.IGNORECASE) else Dialect.TORQUE


def parse_qstat(text: str) -> dict[str, dict[str, str]]:
    """Read the plain text of `qstat -f`.

    Args:
        text: Any number of jobs, also none. A block ends with an empty line: one that was cut off before is left out,
            because what is missing (the exit status stands near the end) would be misread.

    Returns:
        For every id the attributes as they are named, values unfolded.

    Raises:
        PBSError: When there is text but no job in it.
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
        elif found := _ATTRIBUTE.match(line):
            last = found[1]
            attributes[last] = found[2] or ""
    if not jobs and text.strip() and attributes is None:
        msg = f"qstat gave no list of jobs but {text.strip()[:200]!r}"
        raise PBSError(msg)
    return jobs


def short_id(job_id: str) -> str:
    """Return the part of an id before the server's name: commands print the name long, short or not at all."""
    return job_id.partition(".")[0]


def submitted_id(out: str) -> str | None:
    """Return the id that qsub printed: the last line that looks like one (sites print greetings before it), or None."""
    return next((line.strip() for line in reversed(out.splitlines()) if _SUBMITTED.match(line.strip())), None)


def unknown_ids(text: str) -> set[str]:
    """Return the short ids of the jobs that a command said not to know."""
    return {short_id(found) for found in _UNKNOWN.findall(text)}


def finished_ids(text: str) -> set[str]:
    """Return the short ids of the jobs that a command said to have finished, without saying how."""
    return {short_id(one or other) for one, other in _FINISHED.findall(text)}


def history_is_off(text: str) -> bool:
    """Whether the server says that it keeps no history; `qstat -x` then shows nothing, not even running jobs."""
    return "not configured to maintain job history" in text


def will_pass(code: int, text: str) -> bool:
    """Whether an error of a command is one of the server's and not of what was asked.

    Args:
        code: Its exit status.
        text: Its standard output and error together: Slurm's wrappers print errors to standard output.

    Returns:
        True for a server that is down, busy or does not answer; False for an unknown queue or an illegal resource.
    """
    return code in PASSING_CODES or bool(_PASSING_TEXT.search(text))


def no_longer_known() -> JobStatus:
    """Return the status of a job that the server does not know any longer: it has ended, its outputs tell how."""
    return JobStatus(BaseJobManager.FINISHED, extra={"vanished": True})


def interpret(attributes: dict[str, str], dialect: Dialect) -> JobStatus:
    """Translate what qstat says of a job.

    Args:
        attributes: Of the job, as `parse_qstat` gives them.
        dialect: Decides about a job that has ended without an exit status. In OpenPBS such a job never ran: it was
            deleted, or its dependency was dropped. Slurm's wrappers, with Torque's manners, never give one.

    Returns:
        Its status; a state that nobody knows counts as running, since a job must not be given up for it.

    Raises:
        PBSError: When there is no state, or the exit status is not a number.
    """
    if not (state := attributes.get("job_state")):
        msg = f"qstat gave a job without job_state: {attributes.get('Job_Name', 'it has no name either')}"
        raise PBSError(msg)
    host = attributes.get("exec_host", "").partition("/")[0]
    extra: dict[str, Any] = {"remote_host": host} if host else {}
    if state not in _ENDED:
        return JobStatus(_STATES.get(state, _RUNNING), extra=extra)
    comment = attributes.get("comment", "")
    text = attributes.get("Exit_status", attributes.get("exit_status"))
    if text is None and dialect is Dialect.TORQUE:
        return JobStatus(BaseJobManager.FINISHED, extra={**extra, "no_exit_status": True})
    if text is None:
        error = "ended without an exit status: deleted while queued, or its dependency was dropped"
        return JobStatus(BaseJobManager.FAILED, error=_with(error, comment), extra=extra)
    try:
        code = int(text)
    except ValueError:
        msg = f"qstat gave {text!r} as an exit status"
        raise PBSError(msg) from None
    if code == 0:
        return JobStatus(BaseJobManager.FINISHED, code=0, extra=extra)
    return JobStatus(BaseJobManager.FAILED, code=code, error=_with(_meaning(code, dialect), comment), extra=extra)


def job_name(name: str, dialect: Dialect) -> str:
    """Make a name that PBS accepts.

    Args:
        name: Any text; its last parts, separated by `_`, tell jobs apart, as in `ParseFile_12_a1b2c3`.
        dialect: Its limit: 230 characters in OpenPBS, 15 in Torque.

    Returns:
        Letters, digits and `_+.-`, a letter first; what is too long is cut before the last two parts.
    """
    clean = re.sub(r"[^A-Za-z0-9_+.-]", "_", name)
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


def _meaning(code: int, dialect: Dialect) -> str:
    if code < 0:
        return _EXITS[dialect].get(code, f"ended by PBS with the unknown exit status {code}")
    if code > 256:  # PBS adds 256 to the signal
        return f"killed by signal {code - 256}"
    return f"exit status {code}" + (f" (as after signal {code - 128})" if 128 < code <= 192 else "")


def _with(error: str, comment: str) -> str:
    return f"{error}; PBS says: {comment}" if comment else error
