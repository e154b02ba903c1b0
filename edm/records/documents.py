"""Dataclasses and the documents that JSON holds of them.

Documents are read from files and written to them in ``targets.documents``.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import Strict, TypeAdapter, ValidationError

from edm.errors import RecordError

__all__ = ["Count", "Flag", "Number", "from_document", "to_document"]

_Record = TypeVar("_Record")

Count = Annotated[int, Strict()]
"""A whole number in a document; neither text nor a truth value is taken for one."""

Number = Annotated[float, Strict()]
"""A number in a document, likewise."""

Flag = Annotated[bool, Strict()]
"""A truth value in a document; no number is taken for one."""

_adapter: Callable[[Any], TypeAdapter[Any]] = lru_cache(TypeAdapter)


def from_document(kind: type[_Record], document: Any) -> _Record:
    """Read a record.

    Args:
        kind: The dataclass.
        document: What :func:`to_document` has made, after JSON.

    Returns:
        The record.

    Raises:
        RecordError: When the document is no such record; the message says where it differs.
    """
    try:
        record: _Record = _adapter(kind).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        msg = f"{place}: {first['msg'].lower()}"
        raise RecordError(msg) from error
    return record


def to_document(record: Any) -> dict[str, Any]:
    """Write a record in a form that JSON can hold.

    Args:
        record: One of the dataclasses here.

    Returns:
        Its fields by name.
    """
    document: dict[str, Any] = _adapter(type(record)).dump_python(record)
    return document
