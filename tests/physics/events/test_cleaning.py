"""Rows of cleaning: what is asked of a file, and which events pass."""

import numpy as np
import pytest

from physics.errors import EventLevelError, PhysicsError
from physics.events.cleaning import cleaning_rows
from physics.selection.events import Cleaning


def step(name="noise", data_only=False, **flag):
    formats = {"f": {"source": "s", **flag}, "g": None}
    return Cleaning.model_validate({"name": name, "data_only": data_only, "formats": formats})


def rows(steps, branches, schema="f", simulation=False):
    return cleaning_rows(tuple(steps), schema, branches, simulation)


def test_the_first_branch_that_exists_is_asked():
    (row,) = rows([step(branch=["a", "b"], equals=1)], {"b", "c"})
    assert (row.name, [branch for branch, _ in row.flags], row.missing) == ("noise", ["b"], ())
    assert row.passes({"b": np.array([0, 1, 1], dtype=np.int8)}, 3).tolist() == [False, True, True]


def test_several_branches_are_a_row_each_and_parts_are_a_row_together():
    names = [row.name for row in rows([step(branches=["a", "b"], equals=1)], {"a", "b"})]
    assert names == ["a", "b"]
    parts = [{"branch": "a", "equals": 1}, {"branch": "b", "max": 3}]
    (row,) = rows([step(all_of=parts)], {"a", "b"})
    columns = {"a": np.array([1, 1, 0]), "b": np.array([3, 4, 3])}
    assert row.passes(columns, 3).tolist() == [True, False, False]


def test_nothing_is_asked_where_the_format_has_null_or_simulation_is_exempt():
    (of_null,) = rows([step(branch="a", equals=1)], {"a"}, schema="g")
    (exempt,) = rows([step(branch="a", equals=1, data_only=True)], {"a"}, simulation=True)
    assert of_null.flags == exempt.flags == ()
    assert of_null.passes({}, 2).tolist() == [True, True]
    (asked,) = rows([step(branch="a", equals=1, data_only=True)], {"a"})
    assert [branch for branch, _ in asked.flags] == ["a"]


def test_a_branch_that_may_be_absent_is_noted():
    (row,) = rows([step(branch="a", equals=1, if_present=True)], {"b"})
    assert (row.flags, row.missing) == ((), ("a",))


def test_a_branch_that_must_be_there_is_named_with_the_nearest():
    message = r"cleaning 'noise': there is no branch flagg in this f file: correct the name \(there is flag\)"
    with pytest.raises(EventLevelError, match=message):
        rows([step(branch="flagg", equals=1)], {"flag", "other"})


def test_a_format_that_is_not_listed_is_refused():
    with pytest.raises(PhysicsError, match="the format h is not listed"):
        rows([step(branch="a", equals=1)], {"a"}, schema="h")
