"""What is known of a host: one record for all its files, and the gap that follows from what was measured."""

import pytest

from targets.network.streaming.hosts import Host, host_of


def test_all_files_of_a_host_and_port_share_a_record():
    first = host_of("https://h.example:8443/a.root")
    assert host_of("https://H.example:8443/folder/b.root") is first
    assert host_of("https://h.example/a.root") is not first


def test_nothing_is_known_before_it_is_measured():
    host = Host()
    assert (host.several, host.round_trip_s, host.bytes_per_s) == (None, None, None)
    assert host.gap_bytes() == 32 * 1024


def test_the_shortest_round_trip_and_the_average_bandwidth_count():
    host = Host()
    for seconds in (0.3, 0.1, 0.2):
        host.note_answer(seconds)
    host.note_body(10**6, 1.0)
    host.note_body(3 * 10**6, 1.0)
    host.note_body(1000, 100.0)  # too short to tell
    assert (host.round_trip_s, host.bytes_per_s) == (0.1, 2e6)


@pytest.mark.parametrize(
    ("round_trip_s", "bytes_per_s", "gap"),
    [(0.001, 1.25e6, 32 * 1024), (0.06, 1.25e6, 75_000), (0.06, 125e6, 2**20), (0.06, 12.5e6, 750_000)],
)
def test_the_gap_is_round_trip_times_bandwidth_within_bounds(round_trip_s, bytes_per_s, gap):
    host = Host()
    host.note_answer(round_trip_s)
    host.note_body(int(bytes_per_s), 1.0)
    assert host.gap_bytes() == gap
