"""Words of sentences: plurals, and the nearest of several names."""

import pytest

from edm.wording import amount, did_you_mean, first_few, nearest


def test_the_nearest_option_is_suggested():
    assert nearest("ptt", ["eta", "pt", "phi"]) == "pt"
    assert did_you_mean("ptt", ["eta", "pt", "phi"]) == "; did you mean 'pt'?"


def test_nothing_is_suggested_where_nothing_is_similar():
    assert nearest("charge", ["eta", "pt"]) is None
    assert did_you_mean("charge", ["eta", "pt"]) == did_you_mean("pt", []) == ""


def test_how_similar_it_must_be():
    assert nearest("data_x.root", ["data_2016.root"], cutoff=0.4) == "data_2016.root"
    assert nearest("data_x.root", ["data_2016.root"], cutoff=0.95) is None


def test_plurals():
    assert [amount(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


@pytest.mark.parametrize(
    ("names", "count_others", "text"),
    [
        ([], False, ""),
        (["a", "b", "c"], False, "a, b, c"),
        (["a", "b", "c"], True, "a, b, c"),
        (["a", "b", "c", "d"], False, "a, b, c, …"),
        ([1, 2, 3, 4, 5], True, "1, 2, 3 and 2 more"),
    ],
)
def test_of_many_names_the_first_few_are_written(names, count_others, text):
    assert first_few(names, 3, count_others) == text
