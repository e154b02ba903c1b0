"""Constituent masses, in GeV, by hand: where each kind's mass comes from."""

import numpy as np
import pytest

from edm.objects import Objects
from physics.constituents import assign_masses
from physics.errors import PhysicsError

# Review of Particle Physics 2024: 0.51099895 MeV, 105.6583755 MeV.
ELECTRON_GEV, MUON_GEV = 0.51099895e-3, 105.6583755e-3


def objects(counts=None, **columns):
    """Objects with the columns given, all in one event unless counts say otherwise; energy is float64, as read."""
    arrays = {
        name: np.array(values, dtype=np.float64 if name == "energy" else np.float32) for name, values in columns.items()
    }
    counts = [len(arrays["pt"])] if counts is None else counts
    return Objects(np.cumsum([0, *counts], dtype=np.int64), arrays)


def masses(kind, **columns):
    return assign_masses({kind: objects(**columns)})[kind]["mass"]


@pytest.mark.parametrize(("kind", "mass_gev"), [("e", ELECTRON_GEV), ("m", MUON_GEV), ("g", 0.0)])
def test_without_a_mass_branch_the_pdg_gives_the_mass(kind, mass_gev):
    assert masses(kind, pt=[30, 40], eta=[0, 1]) == pytest.approx([mass_gev] * 2, rel=1e-6, abs=0)


@pytest.mark.parametrize(("kind", "mass_gev"), [("e", ELECTRON_GEV), ("m", MUON_GEV), ("g", 0.0)])
def test_the_energy_of_a_light_particle_says_nothing_about_its_mass(kind, mass_gev):
    # At 40 GeV, float32 leaves 4e-6 GeV in E: E^2 - p^2 is uncertain by 3e-4 GeV^2, a "mass" of 17 MeV.
    assert masses(kind, pt=[40], eta=[0], energy=[40.000004]) == pytest.approx([mass_gev], rel=1e-6, abs=0)


@pytest.mark.parametrize("kind", ["e", "m", "j", "g", "t"])
def test_the_mass_of_the_file_comes_first(kind):
    assert masses(kind, pt=[30], eta=[0], mass=[7.5], energy=[99]).tolist() == [7.5]


@pytest.mark.parametrize("kind", ["e", "j"])
def test_slightly_negative_masses_of_the_file_become_zero(kind):
    # PHYSLITE jets and NanoAOD electrons have such.
    assert masses(kind, pt=[30, 30, 30], eta=[0, 0, 0], mass=[-0.001, 0, 2]).tolist() == [0, 0, 2]


@pytest.mark.parametrize("kind", ["j", "t"])
def test_jets_and_taus_get_their_mass_from_the_energy(kind):
    # eta = 0, p = pT = 3, E = 5: m = 4. And sinh(eta) = 4/3 with pT = 3 makes p = 5; with E = 13: m = 12.
    found = masses(kind, pt=[3, 3], eta=[0, np.arcsinh(4 / 3)], energy=[5, 13])
    assert found == pytest.approx([4, 12], rel=1e-6)


def test_jets_are_not_massless_because_a_field_has_another_name():
    # The first version looked for `m` where the field was `mass`, and took every jet as massless (FACTS 6.2). Neither
    # of the two can happen here: a mass that is there is used, and one that is missing is an error.
    assert masses("j", pt=[50], eta=[0], mass=[12.5]).tolist() == [12.5]
    with pytest.raises(PhysicsError, match=r"jets have neither mass nor energy: their schema must name a branch"):
        masses("j", pt=[50], eta=[0], m=[12.5])


def test_taus_with_neither_mass_nor_energy_are_refused():
    with pytest.raises(PhysicsError, match=r"^taus have neither mass nor energy"):
        masses("t", pt=[50], eta=[0])


def test_an_energy_a_little_below_the_momentum_gives_zero():
    assert masses("j", pt=[50], eta=[0], energy=[49.9999]).tolist() == [0]


def test_a_light_fast_jet_keeps_its_mass_in_float64():
    # eta = 0, p = 4096, E^2 = 4096^2 + 5^2: in float32 p^2 alone is uncertain by 1 GeV^2, in float64 by 4e-9.
    assert masses("j", pt=[4096], eta=[0], energy=[np.hypot(4096.0, 5.0)]) == pytest.approx([5], rel=1e-6)


@pytest.mark.parametrize(
    "columns",
    [
        {"mass": [np.nan]},
        {"mass": [np.inf]},
        {"mass": [-np.inf]},
        {"energy": [np.nan]},
        {"energy": [np.inf]},
        {"energy": [1e300]},
        {"energy": [np.inf], "eta": [1000]},
        {"energy": [np.inf], "pt": [np.inf]},
        {"energy": [50], "pt": [np.nan]},
    ],
    ids=str,
)
def test_what_is_not_finite_stays_so_without_a_warning(columns):
    # Such an object must be counted as invalid by the selection; a clip to 0 would make it a good massless one.
    assert not np.isfinite(masses("j", **({"pt": [50], "eta": [0]} | columns))).any()


def test_a_pseudorapidity_that_overflows_gives_no_warning():
    assert masses("j", pt=[50], eta=[1000], energy=[60]).tolist() == [0]


def test_all_else_stays_as_it_was():
    given = objects([2, 0, 1], pt=[30, 20, 10], eta=[1, 2, 3], phi=[0, 1, 2], charge=[1, -1, 1], energy=[99, 99, 99])
    found = assign_masses({"j": given})["j"]
    assert set(found.columns) == {"pt", "eta", "phi", "charge", "mass"}
    assert all(found[field].tolist() == given[field].tolist() for field in ("pt", "eta", "phi", "charge"))
    assert found.counts().tolist() == [2, 0, 1]


@pytest.mark.parametrize("columns", [{}, {"mass": []}, {"energy": []}], ids=str)
@pytest.mark.parametrize("counts", [[], [0, 0, 0]], ids=["no events", "no objects"])
def test_nothing_gives_nothing_of_the_right_type(columns, counts):
    found = assign_masses({"m": objects(counts, pt=[], eta=[], **columns)})["m"]
    assert found.counts().tolist() == counts
    assert found["mass"].dtype == np.float32


@pytest.mark.parametrize("kind", ["e", "j"])
def test_masses_are_float32(kind):
    assert masses(kind, pt=[50], eta=[0], energy=[60]).dtype == np.float32


def test_each_kind_by_its_own_rule():
    found = assign_masses({"e": objects(pt=[30], eta=[0]), "j": objects(pt=[3], eta=[0], energy=[5])})
    assert list(found) == ["e", "j"]
    assert found["e"]["mass"].tolist() == [pytest.approx(ELECTRON_GEV, rel=1e-6)]
    assert found["j"]["mass"].tolist() == [4]
