"""Records of scans go through documents and come back."""

import json

import pytest

from edm.errors import RecordError
from edm.records.documents import from_document, to_document
from edm.records.scans import ScannedHistograms, ScanRow
from tests.support.scans import row


def test_a_scan_comes_back():
    results = ScannedHistograms(3, 1, {"fewer than 10 bins": 2}, 1000, 13_000.0, (row(),))
    assert from_document(ScannedHistograms, json.loads(json.dumps(to_document(results)))) == results


def test_text_is_no_number():
    with pytest.raises(RecordError, match="low_gev"):
        from_document(ScanRow, to_document(row()) | {"low_gev": "390"})
