"""Jagged arrays of objects as flat numpy columns and back: operations on awkward arrays cost more than what they do."""

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt

from compiled.loops import compiled

__all__ = ["Columns", "join", "keep", "keep_events", "number", "sizes", "split"]

Columns = dict[str, npt.NDArray[Any]]
"""The fields of all objects, end to end, shape (n_objects,) each."""


def split(array: ak.Array) -> tuple[npt.NDArray[np.int64], Columns]:
    """Take a jagged record array apart.

    Args:
        array: Objects, shape (n_events, var).

    Returns:
        Where each event's objects start, in n_objects at the end, shape (n_events + 1,), and the fields; both may be
        the array's own memory, not to be written to.
    """
    layout = array.layout
    if not _is_packed(layout):
        layout = ak.to_packed(array).layout.to_ListOffsetArray64(True)
    records = layout.content
    contents = zip(records.fields, records.contents, strict=True)
    return np.asarray(layout.offsets.data), {
        name: np.asarray(content.data)[: records.length]
        if isinstance(content, ak.contents.NumpyArray)
        else ak.to_numpy(content)
        for name, content in contents
    }


def join(offsets: npt.NDArray[np.int64], columns: Mapping[str, npt.NDArray[Any]]) -> ak.Array:
    """Put a jagged record array together, the opposite of :func:`split`.

    Args:
        offsets: Where each event's objects start, and n_objects at the end, shape (n_events + 1,).
        columns: The fields, shape (n_objects,) each; not copied.

    Returns:
        The objects, shape (n_events, var).
    """
    contents = [ak.contents.NumpyArray(np.ascontiguousarray(column)) for column in columns.values()]
    records = ak.contents.RecordArray(contents, list(columns), length=int(offsets[-1]))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), records))


def keep(
    offsets: npt.NDArray[np.int64], columns: Columns, chosen: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], Columns]:
    """Keep some of the objects; events stay, even without any.

    Args:
        offsets: As :func:`split` gives them, shape (n_events + 1,).
        columns: The fields, shape (n_objects,) each.
        chosen: Which objects stay, shape (n_objects,).

    Returns:
        Offsets and fields of what is left.
    """
    if chosen.all():
        return offsets, columns
    left = np.flatnonzero(chosen)
    return _offsets_of(chosen, offsets), {name: column.take(left) for name, column in columns.items()}


def sizes(array: ak.Array) -> npt.NDArray[np.int64]:
    """Count the objects of each event.

    Args:
        array: Anything jagged, shape (n_events, var).

    Returns:
        Their number (dimensionless), shape (n_events,).
    """
    layout = array.layout
    if isinstance(layout, ak.contents.ListOffsetArray) and layout.offsets.dtype == np.int64:
        return np.diff(np.asarray(layout.offsets.data))
    return np.asarray(ak.num(array, axis=1), dtype=np.int64)


def number(offsets: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Count the chosen objects of each event.

    Args:
        offsets: As :func:`split` gives them, shape (n_events + 1,).
        chosen: Which objects count, shape (n_objects,).

    Returns:
        Their number (dimensionless), shape (n_events,).
    """
    counts: npt.NDArray[np.int64] = np.diff(_offsets_of(chosen, offsets))
    return counts


def keep_events(array: ak.Array, chosen: npt.NDArray[np.bool_]) -> ak.Array:
    """Keep some of the events, with all their objects.

    Args:
        array: Objects, shape (n_events, var).
        chosen: Which events stay, shape (n_events,).

    Returns:
        The objects of these events, order kept.
    """
    if chosen.all():
        return array
    offsets, columns = split(array)
    left, items = _items_of(chosen, offsets)
    return join(left, {name: column.take(items) for name, column in columns.items()})


@compiled()
def _offsets_of(chosen: Any, offsets: Any) -> Any:
    """Count the chosen objects before each event, and all of them at the end, shape (n_events + 1,)."""
    before, number = np.empty(len(chosen) + 1, dtype=np.int64), 0
    for item in range(len(chosen)):  # not event by event: where each ends, the processor would guess wrong
        before[item] = number
        number += chosen[item]
    before[-1] = number
    left = np.empty(len(offsets), dtype=np.int64)
    for event in range(len(offsets)):
        left[event] = before[offsets[event]]
    return left


@compiled()
def _items_of(chosen: Any, offsets: Any) -> Any:
    """List the objects of the chosen events, and where each of these events begins among them."""
    left, items = np.empty(len(offsets), dtype=np.int64), np.empty(offsets[-1], dtype=np.int64)
    events = number = 0
    for event in range(len(offsets) - 1):
        if chosen[event]:
            left[events] = number
            events += 1
            for item in range(offsets[event], offsets[event + 1]):
                items[number] = item
                number += 1
    left[events] = number
    return left[: events + 1].copy(), items[:number]


def _is_packed(layout: Any) -> bool:
    """Tell whether an array is as :func:`join` makes it: packing costs as much as selecting."""
    return (
        isinstance(layout, ak.contents.ListOffsetArray)
        and isinstance(layout.content, ak.contents.RecordArray)
        and layout.offsets.dtype == np.int64
        and (int(layout.offsets[0]), int(layout.offsets[-1])) == (0, layout.content.length)
        and all(isinstance(content, ak.contents.NumpyArray) for content in layout.content.contents)
    )
