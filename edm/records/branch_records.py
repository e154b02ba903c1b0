"""The record of a branch: what each stage writes down beside its product.

What older versions did not record has a default here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from edm.errors import RecordError
from edm.records.cut_table import FinalStateCount
from edm.records.documents import Count, Number, from_document, to_document
from edm.records.duplicates import DuplicateEvents
from edm.records.event_level import EventLevel
from edm.records.histograms import HistogramRow
from edm.records.samples import Normalisation
from edm.records.scans import DrawnScan, InjectedSignal, ScannedHistograms
from edm.records.stage_results import StageResults, Totals
from edm.records.statistics import (
    CutflowDocument,
    DatasetStatistics,
    EventCounts,
    Failure,
    FileRecord,
    KinematicsDocument,
)

__all__ = [
    "RESULTS",
    "BranchRecord",
    "ComputedMasses",
    "CountedMasses",
    "DrawnFigures",
    "ExportedArrays",
    "ExportedHistograms",
    "FilledCounts",
    "FoundDuplicates",
    "FoundPeaks",
    "MadeHistograms",
    "MadeReport",
    "ParsedFiles",
    "RemovedPeaks",
]


@dataclass(frozen=True)
class ParsedFiles(EventLevel, StageResults):
    """What ParseFile records; the kinematics are those of the selected objects, None where they were not recorded."""

    stage = "ParseFile"

    events: EventCounts
    cutflow: CutflowDocument
    files: tuple[FileRecord, ...]
    failures: tuple[Failure, ...]
    bytes_read: Count | None = None
    kinematics: KinematicsDocument = None

    def totals(self) -> Totals:
        """Return what it has in common with other stages; a b-jet counts once, with the jets."""
        objects = sum(number for kind, number in self.cutflow.selected().items() if kind != "b")
        return Totals(self.events.read, objects, bytes_read=self.bytes_read, failures=len(self.failures))


@dataclass(frozen=True, kw_only=True)
class FoundDuplicates(DuplicateEvents, StageResults):
    """What FindDuplicates records: which events of a dataset are there more than once."""

    stage = "FindDuplicates"

    def totals(self) -> Totals:
        """Return what it has in common with other stages."""
        return Totals(events=self.events)


@dataclass(frozen=True)
class ComputedMasses(StageResults):
    """What ComputeMasses records: events, masses made, events by final state (the largest first), copies left out."""

    stage = "ComputeMasses"

    events: Count
    masses: Count
    final_states: Mapping[str, Count]
    left_out: Count = 0

    def totals(self) -> Totals:
        """Return what it has in common with other stages."""
        return Totals(events=self.events, masses=self.masses)


@dataclass(frozen=True)
class CountedMasses(StageResults):
    """What CountMasses records: masses counted, and the combinations that they are of."""

    stage = "CountMasses"

    combinations: Count
    masses: Count


@dataclass(frozen=True)
class FoundPeaks(StageResults):
    """What FindPeaks records: events of each final state, and the combinations that have cuts."""

    stage = "FindPeaks"

    final_states: Mapping[str, FinalStateCount]
    combinations: Count


@dataclass(frozen=True)
class RemovedPeaks(StageResults):
    """What RemovePeaks records: masses that went in, and those in main and in outliers."""

    stage = "RemovePeaks"

    masses: Count
    main: Count
    outliers: Count


@dataclass(frozen=True)
class FilledCounts(StageResults):
    """What FillHistograms records: masses counted."""

    stage = "FillHistograms"

    masses: Count


@dataclass(frozen=True)
class ExportedArrays(StageResults):
    """What ExportArrays records: files made, and the masses in them."""

    stage = "ExportArrays"

    arrays: Count
    masses: Count


@dataclass(frozen=True)
class ExportedHistograms(StageResults):
    """What ExportBumpNet records: histograms, those for BumpNet, and those of them with a warning."""

    stage = "ExportBumpNet"

    histograms: Count
    accepted: Count
    warnings: Count


@dataclass(frozen=True)
class DrawnFigures(StageResults):
    """What MakePlots records: figures drawn, and the files that hold them."""

    stage = "MakePlots"

    figures: Count
    files: Count


@dataclass(frozen=True)
class MadeReport(StageResults):
    """What MakeReport records: histograms and figures shown, and warnings on top."""

    stage = "MakeReport"

    histograms: Count
    figures: Count
    warnings: Count = 0


@dataclass(frozen=True, kw_only=True)
class MadeHistograms(DatasetStatistics, StageResults):
    """What MakeHistograms records: the sum of the statistics of the dataset, and its histograms.

    Attributes:
        histograms: How many there are.
        accepted_by_bumpnet: How many of them have the bins and entries that BumpNet's loader asks for.
        rows: What is recorded of each, by its key.
        without_histogram: Why there is no histogram, by name and width.
        unavailable: The addresses of files on tape, which were left out.
        normalisation: Of weighted simulation, what the weights of each sample are multiplied with, by its dataset.
        whole_distributions: How many distributions before any removal stand beside the histograms.
    """

    stage = "MakeHistograms"

    histograms: Count
    accepted_by_bumpnet: Count
    rows: Mapping[str, HistogramRow]
    without_histogram: Mapping[str, str]
    unavailable: tuple[str, ...] = ()
    normalisation: Mapping[str, Normalisation] = field(default_factory=dict)
    whole_distributions: Count = 0

    def totals(self) -> Totals:
        """Return nothing: it repeats what the stages before it counted."""
        return Totals()


RESULTS: Mapping[str, type[StageResults]] = {
    kind.stage: kind
    for kind in (
        *(ParsedFiles, FoundDuplicates, ComputedMasses, CountedMasses, FoundPeaks, RemovedPeaks, FilledCounts),
        *(MadeHistograms, DrawnFigures, MadeReport, ExportedArrays, ExportedHistograms),
        *(ScannedHistograms, InjectedSignal, DrawnScan),
    )
}
"""What each stage records, by its name."""

_Results = TypeVar("_Results", bound=StageResults, covariant=True)


@dataclass(frozen=True)
class BranchRecord(Generic[_Results]):
    """The statistics of a branch; in JSON, the results stand beside what all stages record.

    Attributes:
        results: What its stage records.
        seconds: How long it took, in seconds.
        peak_memory_mb: The largest memory of its process, in MB.
        bytes_written: Bytes of its product; None where an older version did not record them.
        dataset: What its files are counted with.
        product: The name of its product.
    """

    results: _Results
    seconds: float
    peak_memory_mb: float
    bytes_written: int | None
    dataset: str
    product: str

    def to_document(self) -> dict[str, Any]:
        """Write the record in a form that JSON can hold."""
        shared = {name: value for name, value in vars(self).items() if name != "results"}
        return {"stage": self.results.stage, **to_document(self.results), **shared}

    @classmethod
    def from_document(cls, kind: type[_Results], document: Any) -> "BranchRecord[_Results]":
        """Read what :meth:`to_document` has made.

        Args:
            kind: What the stage records.
            document: After JSON.

        Raises:
            RecordError: When the document is not what the stage records.
        """
        shared = dict(vars(from_document(_Shared, document)))
        if (stage := shared.pop("stage")) != kind.stage:
            msg = f"they are those of {stage}"
            raise RecordError(msg)
        return cls(from_document(kind, document), **shared)


@dataclass(frozen=True)
class _Shared:
    """What all stages record."""

    stage: str
    seconds: Number
    peak_memory_mb: Number
    bytes_written: Count | None = None
    dataset: str = ""
    product: str = ""
