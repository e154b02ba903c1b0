"""Counts of a selection, and their sums."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.errors import RecordError
from edm.records.cutflow import Cutflow, Row, shown

rows = st.builds(
    Row,
    cut=st.just("c"),
    objects=st.integers(0, 10),
    applied=st.booleans(),
    reasons=st.sets(st.sampled_from(["no x", "no y", "no z"])).map(lambda found: tuple(sorted(found))),
)
cutflows = st.dictionaries(st.sampled_from("emj"), rows.map(lambda row: (row,))).map(Cutflow)


def test_counts_add_up_row_by_row():
    one = Cutflow({"e": (Row("all", 5), Row("pt", 3))})
    two = Cutflow({"e": (Row("all", 7), Row("pt", 2))})
    assert one.add(two) == Cutflow({"e": (Row("all", 12), Row("pt", 5))})


def test_a_cut_that_was_applied_to_some_files_says_where_it_was_not():
    with_column = Cutflow({"e": (Row("id", 3),)})
    without = Cutflow({"e": (Row("id", 9, False, ("not applied to files without id",)),)})
    (entry,) = with_column.add(without).as_dict()["e"]
    assert (entry["objects"], entry["applied"], entry["reasons"]) == (12, True, ["not applied to files without id"])


def test_reasons_survive_whatever_stands_in_them():
    row = Row("id", 3, True, ("a; b", "c"))
    assert Cutflow.from_dict({"e": Cutflow({"e": (row,)}).as_dict()["e"]}) == Cutflow({"e": (row,)})


@pytest.mark.parametrize(("reason", "reasons"), [("no x; no y", ("no x", "no y")), ("no x", ("no x",)), (None, ())])
def test_older_versions_wrote_all_reasons_as_one_text(reason, reasons):
    entry = {"cut": "id", "objects": 3, "removed": 0, "applied": True, "reason": reason}
    assert Cutflow.from_dict({"e": [entry]}) == Cutflow({"e": (Row("id", 3, True, reasons),)})


def test_nothing_is_the_neutral_element():
    flow = Cutflow({"e": (Row("all", 5),)})
    assert Cutflow().add(flow) == flow.add(Cutflow()) == flow


def test_cutflows_of_different_selections_do_not_add_up():
    with pytest.raises(RecordError, match=r"different selections cannot be added: for e one has \['pt'\].*\['eta'\]"):
        Cutflow({"e": (Row("pt", 1),)}).add(Cutflow({"e": (Row("eta", 1),)}))


def test_the_document_says_what_each_step_removed():
    flow = Cutflow({"e": (Row("all", 9), Row("invalid", 8), Row("pt", 8), Row("selected", 8))})
    assert [entry["removed"] for entry in flow.as_dict()["e"]] == [0, 1, 0, 0]


def test_a_step_is_shown_by_what_it_leaves():
    assert [shown(cut) for cut in ("all", "invalid", "pt", "selected")] == ["all", "valid", "pt", "selected"]


@given(cutflows, cutflows, cutflows)
def test_adding_knows_neither_order_nor_brackets(one, two, three):
    assert one.add(two).as_dict() == {kind: two.add(one).as_dict()[kind] for kind in one.add(two).rows}
    assert one.add(two).add(three) == one.add(two.add(three))


@given(cutflows)
def test_a_cutflow_survives_json(flow):
    assert Cutflow.from_dict(json.loads(json.dumps(flow.as_dict()))) == flow
