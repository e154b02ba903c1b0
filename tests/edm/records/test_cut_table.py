"""The table of cuts survives JSON, and what is none is refused with the place where it differs."""

import json

import pytest

from edm.errors import RecordError
from edm.records.cut_table import Cut, CutTable, FinalStateCount
from edm.records.documents import from_document, to_document
from edm.spectra import SpectrumKey

CUT = Cut(
    entries=10, below=1, window=2, main=3, outliers=3, above=1, start_gev=80.0, split_gev=120.0,
    vetoed_gev=((110.0, 140.0),),
)  # fmt: skip
EMPTY = Cut(1, 0, 0, 0, 0, 1, None, None, reason="no masses")
TABLE = CutTable(
    "d",
    {"2e": FinalStateCount(10, True), "2m": FinalStateCount(1, False)},
    {SpectrumKey("2e", "e0e1"): CUT, SpectrumKey("2e", "e0"): EMPTY},
)


def test_a_table_survives_json():
    document = json.loads(json.dumps(to_document(TABLE)))
    assert document["cuts"]["2e/e0e1"]["vetoed_gev"] == [[110.0, 140.0]]
    assert document["final_states"] == {"2e": {"events": 10, "kept": True}, "2m": {"events": 1, "kept": False}}
    assert from_document(CutTable, document) == TABLE


def test_a_cut_holds_all_its_entries():
    assert CUT.is_consistent()
    assert EMPTY.is_consistent()
    assert not Cut(3, 0, 0, 2, 0, 0, 80.0, None).is_consistent()
    assert not Cut(2, 0, 0, 2, 0, 0, None, None).is_consistent()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entries": "10"}, r"cuts\.2e/e0e1\.entries: input should be a valid integer"),
        ({"entries": True}, r"cuts\.2e/e0e1\.entries: "),
        ({"start_gev": "80"}, r"cuts\.2e/e0e1\.start_gev: "),
        ({"unknown": 1}, r"cuts\.2e/e0e1\.unknown: "),
    ],
)
def test_what_differs_is_named(change, message):
    document = to_document(TABLE)
    document["cuts"]["2e/e0e1"] |= change
    with pytest.raises(RecordError, match=message):
        from_document(CutTable, document)


def test_a_name_that_is_no_spectrum_is_refused():
    document = to_document(TABLE)
    document["cuts"]["2e"] = document["cuts"]["2e/e0e1"]
    with pytest.raises(RecordError, match="'2e' does not name a spectrum"):
        from_document(CutTable, document)
