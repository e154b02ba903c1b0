"""What a scan found, in words."""

from edm.records.scans import ScannedHistograms
from physics.scan.wording import describe_many, describe_scan, describe_significance, describe_window
from tests.support.scans import row

ROW = row("h", corrected_p=0.038, corrected_significance=1.8)
NOT_RANKED = row("g", global_p=None, global_significance=None, status="background not described")


def test_a_window():
    assert describe_window(ROW) == "390–410 GeV: 84 events, 30.5 expected"
    assert describe_window(row(low_gev=1390.0, high_gev=1400.0, expected=0.0123)) == (
        "1,390–1,400 GeV: 84 events, 0.012 expected"
    )
    assert describe_window(row(low_gev=None, high_gev=None)) == "no excess"


def test_significances():
    assert describe_significance(ROW) == "local 7.0 σ, global at least 3.1 σ (p ≤ 0.001: none of 1,000 toys)"
    frequent = row(global_p=0.011, toys_at_least=10, global_significance=2.29)
    assert describe_significance(frequent) == "local 7.0 σ, global 2.3 σ (p = 0.011)"
    assert describe_significance(row(global_p=0.7, toys_at_least=700, global_significance=-0.5)) == (
        "local 7.0 σ, p = 0.7"
    )
    assert describe_significance(NOT_RANKED) == "not ranked: background not described"
    none = row(local_significance=None, global_p=1.0, global_significance=None, toys_at_least=1000)
    assert describe_significance(none) == "no excess, p = 1"


def test_many_histograms():
    assert describe_many([ROW], 38, 2) == (
        "38 histograms ranked, 2 listed apart; chance alone gives one as significant as the first in at most 0.038 of "
        "such runs (1.8 σ)"
    )
    assert describe_many([], 0) == "0 histograms ranked"


def test_a_scan():
    results = ScannedHistograms(40, 38, {"fewer than 10 bins": 2}, 38_000, 13_000.0, (ROW, NOT_RANKED))
    lines = describe_scan(results, 1)
    assert lines[1].startswith("  1. h: 390–410 GeV: 84 events, 30.5 expected; local 7.0 σ, global at least 3.1 σ (p")
    assert lines[2:] == ["  not ranked: 2 histograms: fewer than 10 bins"]
