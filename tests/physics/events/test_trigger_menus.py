"""Trigger decisions of PHYSLITE: words, keys and counters."""

import json

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edm.jagged import Jagged
from physics.errors import EventLevelError, PhysicsError
from physics.events.trigger_menus import counters_of, decisions

MENUS = {7: {"HLT_a": 0, "HLT_b": 33, "HLT_c": 31}, 9: {"HLT_a": 64, "HLT_b": 1}}
words_of_events = st.lists(
    st.tuples(st.sampled_from([7, 9]), st.lists(st.integers(0, 2**32 - 1), max_size=3)), min_size=1, max_size=10
)


def jagged(rows):
    return Jagged.from_awkward(ak.values_astype(ak.Array([*rows, [0]])[:-1], np.uint32))


@given(words_of_events)
def test_a_chain_fired_if_the_bit_of_its_counter_is_set(events):
    keys = np.array([key for key, _ in events], dtype=np.uint32)
    fired = decisions(jagged([words for _, words in events]), keys, MENUS, ("HLT_a", "HLT_b", "HLT_c", "HLT_d"))
    assert list(fired) == ["HLT_a", "HLT_b", "HLT_c"]
    for chain, mask in fired.items():
        for (key, words), is_set in zip(events, mask.tolist(), strict=True):
            number = sum(word << (32 * place) for place, word in enumerate(words))
            assert is_set == (chain in MENUS[key] and bool(number >> MENUS[key][chain] & 1))


def test_an_event_whose_key_has_no_menu_is_an_error():
    with pytest.raises(
        EventLevelError, match=r"no trigger menu has the key 8 of the file's events .*keys 7, 9\): is the"
    ):
        decisions(jagged([[1], [1]]), np.array([7, 8]), MENUS, ("HLT_a",))


@pytest.mark.parametrize("counter", [389, "389"])
def test_counters_are_read_of_either_form_of_a_menu(counter):
    chain = {"counter": counter, "l1item": "L1_X"}
    by_name = json.dumps({"filetype": "hltmenu", "chains": {"HLT_a": chain}})
    listed = json.dumps({"filetype": "hltmenu", "chains": [{"name": "HLT_a", **chain}]})
    assert counters_of(by_name) == counters_of(listed) == {"HLT_a": 389}


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("{", r"a trigger menu is no JSON with chains and their counters \(JSONDecodeError"),
        ('{"name": "x"}', r"no JSON with chains and their counters \(KeyError: 'chains'\)"),
        ('{"chains": {"HLT_a": {}}}', r"\(KeyError: 'counter'\)"),
        (
            '{"chains": {"HLT_a": {"counter": -1}}}',
            r"gives the chain HLT_a the counter -1, which is not the number of a b",
        ),
        ('{"chains": {"HLT_a": {"counter": "x"}}}', r"the counter 'x', which is not the number of a bit"),
        ('{"chains": {"HLT_a": {"counter": true}}}', r"the counter True, which is not the number of a bit"),
    ],
)
def test_what_is_no_menu_is_refused(payload, message):
    with pytest.raises(PhysicsError, match=message):
        counters_of(payload)
