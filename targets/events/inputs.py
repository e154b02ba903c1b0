"""Input files wherever they are: on this machine, streamed over a network, or downloaded into a cache first."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from targets.catalogue.input_files import InputFile
from targets.events.reader import EventFile, open_events
from targets.events.schemas import Schema
from targets.network import download_cache
from targets.network.retry import Network, RangesUnsupportedError, Traffic

__all__ = ["MODES", "FetchOptions", "Input", "Mode", "open_input"]

Mode = Literal["auto", "stream", "download"]
"""How files on a network are read."""

MODES: tuple[Mode, ...] = ("auto", "stream", "download")
"""All ways; ``auto`` takes the one that the file's schema names."""


@dataclass(frozen=True)
class FetchOptions:
    """How files on a network are read.

    Attributes:
        mode: ``stream`` for the needed bytes alone, ``download`` for whole files, ``auto`` as the format says.
        folder: The cache of downloads.
        keep: Whether downloads stay in the cache.
        network: Timeouts, attempts and connections.
    """

    mode: Mode
    folder: Path
    keep: bool
    network: Network = field(default_factory=Network)


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
        fetching: How files on a network are read; a server that gives whole files only is downloaded from, unless
            streaming was asked for.

    Yields:
        The open file.

    Raises:
        UnreadableFileError: When it cannot be fetched or opened, or is damaged.
        FileFormatError: When no schema fits it.
        ConfigurationError: When the cache cannot be used.
    """
    with ExitStack() as stack:
        events = None
        if "://" not in file.uri:
            events = stack.enter_context(open_events(file.uri, schemas))
        elif fetching.mode == "stream" or (fetching.mode == "auto" and not _is_downloaded(file, schemas)):
            events = _streamed(stack, file, schemas, fetching)
        if events is not None:
            yield Input(events, events.traffic)
            return
        place = stack.enter_context(download_cache.fetch(file, fetching.folder, fetching.network, keep=fetching.keep))
        yield Input(stack.enter_context(open_events(str(place.path), schemas)), lambda: place.traffic)


def _is_downloaded(file: InputFile, schemas: list[Schema]) -> bool:
    """Tell whether a file's release says already that it is downloaded: no request is needed to find out."""
    return any(schema.name == file.release and schema.fetch == "download" for schema in schemas)


def _streamed(stack: ExitStack, file: InputFile, schemas: list[Schema], fetching: FetchOptions) -> EventFile | None:
    """Open a file over the network; None when it is better downloaded."""
    try:
        events = stack.enter_context(open_events(file.uri, schemas, fetching.network, file.size))
    except RangesUnsupportedError:
        if fetching.mode == "stream":
            raise
        return None
    if fetching.mode == "auto" and events.schema and events.schema.fetch == "download":
        stack.close()
        return None
    return events
