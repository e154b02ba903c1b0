"""FillHistograms: what names its counts; runs of before a parameter existed keep their names."""

import pytest

import tasks
from edm.records.branch_records import ParsedFiles
from edm.records.cutflow import Cutflow
from edm.records.statistics import EventCounts, FileRecord
from physics.bins.bins import ResolutionBins


def named(**parameters):
    settings = tasks.FillHistograms(release_years=("demo",), **parameters).own_settings()
    return {name: value for name, value in settings.items() if name != "revision"}


@pytest.mark.parametrize(
    ("parameters", "inputs"),
    [
        ({}, {}),
        ({"bin_width_gev": (5.0, 10.0)}, {"bin_width_gev": "5.0,10.0", "before_removal": "True"}),
        ({"bin_width_gev": (5.0,), "whole_distributions": False}, {"bin_width_gev": "5.0"}),
        ({"binning": "resolution"}, {"binning": "resolution"}),
        (
            {"binning": "resolution", "resolution_factor": 1.0, "resolution_start_gev": 2.0},
            {"binning": "resolution", "resolution_factor": "1.0", "resolution_start_gev": "2.0"},
        ),
    ],
)
def test_parameters_at_values_of_older_versions_name_nothing(parameters, inputs):
    assert named(**parameters) == {"bin_width_gev": "10.0", "exclude_outliers": "False"} | inputs


@pytest.mark.parametrize(
    ("source", "experiment"), [({"release_years": ("demo",)}, "ATLAS"), ({"specific_record_ids": (30522,)}, "CMS")]
)
def test_releases_are_of_atlas_whatever_format_their_toy_files_have(source, experiment):
    counts = EventCounts(0, 0, {})
    nanoaod = ParsedFiles(
        events=counts, cutflow=Cutflow(), files=(FileRecord("a.root", "cms-nanoaod", {}),), failures=()
    )
    (bins,) = tasks.FillHistograms(binning="resolution", **source).bins([nanoaod])
    assert bins == ResolutionBins(experiment, 0.5, 1.0, 10_000.0)
