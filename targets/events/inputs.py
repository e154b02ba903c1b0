"""Input files wherever they are: on this machine, streamed over a network, or downloaded into a cache first."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from targets.catalogue.input_files import InputFile
from targets.errors import ChangedFileError, FileFormatError, UnreadableFileError
from targets.events.reader import EventFile, open_events
from targets.events.schemas import Schema
from targets.network.download_cache import fetch
from targets.network.retry import RangesUnsupportedError, RetryPolicy, Traffic
from targets.network.transfer import RemoteFile

__all__ = ["FetchOptions", "Input", "Mode", "open_input"]

Mode = Literal["auto", "stream", "download"]
"""How files on a network are read; ``auto`` takes the way that the file's schema names."""


@dataclass(frozen=True)
class FetchOptions:
    """How files on a network are read.

    Attributes:
        mode: ``stream`` for the needed bytes alone, ``download`` for whole files, ``auto`` as the format says.
        folder: The cache of downloads.
        keep: Whether downloads stay in the cache.
        policy: Timeouts, attempts and connections.
    """

    mode: Mode
    folder: Path
    keep: bool
    policy: RetryPolicy = field(default_factory=RetryPolicy)


class Input(NamedTuple):
    """An open input file.

    Attributes:
        events: Its events.
        traffic: Tells bytes read, from the disk or over the network, and requests so far.
    """

    events: EventFile
    traffic: Callable[[], Traffic]


@contextmanager
def open_input(file: InputFile, schemas: list[Schema], fetching: FetchOptions) -> Iterator[Input]:
    """Open an input file.

    Args:
        file: The file.
        schemas: The schemas to choose from.
        fetching: How files on a network are read; a server that sends whole files only is downloaded from, unless
            streaming was asked for.

    Yields:
        The open file.

    Raises:
        ChangedFileError: When a file of this machine is not what was listed, at the start or the end of the block.
        UnreadableFileError: When it cannot be fetched or opened, or is damaged.
        FileFormatError: When no schema fits it.
        ConfigurationError: When the cache cannot be used.
    """
    with ExitStack() as stack:
        events = None
        if "://" not in file.uri:
            stack.enter_context(_unchanged(file))
            events = stack.enter_context(open_events(file.uri, schemas))
            _check_state(file)
        elif fetching.mode == "stream" or (fetching.mode == "auto" and not _is_downloaded(file, schemas)):
            events = _streamed(stack, file, schemas, fetching)
        if events is not None:
            yield Input(events, events.traffic)
            return
        remote = RemoteFile(file.uri, file.size, file.checksum)
        download = stack.enter_context(fetch(remote, fetching.folder, fetching.policy, keep=fetching.keep))
        try:
            events = stack.enter_context(open_events(str(download.path), schemas))
        except (UnreadableFileError, FileFormatError) as error:  # it names the file in the cache alone
            msg = f"{file.uri}: {error}"
            raise type(error)(msg) from error
        yield Input(events, lambda: download.traffic)


@contextmanager
def _unchanged(file: InputFile) -> Iterator[None]:
    """Make sure that a file of this machine is still what was listed when it has been read, or cannot be."""
    try:
        yield
    except (UnreadableFileError, FileFormatError) as error:  # a file that was changed meanwhile looks damaged
        _check_state(file, error)
        raise
    _check_state(file)


def _check_state(file: InputFile, cause: Exception | None = None) -> None:
    """Compare size and time of change of a file of this machine with those listed, as far as these are listed."""
    try:
        status = os.stat(file.uri)  # noqa: PTH116 (a path costs more, and every file is looked at twice)
    except OSError:
        return  # opening it says why; and what was opened before is still what was listed
    listed, now = (file.size, file.modified_ns), (status.st_size, status.st_mtime_ns)
    if any(before is not None and before != after for before, after in zip(listed, now, strict=True)):
        msg = (
            f"{file.uri}: it changed since the run began ({_described(*listed)} when it was listed, {_described(*now)} "
            "now), so nothing was made of it: rerun the same command, which lists it anew"
        )
        raise ChangedFileError(msg) from cause


def _described(size: int | None, modified_ns: int | None) -> str:
    parts = [] if size is None else [f"{size} bytes"]
    if modified_ns is not None:
        parts.append(f"of {datetime.fromtimestamp(modified_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S.%f} UTC")
    return " ".join(parts)


def _is_downloaded(file: InputFile, schemas: list[Schema]) -> bool:
    """Tell whether a file's release says already that it is downloaded: no request is needed to find out."""
    return any(schema.name == file.release and schema.fetch == "download" for schema in schemas)


def _streamed(stack: ExitStack, file: InputFile, schemas: list[Schema], fetching: FetchOptions) -> EventFile | None:
    """Open a file over the network; None when it is better downloaded."""
    try:
        events = stack.enter_context(open_events(file.uri, schemas, fetching.policy, file.size))
    except RangesUnsupportedError:
        if fetching.mode == "stream":
            raise
        return None
    if fetching.mode == "auto" and events.schema and events.schema.fetch == "download":
        stack.close()
        return None
    return events
