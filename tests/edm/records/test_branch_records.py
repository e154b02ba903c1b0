"""Records of branches survive JSON; those of older versions are read, and what is none is refused."""

import json

import numpy as np
import pytest

from edm.errors import RecordError
from edm.records.branch_records import (
    RESULTS,
    BranchRecord,
    ComputedMasses,
    CountedMasses,
    DrawnFigures,
    ExportedArrays,
    ExportedHistograms,
    FilledCounts,
    FoundDuplicates,
    FoundPeaks,
    MadeHistograms,
    MadeReport,
    ParsedFiles,
    RemovedPeaks,
)
from edm.records.cut_table import FinalStateCount
from edm.records.cutflow import Cutflow, Row
from edm.records.duplicates import DuplicateExample, FilePair
from edm.records.histograms import HistogramRow
from edm.records.kinematics import Counts, Grid
from edm.records.scans import DrawnScan, InjectedSignal, ScannedHistograms
from edm.records.stage_results import Totals
from edm.records.statistics import EventCounts, Failure, FileRecord, StageStatistics
from tests.support.scans import row

EVENTS = EventCounts(10, 7, {"1e": 3})
CUTFLOW = Cutflow(
    {
        "e": (Row("all", 9), Row("selected", 5, True, ("not in x",))),
        "j": (Row("selected", 4),),
        "b": (Row("selected jets", 4), Row("b_tag", 2)),
    }
)
PARSED = ParsedFiles(
    events=EVENTS,
    cutflow=CUTFLOW,
    files=(FileRecord("a.root", "2024r-pp", {}, 10, 500, 300, ("t",), ("met",), ("a note",)),),
    failures=(Failure("b.root", "b.root: truncated"),),
    bytes_read=300,
    kinematics={},
)
MADE = MadeHistograms(
    events=EVENTS,
    failures=(),
    cutflow=CUTFLOW,
    objects=CUTFLOW.selected(),
    kinematics=None,
    final_states={"2e": 7},
    file_notes={"a note": ("a.root",)},
    masses={"masses": 7, "main": 5, "outliers": 0},
    stages={"ParseFile": StageStatistics(1, 2.5, events=10)},
    missing_statistics=0,
    histograms=1,
    accepted_by_bumpnet=0,
    rows={"2e/e0e1": HistogramRow(5, 2, 80.0, 100.0, 0, "2 bins, the loader wants 25")},
    without_histogram={"2e/e0": "no masses"},
    unavailable=("root://tape//c.root",),
)
ALL = [
    PARSED,
    MADE,
    FoundDuplicates(
        mode="remove",
        events=9,
        copies=2,
        pairs=(FilePair("a.root", "b.root", 2),),
        examples=(DuplicateExample(1, 2, -3, "a.root", "b.root"),),
    ),
    ComputedMasses(10, 20, {"2e": 7}, 2),
    CountedMasses(2, 20),
    FoundPeaks({"2e": FinalStateCount(7, True)}, 2),
    RemovedPeaks(20, 5, 1),
    FilledCounts(6),
    ExportedArrays(2, 20),
    ExportedHistograms(histograms=5, accepted=3, warnings=1),
    DrawnFigures(3, 6),
    MadeReport(1, 3),
    ScannedHistograms(3, 1, {"fewer than 10 bins": 2}, 1000, 13_000.0, (row(),)),
    InjectedSignal(3, 40, 2),
    DrawnScan(3, 6),
]


def record(results):
    return BranchRecord(results, seconds=1.5, peak_memory_mb=200, bytes_written=99, dataset="d", product="p.root")


def through_json(results):
    return json.loads(json.dumps(record(results).to_document()))


def test_every_stage_is_among_them():
    assert {type(results) for results in ALL} == set(RESULTS.values())


@pytest.mark.parametrize("results", ALL, ids=lambda results: results.stage)
def test_a_record_survives_json(results):
    document = through_json(results)
    assert document["stage"] == results.stage
    assert (document["seconds"], document["dataset"], document["product"]) == (1.5, "d", "p.root")
    assert BranchRecord.from_document(type(results), document) == record(results)


def test_kinematics_survive_json():
    parsed = ParsedFiles(
        EVENTS, CUTFLOW, (), (), None, {"e": {"pt": Counts(Grid(0.0, 9.0, 2), np.array([1, 2]), 0, 0)}}
    )
    read = BranchRecord.from_document(ParsedFiles, through_json(parsed)).results
    assert read.kinematics["e"]["pt"].counts.tolist() == [1, 2]


def test_what_older_versions_did_not_record_is_absent():
    document = through_json(PARSED)
    for name in ("kinematics", "bytes_written", "bytes_read", "dataset", "product"):
        del document[name]
    document["files"] = [{"uri": "a.root", "schema": None, "unassigned_objects": {}}]
    document["cutflow"] = {"e": [{"cut": "all", "objects": 1, "removed": 0, "applied": True, "reason": "no x; no y"}]}
    read = BranchRecord.from_document(ParsedFiles, document)
    assert (read.bytes_written, read.results.kinematics, read.results.bytes_read) == (None, None, None)
    assert read.results.files == (FileRecord("a.root", None, {}),)
    assert read.results.cutflow == Cutflow({"e": (Row("all", 1, True, ("no x", "no y")),)})


def test_kinematics_of_another_version_are_as_if_not_recorded():
    document = through_json(PARSED) | {"kinematics": {"e": {"pt": [1, 2]}}}
    assert BranchRecord.from_document(ParsedFiles, document).results.kinematics is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": "FindPeaks"}, "they are those of FindPeaks"),
        ({"seconds": "1"}, "seconds: input should be a valid number"),
        ({"events": {}}, r"events\.read: field required"),
        ({"events": {"read": "10", "written": 7, "few_objects": {}}}, r"events\.read: "),
        ({"cutflow": {"e": [{"cut": "all"}]}}, "cutflow: "),
        ({"cutflow": []}, "cutflow: "),
        ({"failures": [{"uri": "x"}]}, r"failures\.0\.reason: field required"),
    ],
)
def test_what_differs_is_named(change, message):
    with pytest.raises(RecordError, match=message):
        BranchRecord.from_document(ParsedFiles, through_json(PARSED) | change)


@pytest.mark.parametrize("document", [[1, 2], None, "text", {}])
def test_what_is_no_record_at_all_is_refused(document):
    with pytest.raises(RecordError, match=r"the whole: |stage: field required"):
        BranchRecord.from_document(RemovedPeaks, document)


def test_stages_have_some_numbers_in_common():
    assert PARSED.totals() == Totals(events=10, objects=9, bytes_read=300, failures=1), "a b-jet is a jet"
    assert RemovedPeaks(20, 5, 1).totals() == Totals(masses=20)
    assert ComputedMasses(10, 20, {}).totals() == Totals(events=10, masses=20)
    assert MADE.totals() == Totals(), "it repeats what the stages before it counted"
    assert DrawnFigures(1, 1).totals() == Totals()


def test_a_stage_that_took_no_time_has_no_throughput():
    assert StageStatistics(1, 0.0, events=5).per_second(5) is None
    assert StageStatistics(1, 2.0).per_second(5) == 2.5
