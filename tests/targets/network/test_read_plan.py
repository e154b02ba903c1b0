"""Plans of what is read: every range in some request, in the order of entries, and no request too long."""

import random
import sys

import pytest

from targets.network.read_plan import GAP_BYTES, MOST_BYTES, PlannedRange, ReadPlan, join, range_header


def requests(ranges, window=sys.maxsize, gap=GAP_BYTES, several=True, connections=4):
    return ReadPlan(ranges).requests(window, gap=gap, several=several, connections=connections)


def clusters(number, branches, n_bytes, seed=1):
    """Make baskets of clusters that follow each other, with gaps as others' baskets leave them."""
    drawn, at = random.Random(seed), 1000
    for cluster in range(number):
        for _ in range(branches):
            at += drawn.choice([0, 100, GAP_BYTES, GAP_BYTES + 1, 50_000])
            yield PlannedRange(cluster * 1000, at, at + n_bytes)
            at += n_bytes


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("window", [1, 100_000, sys.maxsize])
def test_each_range_is_in_one_request(several, window):
    ranges = list(clusters(30, 46, 3000))
    made = requests(ranges, window, several=several)
    assert sorted(span for request in made for span in request.needed) == [(start, stop) for _, start, stop in ranges]
    for request in made:
        assert list(request.spans) == sorted(request.spans)
        for needed, span in request.places():
            assert span[0] <= needed[0] < needed[1] <= span[1]


def test_no_request_is_longer_than_servers_take():
    for request in requests([PlannedRange(0, 10**12 + 10_000 * n, 10**12 + 10_000 * n + 9) for n in range(2000)]):
        assert len(request.spans) <= 100
        assert len(range_header(request.spans)) <= 3900
    made = requests(clusters(50, 46, 20_000))
    assert max(request.n_bytes() for request in made) <= MOST_BYTES
    assert len(made) < 40


def test_a_basket_that_is_larger_is_a_request():
    (request,) = requests([PlannedRange(0, 5, 10 * MOST_BYTES)])
    assert request.spans == ((5, 10 * MOST_BYTES),)


def test_single_ranges_are_requests_of_their_own():
    made = requests([PlannedRange(0, 0, 10), PlannedRange(0, 100_000, 100_010)], several=False)
    assert [request.spans for request in made] == [((0, 10),), ((100_000, 100_010),)]


def test_windows_follow_the_entries_and_not_the_file():
    """A basket that was written late may be needed early."""
    early, late = PlannedRange(0, 900_000, 900_100), PlannedRange(1000, 0, 100)
    assert [request.needed for request in requests([late, early], window=1)] == [((900_000, 900_100),), ((0, 100),)]
    (request,) = requests([late, early])
    assert request.needed == ((0, 100), (900_000, 900_100))


def test_small_plans_are_divided_among_connections():
    ranges = [PlannedRange(0, 10**6 * n, 10**6 * n + 500_000) for n in range(8)]
    assert len(requests(ranges)) == 8
    assert len(requests(ranges, connections=1)) == 2


def test_what_repeats_or_is_empty_is_left_out():
    assert ReadPlan([PlannedRange(0, 5, 10), PlannedRange(0, 5, 10), PlannedRange(3, 7, 7)]).n_bytes == 5
    assert requests([]) == []


@pytest.mark.parametrize(
    ("ranges", "gap", "spans"),
    [
        ([], 0, []),
        ([(5, 9), (0, 5)], 0, [(0, 9)]),
        ([(0, 5), (6, 9)], 0, [(0, 5), (6, 9)]),
        ([(0, 5), (6, 9)], 1, [(0, 9)]),
        ([(0, 100), (10, 20), (15, 30)], 0, [(0, 100)]),
        ([(0, 60), (60, 120)], 0, [(0, 60), (60, 120)]),
    ],
)
def test_ranges_are_joined(ranges, gap, spans):
    assert join(ranges, gap, 100) == spans


def test_the_header_has_no_blank():
    assert range_header([(0, 4), (100, 101)]) == "bytes=0-3,100-100"
