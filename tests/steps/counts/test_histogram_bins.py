"""Bins by resolution need one experiment: that of the files' formats."""

import pytest

from edm.records.statistics import FileRecord
from steps.counts.histogram_bins import find_experiment
from steps.errors import BinningError

EXPERIMENTS = {"cms-nanoaod": "CMS", "2020e-13tev": "ATLAS", "2024r-pp": "ATLAS", "my-format": None}


def files(*schemas):
    return [FileRecord(f"{number}.root", schema, {}) for number, schema in enumerate(schemas)]


@pytest.mark.parametrize(
    ("schemas", "experiment"),
    [
        (["cms-nanoaod", "cms-nanoaod", None], "CMS"),
        (["2020e-13tev", "2024r-pp"], "ATLAS"),
        ([None], ""),
        ([], ""),
    ],
)
def test_the_experiment_is_that_of_the_formats(schemas, experiment):
    assert find_experiment(files(*schemas), EXPERIMENTS) == experiment


def test_files_of_two_experiments_are_named():
    complaint = r"^a dataset holds 1\.root of ATLAS and 0\.root of CMS: .* or --binning constant$"
    with pytest.raises(BinningError, match=complaint):
        find_experiment(files("cms-nanoaod", "2024r-pp"), EXPERIMENTS)


def test_a_format_of_no_experiment_is_named_with_the_remedy():
    complaint = r"^1\.root: its format my-format names no experiment, .* add the key experiment \(ATLAS or CMS\)"
    with pytest.raises(BinningError, match=complaint):
        find_experiment(files("cms-nanoaod", "my-format", None), EXPERIMENTS)
