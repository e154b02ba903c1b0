"""What a job requests of a batch system: cores, memory and time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["JobRequest", "count_bytes", "format_time", "maximum", "parse_memory"]

_SIZE = re.compile(r"(\d+)\s*(b|[kmgtp]b?)", re.IGNORECASE)
_UNITS = "bkmgtp"  # powers of 1,024


@dataclass(frozen=True)
class JobRequest:
    """What a job requests; None leaves it to the batch system.

    Attributes:
        ncpus: Number of cores.
        memory: Of the whole job, as `2gb`.
        walltime_h: Its longest duration, in hours.
    """

    ncpus: int = 1
    memory: str | None = None
    walltime_h: float | None = None

    @property
    def walltime_s(self) -> float | None:
        """The longest duration in seconds."""
        return None if self.walltime_h is None else self.walltime_h * 3600


def maximum(requests: Iterable[JobRequest]) -> JobRequest:
    """Return the largest cores, memory and time among requests, of which there is at least one."""
    requests = list(requests)
    return JobRequest(
        max(request.ncpus for request in requests),
        max((request.memory for request in requests if request.memory), key=count_bytes, default=None),
        max((request.walltime_h for request in requests if request.walltime_h is not None), default=None),
    )


def parse_memory(text: str) -> tuple[int, str]:
    """Parse an amount of memory.

    Args:
        text: A whole number and a unit, as `2GB`, `2g` or `2048 mb`.

    Returns:
        The number, and the first letter of the unit in lower case; units are powers of 1,024.

    Raises:
        ValueError: When it is no such amount, or zero.
    """
    if not (match := _SIZE.fullmatch(text.strip())) or not int(match[1]):
        msg = f"{text!r} is no amount of memory: write a whole number and b, kb, mb, gb or tb, as 2gb"
        raise ValueError(msg)
    return int(match[1]), match[2][0].lower()


def count_bytes(memory: str) -> int:
    """Count the bytes of an amount of memory, as :func:`parse_memory` takes it."""
    number, unit = parse_memory(memory)
    return int(number * 1024 ** _UNITS.index(unit))


def format_time(seconds: float) -> str:
    """Format a time as batch systems take it, `HH:MM:SS`, rounded up to whole seconds."""
    minutes, rest = divmod(-int(-seconds // 1), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"
