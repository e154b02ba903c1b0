"""Final states by hand, and what must hold for any events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.kinds import KINDS, LABEL_KINDS
from physics.errors import PhysicsError
from physics.final_states import CHARGE_TAGS, check_kinds, classify, label, parse, restrict, sort, split_tag

COUNTS = st.tuples(st.sampled_from(LABEL_KINDS), st.integers(0, 200))
STATES = st.lists(COUNTS, min_size=1, unique_by=lambda one: one[0]).map(
    lambda counts: dict(sorted(counts, key=lambda one: LABEL_KINDS.index(one[0])))
)
EVENTS = st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=40)


def columns(events, kinds="emj"):
    """Turn counts per event into counts per kind, shape (n_events,)."""
    table = np.array(events, dtype=np.int64).reshape(-1, len(kinds))
    return {kind: table[:, column] for column, kind in enumerate(kinds)}


def labelled(events, max_multiplicity=4):
    """Return the label of every event, in the order of events, which is what users look at."""
    labels = [""] * len(events)
    for state, indices in classify(columns(events), max_multiplicity):
        for index in indices:
            assert not labels[index], "an event is in two final states"
            labels[index] = label(state)
    return labels


class TestKinds:
    def test_any_order_is_put_in_the_order_of_labels(self):
        assert check_kinds(["b", "j", "e"]) == ("e", "j", "b")
        assert check_kinds("gjme") == ("e", "m", "j", "g")

    def test_nothing_is_refused(self):
        with pytest.raises(PhysicsError, match=r"objects_to_calculate is empty: name at least one of e \(electron\)"):
            check_kinds([])

    @pytest.mark.parametrize("letter", ["x", "J", "", "ee"])
    def test_what_is_no_kind_is_refused_with_the_kinds_that_there_are(self, letter):
        with pytest.raises(PhysicsError, match=rf"names {letter!r}, which is no kind of object: .* b \(b-jet\)"):
            check_kinds(["e", letter])

    def test_a_kind_named_twice_is_refused(self):
        with pytest.raises(PhysicsError, match=r"names 'j' twice in 'j,e,j': name each kind once"):
            check_kinds(["j", "e", "j"])

    @given(st.permutations(KINDS), st.integers(1, len(KINDS)))
    def test_the_order_given_never_matters(self, kinds, size):
        assert check_kinds(kinds[:size]) == tuple(sorted(kinds[:size], key="emjgtb".index))


class TestLabels:
    def test_zeros_are_written(self):
        assert label({"e": 2, "m": 0, "j": 3, "g": 0}) == "2e_0m_3j_0g"

    def test_reading_a_label(self):
        assert parse("2e_0m_3j_0g") == {"e": 2, "m": 0, "j": 3, "g": 0}
        assert list(parse("12j_0b")) == ["j", "b"]

    def test_z_candidates_come_last_and_tags_behind_them(self):
        assert label({"e": 2, "m": 0, "Z": 0}, "SS") == "2e_0m_0Z_SS"
        assert parse("0e_0m_2j_0g_1Z") == {"e": 0, "m": 0, "j": 2, "g": 0, "Z": 1}
        assert split_tag("2e_0m_OS") == ("2e_0m", "OS")

    @given(STATES, st.sampled_from(CHARGE_TAGS))
    def test_a_label_reads_back_as_what_was_written(self, state, tag):
        assert parse(label(state, tag)) == state
        assert list(parse(label(state, tag))) == list(state)
        assert split_tag(label(state, tag)) == (label(state), tag)

    @pytest.mark.parametrize(
        "text",
        [
            *("", "2", "e2", "2e3j", "2e_", "2e__3j", "02e", "-2e", "+2e", "2.0e", "2x", "2e 3j", " 2e", "2e\n"),
            *("2e_2e", "2e_3e", "3j_2e", "1Z_2e", "1z"),  # twice the same kind, and an order that is never written
            *("OS", "_OS", "2e_OS_OS", "2e_XS", "2e_OS_0m", "2eOS"),
            "\u0662e",  # an Arabic digit two: a regular expression's digit, and no label all the same
        ],
    )
    def test_what_is_no_label_is_refused(self, text):
        with pytest.raises(
            PhysicsError, match=r"is not a final state: a label looks like 2e_0m_3j_0g, kinds in the order e"
        ):
            parse(text)


class TestClassify:
    def test_by_hand(self):
        # Events 0 and 3 are alike, events 1 and 4 too; states come in ascending order of (e, m, j).
        events = [(2, 0, 1), (0, 2, 0), (0, 0, 0), (2, 0, 1), (0, 2, 0)]
        found = [(label(state), list(indices)) for state, indices in classify(columns(events), 4)]
        assert found == [("0e_0m_0j", [2]), ("0e_2m_0j", [1, 4]), ("2e_0m_1j", [0, 3])]

    def test_an_event_without_a_usable_state_does_not_shift_the_labels_of_later_ones(self):
        # The first version dropped events with few or many objects from the labels but not from the events, so that
        # every later event got its neighbour's label (FACTS 6.1). Events 0, 2 and 4 are such ones.
        events = [(0, 0, 0), (2, 0, 0), (9, 9, 9), (0, 2, 1), (1, 0, 0), (1, 1, 2)]
        assert labelled(events) == ["0e_0m_0j", "2e_0m_0j", "4e_4m_4j", "0e_2m_1j", "1e_0m_0j", "1e_1m_2j"]

    def test_the_top_bucket_means_so_many_or_more(self):
        events = [(0, 0, n) for n in range(7)]
        assert [one[-2:] for one in labelled(events, 4)] == ["0j", "1j", "2j", "3j", "4j", "4j", "4j"]
        assert [one[-2:] for one in labelled(events, 1)] == ["0j", "1j", "1j", "1j", "1j", "1j", "1j"]

    def test_zero_means_no_limit(self):
        assert labelled([(0, 0, 3), (12, 0, 150)], 0) == ["0e_0m_3j", "12e_0m_150j"]

    def test_states_that_differ_in_one_kind_only_stay_apart(self):
        # With one integer per event, 1 electron and 9 muons must not meet 9 electrons and 1 muon, nor 0 and 10.
        assert labelled([(1, 9, 0), (9, 1, 0), (0, 10, 0), (10, 0, 0)], 0) == [
            "1e_9m_0j",
            "9e_1m_0j",
            "0e_10m_0j",
            "10e_0m_0j",
        ]

    def test_six_kinds_with_many_objects_do_not_overflow(self):
        events = [(1000,) * 6, (999,) + (1000,) * 5, (0,) * 6]
        assert len(classify(columns(events, KINDS), 0)) == 3

    def test_no_events_and_no_kinds(self):
        assert classify(columns([]), 4) == []
        assert classify({}, 4) == []

    def test_one_event(self):
        [(state, indices)] = classify(columns([(0, 0, 0)]), 4)
        assert (label(state), indices.tolist(), indices.dtype) == ("0e_0m_0j", [0], np.int64)

    def test_a_negative_limit_is_refused(self):
        with pytest.raises(PhysicsError, match=r"max_multiplicity is -1: it must be 0 \(no limit\) or more"):
            classify(columns([(1, 1, 1)]), -1)

    def test_the_counts_given_are_left_alone(self):
        counts = columns([(9, 0, 0)])
        classify(counts, 4)
        assert counts["e"].tolist() == [9]

    @given(EVENTS, st.integers(0, 10))
    def test_every_event_has_exactly_its_own_label(self, events, limit):
        cap = limit or 100
        assert labelled(events, limit) == [
            f"{min(e, cap)}e_{min(m, cap)}m_{min(j, cap)}j" for e, m, j in events
        ]  # as many labels as events, so nothing was dropped

    @given(EVENTS, st.integers(0, 10))
    def test_states_and_events_ascend(self, events, limit):
        found = classify(columns(events), limit)
        states = [tuple(state.values()) for state, _ in found]
        assert states == sorted(set(states))
        assert all(np.all(np.diff(indices) > 0) for _, indices in found)


class TestTags:
    def test_events_of_one_state_are_sorted_by_tag(self):
        found = sort(columns([(2, 0, 0), (1, 0, 0), (2, 0, 0), (2, 0, 0)]), 4, np.array([2, 0, 1, 2]))
        labels = [label(state, tag) for state, tag in zip(found.states, found.tags, strict=True)]
        assert labels == ["1e_0m_0j", "2e_0m_0j_OS", "2e_0m_0j_SS"]
        assert (found.events.tolist(), found.bounds.tolist()) == ([1, 2, 0, 3], [0, 1, 2, 4])

    def test_the_top_bucket_caps_no_tag(self):
        found = sort(columns([(2, 0, 0), (2, 0, 0)]), 1, np.array([2, 1]))
        assert found.tags == ["OS", "SS"]

    @given(EVENTS, st.integers(0, 10))
    def test_without_a_tag_anywhere_nothing_changes(self, events, limit):
        without, tagged = (sort(columns(events), limit, tags) for tags in (None, np.zeros(len(events), dtype=np.int64)))
        assert without.states == tagged.states
        assert without.tags == tagged.tags == [""] * len(without.states)
        assert without.events.tolist() == tagged.events.tolist()


class TestMergeSmall:
    def test_kinds_that_are_not_configured_are_left_out(self):
        assert restrict({"e": 0, "m": 1, "j": 0, "g": 0, "t": 0, "b": 0}, ("e", "j"), 4) == {"e": 0, "j": 0}

    def test_a_b_jet_is_a_jet_where_b_jets_are_not_configured(self):
        state = {"e": 1, "j": 2, "b": 1}
        assert restrict(state, ("e", "j"), 4) == {"e": 1, "j": 3}
        assert restrict(state, ("e", "j", "b"), 4) == {"e": 1, "j": 2, "b": 1}
        assert restrict(state, ("b",), 4) == {"b": 1}

    def test_the_top_bucket_is_applied_after_adding_b_jets(self):
        assert restrict({"j": 3, "b": 3}, ("j",), 4) == {"j": 4}
        assert restrict({"j": 3, "b": 3}, ("j",), 0) == {"j": 6}

    def test_kinds_that_the_state_lacks_count_zero(self):
        assert restrict({"m": 1}, ("e", "m"), 0) == {"e": 0, "m": 1}
        assert restrict({}, ("e",), 0) == {"e": 0}

    def test_the_state_given_is_left_alone(self):
        state = {"j": 1, "b": 1}
        restrict(state, ("j",), 4)
        assert state == {"j": 1, "b": 1}

    @given(EVENTS, st.integers(0, 10), st.booleans())
    def test_agrees_with_classifying_the_same_events(self, events, limit, with_b):
        # Counting by label first and looking through the configured kinds later is what ParseFile and ComputeMasses do
        # with events of few objects; the answer must be that of the events themselves.
        for j, b, e in events:
            kinds = ("e", "j", "b") if with_b else ("e", "j")
            counts = (e, j, b) if with_b else (e, j + b)
            [(state, _)] = classify(columns([counts], kinds), limit)
            assert restrict({"e": e, "j": j, "b": b}, kinds, limit) == state
