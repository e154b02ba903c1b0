"""Peak removal: what must hold for any masses, windows, widths and partition into files, chunks or jobs."""

from functools import reduce
from operator import add

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from physics import peaks
from physics.resonances import Windows, choose, windows

MAXIMUM = 2000.0
WIDTHS = st.sampled_from([0.1, 2.5, 7.0, 10.0])
MASSES = st.lists(
    st.one_of(
        st.floats(0, 300, width=32),
        st.integers(0, 120).map(lambda n: n * 2.5),  # edges
        st.sampled_from([0.0, 2000.0, 2000.25, float("inf"), 91.25, 125.5]),
    ),
    max_size=80,
)
NAMES = st.lists(st.sampled_from(["jpsi", "psi2s", "upsilon", "z", "higgs"]), unique=True)
COMBINATIONS = st.sampled_from(
    [(("e", 0), ("e", 1)), (("g", 0), ("g", 1)), (("e", 0), ("e", 1), ("m", 0), ("m", 1)), (("j", 0), ("j", 1))]
)


@st.composite
def any_windows(draw, width):
    """Windows as the table gives them, or both sorts at once, which no combination has today."""
    if draw(st.booleans()):
        return windows(draw(COMBINATIONS), choose(draw(NAMES)), width)
    removed = tuple((draw(st.floats(0, 150)), draw(st.integers(0, 20))) for _ in range(draw(st.integers(0, 2))))
    vetoed = tuple(
        (low, low + draw(st.integers(1, 6))) for low in draw(st.lists(st.integers(0, 40), max_size=2, unique=True))
    )
    return Windows(removed, max((stop for _, stop in removed), default=0), vetoed)


@st.composite
def cases(draw):
    """Masses, the number of the job that each belongs to, the windows and the width of the grid."""
    width = draw(WIDTHS)
    masses = draw(MASSES)
    jobs = draw(st.lists(st.integers(0, 4), min_size=len(masses), max_size=len(masses)))
    return np.array(masses, dtype=np.float32), np.array(jobs, dtype=int), draw(any_windows(width)), width


def find(masses, window, width):
    return peaks.find_cut(peaks.measure(masses, window, width, MAXIMUM), window, width)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_every_mass_is_in_exactly_one_class(case):
    masses, _, window, width = case
    cut = find(masses, window, width)
    classes = (cut.below, cut.window, cut.main, cut.outliers, cut.above)
    assert min(classes) >= 0
    assert sum(classes) == cut.entries == len(masses)
    assert cut.above == np.count_nonzero(masses > MAXIMUM)
    assert (cut.reason is None) == (cut.start_gev is not None) == (cut.main > 0)
    assert (cut.split_gev is None) == (cut.outliers == 0)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_parts_merge_to_the_whole(case):
    masses, jobs, window, width = case
    parts = [peaks.measure(masses[jobs == job], window, width, MAXIMUM) for job in range(5)]
    merged, whole = reduce(add, parts), peaks.measure(masses, window, width, MAXIMUM)
    assert merged.counts.tolist() == whole.counts.tolist()
    assert (merged.above, merged.in_window) == (whole.above, whole.in_window)
    assert peaks.find_cut(merged, window, width) == peaks.find_cut(whole, window, width)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_applying_the_cuts_to_parts_gives_the_numbers_of_the_cuts(case):
    masses, jobs, window, width = case
    cut = find(masses, window, width)
    parts = [peaks.split(masses[jobs == job], cut, width, MAXIMUM) for job in range(5)]
    assert (sum(len(main) for main, _ in parts), sum(len(apart) for _, apart in parts)) == (cut.main, cut.outliers)
    whole_main, whole_outliers = peaks.split(masses, cut, width, MAXIMUM)
    assert sorted(np.concatenate([main for main, _ in parts])) == sorted(whole_main)
    assert sorted(np.concatenate([apart for _, apart in parts])) == sorted(whole_outliers)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_main_starts_at_the_turn_on_and_ends_before_the_outliers(case):
    masses, _, window, width = case
    cut = find(masses, window, width)
    main, outliers = peaks.split(masses, cut, width, MAXIMUM)
    if cut.start_gev is None:
        assert len(main) == len(outliers) == 0
        return
    slack = 1e-9 * MAXIMUM  # edges such as 3 x 0.1 are no binary numbers
    assert min(main) >= cut.start_gev - slack
    assert min(main) < cut.start_gev + width + slack  # the turn-on bin is never empty
    if cut.split_gev is not None:
        assert max(main) < cut.split_gev + slack
        assert min(outliers) >= cut.split_gev + width - slack  # the bin at the split is empty
        assert cut.split_gev >= cut.start_gev + 2 * width - slack  # an empty bin 1 does not split
    assert max(np.concatenate([main, outliers])) <= MAXIMUM


@settings(max_examples=100, deadline=None)
@given(cases(), st.randoms())
def test_the_order_of_masses_does_not_matter(case, random):
    masses, _, window, width = case
    shuffled = masses.tolist()
    random.shuffle(shuffled)
    assert find(np.array(shuffled, dtype=np.float32), window, width) == find(masses, window, width)
