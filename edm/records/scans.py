"""What a scan of histograms gives: a row for each histogram, ranked; and what its stages record."""

from collections.abc import Mapping
from dataclasses import dataclass

from edm.records.documents import Count, Number
from edm.records.stage_results import StageResults

__all__ = ["DrawnScan", "InjectedSignal", "ScanRow", "ScannedHistograms"]


@dataclass(frozen=True)
class ScanRow:
    """The most significant excess of a histogram, or why there is none to speak of.

    Attributes:
        name: The histogram's key in its file.
        low_gev: Low edge of the most significant window in GeV; None where the histogram was not scanned, or has no
            excess anywhere.
        high_gev: High edge of the window in GeV, or None likewise.
        observed: Entries in the window, or None likewise.
        expected: Entries that the background expects there, or None likewise.
        local_p: Probability of as many entries or more in this window; None where the histogram was not scanned.
        global_p: Probability of an excess as significant anywhere in the histogram; None unless it is ranked.
        status: ``ranked``, or why it is not.
        excess: Observed minus expected, or None as these.
        local_significance: Of local_p, one-sided, in standard deviations; None where there is no window.
        global_significance: Of global_p, likewise; None unless it is ranked, and for a global_p of 1.
        expected_at_least: How many of the n ranked histograms are expected with such a global_p or a smaller one: n p.
        corrected_p: Probability that the most significant of n histograms is as significant: 1 - (1 - p)^n.
        corrected_significance: Of corrected_p, in standard deviations; None for a corrected_p of 1.
        toys: Toys that global_p is made of.
        toys_at_least: How many of them have an excess as significant; global_p is (this + 1) / (toys + 1).
        goodness_p: p-value of the goodness of fit of the background; None where the histogram was not scanned.
        parameters: Parameters of the background's function, or None likewise.
        left_out_low_gev: Low edge in GeV of what the fit left out around a strong excess; None where it left nothing.
        left_out_high_gev: High edge in GeV of that, or None likewise.
        from_gev: Low edge of the first bin in GeV.
        to_gev: High edge in GeV of the last bin that was scanned: outliers begin there, or the histogram ends.
        bins: Bins between these.
        entries: Entries in them.
    """

    name: str
    low_gev: Number | None
    high_gev: Number | None
    observed: Count | None
    expected: Number | None
    local_p: Number | None
    global_p: Number | None
    status: str
    excess: Number | None
    local_significance: Number | None
    global_significance: Number | None
    expected_at_least: Number | None
    corrected_p: Number | None
    corrected_significance: Number | None
    toys: Count
    toys_at_least: Count
    goodness_p: Number | None
    parameters: Count | None
    left_out_low_gev: Number | None
    left_out_high_gev: Number | None
    from_gev: Number
    to_gev: Number
    bins: Count
    entries: Count


@dataclass(frozen=True)
class ScannedHistograms(StageResults):
    """What ScanHistograms records.

    Attributes:
        histograms: Histograms that were looked at.
        ranked: How many of them are ranked.
        not_ranked: How many are not, by the reason.
        toys: Toys of all of them.
        sqrt_s_gev: Collision energy in GeV that the background's function was fitted with.
        largest: The most significant rows.
    """

    stage = "ScanHistograms"

    histograms: Count
    ranked: Count
    not_ranked: Mapping[str, Count]
    toys: Count
    sqrt_s_gev: Number
    largest: tuple[ScanRow, ...]


@dataclass(frozen=True)
class InjectedSignal(StageResults):
    """What InjectSignal records.

    Attributes:
        histograms: Histograms of the set.
        injected: Events that were added to one of them.
        outside: Events of the signal that lie outside of its bins, and were not added.
    """

    stage = "InjectSignal"

    histograms: Count
    injected: Count
    outside: Count


@dataclass(frozen=True)
class DrawnScan(StageResults):
    """What PlotScan records.

    Attributes:
        figures: Figures drawn.
        files: Files that hold them.
        no_closure: Why a signal has no closure test; None where it has one, and without a signal.
    """

    stage = "PlotScan"

    figures: Count
    files: Count
    no_closure: str | None = None
