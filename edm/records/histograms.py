"""What is recorded of histograms."""

from dataclasses import dataclass

from edm.records.documents import Count, Number

__all__ = ["HistogramRow"]


@dataclass(frozen=True)
class HistogramRow:
    """What is recorded of a histogram.

    Attributes:
        entries: Its entries.
        bins: How many bins it has.
        start_gev: Low edge of the first bin in GeV.
        end_gev: High edge of the last bin in GeV.
        trimmed: Entries between the cut and the first bin.
        bumpnet_rejection: Why BumpNet's loader drops it; None when it does not.
    """

    entries: Count
    bins: Count
    start_gev: Number
    end_gev: Number
    trimmed: Count
    bumpnet_rejection: str | None
