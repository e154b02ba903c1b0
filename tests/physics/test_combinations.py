"""Combinations by hand, by counting, and what must hold for any final state."""

from itertools import groupby
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.kinds import LABEL_KINDS, MET
from physics.combinations import Rules, name, of_final_state, parse
from physics.errors import PhysicsError

STATES = st.tuples(*[st.integers(0, 6)] * 3).map(lambda counts: dict(zip("emj", counts, strict=True)))
RULES = st.builds(
    lambda low, more, subleading, limit, met: Rules(low, low + more, subleading, limit, met),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
)


def names(state, **rules):
    return [name(one) for one in of_final_state(state, Rules(**rules))]


class TestByHand:
    def test_two_electrons_and_a_jet(self):
        assert sorted(names({"e": 2, "m": 0, "j": 1})) == ["e0e1", "e0e1j0", "e0j0"]

    def test_all_kinds_that_are_there_may_be_left_out(self):
        # Three leading jets, each window from rank 0: j0j1, j0j1j2, with the photon g0j.., and at most 4 objects.
        assert set(names({"j": 3, "g": 1})) == {"j0j1", "j0j1j2", "j0g0", "j0j1g0", "j0j1j2g0"}

    def test_a_pair_is_made_in_events_with_more_objects_too(self):
        # The first version kept a leading-object combination only in events with exactly that many objects (FACTS 6.5).
        for electrons in range(2, 5):
            assert "e0e1" in names({"e": electrons, "m": 0, "j": 4})

    def test_their_number_in_a_final_state_with_many_objects(self):
        # From rank 0, a kind with n objects has n + 1 windows, one per size 0..n. For 2e 2m 2j the sizes are those of
        # (1 + x + x^2)^3 = 1 + 3x + 6x^2 + 7x^3 + 6x^4 + 3x^5 + x^6: 6 + 7 + 6 = 19 have two to four objects.
        assert len(names({"e": 2, "m": 2, "j": 2})) == 19
        # Four kinds in the top bucket: the number of ways to write n as a sum of four sizes 0..4 is C(n + 3, 3) for
        # n <= 4, which is 10 + 20 + 35 = 65 for two to four objects.
        assert len(names(dict.fromkeys("emjg", 4))) == sum(comb(n + 3, 3) for n in (2, 3, 4)) == 65

    def test_too_few_objects_give_none(self):
        assert names({"e": 1, "m": 0, "j": 0}) == []
        assert names({"e": 0, "m": 0}) == []
        assert names({}) == []
        assert names({"e": 1, "m": 1}, min_particles=3) == []

    def test_a_single_object_where_it_is_asked_for(self):
        assert names({"e": 1, "j": 2}, min_particles=1, max_particles=1) == ["j0", "e0"]

    def test_the_smallest_windows_of_the_last_kind_come_first(self):
        assert names({"e": 2, "j": 2}) == ["j0j1", "e0j0", "e0j0j1", "e0e1", "e0e1j0", "e0e1j0j1"]

    def test_exactly_two_particles(self):
        assert names({"e": 2, "m": 1, "j": 3}, max_particles=2) == ["j0j1", "m0j0", "e0j0", "e0m0", "e0e1"]


class TestSubleading:
    def test_windows_start_anywhere_as_long_as_they_end_in_time(self):
        assert names({"j": 3}, max_subleading_index=0) == ["j0j1", "j0j1j2"]
        # Index 1: j1 alone is a window now, and too small; j1j2 ends at 2, which is too far.
        assert names({"j": 3}, max_subleading_index=1) == ["j0j1", "j0j1j2"]
        assert names({"j": 3}, max_subleading_index=2) == ["j0j1", "j1j2", "j0j1j2"]
        assert names({"j": 3}, max_subleading_index=1, min_particles=1) == ["j0", "j1", "j0j1", "j0j1j2"]

    def test_a_subleading_object_beside_others(self):
        assert set(names({"e": 1, "j": 2}, max_subleading_index=1)) == {"j0j1", "e0j0", "e0j1", "e0j0j1"}

    @pytest.mark.parametrize("index", [1, 2, 3, 9])
    def test_an_index_beyond_the_top_bucket_reaches_no_further_than_the_bucket(self, index):
        # In the top bucket of 2 only the two leading jets take part, whatever the index says.
        found = names({"j": 2}, max_subleading_index=index, max_multiplicity=2, min_particles=1)
        assert found == ["j0", "j1", "j0j1"]

    def test_gaps_are_never_made(self):
        assert "j0j2" not in names({"j": 4}, max_subleading_index=3)


class TestMet:
    def test_it_counts_as_one_object(self):
        found = names({"e": 1, "j": 1}, with_met=True)
        assert found == ["e0j0", "MET+j0", "MET+e0", "MET+e0j0"]
        assert names({"e": 2}, with_met=True, max_particles=2) == ["e0e1", "MET+e0"]
        assert names({"e": 2}, with_met=True, min_particles=3) == ["MET+e0e1"]

    def test_it_is_never_alone(self):
        assert names({"e": 0}, with_met=True) == []
        assert names({"e": 1}, with_met=True, min_particles=1, max_particles=2) == ["e0", "MET+e0"]

    def test_sizes_are_those_of_all_combinations_of_one_object_or_more(self):
        found = set(names(dict.fromkeys("emjg", 4), with_met=True))
        alone = {one for one in found if not one.startswith("MET+")}
        smaller = names(dict.fromkeys("emjg", 4), min_particles=1, max_particles=3)
        assert found - alone == {f"MET+{one}" for one in smaller}


