"""What a scan found, in words."""

from collections.abc import Sequence

from edm.records.scans import ScannedHistograms, ScanRow
from edm.wording import amount

__all__ = ["describe_many", "describe_p", "describe_scan", "describe_significance", "describe_window"]

_LIMIT = 0.1  # standard deviations, to which significances are written


def describe_window(row: ScanRow) -> str:
    """Say where the most significant excess of a histogram is, and how large.

    Args:
        row: Its row.

    Returns:
        As ``390–410 GeV: 84 events, 30.5 expected``; that there is none where no window has more than expected.
    """
    if row.low_gev is None or row.high_gev is None:
        return "no excess"
    expected = f"{row.expected:,.1f}" if (row.expected or 0) >= _LIMIT else f"{row.expected:.2g}"
    return f"{row.low_gev:,.5g}–{row.high_gev:,.5g} GeV: {row.observed:,} events, {expected} expected"


def describe_significance(row: ScanRow) -> str:
    """Say how significant the excess is, in this window and anywhere in the histogram.

    Args:
        row: Its row.

    Returns:
        As ``local 7.0 σ, global 1.3 σ (p = 0.093)``; of a histogram that is not ranked, why it is not.
    """
    local = f"local {row.local_significance:.1f} σ" if row.local_significance is not None else "no excess"
    if row.global_p is None:
        return f"not ranked: {row.status}"
    if row.global_significance is None or row.global_significance < 0:
        return f"{local}, {describe_p(row)}"
    at_least = "at least " if not row.toys_at_least else ""
    return f"{local}, global {at_least}{row.global_significance:.1f} σ ({describe_p(row)})"


def describe_p(row: ScanRow) -> str:
    """Write the global p-value of a ranked histogram; where no toy has such an excess, its upper limit."""
    if not row.toys_at_least:
        return f"p ≤ {row.global_p:.2g}: none of {row.toys:,} toys"
    return f"p = {row.global_p:.2g}"


def describe_many(largest: Sequence[ScanRow], n_ranked: int, n_others: int = 0) -> str:
    """Say what the most significant excess is worth among all histograms.

    Args:
        largest: The most significant rows, the first of them first; none where nothing is ranked.
        n_ranked: Histograms that are ranked (dimensionless).
        n_others: Histograms that are not (dimensionless).

    Returns:
        A sentence.
    """
    apart = f", {n_others} listed apart" if n_others else ""
    head = f"{amount(n_ranked, 'histogram')} ranked{apart}"
    if not largest or largest[0].corrected_p is None:
        return head
    first = largest[0]
    limit = "at most" if not first.toys_at_least else "a fraction of"
    significance = first.corrected_significance
    sigma = f" ({significance:.1f} σ)" if significance is not None and significance > 0 else ""
    chance = f"chance alone gives one as significant as the first in {limit} {first.corrected_p:.2g} of such runs"
    return f"{head}; {chance}{sigma}"


def describe_scan(results: ScannedHistograms, shown: int = 3) -> list[str]:
    """Say what the scan of a dataset found.

    Args:
        results: What was recorded of it.
        shown: Excesses that are named (dimensionless).

    Returns:
        Lines of text: what the largest excess is worth, the largest excesses, and the histograms that are not ranked.
    """
    lines = [describe_many(results.largest[:1], results.ranked, sum(results.not_ranked.values()))]
    lines += [
        f"  {place}. {row.name}: {describe_window(row)}; {describe_significance(row)}"
        for place, row in enumerate(results.largest[:shown], start=1)
    ]
    return lines + [f"  not ranked: {amount(number, 'histogram')}: {why}" for why, number in results.not_ranked.items()]
