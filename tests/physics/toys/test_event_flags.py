"""What detector and trigger say of toy events."""

import numpy as np
import pytest

from physics.toys.event_flags import N_FILTERS, generate_flags
from targets.catalogue.run_lists import built_in

N = 20_000


@pytest.fixture(scope="module", params=["ATLAS", "CMS"])
def experiment(request):
    return request.param


def test_the_same_part_gives_the_same_flags(experiment):
    first, again, other = (generate_flags(part, experiment, 100, 5) for part in (3, 3, 4))
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in first._fields)
    assert not np.array_equal(first.path, other.path)


def test_each_step_rejects_a_few_per_cent(experiment):
    flags = generate_flags(0, experiment, N, 7)
    assert flags.filters.shape == (N, N_FILTERS)
    for passed in (flags.jets, flags.detector, flags.filters.all(axis=1), flags.vertex, flags.path >= 0):
        assert 0.9 < np.mean(passed) < 0.995
    assert set(np.unique(flags.path)) == {-1, *range(7)}


@pytest.mark.parametrize("part", range(8))
def test_runs_are_listed_and_only_the_first_block_is_bad(experiment, part):
    listed = built_in()["cms-2016" if experiment == "CMS" else "atlas-2016-25ns"]
    flags = generate_flags(part, experiment, 3000, 2)
    assert np.isin(flags.run, listed.runs).all()
    good = listed.good(flags.run, flags.block)
    assert np.array_equal(good, flags.block > flags.block[0])


def test_no_events_are_legal(experiment):
    assert len(generate_flags(0, experiment, 0, 3).run) == 0
