"""The folder of ``.npy`` files that BumpNet's predict step reads.

``bin_content``, ``bin_edges``, ``bin_errors`` and ``names``: object arrays of the same order, shape (n,), of
one-dimensional float64 arrays and of text. The loader applies no cuts to them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from targets.storage import atomic

__all__ = ["PlainHistogram", "write"]


class PlainHistogram(NamedTuple):
    """A histogram as plain arrays.

    Attributes:
        name: Its name, without ``ROI_``.
        contents: Entries per bin, shape (n_bins,).
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        errors: Errors of the contents, in entries, shape (n_bins,).
    """

    name: str
    contents: npt.NDArray[np.float64]
    edges_gev: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]


def write(folder: Path, histograms: Sequence[PlainHistogram]) -> None:
    """Write histograms, the folder whole or not at all.

    Args:
        folder: The folder to make.
        histograms: The histograms, in their order.
    """
    members: dict[str, list[Any]] = {
        "names": [histogram.name for histogram in histograms],
        "bin_content": [histogram.contents for histogram in histograms],
        "bin_edges": [histogram.edges_gev for histogram in histograms],
        "bin_errors": [histogram.errors for histogram in histograms],
    }
    with atomic.replacing_folder(folder) as temporary:
        for name, values in members.items():
            np.save(temporary / f"{name}.npy", _objects(values), allow_pickle=True)


def _objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """Make an array of objects, shape (n,): numpy would stack arrays of equal lengths."""
    objects = np.empty(len(values), dtype=object)
    for number, value in enumerate(values):
        objects[number] = value
    return objects
