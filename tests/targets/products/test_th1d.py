"""TH1D: the same bytes as those of uproot, and a file that says of what class they are."""

import numpy as np
import pytest
import uproot
from uproot.writing import identify

from targets.products.th1d import TH1D, Axis, Moments


def by_uproot(name, title, axis, moments, contents, variances):
    return identify.to_TH1x(
        name,
        title,
        np.pad(contents, 1),
        *moments,
        np.pad(variances, 1),
        identify.to_TAxis("xaxis", "Mass [GeV]", axis.n_bins, axis.start_gev, axis.end_gev, fXbins=axis.edges_gev),
        identify.to_TAxis("yaxis", "Entries", 1, 0.0, 1.0),
        identify.to_TAxis("zaxis", "", 1, 0.0, 1.0),
    ).serialize(name)


@pytest.mark.parametrize("edges", [None, [80.0, 85.0, 100.0, 140.0]])
@pytest.mark.parametrize(
    ("name", "title"), [("a", ""), ("ROI_mass_e0e1", "2 Elektronen, größer"), ("n" * 254, "t" * 300)]
)
def test_the_bytes_are_those_of_uproot(name, title, edges):
    contents, variances = np.array([3.0, 0.0, 0.125]), np.array([9.0, 0.5, 0.25])
    axis = Axis(3, 80.0, 140.0 if edges else 110.0, np.array(edges) if edges else None)
    moments = Moments(4.0, 3.125, 9.75, 280.5, 24_000.25)
    expected = by_uproot(name, title, axis, moments, contents, variances)
    assert TH1D(title, axis, moments, contents, variances).serialize(name) == expected


def test_marks_of_the_example_may_be_numbers_of_a_histogram():
    """Bytes are joined, not replaced: whatever numbers a histogram has stand where they belong."""
    contents = np.array([8e-300, 3e-300, 1.25e-300])
    axis, moments = Axis(3, 2.5e-300, 8e-300), Moments(*[8e-300] * 5)
    expected = by_uproot("a", "", axis, moments, contents, contents)
    assert TH1D("", axis, moments, contents, contents).serialize("a") == expected


def test_only_the_first_one_says_of_what_class_they_are(tmp_path):
    axis, moments, contents = Axis(1, 0.0, 10.0), Moments(5, 5, 5, 25, 125), np.array([5.0])
    with uproot.recreate(tmp_path / "h.root") as file:
        file.update((name, TH1D("", axis, moments, contents, contents, first=name == "a")) for name in "abc")
    with uproot.open(tmp_path / "h.root") as file:
        assert "TH1D" in file.file.streamers
        assert [file[name].values().tolist() for name in "abc"] == [[5.0]] * 3
