"""What this process knows of the hosts that it reads from, for as long as it runs: what they can do, and how fast."""

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Host", "host_of"]

_LEAST_GAP, _MOST_GAP = 32 * 1024, 2**20  # bytes
_LEAST_BODY = 64 * 1024  # of fewer bytes, the time says little

_HOSTS: dict[str, "Host"] = {}


@dataclass
class Host:
    """What is known of a host.

    Attributes:
        several: Whether it gives several ranges in one answer; None before it was asked.
        round_trip_s: Seconds from a request on an open connection to the head of its answer, the shortest; None
            before one was made.
    """

    several: bool | None = None
    round_trip_s: float | None = None
    _bytes: int = 0
    _seconds: float = 0.0
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @property
    def bytes_per_s(self) -> float | None:
        """Bytes a second on one connection, on average; None before a body was long enough to tell."""
        return self._bytes / self._seconds if self._seconds > 0 else None

    def note_answer(self, seconds: float) -> None:
        """Note how long the head of an answer took on a connection that was open already."""
        with self._lock:
            self.round_trip_s = seconds if self.round_trip_s is None else min(self.round_trip_s, seconds)

    def note_body(self, n_bytes: int, seconds: float) -> None:
        """Note how long a body took from its head to its end."""
        if n_bytes >= _LEAST_BODY:
            with self._lock:
                self._bytes, self._seconds = self._bytes + n_bytes, self._seconds + seconds

    def gap_bytes(self) -> int:
        """Return the gap between single ranges that takes as long to read as a request: round trip x bandwidth."""
        if self.round_trip_s is None or self.bytes_per_s is None:
            return _LEAST_GAP
        return min(max(int(self.round_trip_s * self.bytes_per_s), _LEAST_GAP), _MOST_GAP)


def host_of(address: str) -> Host:
    """Return what is known of the host (and port) of an address.

    Args:
        address: An address of a file.

    Returns:
        The host's record, the same one for all files of it.
    """
    return _HOSTS.setdefault(urlsplit(address).netloc.rpartition("@")[2].lower(), Host())
