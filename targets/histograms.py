"""Histograms as TH1D in ROOT files, with entries, Sumw2 and moments, readable by ROOT, uproot and BumpNet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import uproot
from uproot.writing import identify

from targets import atomic

__all__ = ["Binned", "write_file", "write_folder"]


class Binned(Protocol):
    """A histogram with constant bins: low edge of the first and width of each in GeV, entries per bin."""

    @property
    def start_gev(self) -> float:
        """Low edge of the first bin in GeV."""

    @property
    def width_gev(self) -> float:
        """Width of every bin in GeV."""

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Entries per bin, shape (n_bins,)."""


def write_file(path: Path, histograms: Mapping[str, Binned], titles: Mapping[str, str]) -> None:
    """Write histograms into one ROOT file, whole or not at all.

    Args:
        path: The file to make.
        histograms: Histogram per key; a slash in a key makes a folder.
        titles: Title per key.
    """
    with atomic.replacing(path) as temporary, uproot.recreate(temporary) as file:
        for key, histogram in histograms.items():
            file[key] = _th1d(key.rsplit("/", 1)[-1], titles[key], histogram)


def write_folder(folder: Path, histograms: Mapping[str, Binned], titles: Mapping[str, str]) -> None:
    """Write one ROOT file per histogram, the folder whole or not at all.

    Args:
        folder: The folder to make; ``<folder>/<key>.root``, a slash in a key makes a folder.
        histograms: Histogram per key.
        titles: Title per key.
    """
    with atomic.replacing_folder(folder) as temporary:
        for key, histogram in histograms.items():
            name = key.rsplit("/", 1)[-1]
            write_file(temporary / f"{key}.root", {name: histogram}, {name: titles[key]})


def _th1d(name: str, title: str, histogram: Binned) -> Any:
    """Make a TH1D; the moments are those of the bin centres, so that they do not depend on the order of filling."""
    counts = histogram.counts.astype(np.float64)
    n_bins, start, width = len(counts), histogram.start_gev, histogram.width_gev
    centres = start + width * (np.arange(n_bins) + 0.5)
    contents = np.r_[0.0, counts, 0.0]  # under- and overflow are empty: the range holds every entry
    axis = identify.to_TAxis("xaxis", "Mass [GeV]", n_bins, start, start + width * n_bins)
    return identify.to_TH1x(
        fName=name,
        fTitle=title,
        data=contents,
        fEntries=counts.sum(),
        fTsumw=counts.sum(),
        fTsumw2=counts.sum(),
        fTsumwx=float(counts @ centres),
        fTsumwx2=float(counts @ centres**2),
        fSumw2=contents,
        fXaxis=axis,
        fYaxis=identify.to_TAxis("yaxis", "Entries", 1, 0.0, 1.0),
    )
