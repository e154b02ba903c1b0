"""Sums over branches as records: rates, and what older or other versions have written."""

import json

import pytest

from edm.errors import RecordError
from edm.records.cutflow import Cutflow
from edm.records.documents import from_document, to_document
from edm.records.statistics import DatasetStatistics, EventCounts, Failure, StageStatistics

STATISTICS = DatasetStatistics(
    events=EventCounts(10, 7, {"1e_0m_0j_0g_0t_0b": 3}),
    failures=(Failure("a.root", "a.root: truncated"),),
    cutflow=Cutflow(),
    objects={"e": 12},
    final_states={"2e_0m_0j_0g": 7},
    masses={"masses": 7, "main": 5, "outliers": 1},
    stages={"ParseFile": StageStatistics(2, 4.0, events=10, bytes_read=3000)},
    missing_statistics=0,
)


def test_statistics_survive_json():
    assert from_document(DatasetStatistics, json.loads(json.dumps(to_document(STATISTICS)))) == STATISTICS


@pytest.mark.parametrize(
    ("amount", "seconds", "rate"), [(10, 4.0, 2.5), (0, 4.0, 0.0), (None, 4.0, None), (10, 0.0, None)]
)
def test_a_rate_is_known_where_amount_and_time_are(amount, seconds, rate):
    assert StageStatistics(1, seconds).per_second(amount) == rate


def test_kinematics_of_another_version_are_none():
    document = to_document(STATISTICS) | {"kinematics": {"e": {"pt": "counted otherwise"}}}
    assert from_document(DatasetStatistics, document).kinematics is None


@pytest.mark.parametrize("cutflow", [3, {"e": [{"cut": "pt"}]}, {"e": 3}])
def test_a_damaged_cutflow_is_named(cutflow):
    with pytest.raises(RecordError, match=r"^cutflow: "):
        from_document(DatasetStatistics, to_document(STATISTICS) | {"cutflow": cutflow})


def test_a_damaged_number_of_a_stage_is_named():
    document = to_document(STATISTICS)
    document["stages"]["ParseFile"]["events"] = "ten"
    with pytest.raises(RecordError, match=r"^stages\.ParseFile\.events: "):
        from_document(DatasetStatistics, document)
