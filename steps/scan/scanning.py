"""The work of ScanHistograms: histograms → their most significant excesses → a table, the most significant first."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from edm.arrays import Float64
from edm.records.scans import ScannedHistograms, ScanRow
from physics.scan.significance import corrected_p, significance
from physics.scan.toys import RANKED, Scan, ScanOptions, scan_histogram
from physics.scan.windows import Window
from steps.scan.spectra import ScanInput

__all__ = ["add_up", "rank", "scan_all", "scan_one", "summarize"]

_LARGEST = 10
"""Rows that are recorded, and shown by Summary."""


def scan_all(
    spectra: Sequence[ScanInput], options: ScanOptions, workers: int, progress: Callable[[int, int], None]
) -> list[ScanRow]:
    """Scan the histograms of a dataset.

    Args:
        spectra: The histograms.
        options: How they are scanned.
        workers: How many are scanned at once; the loops are compiled and let each other run.
        progress: Is told after each histogram how many are done, and how many there are.

    Returns:
        The rows, ranked; the same whatever the order of the histograms and the number of workers.
    """
    rows = []
    with ThreadPoolExecutor(workers) as pool:
        for row in pool.map(lambda spectrum: scan_one(spectrum, options), spectra):
            rows.append(row)
            progress(len(rows), len(spectra))
    return rank(rows)


def scan_one(spectrum: ScanInput, options: ScanOptions) -> ScanRow:
    """Scan one histogram.

    Args:
        spectrum: The histogram.
        options: How it is scanned.

    Returns:
        Its row, without what depends on the other histograms.
    """
    edges_gev, counts, refusal = spectrum.edges_gev, spectrum.counts, spectrum.refusal
    scan = Scan(refusal) if refusal else scan_histogram(spectrum.name, edges_gev, counts, options, spectrum.gaps_gev)
    row = ScanRow(
        name=spectrum.name,
        low_gev=None,
        high_gev=None,
        observed=None,
        expected=None,
        local_p=None if scan.window is None else 1.0,
        global_p=scan.global_p,
        status=scan.status,
        excess=None,
        local_significance=None,
        global_significance=_significance(scan.global_p),
        expected_at_least=None,
        corrected_p=None,
        corrected_significance=None,
        toys=scan.toys,
        toys_at_least=scan.exceeding,
        goodness_p=scan.goodness_p,
        parameters=scan.background.parameters if scan.background else None,
        left_out_low_gev=float(edges_gev[scan.left_out[0]]) if scan.left_out else None,
        left_out_high_gev=float(edges_gev[scan.left_out[1]]) if scan.left_out else None,
        from_gev=float(edges_gev[0]),
        to_gev=float(edges_gev[-1]),
        bins=len(counts),
        entries=round(counts.sum()),
    )
    return row if scan.window is None or not scan.window.stop else _with_window(row, scan.window, edges_gev)


def _with_window(row: ScanRow, window: Window, edges_gev: Float64) -> ScanRow:
    return replace(
        row,
        low_gev=float(edges_gev[window.first]),
        high_gev=float(edges_gev[window.stop]),
        observed=round(window.observed),
        expected=window.expected,
        excess=window.observed - window.expected,
        local_significance=significance(window.statistic),
        local_p=math.exp(-window.statistic),
    )


def rank(rows: Iterable[ScanRow]) -> list[ScanRow]:
    """Rank rows, and say what their significances are worth among so many histograms.

    Args:
        rows: The rows of all histograms that were looked at.

    Returns:
        Those that are ranked, by global p-value and, where it is the same, by local significance; then those that are
        not, by status and name.
    """
    listed = list(rows)
    ranked = [row for row in listed if row.status == RANKED]
    ranked.sort(key=lambda row: (row.global_p, -(row.local_significance or -math.inf), row.name))
    not_ranked = sorted((row for row in listed if row.status != RANKED), key=lambda row: (row.status, row.name))
    return [_among(row, len(ranked)) for row in ranked] + not_ranked


def add_up(results: Mapping[str, ScannedHistograms]) -> ScannedHistograms:
    """Put the scans of the datasets of a run together: its trials are the histograms of all of them.

    Args:
        results: What was recorded of each, by dataset; at least one.

    Returns:
        The sums, and the most significant rows of all, whose names begin with their dataset.
    """
    n_ranked = sum(result.ranked for result in results.values())
    named = [
        replace(row, name=f"{dataset}: {row.name}") for dataset, result in results.items() for row in result.largest
    ]
    return ScannedHistograms(
        histograms=sum(result.histograms for result in results.values()),
        ranked=n_ranked,
        not_ranked=dict(sum((Counter(result.not_ranked) for result in results.values()), Counter[str]())),
        toys=sum(result.toys for result in results.values()),
        sqrt_s_gev=max(result.sqrt_s_gev for result in results.values()),
        largest=tuple(_among(row, n_ranked) for row in rank(named)[:_LARGEST]),
    )


def _among(row: ScanRow, n_histograms: int) -> ScanRow:
    p = 1.0 if row.global_p is None else row.global_p
    corrected = corrected_p(p, n_histograms)
    return replace(
        row,
        expected_at_least=n_histograms * p,
        corrected_p=corrected,
        corrected_significance=_significance(corrected),
    )


def _significance(p: float | None) -> float | None:
    """Return the significance of a probability; None where there is none, and for 1, whose is minus infinity."""
    return None if p is None or p >= 1.0 else significance(-math.log(p))


def summarize(rows: Sequence[ScanRow], sqrt_s_gev: float) -> ScannedHistograms:
    """Put together what is recorded of a scan.

    Args:
        rows: The rows, ranked.
        sqrt_s_gev: Collision energy in GeV.

    Returns:
        What ScanHistograms records.
    """
    ranked = [row for row in rows if row.status == RANKED]
    return ScannedHistograms(
        histograms=len(rows),
        ranked=len(ranked),
        not_ranked=dict(sorted(Counter(row.status for row in rows if row.status != RANKED).items())),
        toys=sum(row.toys for row in rows),
        sqrt_s_gev=sqrt_s_gev,
        largest=tuple(ranked[:_LARGEST]),
    )
