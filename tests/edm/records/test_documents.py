"""Dataclasses and their documents: a round trip through JSON, and where a document differs is said."""

import json
from dataclasses import dataclass, field

import pytest

from edm.errors import RecordError
from edm.records.documents import Count, Flag, Number, from_document, to_document


@dataclass(frozen=True)
class Inner:
    name: str
    passed: Flag = False


@dataclass(frozen=True)
class Outer:
    events: Count
    seconds: Number
    rows: tuple[Inner, ...] = ()
    by_name: dict[str, Count] = field(default_factory=dict)


RECORD = Outer(3, 0.5, (Inner("a"), Inner("b", passed=True)), {"x": 1})


def test_a_record_survives_json():
    assert from_document(Outer, json.loads(json.dumps(to_document(RECORD)))) == RECORD


def test_fields_that_an_older_version_lacked_have_their_defaults():
    assert from_document(Outer, {"events": 1, "seconds": 2.0}) == Outer(1, 2.0)


def test_fields_of_a_newer_version_are_ignored():
    assert from_document(Inner, {"name": "a", "later": 1}) == Inner("a")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"events": "3"}, "events"),
        ({"events": True}, "events"),
        ({"events": 3.5}, "events"),
        ({"seconds": "0.5"}, "seconds"),
        ({"rows": [{"name": "a"}, {"name": "b", "passed": 1}]}, r"rows\.1\.passed"),
        ({"rows": [{}]}, r"rows\.0\.name"),
        ({"by_name": {"x": None}}, r"by_name\.x"),
    ],
)
def test_what_differs_is_named_with_its_place(change, place):
    with pytest.raises(RecordError, match=f"^{place}: "):
        from_document(Outer, to_document(RECORD) | change)


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_what_is_no_record_at_all(document):
    with pytest.raises(RecordError, match=r"^the whole: "):
        from_document(Outer, document)
