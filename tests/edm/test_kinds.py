"""The kinds of objects and the masses of the particles among them, against the Review of Particle Physics."""

import pytest

from edm.kinds import FIELDS, KINDS, LABEL_KINDS, LEPTONS, NAMES, Z_CANDIDATE
from physics.constituents import PDG_MASS_GEV


def test_kinds_are_in_the_order_of_labels():
    # Electrons first is what BumpNet's loader expects of a category; the rest is the order that labels promise.
    assert KINDS == ("e", "m", "j", "g", "t", "b")
    assert (*KINDS, Z_CANDIDATE) == LABEL_KINDS == tuple(NAMES)
    names = {"e": "electron", "m": "muon", "j": "jet", "g": "photon", "t": "tau", "b": "b-jet", "Z": "Z candidate"}
    assert names == NAMES


def test_names_are_one_letter_and_different():
    assert all(len(kind) == 1 and kind.islower() for kind in KINDS)
    assert len(set(KINDS)) == len(KINDS)


def test_leptons_are_the_light_charged_ones():
    assert LEPTONS == ("e", "m")


def test_an_object_has_four_numbers():
    assert FIELDS == ("pt", "eta", "phi", "mass")


@pytest.mark.parametrize(
    ("kind", "mass_gev"),
    [
        # Review of Particle Physics 2024 (S. Navas et al., Phys. Rev. D 110, 030001), summary tables of leptons and
        # gauge bosons: 0.51099895000(15) MeV, 105.6583755(23) MeV, 0.
        ("e", 0.51099895000e-3),
        ("m", 105.6583755e-3),
        ("g", 0.0),
    ],
)
def test_masses_are_those_of_the_review_in_gev(kind, mass_gev):
    assert PDG_MASS_GEV[kind] == pytest.approx(mass_gev, rel=1e-7, abs=0)


def test_jets_and_taus_have_no_mass_of_their_own_in_the_table():
    # A jet's mass is what the detector measured, and a tau's the mass of its visible decay products, not 1.777 GeV.
    assert set(PDG_MASS_GEV) == {"e", "m", "g"}
