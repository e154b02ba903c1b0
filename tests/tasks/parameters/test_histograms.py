"""Parameters of histograms: on which grids masses are counted before any removal."""

import pytest

import tasks
from targets.errors import ConfigurationError


def task(**parameters):
    return tasks.MakeHistograms(release_years=("demo",), **parameters)


@pytest.mark.parametrize(
    ("widths_gev", "whole", "counted"),
    [((10.0,), True, ()), ((10.0, 5.0), True, (5.0,)), ((7.0, 3.0), True, (7.0, 3.0)), ((7.0,), False, ())],
)
def test_the_grid_of_the_peak_search_is_not_counted_twice(widths_gev, whole, counted):
    assert task(bin_width_gev=widths_gev, whole_distributions=whole).widths_before_gev() == counted


def test_the_name_of_the_file_beside_is_taken():
    with pytest.raises(ConfigurationError, match=r"output_filename = whole\.root: .* or --whole-distributions False"):
        task(output_filename="whole.root")
    assert task(output_filename="whole.root", whole_distributions=False)
