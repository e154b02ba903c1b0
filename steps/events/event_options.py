"""What a run asks of events: the block of its selection, and the parameters that override it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from physics.events.steps import EventSettings
from physics.events.streams import UNRANKED, has_several_streams, present_streams
from physics.selection.events import EventSelection, RunLists, Stream
from targets.catalogue.run_lists import AUTO, NONE, find_run_lists

__all__ = [
    "AskedOfEvents",
    "EventOptions",
    "are_several_streams",
    "describe_options",
    "find_streams",
    "formats_of_streams",
]

_find_run_lists = lru_cache(maxsize=16)(find_run_lists)  # every file asks for the same few


@dataclass(frozen=True)
class AskedOfEvents:
    """What can change which events count, beside the content of the selection, as it names a variant.

    Attributes:
        good_runs: ``auto`` for what the selection says, ``none``, or ``lists`` for those that the user names.
        run_lists: SHA-256 sums of all lists that files may be asked for, by name.
        triggers: Whether triggers are asked for.
        mc_period: The period of triggers that simulation takes.
        streams: Names of the streams of which the dataset has files, by format.
    """

    good_runs: Literal["auto", "none", "lists"]
    run_lists: Mapping[str, str]
    triggers: bool
    mc_period: str
    streams: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class EventOptions:
    """What a run asks of events, whatever the format of their file.

    Attributes:
        good_runs: ``auto`` alone for what the selection says, ``none`` alone, or names and paths of lists.
        triggers: Whether triggers are asked for.
        streams: The streams of which the dataset has files, by format; none where the veto does not act.
        mc_period: The period of triggers that simulation takes.
        half: Which half of the events counts.
        with_met: Whether masses with the missing transverse momentum are made.
    """

    good_runs: tuple[str, ...] = (AUTO,)
    triggers: bool = True
    streams: Mapping[str, tuple[Stream, ...]] = field(default_factory=dict)
    mc_period: str = "2016"
    half: Literal["all", "a", "b"] = "all"
    with_met: bool = False

    def settings(self, events: EventSelection | None, schema: str, experiment: str | None) -> EventSettings:
        """Resolve them for files of a format.

        Args:
            events: The block of the selection; None asks nothing.
            schema: Name of the format.
            experiment: Whose format it is.

        Returns:
            What is asked of these files.

        Raises:
            ConfigurationError: When a list of good runs is not there, or none.
        """
        table = events.good_runs.formats.get(schema) if events and events.good_runs else None
        mode: Literal["auto", "none", "lists"] = "lists"
        names: tuple[str, ...] = self.good_runs
        if names == (NONE,):
            mode, names = "none", ()
        elif names == (AUTO,):
            mode, names = "auto", table.names if isinstance(table, RunLists) else ()
        lists = _find_run_lists(names, experiment)
        streams = self.streams.get(schema, ())
        return EventSettings(events, mode, lists, self.triggers, streams, self.mc_period, self.half)


def find_streams(events: EventSelection | None, addresses: Sequence[str]) -> dict[str, tuple[Stream, ...]]:
    """Find the streams of which a dataset has files.

    Args:
        events: The block of the selection.
        addresses: Where the files of the dataset are.

    Returns:
        By format the streams, by rank; formats of which there are files of fewer than two streams are left out.

    Raises:
        EventLevelError: When a file belongs to no stream, and others do to two or more.
    """
    tables = events.streams.formats if events and events.streams else {}
    by_format = {schema: present_streams(streams, addresses) for schema, streams in tables.items() if streams}
    return {schema: streams for schema, streams in by_format.items() if streams}


def are_several_streams(events: EventSelection | None, addresses: Sequence[str]) -> bool:
    """Tell whether the files of a dataset belong to several streams, so that it may hold an event more than once.

    Args:
        events: The block of the selection.
        addresses: Where the files are.
    """
    return has_several_streams(events.streams.formats if events and events.streams else {}, addresses)


def formats_of_streams(events: EventSelection | None) -> set[str]:
    """Name the formats whose files may belong to several streams.

    Args:
        events: The block of the selection.
    """
    ranked = events.streams.formats if events and events.streams else {}
    return {*UNRANKED, *(schema for schema, streams in ranked.items() if streams)}


def describe_options(
    options: EventOptions, events: EventSelection | None, experiments: Mapping[str, str | None]
) -> AskedOfEvents | None:
    """Describe what can change which events count, beside the content of the selection.

    Args:
        options: What the run asks.
        events: The block of the selection.
        experiments: Whose format each format is that files may have.

    Returns:
        What can; None where nothing is asked.

    Raises:
        ConfigurationError: When a list of good runs is not there, or none.
    """
    settings = [options.settings(events, schema, experiment) for schema, experiment in experiments.items()]
    lists = {run_list.name: run_list.sha256 for of_format in settings for run_list in of_format.lists}
    if events is None and not lists:
        return None
    return AskedOfEvents(
        settings[0].good_runs,
        dict(sorted(lists.items())),
        options.triggers,
        options.mc_period,
        {schema: [stream.name for stream in streams] for schema, streams in options.streams.items()},
    )
