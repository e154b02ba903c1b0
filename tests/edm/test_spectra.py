"""Keys of spectra survive their text, and counts of parts add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.spectra import Distribution, SpectrumKey

WORDS = st.text("0123456789_abegjmtOSZ", min_size=1, max_size=12)
COMBINATIONS = st.builds(lambda met, word: met + word, st.sampled_from(["", "MET+"]), WORDS)
KEYS = st.builds(SpectrumKey, WORDS, COMBINATIONS, st.sampled_from(["", "main", "outliers"]))


@given(KEYS)
def test_a_key_survives_its_text(key):
    assert SpectrumKey.parse(str(key)) == key


@given(st.lists(KEYS))
def test_keys_sort_as_their_texts(keys):
    assert list(map(str, sorted(keys))) == sorted(map(str, keys))


def test_the_text_has_slashes_between_its_parts():
    key = SpectrumKey("2e_0m_3j_0g", "e0e1j0")
    assert f"{key}" == "2e_0m_3j_0g/e0e1j0"
    assert str(key._replace(part="main")) == "2e_0m_3j_0g/e0e1j0/main"
    assert key._replace(part="main").whole() == key


def test_keys_of_masses_with_met_are_told_apart():
    assert SpectrumKey.parse("1e_0m/MET+e0").has_met
    assert not SpectrumKey.parse("1e_1m/e0m0").has_met


@pytest.mark.parametrize(
    "text",
    [
        "2e+/e0",
        "2e/e0+",
        "2e/+e0",
        "2e/MET+",
        "2e/met+e0",
        "",
        "2e",
        "2e/",
        "/e0",
        "2e/e0/main/more",
        "../e0",
        "2e/e0/",
        "2e/é0",
        "2e/e0\n",
    ],
)
def test_what_names_no_spectrum_is_refused(text):
    with pytest.raises(ValueError, match=r"does not name a spectrum: final_state/combination is expected"):
        SpectrumKey.parse(text)


def test_parts_that_end_at_different_bins_add_up():
    long, short = Distribution(np.array([1, 2, 3]), 2, 1), Distribution(np.array([10]), 5, 3)
    for total in (long + short, short + long):
        assert (total.counts.tolist(), total.above, total.in_window) == ([11, 2, 3], 7, 4)
        assert total.entries() == 23
    assert (long.counts.tolist(), short.counts.tolist()) == ([1, 2, 3], [10]), "neither is changed"


def test_nothing_is_the_neutral_element():
    nothing = Distribution(np.zeros(0, dtype=np.int64))
    assert (nothing + nothing).counts.tolist() == []
    assert (nothing + Distribution(np.array([4, 5]))).counts.tolist() == [4, 5]
