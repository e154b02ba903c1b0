"""Which selected leptons and photons made the trigger fire: ``matched: true`` in a selection.

Flat ntuples have a flag of each lepton. PHYSLITE has links from the trigger to its objects: a key that names their
collection, and their place in it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from edm.objects import Objects
from physics.errors import PhysicsError

__all__ = [
    "COLLECTION_KEYS",
    "MATCHED_COLUMNS",
    "MatchLinks",
    "Matched",
    "linked_objects",
    "mark_flagged",
    "mark_linked",
    "matched_column",
    "matched_events",
]

# Read off files of each release (PHYSICS.md, section 3): the column of leptons. CMS and heavy ions have none.
MATCHED_COLUMNS = {"2016e-8tev": "trigMatched", "2020e-13tev": "trigMatched", "2025e-13tev-beta": "isTrigMatched"}
_LINKED = "2024r-pp"

# What links call the collections of electrons, muons and photons: hashes of their names, the same in all files. Read
# off PHYSLITE files of release 2024r-pp, where links of HLT_e26_*, HLT_mu4 and HLT_g120_loose point to them.
COLLECTION_KEYS = {"e": 956497600, "m": 980095599, "g": 902907695}

_MARK = "matched"
_MOST_PATHS = 63  # of which a mark, an int64, can say whether an object made them fire
_ALL_PATHS = -1  # all bits: a flag of the file does not say which path it means

Matched = Mapping[str, npt.NDArray[np.bool_]]
"""Path -> events of which a selected object made it fire, shape (n_events,), no unit."""


class MatchLinks(NamedTuple):
    """Objects that made a chain fire.

    Attributes:
        keys: Which collection is meant, shape (n_events, var), no unit.
        indices: Which place in it, shape (n_events, var).
    """

    keys: Jagged
    indices: Jagged


def matched_column(schema: str) -> str | None:
    """Name the column of leptons that says whether they made the trigger fire.

    Args:
        schema: Name of the format.

    Returns:
        The column; None where links say it.

    Raises:
        PhysicsError: For a format that does not say it.
    """
    if schema == _LINKED:
        return None
    if schema not in MATCHED_COLUMNS:
        msg = (
            f"triggers, matched: true: {schema} files do not say which objects made the trigger fire "
            f"({', '.join([*MATCHED_COLUMNS, _LINKED])} do): write matched: false"
        )
        raise PhysicsError(msg)
    return MATCHED_COLUMNS[schema]


def linked_objects(links: MatchLinks, key: int, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which objects of a collection links point to.

    Args:
        links: Of the chains that count.
        key: The key of the collection.
        offsets: Where each event's objects start, and their number at the end, shape (n_events + 1,), no unit.

    Returns:
        Shape (n_objects,), in the order of the file. Links beyond an event's objects point to nothing.
    """
    linked = np.zeros(int(offsets[-1]), dtype=np.bool_)
    of_event = np.repeat(np.arange(len(links.keys)), links.keys.counts)
    index = links.indices.values.astype(np.int64)
    inside = (links.keys.values == key) & (index >= 0) & (index < np.diff(offsets)[of_event])
    linked[offsets[:-1][of_event[inside]] + index[inside]] = True
    return linked


def mark_flagged(objects: Mapping[str, Objects], column: str) -> dict[str, Objects]:
    """Mark the leptons whose own flag says that they made the trigger fire.

    Args:
        objects: By kind; electrons and muons have the column.
        column: What :func:`matched_column` gave; 0 is no match, NaN neither.

    Returns:
        The same objects, with a column ``matched``: bit i is set for the i-th path, all of them where the flag is.
    """
    marked = dict(objects)
    for kind in ("e", "m"):
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
