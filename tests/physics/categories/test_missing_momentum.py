"""The missing transverse momentum as an object: what is not finite is told, and is a number all the same."""

import numpy as np

from physics import masses
from physics.categories.missing_momentum import MissingMomentum
from physics.combinations import Rules
from tests.support.jagged import jagged


def f32(*values):
    return np.array(values, dtype=np.float32)


def test_either_column_may_be_not_finite():
    met = MissingMomentum.of_events(f32(10, np.nan, 20, np.inf), f32(1, 0, np.nan, 0))
    assert met.finite.tolist() == [True, False, False, False]
    assert met.objects["pt"].tolist() == [10, 0, 0, 0]
    assert all(np.isfinite(column).all() for column in met.objects.columns.values())


def test_events_without_it_have_all_other_masses():
    jets = {"j": jagged([[{"pt": 30.0}, {"pt": 30.0, "phi": np.pi}]] * 3)}
    met = MissingMomentum.of_events(f32(40, np.nan, 40), f32(np.pi, 0, np.pi))
    (state,) = masses.compute_states(jets, Rules(with_met=True), met=met)
    assert (state.label, state.events.tolist(), state.events_with_met.tolist()) == ("2j", [0, 1, 2], [0, 2])
    assert [(name, values.tolist()) for name, values in state.combinations] == [("j0j1", [60.0] * 3)]
    # back to back, without masses: m = 2 sqrt(30 * 40)
    found = {name: values.tolist() for name, values in state.with_met}
    assert list(found) == ["MET+j0", "MET+j0j1"]
    np.testing.assert_allclose(found["MET+j0"], [2 * 1200**0.5] * 2, rtol=1e-6)
    np.testing.assert_allclose(found["MET+j0j1"], [(100**2 - 40**2) ** 0.5] * 2, rtol=1e-6)
