"""The paths of an RNTuple's fields, on lists of fields made by hand."""

from types import SimpleNamespace

import pytest

from targets.rootio.rntuple.fields import LEAF, Fields, Place, columns_by_field

COLLECTION, RECORD = 1, 2


def field(name, parent, role=LEAF, kind="float"):
    return SimpleNamespace(field_name=name, parent_field_id=parent, struct_role=role, type_name=kind)


@pytest.fixture
def fields():
    return Fields(
        [
            field("n", 0),
            field("Muon", 1, COLLECTION, "std::vector<Muon>"),
            field("_0", 1, RECORD, "Muon"),
            field("pt", 2),
            field("track", 2, RECORD, "Track"),
            field("chi2", 4),
            field(":_0", 2, RECORD, "Base"),
            field("charge", 6),
            field("weights", 8, COLLECTION, "std::vector<float>"),
            field("_0", 8),
            field("maybe", 10, COLLECTION, "std::optional<float>"),
            field("_0", 10),
        ]
    )


def test_members_of_records_have_paths_with_dots_and_know_their_collection(fields):
    assert fields.places == {
        "n": Place(0, None),
        "Muon": Place(1, None),
        "Muon.pt": Place(3, 1),
        "Muon.track": Place(4, 1),
        "Muon.track.chi2": Place(5, 1),
        "Muon.charge": Place(7, 1),  # of a base class, which has no name of its own
        "weights": Place(8, None),
        "maybe": Place(10, None),
    }


def test_lists_hold_their_item_and_what_is_optional_is_no_list(fields):
    assert [fields.inside(number) for number in (1, 8, 10, 0, 2)] == [2, 9, 11, 0, 2]
    assert [number for number in range(12) if fields.is_list(number)] == [1, 8]


def test_a_projected_field_has_the_columns_of_the_field_that_it_shows():
    columns = [SimpleNamespace(field_id=number, repr_idx=way) for number, way in ((0, 0), (0, 1), (3, 0))]
    alias = SimpleNamespace(field_id=7, physical_id=2)
    ntuple = SimpleNamespace(column_records=columns, alias_column_records=[alias])
    assert columns_by_field(ntuple) == {
        0: {0: [columns[0]], 1: [columns[1]]},
        3: {0: [columns[2]]},
        7: {0: [columns[2]]},
    }
