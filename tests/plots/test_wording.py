"""Words of figures: what a physicist says of a final state, and the names of files beside it."""

import pytest

from edm.spectra import SpectrumKey
from plots.wording import describe_combination, describe_final_state, describe_spectrum, plural


@pytest.mark.parametrize(
    ("final_state", "words"),
    [
        ("1e_1m_0j_0g", "e + µ, no jets"),
        ("2e_0m_3j_0g", "2 e + 3 jets"),
        ("0e_0m_1j_1g", "jet + photon"),
        ("0e_2m_4j_0g", "2 µ + 4+ jets"),
        ("0e_0m_0j_0g", "no objects"),
        ("2e_0m", "2 e"),
        ("0e_1m_0j_0g_0t_2b", "µ + 2 b-jets"),
        ("0e_0m_0j_0g_1t_0b", "τ, no jets"),
        ("0e_1m_2j_0g_1Z", "µ + 2 jets + Z"),
        ("2e_0m_0j_0g_OS", "2 e, no jets, opposite charges"),
        ("1e_1m_1j_0g_0Z_SS", "e + µ + jet, same charge"),
    ],
)
def test_final_states(final_state, words):
    assert describe_final_state(final_state, 4) == words


def test_without_a_top_bucket_four_are_four():
    assert describe_final_state("0e_2m_4j_0g") == "2 µ + 4 jets"


@pytest.mark.parametrize(
    ("combination", "words"),
    [
        ("e0m0", "leading e and leading µ"),
        ("e0e1", "two leading e"),
        ("e0e1j0", "two leading e and leading jet"),
        ("e0m0j0g0", "leading e, leading µ, leading jet and leading photon"),
        ("j1j2", "2nd and 3rd jets"),
        ("j1", "2nd jet"),
        ("j3j4", "4th and 5th jets"),
        ("j0Z0", "leading jet and leading Z"),
        ("MET+e0j0", "leading e, leading jet and missing transverse momentum"),
        ("b0b1", "two leading b-jets"),
    ],
)
def test_combinations(combination, words):
    assert describe_combination(combination) == words


def test_words_stand_beside_the_names_of_files():
    text = describe_spectrum(SpectrumKey("1e_1m_0j_0g", "e0m0"))
    assert text == "e + µ, no jets: mass of leading e and leading µ   (e0m0 in 1e_1m_0j_0g)"


def test_plurals_are_titles_of_axes():
    assert [plural(kind) for kind in "ejb"] == ["Electrons", "Jets", "B-jets"]
