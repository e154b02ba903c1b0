"""Simulation in figures: the masses of samples, normalised, in the bins of the data that they are compared with."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from edm.arrays import Float64, Int64
from edm.spectra import SpectrumKey
from plots.comparison import Comparison, SampleBins
from plots.style import write_luminosity
from steps.counts.histogram_counts import BEFORE
from steps.weighting.counts import AddRows, SampleCounts, add_up
from targets.products import mass_counts

__all__ = ["Simulation", "WholeSpectrum", "compare_spectra"]


class WholeSpectrum(Protocol):
    """The masses of one combination of one final state before any removal: entries per bin from 0 on."""

    @property
    def key(self) -> SpectrumKey:
        """The final state and the combination."""

    @property
    def width_gev(self) -> float:
        """Bin width in GeV."""

    @property
    def before(self) -> Int64:
        """Entries per bin, shape (n_bins,)."""


_Rows = Mapping[SpectrumKey, Float64]
"""Expected events and their squared errors of each spectrum, shape (2, n_bins)."""


@dataclass(frozen=True)
class Simulation:
    """What there is to draw of simulation.

    Attributes:
        counted: The counts of each sample on the grid of the peak search.
        filled: Its counts on the grids of the histograms, among them those before any removal.
        names: What figures call each sample.
        luminosity_fb: What it is normalised to, in 1/fb.
        stacked: Whether samples are stacked; else their sum is drawn.
        has_data: Whether there are data to draw over it.
        add_filled: Adds up the counts on the grids of the histograms; where masses were not kept, it removes peaks.
    """

    counted: Sequence[SampleCounts]
    filled: Sequence[SampleCounts]
    names: Sequence[str]
    luminosity_fb: float
    stacked: bool
    has_data: bool
    add_filled: AddRows = mass_counts.add_up


def compare_spectra(
    simulation: Simulation, spectra: Sequence[WholeSpectrum], before: Sequence[Path], width_gev: float
) -> Iterator[Comparison]:
    """Put simulation into the bins of spectra.

    Args:
        simulation: The simulation.
        spectra: The spectra of the data; or, where there are none, of the simulation itself.
        before: The counts of the same dataset on the grid of the peak search.
        width_gev: The bin width of that grid in GeV.

    Yields:
        The comparison of each spectrum that simulation has an event of: in its own bins, or on the grid of the peak
        search where a sample was not counted in those for want of events.

    Raises:
        PhysicsError: When sums of weights are in another unit than their sample's.
        UnreadableFileError: When a file is not there or damaged.
    """
    keys = {spectrum.key for spectrum in spectra}
    coarse = [_rows(sample, keys, width_gev) for sample in simulation.counted]
    widths_gev = {spectrum.width_gev for spectrum in spectra} - {width_gev}
    fine = {
        width: [_rows(sample, keys, width, BEFORE, simulation.add_filled) for sample in simulation.filled]
        for width in widths_gev
    }
    counted = {
        key: distribution.counts for key, _, distribution in mass_counts.add_up(before, weighted=False) if key in keys
    }
    normalised_to = write_luminosity(1000 * simulation.luminosity_fb)
    for spectrum in spectra:
        key, data, of_samples, width = spectrum.key, spectrum.before, fine.get(spectrum.width_gev), spectrum.width_gev
        if of_samples is None or any(key in whole and key not in part for whole, part in zip(coarse, of_samples)):  # noqa: B905 - a list of each sample both
            data, of_samples, width = counted.get(key, data[:0]), coarse, width_gev
        samples = {name: rows[key] for name, rows in zip(simulation.names, of_samples, strict=True) if key in rows}
        if samples:
            drawn = data if simulation.has_data else None
            yield _in_same_bins(key, width, samples, drawn, normalised_to)


def _rows(
    sample: SampleCounts,
    keys: Collection[SpectrumKey],
    width_gev: float,
    part: str = "",
    add_rows: AddRows = mass_counts.add_up,
) -> _Rows:
    """Read what is expected of a sample on one grid."""
    return {
        row.key.whole(): row.expected
        for row in add_up([sample], add_rows)
        if row.size == width_gev and row.key.part == part and row.key.whole() in keys and row.expected is not None
    }


def _in_same_bins(
    key: SpectrumKey, width_gev: float, samples: Mapping[str, Float64], data: Int64 | None, normalised_to: str
) -> Comparison:
    """Make distributions that end at different masses end together."""
    n_bins = max([expected.shape[1] for expected in samples.values()] + ([] if data is None else [len(data)]))
    bins = [
        SampleBins(name, *np.pad(expected, ((0, 0), (0, n_bins - expected.shape[1]))))
        for name, expected in samples.items()
    ]
    edges_gev = np.arange(n_bins + 1, dtype=np.float64) * width_gev
    padded = None if data is None else np.pad(data, (0, n_bins - len(data)))
    return Comparison(key, edges_gev, bins, padded, normalised_to)
