"""Where the product of a branch lies, and what stands in its place."""

from pathlib import Path

import pytest

from tasks.framework.location import Location, is_record

PLACE = Location(Path("parsed_data/0123abcd"), "f00.root", Path("logs/ParseFile/0123abcd/f00.json"))


def test_names_tell_what_a_product_lacks():
    names = [path.name for path in (PLACE.product, PLACE.incomplete, PLACE.record, PLACE.incomplete_record)]
    assert names == ["f00.root", "f00.incomplete.root", "f00.record.root", "f00.incomplete.record.root"]
    assert {path.parent for path in (PLACE.incomplete, PLACE.record, PLACE.incomplete_record)} == {PLACE.folder}
    assert PLACE.failure_note.name == "f00.failed"


@pytest.mark.parametrize(
    ("path", "record"),
    [(PLACE.product, False), (PLACE.incomplete, False), (PLACE.record, True), (PLACE.incomplete_record, True)],
)
def test_a_record_is_known_by_its_name(path, record):
    assert is_record(path) is record
