"""InjectSignal, ScanHistograms and PlotScan together: what is injected is found, drawn, and said."""

from targets.products import scan_tables
from tests.support.scans import FAST

PLOTTED = {"plot_formats": "png", "plotted_excesses": 1, "closure_trials": 10}


def tables(run):
    return [scan_tables.read(path) for path in run.products("scan") if path.suffix == ".json"]


def test_an_injected_signal_is_the_first_of_the_list_and_has_a_closure_test(own):
    (before,) = tables(own)
    quiet = before[3]
    signal = {"signal_name": quiet.name, "signal_mass_gev": 200, "signal_width_gev": 5, "signal_events": 150}
    outcome = own(task="PlotScan", **FAST, **PLOTTED, **signal)
    assert outcome.started == ["InjectSignal", "ScanHistograms", "PlotScan"]
    assert f"150 events added to {quiet.name}" in outcome.text
    first = next(rows[0] for rows in tables(own) if rows != before)
    assert first.name == quiet.name
    assert first.low_gev < 200 < first.high_gev
    (folder,) = own.products("scan_plots")
    assert {path.name for path in folder.iterdir()} == {"figures.json", "excess_1.png", "overview.png", "closure.png"}
    assert f"3 figures of the scan in {folder}, the largest excess in excess_1.png" in outcome.text
