"""The closure test: what is injected is found, and nothing else."""

import numpy as np
import pytest
from scipy import stats

from physics.scan.closure import evaluate, plan, scan_pseudo_experiment
from physics.scan.injection import Signal
from physics.scan.toys import ScanOptions

EDGES_GEV = np.arange(100.0, 500.1, 10.0)
EXPECTED = 300.0 * np.exp(-np.arange(40) / 8.0)
SIGNAL = Signal(300.0, 7.0, 80)
OPTIONS = ScanOptions(13_000.0, toys=200)


def test_a_plan_has_all_strengths():
    numbers = [experiment.injected for experiment in plan("h", SIGNAL, 50)]
    assert {injected: numbers.count(injected) for injected in numbers} == {0: 50, 40: 5, 80: 5, 120: 5, 160: 5}
    assert len({experiment.name for experiment in plan("h", SIGNAL, 50)}) == 70


@pytest.fixture(scope="module")
def made():
    experiments = plan("h", SIGNAL, 40)
    scans = [scan_pseudo_experiment(trial, EDGES_GEV, EXPECTED, SIGNAL, OPTIONS) for trial in experiments]
    return evaluate(experiments, scans, EDGES_GEV, SIGNAL)


def test_what_is_found_grows_with_what_is_injected(made):
    for injected in (80, 120, 160):
        found = made.excess[made.injected == injected]
        assert np.isfinite(found).all()
        assert found.mean() == pytest.approx(injected, rel=0.2)
    seen = made.injected > 40  # of weaker ones, windows that fluctuate upwards are chosen
    line = stats.linregress(made.injected[seen], made.excess[seen])
    assert line.slope == pytest.approx(0.9, abs=0.2)  # the window holds most of a signal, and the fit takes a little


def test_p_values_without_a_signal_cover(made):
    assert len(made.global_p) >= 38
    assert stats.kstest(made.global_p, "uniform").pvalue > 0.01
    assert np.all(np.diff(made.global_p) >= 0)


def test_a_pseudo_experiment_is_the_same_whatever_came_before():
    trial = plan("h", SIGNAL, 10)[-1]
    first, again = (scan_pseudo_experiment(trial, EDGES_GEV, EXPECTED, SIGNAL, OPTIONS) for _ in range(2))
    assert (first.window, first.global_p) == (again.window, again.global_p)
    assert first.toys == 200
