"""Which selected leptons and photons made the trigger fire: ``matched: true`` in a selection.

Flat ntuples have a flag of each lepton. PHYSLITE has links from the trigger to its objects: a key that names their
collection, and their place in it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edm.jagged import Jagged
from physics.errors import PhysicsError

__all__ = ["COLLECTION_KEYS", "MATCHED_COLUMNS", "MatchLinks", "Matched", "linked_objects", "matched_column"]

# Read off files of each release (PHYSICS.md, section 3): the column of leptons. CMS and heavy ions have none.
MATCHED_COLUMNS = {"2016e-8tev": "trigMatched", "2020e-13tev": "trigMatched", "2025e-13tev-beta": "isTrigMatched"}
_LINKED = "2024r-pp"

# What links call the collections of electrons, muons and photons: hashes of their names, the same in all files. Read
# off PHYSLITE files of release 2024r-pp, where links of HLT_e26_*, HLT_mu4 and HLT_g120_loose point to them.
COLLECTION_KEYS = {"e": 956497600, "m": 980095599, "g": 902907695}

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
