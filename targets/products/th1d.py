"""A histogram in the bytes of ROOT's TH1D, as uproot writes them, in a tenth of its time.

Of all TH1D of this project only names, numbers and bins differ. uproot serialises one example; what lies between these
is copied from it.
"""

from functools import cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from uproot.model import Model
from uproot.models.TH import Model_TH1D_v3
from uproot.serialization import string
from uproot.writing import identify

from edm.arrays import Float64

__all__ = ["TH1D", "Axis", "Moments"]

_COUNT, _COUNT_AND_VERSION = Struct(">I"), Struct(">IH")
_COUNTED = 0x40000000  # marks a word as a number of bytes
_INTEGER, _RANGE, _MOMENTS = Struct(">i"), Struct(">idd"), Struct(">ddddd")
_N_ATTRIBUTES = 10  # bytes of TObject, in front of the name
_MARK_CELLS, _MARK_RANGE = 0x5A5A5A5A, (0x5B5B5B5B, 1.25e-300, 2.5e-300)  # numbers that no other bytes spell
_MARK_MOMENTS = (3e-300, 4e-300, 5e-300, 6e-300, 7e-300)
_MARK_ARRAY = 8e-300


class Axis(NamedTuple):
    """The bins of a histogram.

    Attributes:
        n_bins: How many there are.
        start_gev: Low edge of the first in GeV.
        end_gev: High edge of the last in GeV.
        edges_gev: All edges in GeV, shape (n_bins + 1,), where widths vary; None for constant bins.
    """

    n_bins: int
    start_gev: float
    end_gev: float
    edges_gev: Float64 | None = None


class Moments(NamedTuple):
    """Sums over the entries of a histogram.

    Attributes:
        entries: How many there are.
        w: Sum of their weights (all 1 where entries are counted), in events.
        w2: Sum of the squares of weights, in events squared.
        wx: Sum of weight times mass, in events x GeV.
        wx2: Sum of weight times mass squared, in events x GeV squared.
    """

    entries: float
    w: float
    w2: float
    wx: float
    wx2: float


class TH1D(Model):  # type: ignore[misc]  # uproot has no type hints
    """A histogram that uproot can put into a file.

    Attributes:
        fTitle: Its title, under the name that uproot looks for.
        class_rawstreamers: What the file must say of the class TH1D, once, with whichever is written first.
    """

    classname = "TH1D"
    _deeply_writable = True

    def __init__(
        self, title: str, axis: Axis, moments: Moments, contents: Float64, variances: Float64, *, first: bool = True
    ) -> None:
        """Take a histogram.

        Args:
            title: Its title.
            axis: Its bins.
            moments: Sums over its entries.
            contents: Events per bin, shape (n_bins,); under- and overflow are empty.
            variances: Their squared errors, in events squared, shape (n_bins,).
            first: Whether it is the first one that is written into its file.
        """
        self.fTitle = title
        self.class_rawstreamers = Model_TH1D_v3.class_rawstreamers if first else ()
        self._axis, self._moments, self._contents, self._variances = axis, moments, contents, variances

    def serialize(self, name: str | None = None) -> bytes:
        """Return the bytes of the histogram.

        Args:
            name: Its name.
        """
        axis, parts = self._axis, _parts()
        named = string(name or "") + string(self.fTitle)
        edges = b"" if axis.edges_gev is None else axis.edges_gev.astype(">f8").tobytes()
        contents = _padded(self._contents)
        th1 = [
            _COUNT_AND_VERSION.pack(_COUNTED | (2 + _N_ATTRIBUTES + len(named)), 1),
            parts.tobject,
            named,
            parts.looks,
            _INTEGER.pack(axis.n_bins + 2),
            _COUNT.pack(_COUNTED | (parts.axis_bytes + len(edges))),
            parts.axis_name,
            _RANGE.pack(axis.n_bins, axis.start_gev, axis.end_gev),
            _INTEGER.pack(len(edges) // 8),
            edges,
            parts.axes,
            _MOMENTS.pack(*self._moments),
            parts.limits,
            _padded(self._variances),
            parts.rest,
        ]
        n_bytes = sum(map(len, th1)) + 2
        return b"".join(
            (
                _COUNT_AND_VERSION.pack(_COUNTED | (n_bytes + 6 + len(contents)), parts.versions[0]),
                _COUNT_AND_VERSION.pack(_COUNTED | n_bytes, parts.versions[1]),
                *th1,
                contents,
            )
        )


class _Parts(NamedTuple):
    """What all TH1D have in common, in the order of their bytes, and how long an axis without edges is."""

    versions: tuple[int, int]
    tobject: bytes
    looks: bytes
    axis_bytes: int
    axis_name: bytes
    axes: bytes
    limits: bytes
    rest: bytes


@cache
def _parts() -> _Parts:
    """Serialise an example with marks, and take what lies between these."""
    x_axis = identify.to_TAxis("xaxis", "Mass [GeV]", *_MARK_RANGE)
    y_axis, z_axis = (
        identify.to_TAxis(f"{axis}axis", title, 1, 0.0, 1.0) for axis, title in (("y", "Entries"), ("z", ""))
    )
    cells = np.array([_MARK_ARRAY])
    example = identify.to_TH1x("", "", cells, *_MARK_MOMENTS, cells, x_axis, y_axis, z_axis, _MARK_CELLS).serialize("")
    array = _INTEGER.pack(1) + cells.astype(">f8").tobytes()
    marks = (_INTEGER.pack(_MARK_CELLS), _RANGE.pack(*_MARK_RANGE), _MOMENTS.pack(*_MARK_MOMENTS), array)
    before_cells, rest = example.split(marks[0])
    axis_name, rest = rest.split(marks[1])
    axes, rest = rest.split(marks[2])
    limits, rest, _ = rest.split(marks[3])
    named = 3 * _COUNT_AND_VERSION.size
    return _Parts(
        versions=(_COUNT_AND_VERSION.unpack_from(example)[1], _COUNT_AND_VERSION.unpack_from(example, 6)[1]),
        tobject=before_cells[named : named + _N_ATTRIBUTES],
        looks=before_cells[named + _N_ATTRIBUTES + 2 :],  # behind two empty strings
        axis_bytes=_COUNT.unpack_from(axis_name)[0] - _COUNTED,
        axis_name=axis_name[_COUNT.size :],
        axes=axes[_INTEGER.size :],  # behind the number of edges, which is 0
        limits=limits,
        rest=rest,
    )


def _padded(values: Float64) -> bytes:
    """Return bins with empty under- and overflow, behind their number."""
    padded: npt.NDArray[Any] = np.zeros(len(values) + 2, ">f8")
    padded[1:-1] = values
    return _INTEGER.pack(len(padded)) + padded.tobytes()
