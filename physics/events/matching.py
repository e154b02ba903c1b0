"""Which selected leptons and photons made the trigger fire: ``matched: true`` in a selection.

Flat ntuples have a flag of each lepton. PHYSLITE has links from the trigger to its objects: a key that names their
collection, and their place in it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from physics.errors import PhysicsError

__all__ = ["MATCHED_COLUMNS", "MatchLinks", "linked_objects", "matched_column"]

# Read off files of each release (PHYSICS.md, section 3): the column of leptons. CMS and heavy ions have none.
MATCHED_COLUMNS = {"2016e-8tev": "trigMatched", "2020e-13tev": "trigMatched", "2025e-13tev-beta": "isTrigMatched"}
_LINKED = "2024r-pp"


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
