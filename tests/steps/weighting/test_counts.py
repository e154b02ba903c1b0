"""Counts of branches add up, those of samples normalised and in their order."""

import numpy as np
import pytest

from edm.records.samples import Normalisation
from edm.spectra import Distribution, SpectrumKey
from physics.errors import PhysicsError
from steps.weighting.counts import SampleCounts, add_up
from targets.products import mass_counts
from targets.products.mass_counts import Row

KEY, OTHER = SpectrumKey("2e", "e0e1"), SpectrumKey("2m", "m0m1")
UNIT = 2.0**-20


def branch(path, weighted, *rows):
    """Write counts; of each S1 is its double, S2 its triple, in units."""
    listed = []
    for key, counts in rows:
        entries = np.array(counts, np.int64)
        weights = {"sums": np.stack([2 * entries, 3 * entries]), "unit": UNIT} if weighted else {}
        listed.append(Row(key, 10.0, Distribution(entries, **weights)))
    mass_counts.write(path, listed)
    return path


def normalisation(factor, unit=UNIT):
    return Normalisation(**dict.fromkeys(Normalisation.__dataclass_fields__, 1.0) | {"factor": factor, "unit": unit})


def test_entries_of_branches_add_up(tmp_path):
    paths = [
        branch(tmp_path / "a.npz", False, (KEY, [1, 0, 2])),
        branch(tmp_path / "b.npz", False, (KEY, [4]), (OTHER, [3])),
    ]
    assert [(key, width, counts.tolist(), expected) for key, width, counts, expected in add_up(paths)] == [
        (KEY, 10.0, [5, 0, 2], None),
        (OTHER, 10.0, [3], None),
    ]


def test_samples_are_normalised_and_added(tmp_path):
    first = SampleCounts([branch(tmp_path / "a.npz", True, (KEY, [1, 0, 2]))], normalisation(10.0))
    second = SampleCounts([branch(tmp_path / "b.npz", True, (KEY, [4]), (OTHER, [3]))], normalisation(100.0))
    summed = {key: (counts.tolist(), *expected) for key, _, counts, expected in add_up([first, second])}
    assert list(summed) == [KEY, OTHER]
    counts, contents, variances = summed[KEY]
    assert counts == [5, 0, 2]
    assert contents == pytest.approx(UNIT * np.array([10 * 2 + 100 * 8, 0, 10 * 4]))
    assert variances == pytest.approx((1024 * UNIT) ** 2 * np.array([100 * 3 + 10_000 * 12, 0, 100 * 6]))


def test_sums_in_another_unit_than_the_samples_are_refused(tmp_path):
    path = branch(tmp_path / "a.npz", True, (KEY, [1]))
    with pytest.raises(PhysicsError, match=r"sums of weights in units of 9\.5\S+, where 1\.0 is expected"):
        list(add_up([SampleCounts([path], normalisation(1.0, unit=1.0))]))
