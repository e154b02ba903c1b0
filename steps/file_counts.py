"""What ParseFile counts of files."""

from collections import Counter
from dataclasses import asdict, dataclass, field, fields

from edm.records import kinematics
from edm.records.cutflow import Cutflow
from edm.records.documents import from_document
from edm.records.event_level import EventLevel, LuminosityNumbers
from edm.records.kinematics import Kinematics
from edm.records.statistics import FileRecord
from edm.run_lists import RunList
from physics.events.good_runs import luminosity
from physics.events.result import EventResult

__all__ = ["FileCounts"]


@dataclass
class FileCounts:
    """What is counted of one file, or of several together."""

    files: list[FileRecord] = field(default_factory=list)
    few_objects: Counter[str] = field(default_factory=Counter)
    cutflow: Cutflow = field(default_factory=Cutflow)
    kinematics: Kinematics = field(default_factory=dict)
    events: EventResult = field(default_factory=EventResult)
    run_lists: dict[str, RunList] = field(default_factory=dict)
    no_score: int = 0
    non_finite_met: int = 0

    def add(self, other: "FileCounts") -> None:
        """Add those of other files, or of other events of the same file."""
        self.files += other.files
        self.few_objects.update(other.few_objects)
        self.cutflow = self.cutflow.add(other.cutflow)
        self.kinematics = kinematics.add(self.kinematics, other.kinematics)
        self.events = self.events.add(other.events)
        self.run_lists |= other.run_lists
        self.no_score += other.no_score
        self.non_finite_met += other.non_finite_met

    def event_level(self) -> EventLevel:
        """Return what is recorded of the event level; sets of blocks stand beside their numbers, so that they unite."""
        run_lists = [self.run_lists[name] for name in sorted(self.run_lists)]
        numbers = asdict(luminosity(self.events.blocks, run_lists))
        document = self.events.as_dict() | {
            "luminosity": {part.name: numbers[part.name] for part in fields(LuminosityNumbers)},
            "run_lists": list(self.run_lists),
            "no_score": self.no_score,
            "non_finite_weights": sum(file.weights.non_finite for file in self.files if file.weights),
            "non_finite_met": self.non_finite_met,
        }
        return from_document(EventLevel, document)
