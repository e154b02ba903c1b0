"""How ParseFile reads files."""

import math
import resource
from dataclasses import dataclass, field
from pathlib import Path

from physics.selection.selection import Selection
from steps.events.event_options import EventOptions
from steps.weighting.weigher import WeightOptions
from targets.errors import FileFormatError
from targets.events.inputs import FetchOptions
from targets.events.schemas import Schema

__all__ = ["ReadOptions"]

_WAITING_SHARE = 12  # of the limit: 700,000 events of NanoAOD where it is 1 GB

_LEAST_MEMORY_BYTES = 50 * 10**6  # below this, chunks would be too small to be worth their overhead

_STEP_MB = 50  # of the limit that is advised: a process takes some MB more or less from run to run


@dataclass(frozen=True)
class ReadOptions:
    """How files are read.

    Attributes:
        schemas: The schemas to choose from.
        selection: The object selection.
        fetch: How files on a network are read.
        chunk_events: Events in memory at a time, at most.
        memory_limit_mb: Memory that the process may take, in MB.
        attempts: Attempts at reading a file.
        tolerated_failures: Unreadable files that may be left out.
        events: What is asked of events.
        weights: What is asked of the weights of a dataset of simulation; None asks nothing.
    """

    schemas: list[Schema]
    selection: Selection
    fetch: FetchOptions
    chunk_events: int
    memory_limit_mb: int
    attempts: int
    tolerated_failures: int
    events: EventOptions = field(default_factory=EventOptions)
    weights: WeightOptions | None = None

    def waiting_bytes(self) -> int:
        """Return the memory in bytes for events whose masses are made, or that wait until their file was read whole."""
        return self.memory_limit_mb * 10**6 // _WAITING_SHARE

    def chunk_bytes(self, uri: str, kept: int) -> int:
        """Return the memory for chunks and the work on them: what the process, and all that waits, leave of the limit.

        Args:
            uri: The file.
            kept: Memory that its baskets or pages take, in bytes, however few events a chunk has.

        Returns:
            Bytes.

        Raises:
            FileFormatError: When they leave too little; the message says how much is needed.
        """
        taken = _resident_bytes() + kept
        remaining = self.memory_limit_mb * 10**6 - self.waiting_bytes() - taken
        if remaining < _LEAST_MEMORY_BYTES < kept:
            needed_mb = (taken + _LEAST_MEMORY_BYTES) / (1 - 1 / _WAITING_SHARE) / 10**6
            msg = (
                f"{uri}: its baskets or pages take {kept / 1e6:,.0f} MB, more than memory_limit_mb = "
                f"{self.memory_limit_mb} leaves for them: run with --memory-limit-mb "
                f"{math.ceil(needed_mb / _STEP_MB) * _STEP_MB} or more"
            )
            raise FileFormatError(msg)
        return max(remaining, _LEAST_MEMORY_BYTES)


def _resident_bytes() -> int:
    """Return the memory of this process at present; where the system does not tell, the most that it had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()
