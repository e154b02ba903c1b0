"""Events for tests: jagged record arrays from plain numbers, and arrays from flat ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np

from targets.rootio.flat_arrays import Flat

__all__ = ["awkward", "jagged", "plain"]

DEFAULTS: dict[str, float] = {"pt": 50.0, "eta": 0.0, "phi": 0.0, "mass": 0.0}


def jagged(events: Sequence[Sequence[Mapping[str, Any]]], **dtypes: str) -> ak.Array:
    """Build objects, shape (n_events, var): pt 50 GeV, the rest 0 unless given; float32 unless dtypes say otherwise."""
    objects = [DEFAULTS | dict(one) for event in events for one in event]
    names = dict.fromkeys([*DEFAULTS, *dtypes, *(name for one in objects for name in one)])
    columns = {name: np.array([one[name] for one in objects], dtype=dtypes.get(name, "float32")) for name in names}
    return ak.unflatten(ak.zip(columns), np.array([len(event) for event in events], dtype=np.int64))


def plain(array: ak.Array) -> list[list[dict[str, Any]]]:
    """Return the objects as lists of dictionaries."""
    listed: list[list[dict[str, Any]]] = ak.to_list(array)
    return listed


def awkward(flat: Flat) -> ak.Array:
    """Return flat numbers as uproot gives arrays, shape (n_events,) or (n_events, var)."""
    content = ak.contents.NumpyArray(flat.numbers)
    if flat.offsets is None:
        return ak.Array(content)
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(flat.offsets), content))
