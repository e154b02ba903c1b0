"""Patience with a network that fails: how long to wait, how often to try, and when to give up."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from targets.errors import UnreadableFileError

__all__ = [
    "RangesUnsupportedError",
    "RefusedError",
    "RetryPolicy",
    "Traffic",
    "TransientError",
    "Version",
    "check_size",
    "retry",
]

_Result = TypeVar("_Result")


class RefusedError(UnreadableFileError):
    """A server says that it has no such file, or does not give it: trying again does not help.

    Attributes:
        status: The status of its HTTP answer; None where there is none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RangesUnsupportedError(UnreadableFileError):
    """A server gives whole files only: this one cannot be read in parts, but it can be downloaded."""


class TransientError(Exception):
    """A failure that may not happen again when the same is tried once more.

    Attributes:
        wait_s: Seconds to wait that the server asks for; None when it asks for none.
    """

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class RetryPolicy:
    """How files are read over a network.

    Attributes:
        connections_per_host: Connections that all processes of this machine have to one host at once, at least 1.
        connect_timeout_s: Seconds that a connection may take to come about.
        read_timeout_s: Seconds without a byte after which an answer counts as stalled.
        min_bytes_per_s: Bytes a second, on average over read_timeout_s, below which an answer counts as stalled too.
        attempts: Attempts in a row without any progress before a file is given up, at least 1.
        backoff_s: Seconds before the second attempt, on average; they double from attempt to attempt.
        longest_wait_s: Seconds between two attempts at most, whatever a server asks for.
    """

    connections_per_host: int = 4
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    min_bytes_per_s: float = 10_000.0
    attempts: int = 5
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0

    def pause(self, failures: int, asked_s: float | None) -> float:
        """Return how long to wait before the next attempt.

        Args:
            failures: Attempts that failed in a row, at least 1.
            asked_s: Seconds that the server asks for; None when it asks for none.

        Returns:
            Seconds, at random, so that many processes do not all come back in the same moment.
        """
        wait = self.backoff_s * 2.0 ** min(failures - 1, 30) * random.uniform(0.5, 1.5)
        return min(max(wait, asked_s or 0.0), self.longest_wait_s)


@dataclass
class Traffic:
    """What went over the network.

    Attributes:
        received: Bytes of files, those of answers that broke off or were thrown away included.
        requests: Requests, those included that failed.
    """

    received: int = field(default=0)
    requests: int = field(default=0)


class Version(NamedTuple):
    """By what a server tells one state of a file from another; None for what it does not say.

    Attributes:
        etag: The server's name for this state.
        last_modified: When the file was changed, as the server spells it.
        size: Size of the file in bytes.
    """

    etag: str | None
    last_modified: str | None
    size: int | None

    def differs(self, version: "Version") -> bool:
        """Tell whether two versions cannot be of the same state; the date counts only where no ETag decides."""
        if None not in (self.size, version.size) and self.size != version.size:
            return True
        if self.etag and version.etag:
            return self.etag.removeprefix("W/") != version.etag.removeprefix("W/")
        return bool(self.last_modified and version.last_modified) and self.last_modified != version.last_modified


def check_size(uri: str, expected: int | None, served: int | None) -> None:
    """Compare the size of a file on a server with what its catalogue says, before anything of it is read.

    Args:
        uri: The file, for the message.
        expected: Size in bytes by the catalogue; None when it does not say.
        served: Size in bytes by the server; None when it does not say.

    Raises:
        UnreadableFileError: When both say something, and not the same.
    """
    if None not in (expected, served) and expected != served:
        msg = (
            f"{uri}: the server's file has {served} bytes, its catalogue says {expected}: it is truncated, or one of "
            f"them is out of date; make the list of files anew with --refresh-metadata"
        )
        raise UnreadableFileError(msg)


def retry(uri: str, policy: RetryPolicy, attempt: Callable[[], _Result], progress: Callable[[], int]) -> _Result:
    """Try until it goes well, waiting longer from time to time, as long as there is progress or patience.

    Args:
        uri: The file, for the message.
        policy: How often to try and how long to wait.
        attempt: What to try; it raises TransientError for what may go well the next time.
        progress: How far things are, as a number that grows and has an end: an attempt after which it has grown does
            not use up patience.

    Returns:
        What *attempt* returned.

    Raises:
        UnreadableFileError: When policy.attempts attempts in a row failed without progress, or what *attempt* raised.
    """
    failures, reached = 0, progress()
    while True:
        try:
            return attempt()
        except TransientError as error:
            failures = 1 if progress() > reached else failures + 1
            reached = max(reached, progress())
            if failures >= policy.attempts:
                tries = "one attempt" if policy.attempts == 1 else f"{policy.attempts} attempts without any progress"
                msg = f"{uri}: {error}; given up after {tries}: check the network and try again later"
                raise UnreadableFileError(msg) from error
            wait = policy.pause(failures, error.wait_s)
        time.sleep(wait)
