"""The fields of an RNTuple: which are members of which, what each is called, and which columns store it."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["LEAF", "Fields", "Place", "columns_by_field"]

LEAF, _COLLECTION, _RECORD = 0, 1, 2
"""Structural roles (source: ROOT's specification of the format, section field description)."""

_NO_LISTS = ("std::optional", "std::unique_ptr")  # stored as lists of none or one
_BASE_CLASS = re.compile(r":_\d+")
_ITEM = "_0"


class Place(NamedTuple):
    """A field and the collection that it is in, as numbers in the file's list of fields."""

    field: int
    collection: int | None


class Fields:
    """The file's list of fields: which are members of which, and what each is called.

    Attributes:
        records: uproot's field records.
        children: The members of each field that has some, as numbers in that list.
        places: By path: the names of fields at the top, and with dots between (``Muon.pt``) those of the members of
            records and of lists of records.
    """

    def __init__(self, records: Sequence[Any]) -> None:
        """Find the paths of all fields.

        Args:
            records: uproot's field records.
        """
        self.records = records
        self.children: dict[int, list[int]] = {}
        tops: list[int] = []
        for number, record in enumerate(records):
            above = record.parent_field_id
            (tops if above == number else self.children.setdefault(above, [])).append(number)
        self.places: dict[str, Place] = {}
        for number in tops:
            self._add(number, records[number].field_name, None)

    def inside(self, number: int) -> int:
        """Return what a list holds, or an enumeration or an atomic number wraps: *number* itself where that is none."""
        children = self.children.get(number, [])
        is_item = len(children) == 1 and self.records[children[0]].field_name == _ITEM
        return children[0] if is_item else number

    def is_list(self, number: int) -> bool:
        """Tell whether a field holds lists."""
        record = self.records[number]
        return record.struct_role == _COLLECTION and not record.type_name.startswith(_NO_LISTS)

    def _add(self, number: int, path: str, collection: int | None) -> None:
        self.places[path] = Place(number, collection)
        if collection is None and self.is_list(number):
            collection, item = number, self.inside(number)
            if item == number or self.records[item].struct_role == _RECORD:
                self._add_members(item, path, collection)
        elif self.records[number].struct_role == _RECORD:
            self._add_members(number, path, collection)

    def _add_members(self, number: int, path: str, collection: int | None) -> None:
        for child in self.children.get(number, ()):
            name = self.records[child].field_name
            if _BASE_CLASS.fullmatch(name):
                self._add_members(child, path, collection)
            else:
                self._add(child, f"{path}.{name}", collection)


def columns_by_field(ntuple: Any) -> dict[int, dict[int, list[Any]]]:
    """Return the columns of each field by representation; a field that shows another one has those of that one."""
    columns, by_field = ntuple.column_records, dict[int, dict[int, list[Any]]]()
    pairs = [(column.field_id, column) for column in columns]
    pairs += [(alias.field_id, columns[alias.physical_id]) for alias in ntuple.alias_column_records]
    for field, column in pairs:
        by_field.setdefault(field, {}).setdefault(column.repr_idx, []).append(column)
    return by_field
