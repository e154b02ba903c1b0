"""What a physicist must know of a dataset before its numbers: which events count, the luminosity, and warnings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edm.records.samples import Normalisation
from edm.records.statistics import DatasetStatistics
from physics.selection.events import EventSelection
from steps import statistics
from steps.events.event_options import EventOptions
from steps.events.event_statistics import describe_duplicates, describe_luminosity
from steps.weighting.normalisation import describe_doubts, describe_normalisation
from targets.catalogue.run_lists import NONE

__all__ = ["EventRequest", "Headlines", "compare_luminosities", "headlines"]

_ABOUT_EQUAL = 0.1  # luminosities that differ by this share of each other need no warning


class EventRequest(NamedTuple):
    """What a run asks of events: the block of its selection, None asks nothing, and the options that override it."""

    events: EventSelection | None
    options: EventOptions


@dataclass(frozen=True)
class Headlines:
    """What stands on top of the report, in Summary and in the announcement at the end of a run.

    Attributes:
        facts: How many events count, the luminosity, copies of events, and what simulation was normalised to.
        warnings: What was asked of events or objects and not applied, or applied to no avail, and what makes
            a normalisation doubtful.
    """

    facts: tuple[str, ...]
    warnings: tuple[str, ...]


def headlines(
    summed: DatasetStatistics, request: EventRequest, normalisation: Mapping[str, Normalisation] | None = None
) -> Headlines:
    """Put together what must be known of a dataset.

    Args:
        summed: The sum of the statistics of its branches.
        request: What was asked of its events.
        normalisation: Of weighted simulation, what the weights of each sample were multiplied with.

    Returns:
        Sentences; empty where no branch has left statistics.
    """
    facts = []
    if rows := summed.event_cutflow:
        luminosity = describe_luminosity(summed)
        facts.append(f"{rows[-1].passed:,} of {rows[0].passed:,} events count{'; ' if luminosity else ''}{luminosity}")
    facts += [f"duplicates: {describe_duplicates(summed.duplicates)}"] if summed.duplicates else []
    facts += describe_normalisation(normalisation or {})
    doubts = describe_doubts(normalisation or {})
    return Headlines(tuple(facts), (*_not_asked(summed, request), *statistics.warnings(summed), *doubts))


def compare_luminosities(summed: DatasetStatistics, is_whole: bool, normalised_to_fb: float) -> list[str]:
    """Warn where simulation is normalised to another luminosity than that of the data it is drawn under.

    Args:
        summed: The sum of the statistics of the data.
        is_whole: Whether all files that are listed of the data are read.
        normalised_to_fb: What simulation is normalised to, in 1/fb.

    Returns:
        A sentence, or none.
    """
    estimate_pb = summed.luminosity.estimate_pb if summed.luminosity else None
    normalised = f"the simulation drawn under the data is normalised to {normalised_to_fb:g}/fb"
    if estimate_pb and abs(estimate_pb / 1000 / normalised_to_fb - 1) > _ABOUT_EQUAL:
        share = (
            f"the data that were read have ≈ {estimate_pb:.4g}/pb: --luminosity-fb {estimate_pb / 1000:.4g} adapts it"
        )
        return [f"{normalised}, {share}"]
    if not estimate_pb and not is_whole:
        return [f"{normalised}, but only some files of the data are read: --luminosity-fb L adapts it"]
    return []


def _not_asked(summed: DatasetStatistics, request: EventRequest) -> Iterator[str]:
    """Say which lists and triggers of the selection the command line left out."""
    events, options = request
    formats, collisions = set(summed.formats), summed.simulated_files < sum(summed.formats.values())
    good_runs = events.good_runs.formats if events and events.good_runs else {}
    if options.good_runs == (NONE,) and collisions and any(good_runs.get(name) for name in formats):
        yield "no list of good runs was applied: --good-runs none"
    triggers = events.triggers.formats if events and events.triggers else {}
    if not options.triggers and any(triggers.get(name) for name in formats):
        yield "no trigger was asked for: --triggers none"
