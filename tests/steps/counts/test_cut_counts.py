"""Cuts on counts leave what cuts on masses leave, to the entry and the weight."""

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from physics.bins.bins import ConstantBins, ResolutionBins
from physics.resonances import choose
from steps import peaks
from steps.counts import histogram_counts, mass_counter
from steps.counts.cut_counts import CountCuts, find_grids
from steps.counts.histogram_counts import WholeMasses
from targets.products import mass_counts
from targets.products.mass_arrays import MassWriter

RESOLUTION = ResolutionBins("ATLAS", 0.5, 1.0, 800.0)
UNIT = 2.0**-20


def masses(folder, number, weighted):
    """Write masses: a fall with outliers behind a gap, photons in which the Higgs boson is a gap, too few events."""
    rng, writer = np.random.default_rng(number), MassWriter(weighted=weighted)
    for name, events in (("2e_0m_0j_0g", "e0e1"), ("0e_0m_0j_2g", "g0g1"), ("0e_0m_2j_0g", "j0j1")):
        values = np.append(30 + rng.exponential(60, 900), [700.0, 790.0, 800.0, 801.0, np.inf]).astype(np.float32)
        values = values[(values < 420) | (values > 690)]
        chosen = values[:2] if events == "j0j1" else values
        writer.add(SpectrumKey(name, events), chosen, rng.normal(1, 0.5, len(chosen)) if weighted else None)
    writer.write(folder / f"{number}.npz")
    return folder / f"{number}.npz"


def trimmed(column):
    return np.trim_zeros(column, "b").tolist()


def as_rows(rows):
    made = {}
    for key, size, counted in rows:
        sums = None if counted.sums is None else [trimmed(part) for part in counted.sums]
        made[str(key), size] = trimmed(counted.counts), sums, counted.unit
    return made


@pytest.mark.parametrize("unit", [None, UNIT])
@pytest.mark.parametrize("exclude_outliers", [False, True])
@pytest.mark.parametrize(
    ("bins", "before_gev", "width_gev"),
    [
        ((ConstantBins(10.0),), (), 10.0),
        ((ConstantBins(7.0), ConstantBins(10.0), ConstantBins(0.3)), (7.0, 0.3), 10.0),
        ((RESOLUTION,), (0.5,), 10.0),  # the size of both is 0.5
        ((RESOLUTION,), (10.0,), 3.0),
    ],
    ids=["one grid", "three", "resolution", "unlike"],
)
def test_counts_are_those_of_masses_after_peak_removal(tmp_path, bins, before_gev, width_gev, exclude_outliers, unit):
    search = peaks.PeakSearch(20, width_gev, 800.0, choose(("z", "higgs")))
    grids = find_grids(bins, before_gev, width_gev)
    counted, filled = [], []
    sources = [masses(tmp_path, number, weighted=unit is not None) for number in range(2)]
    for source in sources:
        counted.append(source.with_suffix(".counted.npz"))
        mass_counter.count(source, counted[-1], search, unit, grids)
    table = peaks.find("d", counted, search)
    assert table.cuts[SpectrumKey("0e_0m_0j_2g", "g0g1")].vetoed_gev
    assert any(cut.outliers for cut in table.cuts.values())
    for source in sources:
        removed, made = source.with_suffix(".removed.npz"), source.with_suffix(".filled.npz")
        peaks.remove(source, removed, table, search)
        whole = WholeMasses(source, before_gev, 800.0, table) if before_gev else None
        histogram_counts.count(removed, made, bins, exclude_outliers, unit, whole)
        filled.append(made)
    cuts = CountCuts(table, bins, exclude_outliers, before_gev, width_gev)
    made = list(cuts.add_up(counted))
    assert as_rows(made) == as_rows(mass_counts.add_up(filled))
    assert [row[:2] for row in made] == sorted(row[:2] for row in made)
    assert all(row.distribution.sums is None for row in cuts.add_up(counted, weighted=False))


def test_the_grid_of_the_peak_search_is_counted_anyway():
    assert find_grids((ConstantBins(10.0), ConstantBins(5.0)), (10.0, 5.0, 2.0), 10.0) == (
        ConstantBins(5.0),
        ConstantBins(2.0),
    )
