"""A Gaussian signal in whole events."""

import numpy as np
import pytest
from scipy import stats

from physics.errors import PhysicsError
from physics.scan.injection import Signal, signal_counts

EDGES_GEV = np.arange(100.0, 500.1, 10.0)


@pytest.mark.parametrize("edges_gev", [EDGES_GEV, 100.0 * 1.03 ** np.arange(60)], ids=["constant", "growing"])
@pytest.mark.parametrize("events", [1, 7, 100, 5000])
def test_no_bin_is_off_by_more_than_one_event_and_the_sum_is_exact(edges_gev, events):
    counts = signal_counts(edges_gev, Signal(300.0, 12.0, events))
    expected = events * np.diff(stats.norm.cdf(edges_gev, 300.0, 12.0))
    assert np.abs(counts - expected).max() <= 1.0
    assert counts.sum() == events
    assert counts.min() >= 0
    assert counts.dtype == np.int64


def test_what_lies_outside_is_in_no_bin():
    assert signal_counts(EDGES_GEV, Signal(500.0, 10.0, 1000)).sum() == 500


def test_a_signal_elsewhere_is_refused():
    with pytest.raises(PhysicsError, match=r"no event of a signal of 10 events at 900 GeV .* from 100 to 500 GeV"):
        signal_counts(EDGES_GEV, Signal(900.0, 10.0, 10))


def test_a_signal_needs_a_width():
    with pytest.raises(PhysicsError, match=r"signal_width_gev = 0: the standard deviation .* above 0 GeV"):
        signal_counts(EDGES_GEV, Signal(300.0, 0.0, 10))
