"""What the event level says of events: it survives JSON, and older documents are read."""

import json

import pytest

from edm.errors import RecordError
from edm.records.documents import from_document, to_document
from edm.records.event_level import EventLevel, EventRow, ExactLuminosity, LuminosityNumbers

FULL = EventLevel(
    event_cutflow=(EventRow("events read", 9, 9), EventRow("good runs", 7, 9)),
    luminosity=LuminosityNumbers(3, 2, 100, 1.5),
    exact_luminosity=ExactLuminosity(1.25, 1),
    events_per_path={"HLT_a": 4},
    missing_paths=("HLT_b",),
    trigger_source="flags",
    chosen_by_mc_period=1,
    no_menu=2,
    asked_for_menu=7,
    not_applied={"jets": ("branch",)},
    blocks={"seen": {"8": ((1, 3),)}, "good": {"8": ((1, 1), (3, 3))}},
    run_lists=("cms-2016",),
    no_score=5,
    non_finite_weights=6,
)


@pytest.mark.parametrize("level", [FULL, EventLevel()])
def test_it_survives_json(level):
    assert from_document(EventLevel, json.loads(json.dumps(to_document(level)))) == level


def test_documents_of_older_versions_say_nothing():
    assert from_document(EventLevel, {}) == EventLevel()


@pytest.mark.parametrize("document", [{"no_menu": "x"}, {"event_cutflow": [{"name": "x"}]}, {"blocks": 3}])
def test_what_is_none_is_refused(document):
    with pytest.raises(RecordError):
        from_document(EventLevel, document)
