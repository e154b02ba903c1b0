"""Events for tests: objects from plain numbers and back, and awkward arrays of branches."""

from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np

from edm.objects import Objects
from targets.rootio.flat_arrays import Flat

__all__ = ["awkward", "jagged", "plain"]

DEFAULTS: dict[str, float] = {"pt": 50.0, "eta": 0.0, "phi": 0.0, "mass": 0.0}


def jagged(events: Sequence[Sequence[Mapping[str, Any]]], **dtypes: str) -> Objects:
    """Build the objects of events: pt 50 GeV, the rest 0 unless given; float32 unless dtypes say otherwise."""
    objects = [DEFAULTS | dict(each) for event in events for each in event]
    names = dict.fromkeys([*DEFAULTS, *dtypes, *(name for each in objects for name in each)])
    columns = {name: np.array([each[name] for each in objects], dtype=dtypes.get(name, "float32")) for name in names}
    return Objects(np.cumsum([0, *map(len, events)], dtype=np.int64), columns)


def plain(objects: Objects) -> list[list[dict[str, Any]]]:
    """Return the objects of each event as dictionaries."""
    listed: list[list[dict[str, Any]]] = ak.to_list(objects.to_awkward())
    return listed


def awkward(flat: Flat) -> ak.Array:
    """Return flat numbers as uproot gives arrays, shape (n_events,) or (n_events, var)."""
    content = ak.contents.NumpyArray(flat.numbers)
    if flat.offsets is None:
        return ak.Array(content)
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(flat.offsets), content))
