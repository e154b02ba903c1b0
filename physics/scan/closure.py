"""Does the scan find what was put in? Pseudo-experiments with and without a signal, scanned as data are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edm.arrays import Float64
from physics.scan.injection import Signal, signal_counts
from physics.scan.toys import RANKED, Scan, ScanOptions, scan_histogram, seeded

__all__ = ["Closure", "PseudoExperiment", "evaluate", "plan", "scan_pseudo_experiment"]

_STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Signals that are injected, in units of the one that was asked for."""

_SHARE = 10  # of the pseudo-experiments without a signal, as many for each signal


@dataclass(frozen=True)
class PseudoExperiment:
    """Counts thrown around a background and a signal.

    Attributes:
        name: Its name, which seeds it and its toys.
        injected: Events of the signal (dimensionless); 0 for none.
    """

    name: str
    injected: int


@dataclass(frozen=True)
class Closure:
    """What pseudo-experiments gave.

    Attributes:
        injected: Events injected, shape (n_trials,), dimensionless.
        excess: Excess in the most significant window, in events, shape (n_trials,); NaN where that window does not
            overlap with the signal.
        global_p: Global p-values of those without a signal that are ranked, rising, shape (n_ranked,).
    """

    injected: Float64
    excess: Float64
    global_p: Float64


def plan(name: str, signal: Signal, trials: int) -> list[PseudoExperiment]:
    """List the pseudo-experiments.

    Args:
        name: The histogram's name.
        signal: The signal.
        trials: How many there are without a signal; a tenth of that for each strength of the signal.

    Returns:
        The pseudo-experiments, those without a signal first.
    """
    events = [round(strength * signal.events) for strength in _STRENGTHS]
    numbers = {injected: trials if not injected else max(trials // _SHARE, 1) for injected in events}
    return [
        PseudoExperiment(f"{name}|{injected}|{trial}", injected)
        for injected, number in numbers.items()
        for trial in range(number)
    ]


def scan_pseudo_experiment(
    experiment: PseudoExperiment, edges_gev: Float64, expected: Float64, signal: Signal, options: ScanOptions
) -> Scan:
    """Throw and scan a pseudo-experiment.

    Args:
        experiment: Its name and signal.
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        expected: Expected entries without a signal, shape (n_bins,).
        signal: The signal's mass and width.
        options: How histograms are scanned.

    Returns:
        The scan, with no more toys than every histogram has.
    """
    mean = expected
    if experiment.injected:
        mean = expected + signal_counts(edges_gev, replace(signal, events=experiment.injected))
    counts = seeded(f"counts of {experiment.name}", options.seed).poisson(mean)
    return scan_histogram(experiment.name, edges_gev, counts, replace(options, most_toys=options.toys))


def evaluate(
    experiments: Sequence[PseudoExperiment],
    scans: Iterable[Scan],
    edges_gev: Float64,
    signal: Signal,
) -> Closure:
    """Compare what was found with what was injected.

    Args:
        experiments: The pseudo-experiments.
        scans: Their scans, in the same order.
        edges_gev: Edges of the bins in GeV, shape (n_bins + 1,).
        signal: The signal's mass and width.

    Returns:
        The comparison.
    """
    low_gev, high_gev = signal.mass_gev - signal.width_gev, signal.mass_gev + signal.width_gev
    excess, p_values = [], []
    for experiment, scan in zip(experiments, scans, strict=True):
        window = scan.window
        overlaps = window is not None and edges_gev[window.first] < high_gev and edges_gev[window.stop] > low_gev
        excess.append(window.observed - window.expected if window is not None and overlaps else np.nan)
        if not experiment.injected and scan.status == RANKED:
            p_values.append(scan.global_p)
    injected = np.array([experiment.injected for experiment in experiments], dtype=np.float64)
    return Closure(injected, np.array(excess), np.sort(np.array(p_values, dtype=np.float64)))
