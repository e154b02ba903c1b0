"""Keys of baskets against the list of contents; baskets are made by hand in test_basket_layouts."""

import numpy as np
import pytest

from targets.rootio.ttree.basket_keys import PackedBasket, as_bytes, starts_of
from tests.targets.rootio.ttree.test_basket_layouts import basket, mapped

ENTRIES = [b"abcd", b"", b"efghijkl"]
WORDS = 4 * (len(ENTRIES) + 2)


def test_a_key_says_what_follows_it():
    packed = PackedBasket.of(memoryview(basket(ENTRIES, compress=False)), 3)
    assert (packed.size, packed.n_bytes, packed.n_entries, packed.has_map) == (12 + WORDS, 12, 3, False)
    assert bytes(packed.content[:12]) == b"abcdefghijkl"
    assert not packed.counted()
    assert PackedBasket.of(memoryview(mapped(ENTRIES)), 3).counted()


@pytest.mark.parametrize(
    ("changed", "n_lists"),
    [
        ({"jagged": False}, 0),
        ({}, 1),
        ({"tail": bytes(WORDS)}, 2),
        ({"tail": bytes(2 * WORDS)}, None),
        ({"tail": bytes(4)}, None),
    ],
    ids=str,
)
def test_lists_of_words_are_counted(changed, n_lists):
    assert PackedBasket.of(memoryview(basket(ENTRIES, **changed)), 3).n_lists() == n_lists


def test_another_number_of_entries_is_refused():
    with pytest.raises(ValueError, match="a basket of 2 entries says that it has 3"):
        PackedBasket.of(memoryview(basket(ENTRIES)), 2)


def test_lengths_become_the_words_of_other_baskets():
    words = starts_of(np.array([4, 0]), 70)
    assert words.view(">i4").tolist() == [70, 74, 74]
    assert not words.flags.writeable


def test_bytes_are_shown_and_not_copied():
    data = bytearray(b"abc")
    shown = as_bytes(data)
    data[0] = ord("x")
    assert shown.tobytes() == b"xbc"
    assert not shown.flags.writeable
