"""Whether a file on a network was better streamed or downloaded, by what was measured of its host."""

from dataclasses import dataclass

from edm.records.documents import Count, Number

__all__ = ["FetchDecision"]


@dataclass(frozen=True)
class FetchDecision:
    """What ``auto`` compared.

    Attributes:
        file_bytes: Size of the file in bytes: what a download takes, on one connection.
        stream_bytes: What streaming takes of it, in bytes, with the gaps that are read over.
        requests: How many requests that takes.
        connections: On how many connections.
        round_trip_s: Seconds from a request to its answer.
        bytes_per_s: Bytes a second on one connection.
    """

    file_bytes: Count
    stream_bytes: Count
    requests: Count
    connections: Count
    round_trip_s: Number
    bytes_per_s: Number

    def download_s(self) -> float:
        """Return how many seconds a download takes."""
        return self.file_bytes / self.bytes_per_s

    def stream_s(self) -> float:
        """Return how many seconds streaming takes."""
        return (self.requests * self.round_trip_s + self.stream_bytes / self.bytes_per_s) / self.connections

    def is_download(self) -> bool:
        """Tell whether the file is better downloaded."""
        return self.download_s() < self.stream_s()
