"""Charge tags by hand."""

import numpy as np
import pytest

from edm.objects import Objects
from physics.categories.charges import check_charges, find_charge_tags
from physics.categories.event_categories import Categories
from physics.errors import PhysicsError
from physics.final_states import CHARGE_TAGS
from tests.support.jagged import jagged


def leptons(*charges):
    return jagged([[{"charge": charge} for charge in event] for event in charges], charge="float32")


def tags(electrons, muons, **more):
    found = find_charge_tags({"e": leptons(*electrons), "m": leptons(*muons), **more})
    return [CHARGE_TAGS[tag] for tag in found]


def test_two_leptons_of_any_flavour_have_a_tag():
    assert tags([(1, -1), (), (1,), (-1,)], [(), (-1, -1), (-1,), (-1,)]) == ["OS", "SS", "OS", "SS"]


@pytest.mark.parametrize("charges", [(), (1,), (1, -1, 1), (1, 1, 1, 1)])
def test_any_other_number_has_none(charges):
    assert tags([charges], [()]) == tags([()], [charges]) == [""]


def test_with_a_z_candidate_there_is_none():
    candidates = Objects(np.array([0, 1, 1]), {"pt": np.ones(1)})
    assert tags([(1, 1), (1, 1)], [(), ()], Z=candidates) == ["", "SS"]


def test_without_looking_for_candidates_the_leptons_of_a_z_are_os():
    objects = {"e": jagged([[{"pt": 45.5, "charge": 1}, {"pt": 45.5, "phi": 3.1416, "charge": -1}]]), "m": leptons(())}
    assert [CHARGE_TAGS[tag] for tag in Categories(charges=True).apply(objects).tags] == ["OS"]
    with_candidates = Categories(15.0, charges=True).apply(objects)
    assert with_candidates.objects["Z"].n_objects == 1
    assert [CHARGE_TAGS[tag] for tag in with_candidates.tags] == [""]


@pytest.mark.parametrize("charge", [0.0, np.nan, np.inf])
def test_a_charge_that_is_not_known_is_refused(charge):
    objects = {"e": leptons((1,), (-1, charge)), "m": leptons((), ())}
    for categories in (Categories(15.0), Categories(charges=True)):
        with pytest.raises(PhysicsError, match=r"1 of 3 electrons have no charge or one of 0.*--z-candidates False"):
            categories.apply(objects)
    assert Categories().apply(objects).objects is objects


def test_a_missing_column_is_refused_where_there_are_leptons():
    without = jagged([[{}], [{}]])
    with pytest.raises(PhysicsError, match=r"2 of 2 muons have no charge or one of 0: |on which Z candidates"):
        check_charges({"e": leptons((), ()), "m": without})
    check_charges({"e": leptons((), ()), "m": jagged([[], []])})
