"""Bins by resolution need one experiment: that of the files' formats."""

import pytest

from edm.records.branch_records import ParsedFiles
from edm.records.cutflow import Cutflow
from edm.records.statistics import EventCounts, FileRecord
from steps.errors import BinningError
from steps.histogram_bins import find_experiment

EXPERIMENTS = {"cms-nanoaod": "CMS", "2020e-13tev": "ATLAS", "2024r-pp": "ATLAS", "my-format": None}


def branch(*schemas):
    files = tuple(FileRecord(f"{number}.root", schema, {}) for number, schema in enumerate(schemas))
    return ParsedFiles(events=EventCounts(0, 0, {}), cutflow=Cutflow(), files=files, failures=())


@pytest.mark.parametrize(
    ("branches", "experiment"),
    [
        ([branch("cms-nanoaod"), branch("cms-nanoaod", None)], "CMS"),
        ([branch("2020e-13tev", "2024r-pp")], "ATLAS"),
        ([branch(None)], ""),
        ([], ""),
    ],
)
def test_the_experiment_is_that_of_the_formats(branches, experiment):
    assert find_experiment(branches, EXPERIMENTS) == experiment


def test_files_of_two_experiments_are_named():
    complaint = r"^a dataset holds 1\.root of ATLAS and 0\.root of CMS: .* or --binning constant$"
    with pytest.raises(BinningError, match=complaint):
        find_experiment([branch("cms-nanoaod", "2024r-pp")], EXPERIMENTS)


def test_a_format_of_no_experiment_is_named_with_the_remedy():
    complaint = r"^1\.root: its format my-format names no experiment, .* add the key experiment \(ATLAS or CMS\)"
    with pytest.raises(BinningError, match=complaint):
        find_experiment([branch("cms-nanoaod"), branch(None, "my-format")], EXPERIMENTS)