class TestZCandidates:
    def test_they_come_last(self):
        found = names({"e": 1, "j": 1, "Z": 2})
        assert {"e0j0Z0", "j0Z0Z1", "Z0Z1", "e0Z0", "e0j0Z0Z1"} <= set(found)
        assert parse("j0Z0") == (("j", 0), ("Z", 0))


class TestTopBucket:
    def test_only_the_leading_objects_take_part(self):
        assert names({"j": 7}, max_multiplicity=2) == ["j0j1"]

    def test_without_a_limit_as_many_as_combinations_can_use(self):
        assert Rules(max_multiplicity=0).leading == 4
        assert Rules(max_multiplicity=0, max_particles=3).leading == 3
        assert names({"j": 9}, max_multiplicity=0) == ["j0j1", "j0j1j2", "j0j1j2j3"]

    def test_without_a_limit_a_large_subleading_index_reaches_further(self):
        assert Rules(max_multiplicity=0, max_particles=2, max_subleading_index=5).leading == 6
        found = names({"j": 9}, max_multiplicity=0, max_particles=2, max_subleading_index=5)
        assert found == ["j0j1", "j1j2", "j2j3", "j3j4", "j4j5"]

    def test_a_limit_counts_before_everything_else(self):
        assert Rules(max_multiplicity=3, max_particles=4, max_subleading_index=9).leading == 3


@given(STATES, RULES)
def test_what_holds_for_any_final_state(state, rules):
    found = of_final_state(state, rules)
    assert len(set(found)) == len(found)
    for one in found:
        assert rules.min_particles <= len(one) <= rules.max_particles
        objects_alone = one[:-1] if one[-1] == (MET, 0) else one
        assert one == objects_alone or (rules.with_met and objects_alone)
        assert [kind for kind, _ in objects_alone] == sorted((kind for kind, _ in objects_alone), key=LABEL_KINDS.index)
        for kind, objects in groupby(objects_alone, key=lambda item: item[0]):
            ranks = [rank for _, rank in objects]
            assert ranks == list(range(ranks[0], ranks[0] + len(ranks)))
            assert ranks[-1] < state[kind]
            assert ranks[0] == 0 or ranks[-1] <= rules.max_subleading_index
            assert not rules.max_multiplicity or ranks[-1] < rules.max_multiplicity


@given(STATES, RULES, st.sampled_from("emj"))
def test_another_object_takes_no_combination_away(state, rules, kind):
    more = state | {kind: state[kind] + 1}
    assert set(of_final_state(state, rules)) <= set(of_final_state(more, rules))


class TestNames:
    def test_writing_and_reading(self):
        assert name((("e", 0), ("e", 1), ("j", 0))) == "e0e1j0"
        assert parse("e0e1j0") == (("e", 0), ("e", 1), ("j", 0))
        assert parse("j9j10") == (("j", 9), ("j", 10))

    @given(STATES, RULES)
    def test_every_name_reads_back_as_its_combination(self, state, rules):
        found = of_final_state(state, rules)
        assert [parse(name(one)) for one in found] == found
        assert len({name(one) for one in found}) == len(found)

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                "e",
                "0",
                "0e",
                "e0x0",
                "E0",
                "e0 e1",
                "e0_e1",
                "e-1",
                "e00",
                "e01",
                "e0e1j",
                "x0",
                "MET+",
                "MET+MET+e0",
                "e0+MET",
                "MET0",
                "Z0e0",
                "e0\n",
                "e\u0663",
            ),
            *("e0e0", "e1e0", "j0e0", "e0j0e1"),  # twice the same object, and orders that are never written
        ],
    )
    def test_what_is_no_name_is_refused(self, text):
        with pytest.raises(
            PhysicsError, match=r"is not a combination: a name looks like e0e1j0, with the kinds e, m, j, g"
        ):
            parse(text)


class TestRules:
    def test_a_mass_needs_an_object(self):
        with pytest.raises(PhysicsError, match=r"min_particles_in_combination is 0: a mass needs at least 1 object"):
            Rules(min_particles=0)

    def test_the_largest_size_must_not_be_below_the_smallest(self):
        with pytest.raises(
            PhysicsError, match=r"max_particles_in_combination is 2, below min_particles_in_comb.* 3: no"
        ):
            Rules(min_particles=3, max_particles=2)

    @pytest.mark.parametrize("field", ["max_subleading_index", "max_multiplicity"])
    def test_negative_numbers_are_refused(self, field):
        with pytest.raises(PhysicsError, match=rf"{field} is -1: it must be 0 or more"):
            Rules(**{field: -1})

    def test_defaults_are_those_of_the_design(self):
        assert Rules() == Rules(min_particles=2, max_particles=4, max_subleading_index=0, max_multiplicity=4)
