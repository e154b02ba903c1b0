"""Tables of scans: ranked, the same whatever the order and the workers, and with what many histograms are worth."""

from dataclasses import replace

import numpy as np
import pytest

from edm.spectra import SpectrumKey
from physics.scan.toys import Scan, ScanOptions
from physics.scan.windows import Window
from steps.scan import scanning
from steps.scan.spectra import ScanInput
from tests.support.scans import falling, row

EDGES_GEV = np.arange(100.0, 601.0, 10.0)
OPTIONS = ScanOptions(13_000.0, toys=300, most_toys=3000)


def spectrum(name, counts, **others):
    return ScanInput(name, SpectrumKey("1e_1m_0j_0g", "e0m0"), EDGES_GEV[: len(counts) + 1], counts, 0, (), **others)


def some():
    with_signal = falling(7)
    with_signal[25:27] += 60
    plain = [spectrum(f"plain{seed}", falling(seed)) for seed in range(4)]
    short = spectrum("short", falling(1, n_bins=8))
    steps = spectrum("steps", np.where(np.arange(50) % 10 < 5, 300, 100))
    refused = spectrum("weighted", falling(1), refusal="expected events")
    return [*plain, short, spectrum("signal", with_signal), steps, refused, spectrum("few", falling(2, 50.0))]


@pytest.fixture(scope="module")
def rows():
    return scanning.scan_all(some(), OPTIONS, 1, lambda *_: None)


def test_neither_order_nor_workers_change_a_row(rows):
    told = []
    again = scanning.scan_all(some()[::-1], OPTIONS, 3, lambda *numbers: told.append(numbers))
    assert again == rows
    assert told == [(done, 9) for done in range(1, 10)]


def test_the_most_significant_is_first_and_what_is_not_ranked_stands_apart(rows):
    first = rows[0]
    assert (first.name, first.low_gev, first.high_gev) == ("signal", 350.0, 370.0)
    assert first.global_p == 1 / 3001
    ranked = [row for row in rows if row.status == "ranked"]
    assert [row.global_p for row in ranked] == sorted(row.global_p for row in ranked)
    assert {row.name: row.status for row in rows[len(ranked) :]} == {
        "steps": "background not described",
        "weighted": "expected events",
        "few": "fewer than 100 entries",
        "short": "fewer than 10 bins",
    }
    assert all(row.global_p is None and row.expected_at_least is None for row in rows[len(ranked) :])


def test_the_numbers_of_a_row_agree(rows):
    n_ranked = sum(row.status == "ranked" for row in rows)
    for made in rows[:n_ranked]:
        assert made.global_p == (made.toys_at_least + 1) / (made.toys + 1)
        assert made.excess == pytest.approx(made.observed - made.expected)
        assert made.expected_at_least == pytest.approx(n_ranked * made.global_p)
        assert made.corrected_p == pytest.approx(1 - (1 - made.global_p) ** n_ranked)
        assert (made.from_gev, made.to_gev, made.bins) == (100.0, 600.0, 50)


def test_equal_p_values_are_ranked_by_their_local_significance():
    order = scanning.rank([row("a"), row("b", local_significance=8.0), row("c", global_p=0.5)])
    assert [made.name for made in order] == ["b", "a", "c"]


def test_a_histogram_without_any_excess_has_no_window(monkeypatch):
    nothing = Scan("ranked", window=Window(0, 0, 0.0, 0.0, 0.0), global_p=1.0, toys=1000, exceeding=1000)
    monkeypatch.setattr(scanning, "scan_histogram", lambda *_: nothing)
    made = scanning.scan_one(spectrum("none", falling(3)), OPTIONS)
    assert (made.status, made.low_gev, made.observed, made.local_p, made.global_p) == ("ranked", None, None, 1.0, 1.0)
    (ranked,) = scanning.rank([made])
    assert (ranked.global_significance, ranked.corrected_p, ranked.corrected_significance) == (None, 1.0, None)


def test_what_is_recorded(rows):
    results = scanning.summarize(rows, 13_000.0)
    assert (results.histograms, results.ranked) == (9, 5)
    assert sum(results.not_ranked.values()) == 4
    assert results.largest[0] == rows[0]
    assert results.toys == sum(row.toys for row in rows)


def test_datasets_together_have_the_trials_of_all(rows):
    results = scanning.summarize(rows, 13_000.0)
    both = scanning.add_up({"a": results, "b": replace(results, ranked=95)})
    assert (both.histograms, both.ranked, both.not_ranked["fewer than 10 bins"]) == (18, 100, 2)
    assert both.largest[0].name == "a: signal"
    assert both.largest[0].expected_at_least == pytest.approx(100 * rows[0].global_p)
