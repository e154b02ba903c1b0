"""What the event level says of the events of files, as statistics hold it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edm.records.documents import Count, Number

__all__ = ["Blocks", "EventLevel", "EventRow", "ExactLuminosity", "LuminosityNumbers"]


@dataclass(frozen=True)
class EventRow:
    """A row of the event cutflow: events left after it, and events that reached it and were asked."""

    name: str
    passed: Count
    applied: Count


@dataclass(frozen=True)
class LuminosityNumbers:
    """Luminosity blocks, and their luminosity.

    Attributes:
        blocks_seen: Blocks of the events read.
        blocks_good: Good ones of them.
        blocks_in_list: Blocks of the lists of good runs.
        estimate_pb: What the lists' luminosity makes of these, in 1/pb; None where a list has none.
    """

    blocks_seen: Count
    blocks_good: Count
    blocks_in_list: Count
    estimate_pb: Number | None


@dataclass(frozen=True)
class ExactLuminosity:
    """The luminosity of the good blocks, by a table of the user.

    Attributes:
        exact_pb: The sum over the blocks in the table, in 1/pb.
        blocks_without_luminosity: Good blocks that the table lacks; they count as 0.
    """

    exact_pb: Number
    blocks_without_luminosity: Count


Blocks = Mapping[str, Mapping[str, tuple[tuple[Count, Count], ...]]]
"""Luminosity blocks that were seen and that are good: of each run, ranges of first and last."""


@dataclass(frozen=True, kw_only=True)
class EventLevel:
    """Which events counted; older versions recorded none of this.

    Attributes:
        event_cutflow: Events left after each step.
        luminosity: Luminosity blocks, and an estimate of their luminosity in 1/pb.
        exact_luminosity: The exact luminosity; None without a table of luminosities.
        events_per_path: Of the events that reach the trigger, how many fired each path that a file has.
        missing_paths: Paths that a file lacks.
        trigger_source: Where the decisions stand: flags, decision, match or none.
        chosen_by_mc_period: Simulated events whose run lies in no period.
        no_menu: Collision events whose run lies in no period.
        asked_for_menu: Events that reached that row.
        not_applied: What was not asked for want of branches: row of the cutflow -> these branches.
        blocks: ``seen`` and ``good`` luminosity blocks, per run as ranges of first and last.
        run_lists: The lists of good runs that were asked.
        no_score: Jets without a score of the b-tagger.
        non_finite_weights: Simulated events whose weight is not finite; they count as 0.
        non_finite_met: Events whose missing transverse momentum is not finite; they have no masses with it.
    """

    event_cutflow: tuple[EventRow, ...] = ()
    luminosity: LuminosityNumbers | None = None
    exact_luminosity: ExactLuminosity | None = None
    events_per_path: Mapping[str, Count] = field(default_factory=dict)
    missing_paths: tuple[str, ...] = ()
    trigger_source: str = "none"
    chosen_by_mc_period: Count = 0
    no_menu: Count = 0
    asked_for_menu: Count = 0
    not_applied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocks: Blocks = field(default_factory=lambda: {"seen": {}, "good": {}})
    run_lists: tuple[str, ...] = ()
    no_score: Count = 0
    non_finite_weights: Count = 0
    non_finite_met: Count = 0
