"""Input files wherever they are: on this machine, streamed over a network, or downloaded into a cache first."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from edm.records.fetching import FetchDecision
from targets.catalogue.input_files import InputFile
from targets.errors import ChangedFileError, FileFormatError, UnreadableFileError
from targets.events.reader import Columns, EventFile, open_events
from targets.events.schemas import Schema
from targets.network.download_cache import fetch
from targets.network.retry import RangesUnsupportedError, RetryPolicy, Traffic
from targets.network.transfer import RemoteFile

__all__ = ["FetchOptions", "Input", "Mode", "open_input"]

_LEAST_BYTES = 8 * 2**20  # smaller files are there at once either way, and measured badly

Mode = Literal["auto", "stream", "download"]
"""How files on a network are read; ``auto`` downloads where the file's schema says so, or where that is faster."""


@dataclass(frozen=True)
class FetchOptions:
    """How files on a network are read.

    Attributes:
        mode: ``stream`` for the needed bytes alone, ``download`` for whole files, ``auto`` as the format says or, for
            formats of which few bytes are needed, as is faster by what was measured of the host.
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
        decision: By what ``auto`` chose between streaming and downloading; None where there was no choice.
    """

    events: EventFile
    traffic: Callable[[], Traffic]
    decision: FetchDecision | None = None


@contextmanager
def open_input(
    file: InputFile, schemas: list[Schema], fetching: FetchOptions, columns: Callable[[str], Columns] = lambda _: {}
) -> Iterator[Input]:
    """Open an input file.

    Args:
        file: The file.
        schemas: The schemas to choose from.
        fetching: How files on a network are read; a server that sends whole files only is downloaded from, unless
            streaming was asked for.
        columns: Tells what is read beside momenta, by the name of the schema: ``auto`` decides by how much that is.

    Yields:
        The open file.

    Raises:
        ChangedFileError: When a file of this machine is not what was listed, at the start or the end of the block.
        UnreadableFileError: When it cannot be fetched or opened, or is damaged.
        FileFormatError: When no schema fits it.
        ConfigurationError: When the cache cannot be used.
    """
    with ExitStack() as stack:
        events, decision = None, None
        if "://" not in file.uri:
            stack.enter_context(_unchanged(file))
            events = stack.enter_context(open_events(file.uri, schemas))
            _check_state(file)
        elif fetching.mode == "stream" or (fetching.mode == "auto" and not _is_downloaded(file, schemas)):
            events, decision = _streamed(stack, file, schemas, fetching, columns)
        if events is not None:
            yield Input(events, events.traffic, decision)
            return
        remote = RemoteFile(file.uri, file.size, file.checksum)
        download = stack.enter_context(fetch(remote, fetching.folder, fetching.policy, keep=fetching.keep))
        try:
            events = stack.enter_context(open_events(str(download.path), schemas))
        except (UnreadableFileError, FileFormatError) as error:  # it names the file in the cache alone
            msg = f"{file.uri}: {error}"
            raise type(error)(msg) from error
        yield Input(events, lambda: download.traffic, decision)


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


def _streamed(
    stack: ExitStack, file: InputFile, schemas: list[Schema], fetching: FetchOptions, columns: Callable[[str], Columns]
) -> tuple[EventFile | None, FetchDecision | None]:
    """Open a file over the network; None when it is better downloaded, and what decided that."""
    try:
        events = stack.enter_context(open_events(file.uri, schemas, fetching.policy, file.size))
    except RangesUnsupportedError:
        if fetching.mode == "stream":
            raise
        return None, None
    if fetching.mode == "stream" or events.schema is None:
        return events, None
    decision = events.decision(columns(events.schema.name)) if events.size >= _LEAST_BYTES else None
    if events.schema.fetch == "download" or (decision and decision.is_download()):
        stack.close()
        return None, decision
    return events, decision
