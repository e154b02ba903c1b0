"""What the event level says of some events, and the sum of what it says of several."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from physics.events.cutflow import EventCutflow
from physics.events.good_runs import Blocks
from physics.events.triggers import TriggerCounts

__all__ = ["EventResult"]


@dataclass(frozen=True)
class EventResult:
    """What the event level made of some events.

    Attributes:
        cutflow: Events after each step.
        triggers: What is said of triggers.
        blocks: Luminosity blocks seen and good, where lists of good runs were applied.
        not_applied: What was not asked for want of branches: row of the cutflow -> these branches.
    """

    cutflow: EventCutflow = field(default_factory=EventCutflow)
    triggers: TriggerCounts = field(default_factory=TriggerCounts)
    blocks: Blocks = field(default_factory=Blocks)
    not_applied: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, other: "EventResult") -> "EventResult":
        """Add that of other events."""
        rows = dict.fromkeys([*self.not_applied, *other.not_applied])
        missing = {
            row: tuple(dict.fromkeys([*self.not_applied.get(row, ()), *other.not_applied.get(row, ())])) for row in rows
        }
        return EventResult(
            self.cutflow.add(other.cutflow),
            self.triggers.add(other.triggers),
            self.blocks.add(other.blocks),
            missing,
        )

    def check(self) -> None:
        """Refuse a file whose sum of chunks this is, when the settings do not fit it.

        Raises:
            EventLevelError: When more than half of its events have no trigger menu.
        """
        self.triggers.check()

    def as_dict(self) -> dict[str, Any]:
        """Write what is said in a form that JSON can hold, under the keys of the statistics.

        Returns:
            ``event_cutflow``, ``events_per_path``, ``missing_paths``, ``trigger_source``, ``chosen_by_mc_period``,
            ``no_menu`` and ``asked_for_menu`` (events), ``not_applied`` and ``blocks`` (per run, as ranges).
        """
        triggers = self.triggers
        return {
            "event_cutflow": self.cutflow.as_dict(),
            "events_per_path": dict(triggers.events_per_path),
            "missing_paths": list(triggers.missing_paths),
            "trigger_source": triggers.source,
            "chosen_by_mc_period": triggers.chosen_by_mc_period,
            "no_menu": triggers.no_menu,
            "asked_for_menu": triggers.asked,
            "not_applied": {row: list(branches) for row, branches in self.not_applied.items()},
            "blocks": self.blocks.as_dict(),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "EventResult":
        """Read what ``as_dict`` has written.

        Args:
            document: The return value of ``as_dict``.

        Returns:
            An equal result.
        """
        triggers = TriggerCounts(
            document["events_per_path"],
            tuple(document["missing_paths"]),
            document["trigger_source"],
            document["chosen_by_mc_period"],
            document["no_menu"],
            document["asked_for_menu"],
        )
        not_applied = {row: tuple(branches) for row, branches in document["not_applied"].items()}
        blocks = Blocks.from_dict(document["blocks"])
        return cls(EventCutflow.from_dict(document["event_cutflow"]), triggers, blocks, not_applied)
