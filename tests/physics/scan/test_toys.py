"""Global p-values: calibrated, found signals, and nothing that depends on order."""

import numpy as np
import pytest
from scipy import stats

from physics.scan.toys import scan_histogram

EDGES_GEV = np.arange(100.0, 1100.1, 10.0)
X = 0.5 * (EDGES_GEV[1:] + EDGES_GEV[:-1]) / 13_000.0
SHAPE = (1 - X) ** 10 * X**-4.0 / np.sum((1 - X) ** 10 * X**-4.0)


def draw(random, entries):
    return random.poisson(entries * SHAPE).astype(float)


def test_the_same_histogram_gives_the_same_numbers_whatever_came_before():
    counts = draw(np.random.default_rng(1), 5000)
    first = scan_histogram("one", EDGES_GEV, counts, 13_000.0)
    scan_histogram("two", EDGES_GEV, counts, 13_000.0)
    again = scan_histogram("one", EDGES_GEV, counts, 13_000.0)
    assert (first.window, first.global_p, first.goodness_p) == (again.window, again.global_p, again.goodness_p)


def test_a_signal_is_found_where_it_is():
    counts = draw(np.random.default_rng(2), 20_000)
    counts[40:42] += 60
    scan = scan_histogram("signal", EDGES_GEV, counts, 13_000.0)
    assert scan.status == "ranked"
    assert (scan.window.first, scan.window.stop) == (40, 42)
    assert scan.global_p < 1e-3
    assert scan.toys > 1000


def test_a_shape_that_is_not_smooth_is_not_ranked():
    counts = np.where(np.arange(100) % 10 < 5, 300.0, 100.0)
    scan = scan_histogram("steps", EDGES_GEV, counts, 13_000.0)
    assert scan.status == "background not described"
    assert scan.global_p is None


@pytest.mark.parametrize(
    ("counts", "status"), [(np.full(9, 100.0), "fewer than 10 bins"), (np.full(50, 1.0), "fewer than 100 entries")]
)
def test_too_little_to_scan(counts, status):
    assert scan_histogram("small", EDGES_GEV[: len(counts) + 1], counts, 13_000.0).status == status


@pytest.mark.slow
def test_global_p_values_of_background_are_uniform():
    random = np.random.default_rng(3)
    scans = [
        scan_histogram(f"h{n}", EDGES_GEV, draw(random, 10 ** random.uniform(2.5, 5)), 13_000.0) for n in range(300)
    ]
    p_values = [scan.global_p for scan in scans if scan.status == "ranked"]
    assert len(p_values) > 290
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
