"""Kinematics of toy collisions: conservation laws, textbook distributions, and what is refused."""

import numpy as np
import pytest

from physics.errors import PhysicsError
from physics.toys.phase_space import boost, breit_wigner, share_mass, velocity


@pytest.fixture
def rng():
    return np.random.Generator(np.random.PCG64(1))


def mass_of(momenta):
    return np.sqrt(momenta[..., 0] ** 2 - (momenta[..., 1:] ** 2).sum(axis=-1))


@pytest.mark.parametrize("n_particles", [2, 3, 6])
def test_shared_mass_is_conserved_at_rest(rng, n_particles):
    mass = rng.uniform(50.0, 5000.0, 200)
    momenta = share_mass(rng, mass, n_particles)
    assert momenta.shape == (200, n_particles, 4)
    np.testing.assert_allclose(momenta.sum(axis=1)[:, 0], mass, rtol=1e-9)
    np.testing.assert_allclose(momenta.sum(axis=1)[:, 1:], 0.0, atol=1e-6)
    np.testing.assert_allclose(momenta[..., 0], np.linalg.norm(momenta[..., 1:], axis=-1), rtol=1e-9)


def test_three_particles_fill_the_dalitz_plot_evenly(rng):
    # An even Dalitz plot of massless particles gives x = (m12 / M)^2 the density 2 (1 - x): mean 1/3, variance 1/18.
    momenta = share_mass(rng, np.full(100_000, 100.0), 3)
    x = (mass_of(momenta[:, :2].sum(axis=1)) / 100.0) ** 2
    assert x.mean() == pytest.approx(1 / 3, abs=0.003)
    assert x.var() == pytest.approx(1 / 18, abs=0.001)


def test_two_particles_are_back_to_back_and_isotropic(rng):
    momenta = share_mass(rng, np.full(100_000, 91.2), 2)
    cosine = momenta[:, 0, 3] / momenta[:, 0, 0]
    np.testing.assert_allclose(momenta[..., 0], 45.6, rtol=1e-9)
    assert cosine.mean() == pytest.approx(0.0, abs=0.01)
    assert cosine.var() == pytest.approx(1 / 3, abs=0.005)


def test_no_events_share_nothing(rng):
    assert share_mass(rng, np.empty(0), 3).shape == (0, 3, 4)
    assert breit_wigner(rng, 0, 91.2, 2.5).shape == (0,)


@pytest.mark.parametrize("n_particles", [0, 1])
def test_fewer_than_two_particles_are_refused(rng, n_particles):
    with pytest.raises(PhysicsError, match=rf"{n_particles} massless particle\(s\) cannot share .* at least 2"):
        share_mass(rng, np.array([91.2]), n_particles)


def test_boost_moves_what_was_at_rest(rng):
    # 3-4-5 triangle: a mass of 4 GeV with momentum 3 GeV has the energy 5 GeV.
    moved = boost(np.array([[[4.0, 0.0, 0.0, 0.0]]]), np.array([[0.0, 0.75, 0.0]]))
    np.testing.assert_allclose(moved, [[[5.0, 0.0, 3.0, 0.0]]], rtol=1e-12)


def test_boost_and_its_inverse_cancel_and_keep_masses(rng):
    momenta = share_mass(rng, np.full(100, 500.0), 4)
    by = rng.normal(0.0, 2.0, (100, 3))
    boosted = boost(momenta, by)
    assert np.abs(boosted - momenta).max() > 100.0
    np.testing.assert_allclose(mass_of(boosted.sum(axis=1)), 500.0, rtol=1e-9)
    np.testing.assert_allclose(boost(boosted, -by), momenta, atol=1e-6)


def test_velocity_has_the_pt_and_rapidity_asked_for(rng):
    mass, pt = np.full(50_000, 91.2), np.full(50_000, 30.0)
    momentum = velocity(rng, mass, pt, 0.8) * mass[:, None]
    rapidity = np.arcsinh(momentum[:, 2] / np.hypot(mass, pt))
    np.testing.assert_allclose(np.hypot(momentum[:, 0], momentum[:, 1]), pt, rtol=1e-9)
    assert rapidity.mean() == pytest.approx(0.0, abs=0.02)
    assert rapidity.std() == pytest.approx(0.8, abs=0.01)


def test_breit_wigner_has_its_half_width(rng):
    # Of the masses within one width of the peak, a share of atan(1) / atan(2) = 0.709 lies within half a width.
    masses = breit_wigner(rng, 200_000, 91.19, 2.5)
    distance = np.abs(masses - 91.19)
    assert masses.shape == (200_000,)
    assert np.median(masses) == pytest.approx(91.19, abs=0.1)
    assert np.sum(distance < 1.25) / np.sum(distance < 2.5) == pytest.approx(np.arctan(1) / np.arctan(2), abs=0.006)
    assert masses.min() >= 0.5 * 91.19


def test_breit_wigner_is_damped_far_above_its_peak(rng):
    # Without damping 1.25 / (pi * 91.19) = 0.44 % would lie above twice the mass; m^-3 leaves less than an eighth.
    masses = breit_wigner(rng, 400_000, 91.19, 2.5)
    assert 0 < np.mean(masses > 2 * 91.19) < 0.0044 / 8


def test_no_width_gives_one_mass(rng):
    np.testing.assert_array_equal(breit_wigner(rng, 5, 400.0, 0.0), 400.0)


@pytest.mark.parametrize(("mass", "width"), [(0.0, 1.0), (-5.0, 1.0), (91.0, -1.0), (float("nan"), 1.0)])
def test_impossible_resonances_are_refused(rng, mass, width):
    with pytest.raises(PhysicsError, match=f"no resonance has mass {mass:g} GeV and width {width:g} GeV"):
        breit_wigner(rng, 1, mass, width)
