"""The loops of the mass stage on numbers made by hand; whole stages are compared with the oracle in test_masses."""

import numpy as np
import pytest

from physics import mass_kernel
from physics.mass_kernel import Work

N = 130  # objects: more than two blocks


@pytest.fixture
def objects():
    rng = np.random.default_rng(3)
    columns = rng.uniform(10, 200, N), rng.normal(0, 1.5, N), rng.uniform(-np.pi, np.pi, N), rng.uniform(0, 5, N)
    return [column.astype(np.float32) for column in columns]


def momenta_of(objects):
    momenta = np.empty((len(objects[0]), 4))
    mass_kernel.four_momenta(*objects, momenta)
    return momenta


def test_four_momenta_are_those_of_the_textbook(objects):
    pt, eta, phi, mass = (column.astype(np.float64) for column in objects)
    p_x, p_y, p_z = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(p_x**2 + p_y**2 + p_z**2 + mass**2)
    np.testing.assert_allclose(momenta_of(objects), np.stack([p_x, p_y, p_z, energy], axis=-1), rtol=1e-14, atol=1e-12)


def work(n_events):
    """One final state of two objects of one kind, whose only combination is their pair."""
    one_state = np.array([0, n_events])
    return Work(
        events=(np.arange(n_events), one_state),
        slots=(np.array([[0, 0], [0, 1]]), np.array([0, 2])),
        steps=(np.array([[0, 1, 0]]), np.array([0, 1])),
        masses=np.full(n_events, -1, np.float32),
        bounds=one_state,
        done=np.zeros(1, np.int64),
    )


@pytest.mark.parametrize("cut", [0, 1, 40, 65])
def test_masses_of_pairs_do_not_depend_on_where_the_events_are_cut(objects, cut):
    momenta, n_events = momenta_of(objects), N // 2
    offsets, made = np.arange(0, N + 1, 2)[None, :], work(n_events)
    mass_kernel.add_up(made, 0, offsets[:, : cut + 1], momenta)
    assert made.done.tolist() == [cut]
    mass_kernel.add_up(made, cut, offsets[:, cut:], momenta)
    p_x, p_y, p_z, energy = (momenta[::2] + momenta[1::2]).T
    expected = np.sqrt(energy * energy - (p_x * p_x + p_y * p_y + p_z * p_z)).astype(np.float32)
    assert made.masses.tobytes() == expected.tobytes()


def test_a_negative_square_is_a_mass_of_zero_and_an_overflow_one_beyond_every_limit():
    momenta = np.array([[1.0, 0, 0, 0.5], [1.0, 0, 0, 0.5], [1e200, 0, 0, 1e200], [1e200, 0, 0, 1e200]])
    made = work(2)
    mass_kernel.add_up(made, 0, np.array([[0, 2, 4]]), momenta)
    assert made.masses.tolist() == [0.0, np.inf]
