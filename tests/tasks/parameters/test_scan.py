"""Parameters of the scan: the collision energy is the format's unless it is set, and a signal is whole or none."""

import pytest

import tasks
from physics.scan.injection import Signal
from physics.scan.toys import ScanOptions
from targets.errors import ConfigurationError

SIGNAL = {"signal_name": "h", "signal_mass_gev": 300.0, "signal_width_gev": 5.0, "signal_events": 40}


@pytest.fixture
def task(tmp_path):
    """Make a task."""
    (tmp_path / "a.root").touch()
    return lambda **given: tasks.ScanHistograms(input_files=(str(tmp_path / "a.root"),), **given)


@pytest.mark.parametrize(
    ("given", "energy_tev", "sqrt_s_gev"),
    [({}, 8.0, 8000.0), ({}, None, 13_000.0), ({"collision_energy_gev": 900.0}, 8.0, 900.0)],
)
def test_the_collision_energy(task, given, energy_tev, sqrt_s_gev):
    assert task(**given).scan_options(energy_tev) == ScanOptions(sqrt_s_gev, 1000, 100_000, 0)


def test_a_signal_is_whole_or_none(task):
    assert task().signal() is None
    assert task(**SIGNAL).signal() == Signal(300.0, 5.0, 40)
    with pytest.raises(ConfigurationError, match="signal_width_gev must be set too"):
        task(**SIGNAL | {"signal_width_gev": 0.0})


def test_fewer_than_a_thousand_toys_are_refused(task):
    with pytest.raises(ConfigurationError, match="scan_toys = 999: it must be 1000 or more"):
        task(scan_toys=999)
