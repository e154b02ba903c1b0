"""Counts of all branches of a dataset added up: of weighted simulation sample by sample, each normalised."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from edm.arrays import Float64, Int64
from edm.records.samples import Normalisation
from edm.spectra import Distribution, SpectrumKey, add_bins
from physics import weights
from physics.errors import PhysicsError
from targets.products import mass_counts
from targets.products.mass_counts import Row

__all__ = ["AddRows", "SampleCounts", "Sources", "Summed", "add_up"]


class SampleCounts(NamedTuple):
    """The counts of a sample of simulation.

    Attributes:
        paths: Those of all its branches.
        normalisation: What its sums of weights are multiplied with.
    """

    paths: Sequence[Path]
    normalisation: Normalisation


Sources = Sequence[Path] | Sequence[SampleCounts]
"""The counts of all branches of a dataset; of weighted simulation those of each sample."""


class AddRows(Protocol):
    """What adds up the counts of branches, and may cut them."""

    def __call__(self, paths: Iterable[Path], weighted: bool = True) -> Iterator[Row]:
        """Yield the sums in alphabetical order; see :func:`targets.products.mass_counts.add_up`."""


class Summed(NamedTuple):
    """The masses of one spectrum on one grid.

    Attributes:
        key: The spectrum.
        size: The grid: bin width in GeV, or the factor of bins by resolution.
        counts: Entries per bin from 0 on, shape (n_bins,).
        expected: Of weighted simulation, expected events per bin and their squared errors, shape (2, n_bins).
    """

    key: SpectrumKey
    size: float
    counts: Int64
    expected: Float64 | None


def add_up(sources: Sources, add_rows: AddRows = mass_counts.add_up) -> Iterator[Summed]:
    """Add counts up, and the expected events of samples in their order.

    Args:
        sources: The counts of all branches of a dataset.
        add_rows: Adds up the counts of branches, and may cut them.

    Yields:
        The sums, in alphabetical order.

    Raises:
        PhysicsError: When sums of weights are in another unit than their sample's.
        UnreadableFileError: When a file is not there or damaged.
    """
    samples = [source for source in sources if isinstance(source, SampleCounts)]
    if not samples:
        paths = [source for source in sources if isinstance(source, Path)]
        for spectrum, size, distribution in add_rows(paths):
            yield Summed(spectrum, size, distribution.counts, None)
        return
    totals: dict[tuple[SpectrumKey, float], tuple[Int64, Float64]] = {}
    for sample in samples:
        for spectrum, size, distribution in add_rows(sample.paths):
            counts, expected = distribution.counts, _expected(distribution, sample.normalisation)
            row = spectrum, size
            if row in totals:
                counts, expected = add_bins(totals[row][0], counts), add_bins(totals[row][1], expected)
            totals[row] = counts, expected
    for (spectrum, size), (counts, expected) in sorted(totals.items(), key=lambda item: item[0]):
        yield Summed(spectrum, size, counts, expected)


def _expected(distribution: Distribution, normalisation: Normalisation) -> Float64:
    """Return the expected events per bin and their squared errors, shape (2, n_bins)."""
    if distribution.sums is None or distribution.unit != normalisation.unit:
        msg = f"sums of weights in units of {distribution.unit!r}, where {normalisation.unit!r} is expected"
        raise PhysicsError(msg)
    weights.check_exact(distribution.sums)
    sums = weights.WeightSums(distribution.sums[0], distribution.sums[1], distribution.counts)
    numbers = normalisation.factor, normalisation.unit
    return np.stack([sums.contents(*numbers), sums.variances(*numbers)])
