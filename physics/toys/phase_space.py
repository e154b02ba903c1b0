"""Kinematics of toy collisions: masses of resonances, flat phase space, boosts.

Momenta are arrays of (E, px, py, pz) in GeV; a velocity is a momentum over its mass (beta gamma, dimensionless).
"""

import numpy as np
import numpy.typing as npt

from physics.errors import PhysicsError

__all__ = ["Array", "Generator", "boost", "breit_wigner", "share_mass", "velocity"]

Array = npt.NDArray[np.float64]
"""Numbers of events, or of the particles in them: GeV, radians or dimensionless, as each function says."""

Generator = np.random.Generator
"""Where random numbers come from."""

_DAMPING = 3.0  # parton luminosities fall about like this power of the mass


def breit_wigner(rng: Generator, n_events: int, mass_gev: float, width_gev: float) -> Array:
    """Draw masses of a resonance in hadron collisions: a Breit-Wigner shape, damped as m^-3 above its peak.

    Args:
        rng: Source of random numbers.
        n_events: How many masses; 0 gives none.
        mass_gev: Position of the peak in GeV.
        width_gev: Full width at half maximum in GeV, before damping.

    Returns:
        Masses in GeV, shape (n_events,), none below half of *mass_gev*.

    Raises:
        PhysicsError: When the mass is not above 0 GeV or the width is negative.
    """
    if not (mass_gev > 0 and width_gev >= 0):
        msg = f"no resonance has mass {mass_gev:g} GeV and width {width_gev:g} GeV: choose a mass > 0 and a width >= 0"
        raise PhysicsError(msg)
    masses = np.empty(0)
    while len(masses) < n_events:
        drawn = mass_gev + 0.5 * width_gev * np.tan(np.pi * (rng.random(n_events) - 0.5))
        kept = rng.random(n_events) * np.maximum(drawn / mass_gev, 1.0) ** _DAMPING < 1.0
        masses = np.concatenate([masses, drawn[kept & (drawn >= 0.5 * mass_gev)]])
    return masses[:n_events]


def share_mass(rng: Generator, mass: Array, n_particles: int) -> Array:
    """Share masses among massless particles by flat phase space, in the frame where their sum is at rest.

    Method: R. Kleiss, W.J. Stirling, S.D. Ellis, Comput. Phys. Commun. 40 (1986) 359: free particles with energies
    distributed as E exp(-E), boosted to their common rest frame and scaled.

    Args:
        rng: Source of random numbers.
        mass: Masses in GeV, shape (n_events,).
        n_particles: Particles per event, at least 2.

    Returns:
        Momenta in GeV, shape (n_events, n_particles, 4).

    Raises:
        PhysicsError: For fewer than 2 particles.
    """
    if n_particles < 2:
        msg = f"{n_particles} massless particle(s) cannot share a mass at rest: it takes at least 2"
        raise PhysicsError(msg)
    cosine = rng.uniform(-1.0, 1.0, (len(mass), n_particles))
    phi = rng.uniform(-np.pi, np.pi, (len(mass), n_particles))
    energy = rng.standard_gamma(2.0, (len(mass), n_particles))
    sine = np.sqrt(1.0 - cosine**2)
    direction = np.stack([np.ones_like(sine), sine * np.cos(phi), sine * np.sin(phi), cosine], axis=-1)
    free = energy[..., None] * direction
    total = free.sum(axis=1)
    free_mass = np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    scale: Array = mass / free_mass
    return boost(free, -total[:, 1:] / free_mass[:, None]) * scale[:, None, None]


def velocity(rng: Generator, mass: Array, pt: Array, rapidity_spread: float) -> Array:
    """Draw velocities of systems: uniform azimuth, normal rapidity.

    Args:
        rng: Source of random numbers.
        mass: Masses in GeV, shape (n_events,), above 0.
        pt: Transverse momenta in GeV, shape (n_events,).
        rapidity_spread: Standard deviation of the rapidity (dimensionless).

    Returns:
        Momentum over mass (dimensionless), shape (n_events, 3).
    """
    phi = rng.uniform(-np.pi, np.pi, len(mass))
    p_z = np.hypot(mass, pt) * np.sinh(rng.normal(0.0, rapidity_spread, len(mass)))
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), p_z], axis=-1) / mass[:, None]


def boost(momenta: Array, by: Array) -> Array:
    """Boost momenta, so that what was at rest moves with the given velocity.

    Args:
        momenta: Momenta in GeV, shape (n_events, n_particles, 4).
        by: Momentum over mass (dimensionless), shape (n_events, 3); 0 changes nothing.

    Returns:
        Momenta in GeV, shape (n_events, n_particles, 4).
    """
    gamma = np.sqrt(1.0 + (by**2).sum(axis=1))[:, None]
    along = (momenta[..., 1:] * by[:, None, :]).sum(axis=-1)
    space = momenta[..., 1:] + by[:, None, :] * (momenta[..., 0] + along / (1.0 + gamma))[..., None]
    return np.concatenate([(gamma * momenta[..., 0] + along)[..., None], space], axis=-1)
