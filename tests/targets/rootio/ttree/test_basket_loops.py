"""Where entries of a basket begin: listed where they follow each other, told where they cannot."""

import numpy as np
import pytest

from targets.rootio.ttree.basket_loops import list_entries


def listed(starts, n_bytes, origin=0, first=0):
    """List entries of eight bytes a number; *starts* are bytes."""
    offsets = np.full(len(starts) + 1, first)
    words = np.array(starts).astype(">i4").view(np.uint8)
    return list_entries(np.zeros(n_bytes, np.uint8), words, origin, 3, offsets), offsets.tolist()


@pytest.mark.parametrize("origin", [0, 70])
@pytest.mark.parametrize("first", [0, 100])
def test_entries_are_counted_on_from_those_before(origin, first):
    assert listed([origin, origin + 16, origin + 16], 40, origin, first) == (
        True,
        [first, first + 2, first + 2, first + 5],
    )
    assert listed([], 0, origin, first) == (True, [first])


@pytest.mark.parametrize(
    ("starts", "n_bytes"),
    [
        ((0, 16, 8), 40),  # back
        ((0, 16, 28), 40),  # half a number
        ((8, 16, 24), 40),  # not from the first byte
        ((0, 16, 48), 40),  # behind the end
        ((0, 16, 24), 44),  # half a number at the end
    ],
)
def test_entries_that_do_not_follow_each_other_are_told(starts, n_bytes):
    assert not listed(starts, n_bytes)[0]
