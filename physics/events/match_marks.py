"""Marks on leptons and photons: which trigger paths each of them made fire. They survive the selection of objects."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from edm.kinds import LEPTONS
from edm.objects import Objects
from physics.errors import PhysicsError
from physics.events.matching import COLLECTION_KEYS, Matched, MatchLinks, linked_objects

__all__ = ["mark_flagged", "mark_linked", "matched_events"]

_MARK = "matched"
_MOST_PATHS = 63  # of which a mark, an int64, can say whether an object made them fire
_ALL_PATHS = -1  # all bits: a flag of the file does not say which path it means


def mark_flagged(objects: Mapping[str, Objects], column: str) -> dict[str, Objects]:
    """Mark the leptons whose own flag says that they made the trigger fire.

    Args:
        objects: By kind; electrons and muons have the column.
        column: What :func:`matched_column` gave; 0 is no match, NaN neither.

    Returns:
        The same objects, with a column ``matched``: bit i is set for the i-th path, all of them where the flag is.
    """
    marked = dict(objects)
    for kind in LEPTONS:
        flags = objects[kind].columns.get(column, np.zeros(objects[kind].n_objects))
        set_ = (flags != 0) & np.isfinite(flags)
        marked[kind] = _with_mark(objects[kind], np.where(set_, _ALL_PATHS, 0))
    return marked


def mark_linked(objects: Mapping[str, Objects], links: Sequence[MatchLinks | None]) -> dict[str, Objects]:
    """Mark the leptons and photons that links of trigger paths point to.

    Args:
        objects: By kind, in the order of the file.
        links: Of each path; None for one that the file lacks.

    Returns:
        The same objects, with a column ``matched``: bit i is set for the i-th path.

    Raises:
        PhysicsError: For more paths than a mark has bits.
    """
    if len(links) > _MOST_PATHS:
        msg = f"triggers, matched: true: {len(links)} paths are listed, and {_MOST_PATHS} are possible: list fewer"
        raise PhysicsError(msg)
    marked = dict(objects)
    for kind, key in COLLECTION_KEYS.items():
        marks = np.zeros(objects[kind].n_objects, dtype=np.int64)
        for number, of_path in enumerate(links):
            if of_path is not None:
                marks |= linked_objects(of_path, key, objects[kind].offsets).astype(np.int64) << number
        marked[kind] = _with_mark(objects[kind], marks)
    return marked


def matched_events(selected: Mapping[str, Objects], paths: Sequence[str]) -> Matched:
    """Tell of which events a selected lepton or photon made a path fire.

    Args:
        selected: By kind, with marks where they were made.
        paths: The paths, in the order of the bits.

    Returns:
        Per path, shape (n_events,).
    """
    n_events = len(next(iter(selected.values())).offsets) - 1
    marks = np.zeros(n_events, dtype=np.int64)
    for of_kind in selected.values():
        if _MARK in of_kind.columns:
            of_event = np.repeat(np.arange(n_events), of_kind.counts())
            np.bitwise_or.at(marks, of_event, of_kind[_MARK].astype(np.int64))
    return {path: (marks >> number & 1).astype(np.bool_) for number, path in enumerate(paths)}


def _with_mark(objects: Objects, marks: npt.NDArray[np.int64]) -> Objects:
    return Objects(objects.offsets, {**objects.columns, _MARK: marks})
