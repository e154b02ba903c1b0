"""How ParseFile reads files."""

import resource
from dataclasses import dataclass, field

from physics.selection.selection import Selection
from steps.events.event_options import EventOptions
from steps.weighting.weigher import WeightOptions
from targets.errors import FileFormatError
from targets.events.inputs import FetchOptions
from targets.events.schemas import Schema

__all__ = ["ReadOptions"]

_WAITING_SHARE = 12  # of the limit: 700,000 events of NanoAOD where it is 1 GB

_LEAST_MEMORY_BYTES = 50 * 10**6  # below this, chunks would be too small to be worth their overhead


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

    def memory_bytes(self) -> int:
        """Return what the limit leaves for chunks, in bytes: the rest is for the process and for events that wait."""
        taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + self.waiting_bytes()
        return max(self.memory_limit_mb * 10**6 - taken, _LEAST_MEMORY_BYTES)

    def waiting_bytes(self) -> int:
        """Return the memory for events that wait until their file has been read whole, in bytes."""
        return self.memory_limit_mb * 10**6 // _WAITING_SHARE

    def check_memory(self, uri: str, n_bytes: int) -> None:
        """Refuse a file that cannot be read within the limit, however few events a chunk has.

        Args:
            uri: The file.
            n_bytes: Memory that whole baskets or pages take.

        Raises:
            FileFormatError: When they take more than there is; the message says how much is needed.
        """
        missing = n_bytes - self.memory_bytes()
        if missing > 0:
            needed = self.memory_limit_mb + -(-missing // 10**6)
            msg = (
                f"{uri}: its baskets or pages take {n_bytes / 1e6:,.0f} MB, more than memory_limit_mb = "
                f"{self.memory_limit_mb} leaves for them: run with --memory-limit-mb {needed} or more"
            )
            raise FileFormatError(msg)
