"""Known structures by hand: the edge of Z + jet."""

import pytest

from physics.categories.known_structures import find_known_structures
from physics.combinations import parse


@pytest.mark.parametrize("name", ["e0e1j0", "m0m1j0", "e1e2j1", "m0m1b0", "j0Z0", "b0Z0"])
def test_a_pair_of_one_flavour_and_a_jet_have_the_edge(name):
    (structure,) = find_known_structures(parse(name), [30.0])
    # sqrt(91.188^2 + 2 * 91.188 * 30) = sqrt(8315.3 + 5471.3)
    assert structure.mass_gev == pytest.approx(117.4, abs=0.05)
    assert structure.name == "edge of Z + jet"


@pytest.mark.parametrize(
    "name", ["e0e1", "e0m0j0", "e0e1j0j1", "e0e1e2j0", "j0g0g1", "j0j1", "e0e1g0", "j0Z0Z1", "e0j0Z0", "MET+e0e1j0"]
)
def test_others_have_none(name):
    assert find_known_structures(parse(name), [30.0]) == ()


def test_without_a_cut_on_jets_there_is_none():
    assert find_known_structures(parse("e0e1j0"), []) == ()


def test_formats_with_different_cuts_have_an_edge_each_by_rising_mass():
    edges = [structure.mass_gev for structure in find_known_structures(parse("e0e1j0"), [40.0, 25.0])]
    assert edges == pytest.approx([(91.188**2 + 2 * 91.188 * pt) ** 0.5 for pt in (25.0, 40.0)], abs=1e-3)
