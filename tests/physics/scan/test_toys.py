"""Global p-values: calibrated, found signals, and nothing that depends on order."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from physics.scan import toys
from physics.scan.background import fit_background, make_model
from physics.scan.toys import Scan, ScanOptions, outside, scan_histogram

OPTIONS = ScanOptions(sqrt_s_gev=13_000.0)
EDGES_GEV = np.arange(100.0, 1100.1, 10.0)
X = 0.5 * (EDGES_GEV[1:] + EDGES_GEV[:-1]) / 13_000.0
SHAPE = (1 - X) ** 10 * X**-4.0 / np.sum((1 - X) ** 10 * X**-4.0)


def draw(random, entries):
    return random.poisson(entries * SHAPE).astype(float)


def test_the_same_histogram_gives_the_same_numbers_whatever_came_before():
    counts = draw(np.random.default_rng(1), 5000)
    first = scan_histogram("one", EDGES_GEV, counts, OPTIONS)
    scan_histogram("two", EDGES_GEV, counts, OPTIONS)
    again = scan_histogram("one", EDGES_GEV, counts, OPTIONS)
    assert (first.window, first.global_p, first.goodness_p) == (again.window, again.global_p, again.goodness_p)


def test_a_signal_is_found_where_it_is():
    counts = draw(np.random.default_rng(2), 20_000)
    counts[40:42] += 60
    scan = scan_histogram("signal", EDGES_GEV, counts, replace(OPTIONS, most_toys=3000))
    assert scan.status == "ranked"
    assert (scan.window.first, scan.window.stop) == (40, 42)
    assert scan.global_p < 1e-3
    assert scan.toys > 1000


def test_a_shape_that_is_not_smooth_is_not_ranked():
    counts = np.where(np.arange(100) % 10 < 5, 300.0, 100.0)
    scan = scan_histogram("steps", EDGES_GEV, counts, OPTIONS)
    assert scan.status == "background not described"
    assert scan.global_p is None


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        (np.zeros(0), "fewer than 10 bins"),
        (np.full(9, 100.0), "fewer than 10 bins"),
        (np.full(50, 1.0), "fewer than 100 entries"),
    ],
)
def test_too_little_to_scan(counts, status):
    assert scan_histogram("small", EDGES_GEV[: len(counts) + 1], counts, OPTIONS).status == status


def test_more_than_the_first_toys_only_where_few_exceed():
    plain = scan_histogram("plain", EDGES_GEV, draw(np.random.default_rng(5), 2000), OPTIONS)
    assert plain.toys == 1000
    assert plain.global_p == (plain.exceeding + 1) / 1001
    counts = draw(np.random.default_rng(5), 2000)
    counts[40:42] += 40
    strong = scan_histogram("plain", EDGES_GEV, counts, replace(OPTIONS, most_toys=2500))
    assert (strong.toys, strong.exceeding) == (2500, 0)


def test_another_seed_or_name_gives_other_toys():
    counts = draw(np.random.default_rng(6), 3000)
    p_values = {
        scan_histogram(name, EDGES_GEV, counts, replace(OPTIONS, seed=seed)).global_p
        for name, seed in [("a", 0), ("a", 1), ("b", 0)]
    }
    assert len(p_values) == 3


def test_a_strong_signal_is_left_out_of_the_fit():
    counts = draw(np.random.default_rng(7), 5000)
    without = fit_background(counts, make_model(EDGES_GEV, 13_000.0))
    counts[30:32] += 400
    scan = scan_histogram("strong", EDGES_GEV, counts, replace(OPTIONS, most_toys=1000))
    assert (scan.status, scan.left_out) == ("ranked", (29, 33))
    np.testing.assert_allclose(scan.background.expected, without.expected, rtol=0.2)
    assert scan.background.expected.tolist() == (
        fit_background(counts, make_model(EDGES_GEV, 13_000.0), outside(100, scan.left_out)).expected.tolist()
    )


def test_a_gap_that_a_veto_left_is_neither_fitted_nor_scanned():
    counts = draw(np.random.default_rng(8), 20_000)
    counts[10:14] = 0
    assert scan_histogram("gap", EDGES_GEV, counts, OPTIONS).status == "background not described"
    scan = scan_histogram("gap", EDGES_GEV, counts, OPTIONS, gaps_gev=[(200.0, 240.0)])
    assert scan.background.expected[10:14].max() < 1e-6
    assert scan.status == "ranked"
    assert scan.goodness_p > 0.01
    counts[13] = 7  # entries of a bin that is only partly in the gap
    assert scan_histogram("gap", EDGES_GEV, counts, OPTIONS, gaps_gev=[(200.0, 231.0)]).window == scan.window


def test_bins_beyond_the_collision_energy():
    scan = scan_histogram("high", EDGES_GEV, draw(np.random.default_rng(9), 2000), ScanOptions(1000.0))
    assert scan == Scan("bins up to 1100 GeV, beyond the collision energy of 1000 GeV")


def test_memory_does_not_grow_with_the_number_of_toys(monkeypatch):
    """Toys are made in parts, and parts change nothing."""
    counts = draw(np.random.default_rng(10), 3000)
    whole = scan_histogram("parts", EDGES_GEV, counts, replace(OPTIONS, toys=1500))
    largest = []
    monkeypatch.setattr(toys, "_fit_toys", lambda drawn, *others: (largest.append(len(drawn)), fit(drawn, *others)))
    again = scan_histogram("parts", EDGES_GEV, counts, replace(OPTIONS, toys=1500))
    assert largest == [1000, 500]
    assert again.global_p == whole.global_p


fit = toys._fit_toys


@pytest.mark.slow
def test_global_p_values_of_background_are_uniform():
    """PHYSICS.md section 9, with fewer toys than a run has: their number does not matter for this."""
    random, options = np.random.default_rng(3), replace(OPTIONS, toys=300, most_toys=300)
    grids = [np.linspace(100.0, 600.0, 26), 100.0 * 1.08 ** np.arange(26)]
    scans = []
    for n in range(1000):
        edges_gev = grids[n % 2]
        x = 0.5 * (edges_gev[1:] + edges_gev[:-1]) / 13_000.0
        shape = (1 - x) ** 10 * x**-4.0 * np.diff(edges_gev)
        counts = random.poisson(10 ** random.uniform(2.5, 5) * shape / shape.sum())
        scans.append(scan_histogram(f"h{n}", edges_gev, counts, options))
    p_values = [scan.global_p for scan in scans if scan.status == "ranked"]
    assert len(p_values) > 980
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
