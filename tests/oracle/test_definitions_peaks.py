"""The project's peak removal and histograms against the oracle, on random masses. Masses and edges are in GeV."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from physics import binning, combinations, peaks, resonances
from tests.oracle.events import float32
from tests.oracle.peaks import RESONANCES_GEV, histogram, peak_cut, resonance_windows

SETTINGS = settings(deadline=None, max_examples=300)
WIDTHS = (1.0, 2.5, 10.0, 7.3)
NAMES = tuple(RESONANCES_GEV)
COMBINATIONS = (
    *("e0e1", "m0m1", "m1m2", "g0g1", "e0e1m0m1", "m0m1m2m3", "e0e1e2m0"),
    *("e0m0", "j0j1", "t0t1", "e0e1j0", "e0e1e2", "e0e1m0", "g0g1g2", "e0e1j0j1"),
)
# The oracle and the `particle` package take their numbers from different editions, which differ by less than 0.1 GeV.
LOW_EDGES = [mass_gev - max(5 * width, 0.1 * mass_gev) for mass_gev, width in RESONANCES_GEV.values()]


def _clear_of_windows(value):
    return all(abs(value - edge) > 1e-3 for edge in LOW_EDGES)


@st.composite
def mass_lists(draw):
    """Masses of one combination, many of them on edges or beside them: width of the grid, largest mass, masses."""
    width = draw(st.sampled_from(WIDTHS))
    max_mass = draw(st.sampled_from([10_000.0, 250.0, 109.5]))
    edge = st.integers(0, int(260 / width)).map(lambda index: float32(index * width))
    beside = st.tuples(edge, st.sampled_from([-np.inf, np.inf])).map(
        lambda pair: abs(float(np.nextafter(np.float32(pair[0]), np.float32(pair[1]))))
    )
    near = st.floats(0, 30 * width, width=32)
    limit = st.sampled_from([max_mass, float(np.nextafter(np.float32(max_mass), np.float32(np.inf))), np.inf])
    value = st.one_of(edge, beside, near, st.floats(0, 300, width=32), st.floats(0, 12_000, width=32), limit)
    return width, max_mass, draw(st.lists(value.filter(_clear_of_windows), max_size=60))


def project_cut(masses, combination, width, max_mass, names, places=()):
    """Return the project's windows, cut, main and outliers; the masses measured in parts that end at `places`."""
    windows = resonances.windows(combinations.parse(combination), resonances.choose(names), width)
    array = np.array(masses, dtype=np.float32)
    parts = np.split(array, sorted(place for place in places if place <= len(masses)))
    merged = reduce(add, [peaks.measure(part, windows, width, max_mass) for part in parts])
    cut = peaks.find_cut(merged, windows, width)
    main, outliers = zip(*(peaks.split(part, cut, width, max_mass) for part in parts), strict=True)
    return cut, np.concatenate(main), np.concatenate(outliers)


@SETTINGS
@given(mass_lists(), st.sampled_from(COMBINATIONS), st.sets(st.sampled_from(NAMES)), st.sets(st.integers(0, 60)))
@example((10.0, 10_000.0, []), "e0e1", set(), set())  # nothing at all
@example((10.0, 250.0, [250.5, 9e3, np.inf]), "j0j1", set(), set())  # everything above
@example((10.0, 250.0, [250.0]), "j0j1", set(), set())  # exactly the largest mass
@example((10.0, 10_000.0, [31.0, 32.0, 41.0, 51.0, 52.0]), "j0j1", set(), {2})  # two highest bins: the right one
@example((10.0, 10_000.0, [31.0, 32.0, 51.0, 71.0, 61.0]), "j0j1", set(), set())  # bin 1 is empty
@example((10.0, 10_000.0, [31.0, 32.0, 41.0, 61.0]), "j0j1", set(), set())  # bin 2 is empty
@example((10.0, 10_000.0, [91.0, 92.0, 101.0, 125.0, 141.0, 161.0]), "g0g1", {"higgs"}, {4})  # the gap does not split
@example((10.0, 10_000.0, [101.0, 102.0, 131.0, 161.0]), "e0e1m0m1", {"higgs"}, set())  # turn-on right below the gap
@example((10.0, 10_000.0, [3.1, 9.5, 50.0, 91.0, 109.99]), "m0m1", {"jpsi", "upsilon", "z"}, set())  # nothing is left
@example((10.0, 109.5, [105.0, 109.5, 109.75]), "m0m1", {"z"}, set())  # a window beyond the largest mass
def test_peak_cuts_agree_with_the_oracle(drawn, combination, names, places):
    width, max_mass, masses = drawn
    expected = peak_cut(masses, combination, width, max_mass, sorted(names))
    cut, main, outliers = project_cut(masses, combination, width, max_mass, sorted(names), places)
    assert {name: getattr(cut, name) for name in expected.numbers()} == expected.numbers()
    assert cut.entries == len(masses) == sum(expected.numbers().values())
    assert main.tolist() == expected.main
    assert outliers.tolist() == expected.outliers
    assert (cut.reason is None) == bool(expected.main)
    assert cut.start_gev == expected.turn_on_gev
    if expected.outliers:
        assert cut.split_gev == expected.split_gev
    else:
        assert cut.split_gev in (None, expected.split_gev)


@SETTINGS
@given(mass_lists(), st.sampled_from(WIDTHS), st.booleans())
@example((10.0, 10_000.0, [61.0, 62.0, 74.0, 76.0]), 25.0, False)  # the turn-on lies inside a bin: some are trimmed
@example((10.0, 10_000.0, [61.0]), 25.0, False)  # all are trimmed
@example((7.3, 10_000.0, [float32(73.5)]), 1.0, False)  # 10 x 7.3 is an edge of the other grid
def test_histograms_agree_with_the_oracle(drawn, width, exclude_outliers):
    detection_width, max_mass, masses = drawn
    cut = peak_cut(masses, "j0j1", detection_width, max_mass)
    chosen = cut.main if exclude_outliers else cut.main + cut.outliers
    start = cut.turn_on_gev or 0.0
    first, counts, trimmed = histogram(chosen, start, width)
    found = binning.cut_out(binning.counts(np.array(chosen, dtype=np.float32), width), width, start)
    if not counts:
        assert found is None
    else:
        assert found is not None
        assert (found.counts.tolist(), found.trimmed, found.width_gev) == (counts, trimmed, width)
        assert found.start_gev == pytest.approx(first)
        assert sum(counts) + trimmed == len(chosen)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_windows_of_known_resonances_agree_with_the_oracle(combination, width):
    cuts, vetoes = resonance_windows(combination, width, NAMES)
    found = resonances.windows(combinations.parse(combination), resonances.choose(NAMES), width)
    assert sorted(top for _, top in found.removed) == sorted(top for _, top in cuts)
    assert sorted(low for low, _ in found.removed) == pytest.approx(sorted(low for low, _ in cuts), abs=1e-3)
    assert list(found.vetoed) == vetoes
    assert found.stop == max([top for _, top in cuts], default=0)


@pytest.mark.parametrize("name", NAMES)
def test_masses_and_widths_of_known_resonances_are_those_of_the_review(name):
    (found,) = resonances.choose([name])
    mass_gev, width_gev = RESONANCES_GEV[name]
    assert found.mass_gev == pytest.approx(mass_gev, rel=1e-3)
    assert found.width_gev == pytest.approx(width_gev, rel=1e-2, abs=1e-3)
