"""The background fit against scipy's optimiser, and its choice of parameters."""

import numpy as np
import pytest
from scipy import optimize, special

from physics.errors import PhysicsError
from physics.scan.background import fit_background, make_model

EDGES_GEV = np.arange(100.0, 1000.1, 20.0)
SQRT_S_GEV = 13_000.0


def shape(edges_gev, parameters):
    """Return the function of the docstring, times the bins' widths; three to five parameters."""
    x = 0.5 * (edges_gev[1:] + edges_gev[:-1]) / SQRT_S_GEV
    p = [*parameters, 0.0, 0.0]
    power = p[2] + p[3] * np.log(x) + p[4] * np.log(x) ** 2
    return np.exp(p[0]) * (1 - x) ** p[1] * x**-power * np.diff(edges_gev)


def deviance(counts, expected):
    return 2.0 * float(np.sum(expected - counts + special.xlogy(counts, counts / expected)))


@pytest.mark.parametrize("edges_gev", [EDGES_GEV, 100.0 * 1.05 ** np.arange(40)], ids=["constant", "growing"])
def test_the_fit_is_the_minimum_that_an_optimiser_finds(edges_gev):
    truth = shape(edges_gev, (-8.0, 8.0, 3.5))
    counts = np.random.default_rng(3).poisson(truth * 20_000 / truth.sum()).astype(float)
    background = fit_background(counts, make_model(edges_gev, SQRT_S_GEV))
    assert background.parameters == 3
    start = [np.log(counts.sum() / shape(edges_gev, (0.0, 8.0, 3.5)).sum()), 8.0, 3.5]
    found = optimize.minimize(
        lambda parameters: deviance(counts, shape(edges_gev, parameters)),
        start, method="Nelder-Mead", options={"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-9, "fatol": 1e-9},
    )  # fmt: skip
    assert background.deviance == pytest.approx(deviance(counts, background.expected), rel=1e-9)
    assert background.deviance == pytest.approx(found.fun, abs=1e-3)
    assert background.deviance <= found.fun + 1e-6
    np.testing.assert_allclose(background.expected, shape(edges_gev, found.x), rtol=2e-3)


def test_a_fit_with_a_constant_keeps_the_number_of_entries():
    counts = np.random.default_rng(4).poisson(shape(EDGES_GEV, (-2.0, 8.0, 3.0))).astype(float)
    background = fit_background(counts, make_model(EDGES_GEV, SQRT_S_GEV))
    assert background.expected.sum() == pytest.approx(counts.sum(), rel=1e-6)


def test_more_parameters_are_taken_only_where_they_help():
    curved = shape(EDGES_GEV, (60.0, 5.0, -24.0, -3.5))
    counts = np.round(curved * 200_000 / curved.sum())
    assert fit_background(counts, make_model(EDGES_GEV, SQRT_S_GEV)).parameters > 3


def test_bins_that_are_left_out_do_not_matter():
    counts = np.round(shape(EDGES_GEV, (-2.0, 8.0, 3.0)))
    spoiled, fitted = counts.copy(), np.ones(len(counts), dtype=bool)
    spoiled[10:12], fitted[10:12] = 1e6, False
    model = make_model(EDGES_GEV, SQRT_S_GEV)
    np.testing.assert_allclose(
        fit_background(spoiled, model, fitted).expected, fit_background(counts, model, fitted).expected, rtol=1e-6
    )


def test_empty_bins_in_the_tail():
    counts = np.zeros(45)
    counts[:12] = [100, 60, 40, 22, 15, 9, 4, 3, 1, 1, 0, 1]
    background = fit_background(counts, make_model(EDGES_GEV, SQRT_S_GEV))
    assert np.isfinite(background.expected).all()
    assert (background.expected > 0).all()


def test_bins_beyond_the_collision_energy_are_refused():
    with pytest.raises(PhysicsError, match=r"is defined between 0 and sqrt\(s\) = 500 GeV; set max_mass_gev below"):
        make_model(EDGES_GEV, 500.0)
