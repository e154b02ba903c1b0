"""What may stand under ``weights:`` in a selection."""

import pytest
from pydantic import ValidationError

from physics.selection.weight_tables import Factor, FormatWeights, Weights


def test_factors_keep_their_order_and_say_whether_they_may_be_absent():
    weights = FormatWeights(generator="g", factors=("b", {"branch": "a", "if_present": True}), source="s")
    assert weights.scale_factors == (Factor(branch="b"), Factor(branch="a", if_present=True))


def test_what_is_left_out_comes_from_elsewhere():
    weights = FormatWeights(generator="g", source="s")
    given = weights.model_dump(exclude={"generator", "source"})
    assert given.pop("factors") == ()
    assert not any(given.values())


def test_a_format_may_be_unweighted():
    assert Weights(formats={"2024r-hi": None}).formats == {"2024r-hi": None}


@pytest.mark.parametrize(
    "document",
    [
        {"generator": "g"},
        {"generator": "", "source": "s"},
        {"source": "s"},
        {"generator": "g", "source": "s", "factor": ["x"]},
        {"generator": "g", "source": "s", "factors": [{"branch": "x", "missing": True}]},
    ],
)
def test_unknown_keys_and_absent_ones_are_refused(document):
    with pytest.raises(ValidationError):
        FormatWeights.model_validate(document)


def test_a_table_without_formats_is_refused():
    with pytest.raises(ValidationError):
        Weights(formats={})
