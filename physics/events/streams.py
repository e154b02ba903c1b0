"""Streams: one event may stand in several primary datasets, and must count once.

Streams are ranked. An event of one stream is left out if a path of a stream of higher rank, of which there are files
too, fired: it stands there.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from physics.errors import EventLevelError
from physics.selection.events import Stream, TriggerMenu

__all__ = [
    "UNRANKED",
    "has_several_streams",
    "menus_of_streams",
    "present_streams",
    "stream_of",
    "stream_passes",
    "stream_paths",
]

UNRANKED = {"2016e-8tev": ("*/DataEgamma*", "*/DataMuons*")}
"""Files of streams for which no rank is known (source: records 390 and 391 of the CERN Open Data portal)."""


def has_several_streams(ranked: Mapping[str, tuple[Stream, ...] | None], addresses: Iterable[str]) -> bool:
    """Tell whether files belong to two streams or more, whether or not their rank is known.

    Args:
        ranked: The streams of each format that a selection ranks.
        addresses: Where the files are.

    Returns:
        Whether two of the files belong to different streams of one format.
    """
    patterns: dict[str, list[tuple[str, ...]]] = {
        schema: [(pattern,) for pattern in names] for schema, names in UNRANKED.items()
    }
    patterns |= {schema: [stream.files for stream in streams] for schema, streams in ranked.items() if streams}
    first: dict[str, int] = {}
    for address in addresses:
        for schema, of_streams in patterns.items():
            number = next((place for place, names in enumerate(of_streams) if _fits(address, names)), None)
            if number is not None and first.setdefault(schema, number) != number:
                return True
    return False


def stream_of(streams: tuple[Stream, ...], address: str) -> Stream | None:
    """Find the stream of a file.

    Args:
        streams: The streams of the file's format.
        address: Where the file is: a path or a URL.

    Returns:
        The first stream one of whose patterns fits; None when none does.
    """
    return next((stream for stream in streams if _fits(address, stream.files)), None)


def _fits(address: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(address, pattern) for pattern in patterns)


def present_streams(streams: tuple[Stream, ...], addresses: Iterable[str]) -> tuple[Stream, ...]:
    """Find the streams of which a dataset has files.

    Args:
        streams: The streams of the format, highest rank first.
        addresses: Where the dataset's files are.

    Returns:
        The streams by rank; none when the dataset has files of fewer than two, so that no event can stand in two.

    Raises:
        EventLevelError: When it has files of two streams or more, and a file that belongs to none.
    """
    of_file = {address: stream_of(streams, address) for address in addresses}
    names = {stream.name for stream in of_file.values() if stream is not None}
    if len(names) < 2:
        return ()
    lost = [address for address, stream in of_file.items() if stream is None]
    if lost:
        msg = (
            f"{lost[0]} belongs to none of the streams {', '.join(stream.name for stream in streams)}, though others "
            f"of the dataset are of {', '.join(sorted(names))}: add a pattern for it under streams, or --streams none"
        )
        raise EventLevelError(msg)
    return tuple(stream for stream in streams if stream.name in names)


def menus_of_streams(menus: tuple[TriggerMenu, ...], present: tuple[Stream, ...]) -> tuple[TriggerMenu, ...]:
    """Leave the paths that belong to the streams of which there are files.

    Args:
        menus: The menus of the format.
        present: What :func:`present_streams` gave.

    Returns:
        The same menus where no stream is present; else those of them that have a path left, with these paths.
    """
    if not present:
        return menus
    paths = {path for stream in present for path in stream.paths}
    shortened = ((menu, tuple(path for path in menu.paths if path in paths)) for menu in menus)
    return tuple(menu.model_copy(update={"paths": kept}) for menu, kept in shortened if kept)


def stream_paths(
    menu: TriggerMenu, own: Stream, present: tuple[Stream, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the paths that decide whether an event stays in its stream.

    Args:
        menu: The event's menu.
        own: The stream of its file.
        present: The streams of which there are files, by rank.

    Returns:
        The paths of the own stream, one of which must have fired, and those of the streams above it, none of which
        may have. Paths of other periods do not count.
    """
    above = present[: [stream.name for stream in present].index(own.name)]
    vetoes = {path for stream in above for path in stream.paths}
    return tuple(path for path in menu.paths if path in own.paths), tuple(path for path in menu.paths if path in vetoes)


def stream_passes(
    own_paths: tuple[str, ...], vetoes: tuple[str, ...], fired: Mapping[str, npt.NDArray[np.bool_]], n_events: int
) -> npt.NDArray[np.bool_]:
    """Tell which events stay in their stream.

    Args:
        own_paths: Paths one of which must have fired; those that the file lacks count as not fired.
        vetoes: Paths none of which may have fired.
        fired: Per path of the file, which events fired it, shape (n_events,), no unit.
        n_events: How many events there are.

    Returns:
        Shape (n_events,).

    Raises:
        EventLevelError: When the file lacks a path of a higher stream: its events could not be told apart.
    """
    missing = [path for path in vetoes if path not in fired]
    if missing:
        msg = (
            f"streams: the file has no {', '.join(missing)}, which a stream of higher rank is made of: its events "
            "cannot be told apart; leave the paths out of the selection, or --streams none"
        )
        raise EventLevelError(msg)
    passed = np.zeros(n_events, dtype=np.bool_)
    for path in own_paths:
        if path in fired:
            passed |= fired[path]
    for path in vetoes:
        passed &= ~fired[path]
    return passed
