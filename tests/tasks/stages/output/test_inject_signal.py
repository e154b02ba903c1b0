"""InjectSignal: half a signal is refused before anything runs, and histograms with missing momentum may have one."""

import pytest

from targets.products import scan_tables
from tests.support.runs import Runs
from tests.support.scans import FAST
from tests.support.toy_files import toy_file


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no signal is given: set signal_name, signal_mass_gev"),
        ({"signal_name": "x", "signal_mass_gev": 3}, "signal_width_gev and signal_events must be set too"),
    ],
)
def test_half_a_signal_is_refused(ready, given, message):
    outcome = ready.attempt(task="InjectSignal", **given)
    assert outcome.status == 4
    assert message in outcome.text


def test_a_signal_in_a_histogram_with_missing_momentum_leaves_all_others_in_the_scan(tmp_path):
    runs = Runs(tmp_path, str(toy_file(tmp_path / "in" / "f.root", 1, 2000, with_met=True)))
    settings = {**FAST, "met_combinations": True, "max_particles_in_combination": 2}
    name = "ROI_massMET_m0_cat_0ex_2mx_width_5.0"
    signal = {"signal_name": name, "signal_mass_gev": 150, "signal_width_gev": 5, "signal_events": 150}
    outcome = runs(task="PlotScan", plot_formats="png", closure_trials=10, plotted_excesses=1, **settings, **signal)
    made = runs.records("MakeHistograms")[0]["rows"]
    (table,) = (path for path in runs.products("scan") if path.suffix == ".json")
    rows = scan_tables.read(table)
    assert {row.name for row in rows} == set(made)
    assert rows[0].name == name
    assert rows[0].low_gev < 150 < rows[0].high_gev
    assert f"150 events added to {name}, {len(made)} histograms in" in outcome.text
