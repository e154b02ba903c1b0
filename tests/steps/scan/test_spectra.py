"""Histograms as the scan takes them."""

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from steps.errors import StageError
from steps.histograms import HistogramNaming
from steps.scan import spectra
from targets.errors import FileFormatError
from targets.products import histograms
from tests.support.scans import KEY, NAME, cut, falling, table, write

NAMING = HistogramNaming((10.0,), True)


@pytest.fixture
def read(tmp_path):
    """Read one histogram with these cuts."""

    def made(counts, **cuts):
        path = write(tmp_path / "histograms.root", {NAME: counts})
        (spectrum,) = spectra.read_spectra(path, table({KEY: cut(**cuts)}), NAMING)
        return spectrum

    return made


def test_a_histogram_without_outliers_is_taken_whole(read):
    counts = falling(1)
    spectrum = read(counts)
    assert (spectrum.name, spectrum.key, spectrum.outlying, spectrum.refusal) == (NAME, KEY, 0, None)
    np.testing.assert_array_equal(spectrum.counts, counts)
    np.testing.assert_allclose(spectrum.edges_gev, np.arange(100.0, 601.0, 10.0))


def test_it_ends_where_outliers_start(read):
    counts = np.append(falling(1, n_bins=20), [0, 0, 3, 1])
    spectrum = read(counts, split_gev=300.0)
    assert (len(spectrum.counts), spectrum.outlying, spectrum.edges_gev[-1]) == (20, 4, pytest.approx(300.0))


def test_gaps_are_handed_on(read):
    assert read(falling(1), vetoed_gev=((120.0, 130.0),)).gaps_gev == ((120.0, 130.0),)


def test_expected_events_are_not_scanned(tmp_path):
    path = write(tmp_path / "histograms.root", {NAME: falling(1)}, weighted=True)
    (spectrum,) = spectra.read_spectra(path, table({KEY: cut()}), NAMING)
    assert spectrum.refusal == "expected events of weighted simulation, not counts"
    (stored,) = histograms.read(path)
    with pytest.raises(
        StageError, match=r"histograms\.root: ROI_mass_e0m0\S+ holds expected events .*--pseudo-data True"
    ):
        spectra.require_counts(path, stored)


def test_a_histogram_that_is_not_in_the_table_is_named(tmp_path):
    path = write(tmp_path / "histograms.root", {NAME: falling(1)})
    other = table({SpectrumKey("2e_0m_0j_0g", "e0e1"): cut()})
    with pytest.raises(FileFormatError, match=r"holds ROI_mass_e0m0\S+, which is not in the table of cuts; delete it"):
        list(spectra.read_spectra(path, other, NAMING))
