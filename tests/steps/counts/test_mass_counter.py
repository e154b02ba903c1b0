"""Counting masses as they come, or many at once, gives the same counts, also on the grids of the histograms."""

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from physics.bins import shared_grids
from physics.bins.bins import ConstantBins, ResolutionBins
from physics.resonances import choose
from steps.counts import mass_counter
from steps.counts.mass_counter import MassCounter
from steps.peaks import PeakSearch
from targets.products import mass_counts
from targets.products.mass_arrays import MassWriter

SEARCH = PeakSearch(5, 10.0, 1000.0, choose(("z",)))
GRIDS = (ConstantBins(0.5), ResolutionBins("CMS", 0.5, 1.0, 1000.0))  # the same size
KEYS = [SpectrumKey("2e_0m", "e0e1"), SpectrumKey("2m_0e", "m0m1")]


def spectra(weighted):
    rng = np.random.default_rng(4)
    for key in KEYS:
        masses = np.append(rng.exponential(200, 500), [np.inf, 0, 1000]).astype(np.float32)
        yield key, masses, rng.normal(1, 0.5, len(masses)) if weighted else None


def rows(path):
    return {(row.key, row.width_gev): row.distribution for row in mass_counts.add_up([path])}


@pytest.mark.parametrize("unit", [None, 2.0**-20])
def test_parts_of_masses_count_like_all_of_them(tmp_path, unit):
    writer, counter = MassWriter(weighted=unit is not None), MassCounter(SEARCH, unit)
    counter.grids = GRIDS
    for key, masses, weights in spectra(weighted=unit is not None):
        writer.add(key, masses, weights)
        for part in np.array_split(np.arange(len(masses)), 7):
            counter.add(key, masses[part], None if weights is None else weights[part])
            if part[0] % 2:
                counter.flush()
    writer.write(tmp_path / "masses.npz")
    expected = mass_counter.count(tmp_path / "masses.npz", tmp_path / "all.npz", SEARCH, unit, GRIDS)
    assert counter.write(tmp_path / "parts.npz") == expected
    assert (expected.combinations, expected.masses) == (2, 1006)
    assert (tmp_path / "parts.npz").read_bytes() == (tmp_path / "all.npz").read_bytes()
    parts = {"", *map(shared_grids.part_of, GRIDS)}
    assert {(key.part, key.whole()) for key, _ in rows(tmp_path / "all.npz")} == {(p, k) for p in parts for k in KEYS}


def test_masses_that_are_kept_are_counted_on_one_grid(tmp_path):
    counter = MassCounter(SEARCH)
    for key, masses, _ in spectra(weighted=False):
        counter.add(key, masses)
    counter.write(tmp_path / "c.npz")
    assert {(key, width) for key, width in rows(tmp_path / "c.npz")} == {(key, 10.0) for key in KEYS}
    assert [distribution.entries() for distribution in rows(tmp_path / "c.npz").values()] == [503, 503]
